"""The state of deliveries, and mails that an operator sends again, releases or drops."""

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
    """Return the state of the deliveries of an edition.

    This is its audience; the deliveries that a person should look at, oldest first; when any is due
    next; and workers lost in the last day, newest first.
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
    """Return in one line why nothing is due."""
    last = editions.last(tx, briefing)
    if not last:
        return "no edition; `briefing publish` makes one"
    if next_due := deliveries.next_due(tx):
        return f"the next is due at {next_due:%Y-%m-%d %H:%M} UTC"
    active = subscribers.listed(tx, state=State.ACTIVE)
    other = sum(last.day.weekday() not in subscriber.preferences.days for subscriber in active)
    return idle_words(deliveries.audience(tx, last.id), subscribers.counts(tx), other_days=other)


def idle_words(audience: Audience, states: Mapping[State, int], *, other_days: int) -> str:
    """Describe an edition with no deliveries waiting, given the counts of subscribers by state.

    ``other_days`` is the number of active ones who want no editions on its weekday.
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
    """Return the weekday in the plural."""
    return f"{phrases('en').weekdays[day.weekday()]}s"


#: Act in the audit log for a test mail to the relay.
TEST = "send test"
#: Separates the act from the reason why a test was not sent.
NOT_SENT = ": not sent: "
_SUSPECT = (
    "may have been sent before the store was put back; decide about all of it: --send-held or "
    "--drop-held"
)
#: Statuses after which a mail can be sent again; accepted ones only on request.
_AGAIN = {*_TROUBLE, DeliveryStatus.SKIPPED}


def send_again(  # noqa: PLR0913  which mail, for how long, and who asks when
    tx: Transaction,
    edition: str,
    to: Subscriber,
    *,
    life: timedelta,
    accepted_too: bool = False,
    actor: Actor,
) -> Delivery:
    """Let the next run send a mail again; one that was accepted only with ``accepted_too``.

    Its links are made anew when it is sent, and are valid as long as those of any other mail.

    UsageError: there is nothing to send again, or the subscriber must not be mailed.
    """
    delivery = deliveries.to(tx, edition, to.id)
    reason = _refusal(delivery, to, accepted_too=accepted_too)
    if delivery is None or reason:
        raise UsageError(f"{to.address}: {edition}: {reason}")
    if identity.is_suspect(tx, edition):
        raise UsageError(f"{edition}: {_SUSPECT}")
    deliveries.renew(tx, delivery.id, at=actor.at, until=max(delivery.until, actor.at + life))
    # The log has no addresses, so nothing needs removing there when a subscriber is deleted.
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
    """Let all mails that failed for one cause be sent again; return how many.

    UsageError: there are none, or all of the edition are held since the store was restored.
    """
    if identity.is_suspect(tx, edition):
        raise UsageError(f"{edition}: {_SUSPECT}")
    failed = deliveries.of(tx, edition, status=status) if status in _AGAIN else ()
    numbers = [
        mail.id for mail in failed if mail.address and deliveries.cause_of(mail.reason) == cause
    ]
    if not numbers:
        raise UsageError(f"{edition}: no delivery failed for this reason")
    deliveries.renew(tx, *numbers, at=actor.at, until=actor.at + life)
    actor.note(tx, "resend mails", f"{edition}: {len(numbers)} {status}: {cause}")
    return len(numbers)


def decide_held(tx: Transaction, edition: str, *, send: bool, life: timedelta, actor: Actor) -> int:
    """Let the next run send the held mails of an edition, or drop them; return how many.

    UsageError: there are none.
    """
    count = deliveries.decide(tx, edition, send=send, at=actor.at, life=life)
    if not count:
        raise UsageError(f"no delivery of {edition} is held; `briefing deliver --status` shows it")
    actor.note(tx, "send held mail" if send else "drop held mail", f"{edition}: {count}")
    return count


def last_test(tx: Transaction) -> AuditEvent | None:
    """Return the last test; None: there was none."""
    return next(iter(audit.recent(tx, limit=1, what=TEST)), None)


def not_sent(test: AuditEvent) -> str:
    """Return why a test was not sent; empty: the relay accepted it."""
    return test.about.partition(NOT_SENT)[2]


#: Act in the audit log for a test message to a channel.
CHANNEL_TEST = "test channel"


#: Act in the audit log for an operator's confirmation that a test arrived: from then on only the
#: settings file can change the relay.
ARRIVED = "test arrived"


def relay_works(tx: Transaction) -> bool:
    """Return whether the relay has ever accepted a mail to a reader, or a test has arrived."""
    return deliveries.any_sent(tx) or bool(audit.recent(tx, limit=1, what=ARRIVED))


def _refusal(delivery: Delivery | None, to: Subscriber, *, accepted_too: bool) -> str:
    """Return why a mail is not sent again; empty: it is."""
    if to.state is not State.ACTIVE:
        return f"not sent: the subscriber is {to.state.value}"
    if not delivery:
        return "there was no mail to this subscriber; see `briefing deliver --status`"
    status = delivery.status
    if status in _AGAIN or (status is DeliveryStatus.SENT and accepted_too):
        return ""
    return {
        DeliveryStatus.SENT: "the relay has accepted it already; --again sends it once more",
        DeliveryStatus.CLAIMED: "it is being sent now",
        DeliveryStatus.DUE: f"it is due anyway, at {delivery.due:%Y-%m-%d %H:%M} UTC",
    }.get(status, f"it is {status.value}")
