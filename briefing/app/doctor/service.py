"""Checks schedule, sources, readers, mail, and whether the store can be written."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from briefing.app.doctor import Finding, broken, good, note
from briefing.core.frozen import frozen
from briefing.core.messages import counted
from briefing.core.model import SourceStatus, State, Step
from briefing.core.schedule import BEHIND, PUNCTUAL, Timetable, next_edition, zone
from briefing.mail.relay import Relay, ResultKind
from briefing.mail.sign import Key, dns_record
from briefing.mail.smtp import RelaySession
from briefing.store import Transaction, archive, editions, runs, subscribers
from briefing.store import jobs as stored_jobs
from briefing.store import operators as stored_operators
from briefing.store import sources as stored_sources

#: An edition further off than this was hardly intended, or will never come.
_FAR, _NEVER = timedelta(days=14), timedelta(days=366)


def schedule(timetable: Timetable, *, now: datetime) -> Finding:
    """Check whether there is a next edition, and when."""
    if not zone(timetable.zone):
        return broken(f"the zone {timetable.zone!r} is not known here", "install tzdata")
    try:
        day, at = next_edition(timetable, after=now)
    except (ValueError, OverflowError):
        day, at = None, now + _NEVER
    if day is None or at - now >= _NEVER:
        return broken(
            "no edition within a year: every day is a holiday",
            "remove dates from schedule.holidays, or add days to schedule.days",
        )
    message = f"next edition {day}, at {at:%Y-%m-%d %H:%M} UTC"
    if timetable.week:
        end, review = next_edition(timetable.week, after=now)
        message += f"; next week in review {end}, at {review:%Y-%m-%d %H:%M} UTC"
    if at - now > _FAR:
        return note(message, "see schedule.holidays and schedule.days")
    if timetable.grace <= PUNCTUAL:
        return note(f"{message}, given up ten minutes later", "set schedule.grace_hours")
    return good(message)


def sources(known: Sequence[SourceStatus]) -> Finding:
    """Check whether there are sources, and whether those not paused respond."""
    source_statuses = [status for status in known if status.paused is None]
    if not known:
        return broken("no sources yet", "add one: briefing sources add ADDRESS")
    if not source_statuses:
        return broken("all sources are paused", "resume one: briefing sources resume ADDRESS")
    sources = counted(len(source_statuses), "source")
    failing = [status for status in source_statuses if status.failing_since]
    if len(failing) == len(source_statuses):
        why = f": {failing[0].reason}" if failing[0].reason else ""
        return broken(f"no response from {sources}{why}", "check the network")
    answered = max((status.answered for status in source_statuses if status.answered), default=None)
    last = f"the last answered {answered:%Y-%m-%d %H:%M} UTC" if answered else "none fetched yet"
    if failing:
        return note(f"{sources}, {len(failing)} failing; {last}", "run: briefing sources list")
    return good(f"{sources}; {last}")


def readers(active: int) -> Finding:
    """Check whether an edition would have readers."""
    if not active:
        return note("nobody is subscribed", "add one: briefing subscribers add ADDRESS")
    return good(counted(active, "active subscriber"))


def operators(number: int) -> Finding:
    """Check whether any operator can sign in to the administration."""
    if not number:
        return note("nobody can sign in to /admin", "add one: briefing operators add NAME")
    return good(counted(number, "operator"))


def timestamps(
    now: datetime, *, edition: datetime | None, others: Mapping[str, datetime]
) -> Finding:
    """Check whether the clock has gone back.

    ``edition`` is when the last edition was made; ``others`` are further past times, by event.
    """
    if edition and now < edition - BEHIND:
        message = f"{now:%Y-%m-%d %H:%M} UTC is before the last edition, {edition:%Y-%m-%d %H:%M}"
        return broken(message, "set the clock")
    name, newest = max(others.items(), key=lambda item: item[1], default=("", None))
    if newest is not None and now < newest - BEHIND:
        message = f"{now:%Y-%m-%d %H:%M} UTC is before {name}, {newest:%Y-%m-%d %H:%M}"
        return note(message, "correct the clock, unless it was wrong at that time")
    return good("none is in the future")


def jobs(backlog: Mapping[Step, stored_jobs.Backlog], *, now: datetime) -> Finding:
    """Check whether workers do the planned jobs."""
    late = [
        (left.running > 0, left.oldest, step)
        for step, left in backlog.items()
        if left.oldest is not None and now - left.oldest >= PUNCTUAL
    ]
    if not late:
        number = sum(left.waiting + left.running for left in backlog.values())
        return good(f"{counted(number, 'job')} left to do" if number else "none waits")
    is_done, oldest, step = min(late)
    waiting = counted(backlog[step].waiting, "job")
    words = f"{waiting} waiting, the oldest since {oldest:%Y-%m-%d %H:%M} UTC"
    if is_done:
        return note(f"{step}: {words}", f"start more workers: briefing worker --only {step}")
    return broken(f"no worker handles {step}: {words}", "start one: briefing worker")


_P = re.compile(r"(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]*)")


def relay(to: Relay) -> Finding:
    """Connect, encrypt the connection and log in as for sending a mail; send none."""
    with RelaySession(to) as session:
        result = session.check()
    if result.kind is not ResultKind.SENT:
        return broken(str(result), "check host, port, security, user and password under [mail]")
    secret = {"starttls": "STARTTLS", "tls": "TLS", "none": "without TLS"}[to.security]
    user = f", logged in as {to.user}" if to.user else ""
    return good(f"{to.host}:{to.port}, {secret}{user}")


def key(dkim_key: Key, *, ask: Callable[[str], Sequence[str] | None]) -> Finding:
    """Compare a DKIM key with its DNS record.

    ``ask`` returns the TXT records of a name; None if the DNS cannot be queried.
    """
    record = dns_record(dkim_key)
    texts = ask(f"{dkim_key.selector}._domainkey.{dkim_key.domain}")
    if texts is None:
        return note("the DNS could not be queried", f"it should say: {record}")
    held = {re.sub(r"\s", "", match[1]) for text in texts if (match := _P.search(text))}
    own = _P.search("".join(re.findall(r'"([^"]*)"', record)))
    if own and own[1] in held:
        return good(f"{dkim_key.algorithm}, as in the DNS")
    fault = "the DNS record has a different key" if held else "the DNS has no record of the key"
    return broken(fault, f"publish: {record}")


def signing(keys: Sequence[Key], *, domain: str) -> Finding:
    """Check whether mails are signed by the domain of their sender."""
    if not keys:
        return note("mails are not signed (DKIM)", "large providers refuse them: add [[mail.dkim]]")
    if not any(domain == key.domain or domain.endswith(f".{key.domain}") for key in keys):
        return note(f"no key of {domain}, the sender's domain", "receivers trust only that (DMARC)")
    return good(f"{len(keys)} key{'s' if len(keys) > 1 else ''}")


def leaving(web: str, *, mailbox: str) -> Finding:
    """Check how readers can unsubscribe."""
    if web.startswith("https:"):
        return good(f"one click, at {web}")
    if web:
        return note(f"{web} does not use TLS", "one click in mail programs needs https")
    if mailbox:
        return note("readers can unsubscribe only by mail", "set web.address")
    return broken(
        "readers can unsubscribe only by mail, and no mailbox is read",
        "set web.address, or mail.bounces",
    )


def try_to_write(tx: Transaction, briefing: str, *, at: datetime) -> None:
    """Write to the store, and roll it back."""
    runs.begin(tx, briefing, Step.COLLECT, at=at)
    tx.rollback()


@frozen
class StoreState:
    """What the checks need from the store, as of one moment."""

    source_statuses: tuple[SourceStatus, ...]
    #: When the last edition was made, aware UTC.
    made: datetime | None
    #: When the last run began, aware UTC.
    began: datetime | None
    #: Active subscribers.
    active: int
    operators: int
    #: Days of the editions from today on.
    days: tuple[date, ...]
    #: Jobs waiting for workers.
    backlog: Mapping[Step, stored_jobs.Backlog]


def store_state(tx: Transaction, briefing: str, *, at: datetime) -> StoreState:
    """Return what the checks need from the store."""
    last = editions.last(tx, briefing)
    ran = [run.began for step in Step if (run := runs.last(tx, briefing, step))]
    return StoreState(
        stored_sources.source_statuses(tx),
        last.made if last else None,
        max(ran, default=None),
        subscribers.counts(tx).get(State.ACTIVE, 0),
        len(stored_operators.listed(tx)),
        tuple(archive.days(tx, briefing, first=at.date(), last=date.max)),
        stored_jobs.backlog(tx, briefing),
    )
