"""How deliveries stand, and mails that an operator sends again, releases or drops."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from briefing.core.errors import UsageError
from briefing.core.model import Audience, AuditEvent, Delivery, DeliveryStatus, State, Subscriber
from briefing.press.wording import phrases
from briefing.store import Transaction, audit, deliveries, editions, identity, subscribers
from briefing.store.audit import Actor

#: Statuses that a person should look at.
_TROUBLE = (DeliveryStatus.REFUSED, DeliveryStatus.HELD, DeliveryStatus.EXPIRED)


def audience_report(
    tx: Transaction, edition: str, *, at: datetime
) -> tuple[Audience, list[Delivery], datetime | None, tuple[AuditEvent, ...]]:
    """Return how the deliveries of an edition stand.

    Beside its audience these are the deliveries that a person should look at, first made first,
    when anything is due next, and workers that were lost in the last day, newest first.
    """
    trouble = [row for status in _TROUBLE for row in deliveries.of(tx, edition, status=status)]
    lost = audit.workers_lost(tx, since=at - timedelta(days=1))
    return deliveries.audience(tx, edition), trouble, deliveries.next_due(tx), lost


_STATES = {
    State.PAUSED: "paused",
    State.PENDING: "not confirmed",
    State.UNSUBSCRIBED: "unsubscribed",
    State.BOUNCED: "bounced",
    State.COMPLAINED: "complained",
}


def why_idle(tx: Transaction, briefing: str) -> str:
    """Return why nothing is due, one line."""
    last = editions.last(tx, briefing)
    if last is None:
        return "no edition; `briefing publish` makes one"
    if next_due := deliveries.next_due(tx):
        return f"the next is due at {next_due:%Y-%m-%d %H:%M} UTC"
    active = subscribers.listed(tx, state=State.ACTIVE)
    other = sum(last.day.weekday() not in subscriber.preferences.days for subscriber in active)
    return idle_words(deliveries.audience(tx, last.id), subscribers.counts(tx), other_days=other)


def idle_words(audience: Audience, states: Mapping[State, int], *, other_days: int) -> str:
    """Say how an edition stands of which nothing waits, by the states of all subscribers.

    ``other_days`` are active ones who do not want editions on its day of the week.
    """
    day, counts = audience.day, audience.counts
    total = sum(counts.values())
    if total == 0:
        missing = ", ".join(_missing(day, states, other_days)) or "there are no subscribers yet"
        return f"edition {day} has 0 recipients: {missing}"
    if counts.get(DeliveryStatus.SENT, 0) == total:
        return f"all {total:,} of edition {day} were sent"
    each = ", ".join(f"{number:,} {status.value}" for status, number in counts.items())
    return f"edition {day}: {each}; see `briefing deliver --status`"


def _missing(day: date, states: Mapping[State, int], other_days: int) -> Iterator[str]:
    noun = " subscriber"
    for state, words in _STATES.items():
        if number := states.get(state, 0):
            yield f"{number:,}{noun and noun + 's' * (number != 1)} {words}"
            noun = ""
    if other_days:
        yield f"{other_days:,} {'does' if other_days == 1 else 'do'} not want {weekday(day)}"
    late = states.get(State.ACTIVE, 0) - other_days
    if late > 0:
        yield f"{late:,} subscribed after it was published"


def weekday(day: date) -> str:
    """Return the day of the week in the plural."""
    return f"{phrases('en').weekdays[day.weekday()]}s"


#: How the audit log calls a mail that tries the relay.
TEST = "send test"
#: Before the reason why one was not sent.
NOT_SENT = ": not sent: "
_SUSPECT = (
    "may have been sent before the store was put back; decide about all of it: --send-held or "
    "--drop-held"
)
#: Statuses after which a mail can be sent again; one that was accepted only when asked for.
_AGAIN = {
    DeliveryStatus.HELD,
    DeliveryStatus.REFUSED,
    DeliveryStatus.EXPIRED,
    DeliveryStatus.SKIPPED,
}


def send_again(  # noqa: PLR0913  which mail, for how long, and who asks when
    tx: Transaction,
    edition: str,
    to: Subscriber,
    *,
    life: timedelta,
    accepted_too: bool = False,
    actor: Actor,
) -> Delivery:
    """Let a mail be sent once more by the next run; one that was accepted only if asked for.

    Its links are made anew when it is sent, so they live as long as those of any other mail.

    UsageError: there is nothing to send again, or the subscriber is not written to.
    """
    delivery = deliveries.to(tx, edition, to.id)
    reason = _refusal(delivery, to, accepted_too=accepted_too)
    if delivery is None or reason:
        raise UsageError(f"{to.address}: {edition}: {reason}")
    if identity.is_suspect(tx, edition):
        raise UsageError(f"{edition}: {_SUSPECT}")
    deliveries.renew(tx, delivery.id, at=actor.at, until=max(delivery.until, actor.at + life))
    # The log keeps no addresses: who is forgotten is forgotten there too.
    actor.note(tx, "resend mail", f"{edition} to subscriber {to.id}")
    return delivery


def send_all_again(  # noqa: PLR0913  which mails, for how long, and who asks when
    tx: Transaction,
    edition: str,
    *,
    status: DeliveryStatus,
    cause: str,
    life: timedelta,
    actor: Actor,
) -> int:
    """Let all mails that failed for one cause be sent once more; return how many these are.

    UsageError: there are none, or all of the edition is held since the store was put back.
    """
    if identity.is_suspect(tx, edition):
        raise UsageError(f"{edition}: {_SUSPECT}")
    failed = deliveries.of(tx, edition, status=status) if status in _AGAIN else ()
    numbers = [
        mail.id for mail in failed if mail.address and deliveries.cause_of(mail.reason) == cause
    ]
    if not numbers:
        raise UsageError(f"{edition}: nothing failed so")
    deliveries.renew(tx, *numbers, at=actor.at, until=actor.at + life)
    actor.note(tx, "resend mails", f"{edition}: {len(numbers)} {status}: {cause}")
    return len(numbers)


def decide_held(tx: Transaction, edition: str, *, send: bool, life: timedelta, actor: Actor) -> int:
    """Send what is held of an edition with the next run, or never; return how many these are.

    UsageError: nothing of it is held.
    """
    count = deliveries.decide(tx, edition, send=send, at=actor.at, life=life)
    if not count:
        raise UsageError(f"nothing is held of {edition}; `briefing deliver --status` shows it")
    actor.note(tx, "send held mail" if send else "drop held mail", f"{edition}: {count}")
    return count


def note_test(tx: Transaction, came: str, *, actor: Actor) -> None:
    """Note who sent a test, and what came of it, in words without an address."""
    actor.note(tx, TEST, came)


def last_test(tx: Transaction) -> AuditEvent | None:
    """Return the last test; None: there was none."""
    return next(iter(audit.recent(tx, limit=1, what=TEST)), None)


def not_sent(test: AuditEvent) -> str:
    """Return why a test was not sent; empty: the relay took it."""
    return test.about.partition(NOT_SENT)[2]


#: How the audit log calls a message that tries a channel.
CHANNEL_TEST = "test channel"


def note_channel_test(tx: Transaction, came: str, *, actor: Actor) -> None:
    """Note who sent a test to a channel, and what came of it, in words without its address."""
    actor.note(tx, CHANNEL_TEST, came)


#: How the audit log calls that an operator has got a test.
ARRIVED = "test arrived"


def note_arrival(tx: Transaction, *, actor: Actor) -> None:
    """Note that a test has arrived: from now on the relay is changed in the settings file alone."""
    actor.note(tx, ARRIVED, "")


def relay_works(tx: Transaction) -> bool:
    """Tell whether the relay ever took a mail to a reader of this store, or a test arrived."""
    return deliveries.any_sent(tx) or bool(audit.recent(tx, limit=1, what=ARRIVED))


def _refusal(delivery: Delivery | None, to: Subscriber, *, accepted_too: bool) -> str:
    """Return why a mail is not sent again; empty when it is."""
    if to.state is not State.ACTIVE:
        return f"not sent: the subscriber is {to.state.value}"
    if delivery is None:
        return "there was no mail to this subscriber; see `briefing deliver --status`"
    status = delivery.status
    if status in _AGAIN or (status is DeliveryStatus.SENT and accepted_too):
        return ""
    return {
        DeliveryStatus.SENT: "the relay has accepted it already; --again sends it once more",
        DeliveryStatus.CLAIMED: "it is being sent now",
        DeliveryStatus.DUE: f"it is due anyway, at {delivery.due:%Y-%m-%d %H:%M} UTC",
    }.get(status, f"it is {status.value}")
