"""The alerts that follow from the state of a briefing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise, takewhile

from briefing.core.frozen import frozen
from briefing.core.messages import counted
from briefing.core.model import (
    MOST_GONE,
    WEEK,
    AuditEvent,
    EditionId,
    Ending,
    Run,
    SourceStatus,
    Step,
    no_entries,
    option_of,
)
from briefing.core.schedule import (
    BEHIND,
    MISSED,
    Due,
    Timetable,
    ahead_words,
    dated_ahead,
    deadline,
    latest,
    made_until,
    publish_at,
)
from briefing.sources.keys import split
from briefing.store.deliveries import Loss
from briefing.store.jobs import Backlog

#: Time after which a lasting alert is sent again.
AGAIN = timedelta(hours=24)
#: Runs further apart than this cannot come from one clock that was ahead.
_APART = timedelta(hours=24)
#: How long a source may fail before an alert: most recover the same day.
_FAILS = timedelta(hours=24)
#: An edition made while more than one source in so many was failing causes an alert at once.
_SPARE = 10
#: Time after which a step that has not ended counts as hanging.
HANGS = timedelta(hours=2)
#: Most names of sources in one alert; the web pages show all.
_NAMES = 8
#: Most causes of lost mails of an edition in one alert.
_CAUSES = 3
#: Most characters of one name, and of the words of a run.
_LONGEST_NAME, _LONGEST_WORDS = 60, 300
#: Start of the key for an edition and for a week in review, before its day.
_KEYS = {Step.PUBLISH: "edition", Step.WEEK: "week"}
#: Start of the key for an edition dated ahead, before its day.
AHEAD = "ahead "
#: Free bytes below which there is an alert: space for some ten editions with their reports.
LITTLE_ROOM = 500_000_000

#: Subject of an alert, by step.
SUBJECT = {
    Step.COLLECT: "collecting",
    Step.PUBLISH: "publishing",
    Step.WEEK: "making the week in review",
    Step.DELIVER: "delivering",
    Step.BOUNCES: "reading returned mail",
}


class AlertKind(StrEnum):
    """The kind of problem."""

    #: Something that the next edition needs is broken.
    PREFLIGHT = "preflight"
    #: An edition is missing at its time, or came late.
    LATE = "late"
    #: There was nothing to print.
    EMPTY = "empty"
    #: There is no edition because the sources could not be read.
    BLIND = "blind"
    #: An edition still waits for its release after its deadline.
    HELD = "held"
    #: An edition is dated later than the next scheduled one.
    AHEAD = "ahead"
    #: Mails of an edition were not delivered.
    LOST = "lost"
    #: A step of the round fails, or does not end.
    FAILING = "failing"
    SOURCES = "sources"
    DISK = "disk"
    #: A worker is lost, or no worker does the waiting jobs.
    WORKER = "worker"
    #: A new story names an entry of a watch-list.
    WATCH = "watch"
    #: The clock was set, or went back.
    CLOCK = "clock"
    #: The round cannot work, for instance without its store.
    BLOCKED = "blocked"


@frozen
class Alert:
    """A problem or an event that an operator should know about."""

    kind: AlertKind
    #: Constant while the problem lasts, such as "publish" or "edition 2026-01-04".
    key: str
    #: Aware UTC.
    since: datetime
    #: One line: what, and why. May contain text from outside.
    message: str
    #: Whether it is a single event: sent once, and never over.
    once: bool = False


@frozen
class SlotState:
    """The editions of one name, or the weeks in review."""

    #: When they are due.
    timetable: Timetable
    #: Days that have one, or a draft of one: recent weeks, and all days still to come.
    printed: Collection[date] = ()
    #: Day of the draft that waits for its release; None: there is none.
    draft: date | None = None
    #: Who released it, but is no longer an operator.
    lapsed: Sequence[str] = ()


@frozen
class Observations:
    """Everything that alerts depend on."""

    #: The last runs of each step of one briefing, in any order.
    runs: Sequence[Run]
    #: Status of each of its sources.
    source_statuses: Sequence[SourceStatus]
    #: Aware.
    now: datetime
    #: Its editions, then its weeks in review; empty: they are made only by hand.
    slots: Sequence[SlotState] = ()
    #: Free bytes on the disk of the store; None: unknown.
    free: int | None = None
    #: Failed checks of what the next edition needs: a line for each, by name.
    broken: Mapping[str, str] = field(default_factory=no_entries)
    #: Start times of runs that are dated later than now, aware.
    later: Sequence[datetime] = ()
    #: Mails that editions of the last day lost, by cause, in order.
    losses: Sequence[Loss] = ()
    #: By edition, how many of its mails were or may still be delivered.
    reached: Mapping[str, int] = field(default_factory=no_entries)
    #: Workers lost in the last day.
    lost_workers: Sequence[AuditEvent] = ()
    #: Jobs waiting for workers.
    backlog: Mapping[Step, Backlog] = field(default_factory=no_entries)
    #: By source, how many of its printed reports are missing, and since when.
    missed: Mapping[str, tuple[int, datetime]] = field(default_factory=no_entries)
    #: Alerts about watch-lists in the last day: key, time, and line.
    watched: Sequence[tuple[str, datetime, str]] = ()


def alerts_of(observed: Observations) -> tuple[Alert, ...]:
    """Return the current alerts, most serious kind first."""
    now, slots = observed.now, observed.slots
    # Runs that found another process busy have their alerts there. Runs dated later
    # mean that a clock was ahead.
    own = [run for run in observed.runs if run.ending is not Ending.BUSY and run.began <= now]
    newest = sorted(own, key=lambda run: (run.began, run.id), reverse=True)
    alerts = [
        *preflight_alerts(observed.broken, now),
        *_clock(observed.later, now),
        *(alert for slot in slots for alert in _edition(newest, observed, slot)),
        *(
            Alert(AlertKind.AHEAD, f"{AHEAD}{day}", now, ahead_words(day))
            for slot in slots[:1]
            for day in dated_ahead(slot.timetable, slot.printed, now=now)
        ),
        *(alert for slot in slots for alert in _held(slot, now)),
        *_lost(observed.losses, observed.reached, now),
        *_failing(newest, now),
        *_sources(observed.source_statuses, now),
        *_doubtful(observed),
        *_workers(observed),
    ]
    if observed.free is not None and observed.free < LITTLE_ROOM:
        limit = f"{LITTLE_ROOM // 1_000_000} MB"
        message = f"less than {limit} is free on the disk of the store; make room"
        alerts.append(Alert(AlertKind.DISK, "disk", now, message))
    alerts += (Alert(AlertKind.WATCH, *watched, once=True) for watched in observed.watched)
    return tuple(alerts)


def preflight_alerts(broken: Mapping[str, str], now: datetime) -> Iterator[Alert]:
    """Yield an alert for each failed check."""
    for name, finding in broken.items():
        message = f"the next edition cannot be made or sent: {_short(finding)}"
        yield Alert(AlertKind.PREFLIGHT, f"check of {name}", now, message)


def clock_set(before: datetime, after: datetime) -> Alert | None:
    """Return the alert about a clock that was set; None: by too little to matter.

    ``before`` is the expected time, ``after`` the time that the clock shows.
    """
    if abs(after - before) < BEHIND:
        return None
    way = "forward" if after > before else "back"
    message = (
        f"the clock of this machine was set {way}, from {before:%Y-%m-%d %H:%M} to "
        f"{after:%Y-%m-%d %H:%M} UTC; if the time is wrong, correct it"
    )
    return Alert(AlertKind.CLOCK, f"clock set {after:%Y-%m-%d %H:%M}", after, message, once=True)


def _clock(later: Sequence[datetime], now: datetime) -> Iterator[Alert]:
    ordered = sorted(later)
    # Runs a day or more before the next were made at a different setting of the clock.
    ends = [time for time, after in pairwise(ordered) if after - time > _APART]
    for last in (*ends, *ordered[-1:]):
        if now < last - BEHIND:
            message = (
                f"the clock says {now:%Y-%m-%d %H:%M} UTC, before a run at "
                f"{last:%Y-%m-%d %H:%M}; correct it, unless it was wrong at that time"
            )
            # Such a run stays in the store for a long time, so the alert is sent only once.
            yield Alert(AlertKind.CLOCK, f"clock {last:%Y-%m-%d %H}", now, message, once=True)


def _edition(newest: Sequence[Run], observed: Observations, slot: SlotState) -> Iterator[Alert]:
    now, timetable = observed.now, slot.timetable
    due = latest(timetable, now=now)
    if not due:
        return
    if timetable.step is Step.WEEK or timetable.edition:
        # No edition was expected before the first of them, whatever else was done.
        newest = [run for run in newest if _made_by(run, timetable)]
    tried = [run for run in newest if _made_by(run, timetable) and run.day == due.day]
    since = [run for run in tried if run.began >= due.at]
    if due.day in slot.printed:
        yield from _came(due, tried, observed, timetable)
    elif empty := next((run for run in since if run.ending is Ending.EMPTY), None):
        # An earlier attempt does not cover reports that came in later.
        if _is_recent(empty, now):
            why = f": {_short(empty.words)}" if empty.words else ""
            message = f"{timetable.named(due.day)}: there was nothing to print{why}"
            yield Alert(AlertKind.EMPTY, _key(timetable, due), empty.began, message, once=True)
    elif missing := missing_edition(newest, timetable, now, printed=slot.printed):
        yield missing


def missing_edition(
    runs: Sequence[Run], timetable: Timetable, now: datetime, *, printed: Collection[date]
) -> Alert | None:
    """Return an alert if the latest due edition is missing; None: it is not.

    ``runs`` has runs of publishing and of earlier steps, newest first.
    """
    due = latest(timetable, now=now)
    if not due or due.day in printed:
        return None
    since = [run for run in runs if run.began >= due.at and run.ending is not Ending.BUSY]
    tried = [run for run in since if _made_by(run, timetable) and run.day == due.day]
    # No edition was expected before the first run.
    if not tried and not any(run.began < due.at for run in runs):
        return None
    ended = next((run for run in tried if run.ending and run.ending is not Ending.PART), None)
    if ended and ended.ending is Ending.EMPTY:
        return None
    return _missing(due, ended, timetable, now)


def _held(slot: SlotState, now: datetime) -> Iterator[Alert]:
    """Yield an alert about a draft that was not released in time, until it is published or dropped.

    A draft released by someone who is no longer an operator causes one at once.
    """
    timetable, draft = slot.timetable, slot.draft
    if draft is None:
        return
    due = publish_at(timetable, draft)
    until = deadline(timetable, draft) or (due + timetable.patience if due else None)
    which = option_of(WEEK if timetable.step is Step.WEEK else timetable.edition)
    if slot.lapsed:
        message = (
            f"{timetable.named(draft)}: waits, since {_short(', '.join(slot.lapsed))} released it "
            "and is no longer an operator; another operator must release it: "
            f"briefing editions release {draft}{which} --operator NAME"
        )
        yield Alert(AlertKind.HELD, f"signatures {draft}{which}", now, message)
    if until is not None and now >= until and not timetable.release.go:
        message = (
            f"{timetable.named(draft)}: not released by {until:%H:%M} UTC, and held; look at it "
            f"and release it: briefing editions release {draft}{which} --operator NAME"
        )
        yield Alert(AlertKind.HELD, f"release {draft}{which}", until, message)


def _missing(due: Due, ended: Run | None, timetable: Timetable, now: datetime) -> Alert | None:
    ending = ended.ending if ended else None
    why = f": {_short(ended.words)}" if ended and ending in _REASONS else ""
    kind = AlertKind.BLIND if ending is Ending.BLIND else AlertKind.LATE
    edition, over = timetable.named(due.day), made_until(timetable, due)
    key = _key(timetable, due)
    if now > over:
        gone = f"was due at {due.at:%H:%M} UTC and will not be made"
        gone = "not made" if kind is AlertKind.BLIND else gone
        return Alert(kind, key, due.at, f"{edition}: {gone}{why}", once=True)
    if kind is AlertKind.BLIND:
        message = f"{edition}: not made yet{why}; tried again until {over:%H:%M} UTC"
        return Alert(kind, key, due.at, message)
    # A failure to publish has an alert of its own.
    if now - due.at < MISSED or ending is Ending.FAILED:
        return None
    message = f"{edition}: was due at {due.at:%H:%M} UTC and has not been made yet"
    return Alert(kind, key, due.at, message)


#: Endings that explain why there is no edition.
_REASONS = frozenset({Ending.FAILED, Ending.BLIND})


def _came(
    due: Due, tried: Sequence[Run], observed: Observations, timetable: Timetable
) -> Iterator[Alert]:
    made = next((run for run in tried if run.ending in {Ending.DONE, Ending.PART}), None)
    if made is None or not _is_recent(made, observed.now):
        return
    # A week in review reads no sources.
    statuses = observed.source_statuses if timetable.step is Step.PUBLISH else ()
    missed = [
        status
        for status in statuses
        if status.failing_since and made.began - _FAILS < status.failing_since <= made.began
    ]
    if len(missed) > len(statuses) // _SPARE:
        sources = counted(len(statuses), "source")
        missing = f"made while {len(missed)} of {sources} did not respond"
        message = f"{timetable.named(due.day)}: {missing}: {_named(missed)}"
        yield Alert(AlertKind.SOURCES, f"sources of {due.day}", made.began, message, once=True)
    if made.late:
        late = f"was due at {due.at:%H:%M} UTC, begun at {made.began:%H:%M}"
        message = f"{timetable.named(due.day)}: {late}"
        yield Alert(AlertKind.LATE, _key(timetable, due), due.at, message, once=True)


def _made_by(run: Run, timetable: Timetable) -> bool:
    return run.step is timetable.step and run.edition == timetable.edition


def _is_recent(run: Run, now: datetime) -> bool:
    return now - run.began < AGAIN


def _key(timetable: Timetable, due: Due) -> str:
    return f"{timetable.edition} {_KEYS[timetable.step]} {due.day}".lstrip()


def _lost(losses: Sequence[Loss], reached: Mapping[str, int], now: datetime) -> Iterator[Alert]:
    for name in dict.fromkeys(loss.edition for loss in losses):
        edition, own = EditionId.parse(name), [loss for loss in losses if loss.edition == name]
        causes = [f"{loss.number} {loss.status} ({loss.cause})" for loss in own[:_CAUSES]]
        if len(own) > _CAUSES:
            causes += [f"{sum(loss.number for loss in own[_CAUSES:])} for other reasons"]
        lost = sum(loss.number for loss in own)
        what = f"{'' if edition.is_week else edition.edition} edition of {edition.day}".lstrip()
        what = f"week in review to {edition.day}" if edition.is_week else what
        part = f"{lost} of {counted(lost + reached[name], 'mail')} not delivered"
        message = (
            f"{what}: {part if reached[name] else 'it reached nobody'}: {_short('; '.join(causes))}"
            "; see the deliveries in the administration, or briefing deliver --status"
        )
        yield Alert(AlertKind.LOST, f"lost {name}", now, message, once=True)


def _failing(newest: Sequence[Run], now: datetime) -> Iterator[Alert]:
    for step in Step:
        of_step = [run for run in newest if run.step is step]
        if of_step and of_step[0].ended is None and now - of_step[0].began > HANGS:
            began = of_step[0].began
            message = f"{SUBJECT[step]} has not ended since {began:%Y-%m-%d %H:%M} UTC"
            yield Alert(AlertKind.FAILING, step.value, began, message)
            continue
        ended = [run for run in of_step if run.ending]
        failed = list(takewhile(lambda run: run.ending is Ending.FAILED, ended))
        if failed:
            why = _short(failed[0].words) or "reason unknown"
            yield Alert(
                AlertKind.FAILING, step.value, failed[-1].began, f"{SUBJECT[step]} fails: {why}"
            )


def _workers(observed: Observations) -> Iterator[Alert]:
    for event in observed.lost_workers:
        key, message = f"worker {event.about}", f"a worker is lost: {_short(event.about)}"
        yield Alert(AlertKind.WORKER, key, event.at, message, once=True)
    backlog = observed.backlog.items()
    waits = {step: left.oldest for step, left in backlog if left.oldest and not left.running}
    if waits and observed.now - min(waits.values()) >= MISSED:
        message = f"no worker handles waiting jobs: {', '.join(waits)}; start one: briefing worker"
        yield Alert(AlertKind.WORKER, "workers", min(waits.values()), message)


def _sources(source_statuses: Sequence[SourceStatus], now: datetime) -> Iterator[Alert]:
    failing = [
        (status.failing_since, status)
        for status in source_statuses
        if status.failing_since and now - status.failing_since >= _FAILS
    ]
    if failing:
        message = f"no response for a day or more from: {_named([status for _, status in failing])}"
        yield Alert(AlertKind.SOURCES, "sources", min(since for since, _ in failing), message)


def _doubtful(observed: Observations) -> Iterator[Alert]:
    """Yield alerts about sources whose news reaches readers late or not at all."""
    kind, missed, statuses = AlertKind.SOURCES, observed.missed, observed.source_statuses
    failed = {url: since for url, (count, since) in missed.items() if count > MOST_GONE}
    if those := [status for status in statuses if status.source.url in failed]:
        count = sum(missed[status.source.url][0] for status in those)
        message = (
            f"{count} printed reports return 404 or are missing, so many at once that their site "
            f"seems to have failed: {_named(those)}; readers are not notified"
        )
        since = min(failed[status.source.url] for status in those)
        yield Alert(kind, "missing", since, message)
    if those := [status for status in statuses if status.is_unstable(at=observed.now)]:
        since = min(status.unstable for status in those if status.unstable)
        message = (
            f"unstable, the text of a printed report keeps changing: {_named(those)}; corrections "
            "are mailed once a day"
        )
        yield Alert(kind, "unstable", since, message)


def _named(source_statuses: Sequence[SourceStatus]) -> str:
    """Return the names of sources in alphabetical order, cut off after the first few."""
    names = sorted(
        {_name(status) for status in source_statuses}, key=lambda name: (name.casefold(), name)
    )
    listed, more = ", ".join(names[:_NAMES]), len(names) - _NAMES
    return f"{listed} and {more} more" if more > 0 else listed


def _name(source_status: SourceStatus) -> str:
    """Return the name of a source, or only the host of its address, as the rest may be secret."""
    source = source_status.source
    if source.name:
        return source.name[:_LONGEST_NAME]
    return (split(source.url).hostname or source.url)[:_LONGEST_NAME]


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_WORDS else message[: _LONGEST_WORDS - 1] + "…"
