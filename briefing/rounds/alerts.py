"""PURE: what an operator should know of, and whether it is time to tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from urllib.parse import urlsplit

from briefing.model import Ending, Run, Standing, Step
from briefing.schedule import PUNCTUAL, Due, Timetable, latest

#: After which time a matter that lasts is told again.
AGAIN = timedelta(hours=24)
#: How long a source may fail before anybody is told: most are back the same day.
_FAILS = timedelta(hours=24)
#: Names of sources that are told; the web pages show all.
_NAMES = 8
#: Characters of one name, and of the words of a run.
_LONGEST_NAME, _LONGEST_WORDS = 60, 300
#: Bytes free below which the operator is told: some ten editions with their reports.
LITTLE_ROOM = 500_000_000

#: Who a matter is about, by the step.
_SUBJECT = {
    Step.COLLECT: "collecting",
    Step.PUBLISH: "publishing",
    Step.DELIVER: "delivering",
    Step.BOUNCES: "reading returned mail",
}


class Kind(StrEnum):
    """What sort of trouble it is."""

    #: An edition is not there at its time, or came after it.
    LATE = "late"
    #: There was nothing to print.
    EMPTY = "empty"
    #: A step of the round fails.
    FAILING = "failing"
    SOURCES = "sources"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that an operator should know of."""

    kind: Kind
    #: The same as long as it is the same thing, such as "publish" or "edition 2026-01-04".
    key: str
    #: Aware UTC.
    since: datetime
    #: One line: what, and why. May hold text from outside.
    words: str
    #: Whether it has happened once: such a thing is told when it is new, and has no end.
    once: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A matter and when it was told last."""

    matter: Matter
    #: Aware UTC.
    at: datetime


class Phase(StrEnum):
    """Why something is told now."""

    BEGAN = "began"
    #: Its reason is another.
    CHANGED = "changed"
    #: Nothing has changed for a day.
    LASTS = "lasts"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told."""

    phase: Phase
    matter: Matter
    #: Now, aware UTC.
    at: datetime

    @property
    def words(self) -> str:
        """What is told, one line; may hold text from outside."""
        since = f"since {self.matter.since:%d %B %H:%M} UTC"
        if self.phase is Phase.OVER:
            return (
                f"{_over(self.matter)} since {self.at:%d %B %H:%M} UTC; it had not been so {since}"
            )
        if self.phase is Phase.LASTS:
            return f"still, {since}: {self.matter.words}"
        return self.matter.words


def _over(matter: Matter) -> str:
    if matter.kind is Kind.FAILING:
        return f"{_SUBJECT[Step(matter.key)]} works again"
    return _OVER[matter.kind]


_OVER = {
    Kind.LATE: "the edition is there",
    Kind.SOURCES: "every source has answered within a day",
    Kind.DISK: "there is room where the store is",
}


def matters_of(  # noqa: PLR0913  all that can be wrong, each from where it is known
    runs: Sequence[Run],
    standings: Sequence[Standing],
    timetable: Timetable | None,
    now: datetime,
    *,
    printed: date | None = None,
    free: int | None = None,
) -> tuple[Matter, ...]:
    """Return what an operator should know of now, the gravest kind first.

    Args:
        runs: the last ones of each step of one briefing, in any order.
        standings: how its sources stand.
        timetable: when it has editions; None: only by hand.
        now: aware.
        printed: day of its last edition; None: there is none.
        free: bytes that are left where the store is; None: not known.
    """
    newest = sorted(runs, key=lambda run: (run.began, run.id), reverse=True)
    found = [
        *_edition(newest, timetable, now, printed=printed),
        *_failing(newest),
        *_sources(standings, now),
    ]
    if free is not None and free < LITTLE_ROOM:
        words = f"less than {LITTLE_ROOM // 1_000_000} MB are free where the store is; make room"
        found.append(Matter(Kind.DISK, "disk", now, words))
    return tuple(found)


def decide(
    matters: Sequence[Matter], told: Mapping[str, Told], now: datetime
) -> tuple[Notice, ...]:
    """Return what is to be told now: what is new, has another reason, lasts a day, or is over.

    Figures alone are no other reason.

    Args:
        matters: all that there are now.
        told: by key, what was told and is not known to be over.
        now: aware.
    """
    found = [
        Notice(phase, _with_begin(one, told.get(one.key)), now)
        for one in matters
        if (phase := _phase(one, told.get(one.key), now))
    ]
    here = {one.key for one in matters}
    over = (
        Notice(Phase.OVER, one.matter, now)
        for key, one in told.items()
        if key not in here and not one.matter.once
    )
    return (*found, *over)


def remembered(
    told: Mapping[str, Told], matters: Sequence[Matter], notices: Sequence[Notice], now: datetime
) -> dict[str, Told]:
    """Return what is told by now: as before, with what was just told, without what is over."""
    here = {one.key for one in matters}
    new = {one.matter.key: Told(one.matter, now) for one in notices}
    return {key: one for key, one in {**told, **new}.items() if key in here}


def _phase(matter: Matter, told: Told | None, now: datetime) -> Phase | None:
    """Return why a matter is told now; None: it is not."""
    if told is None:
        return Phase.BEGAN
    if _reason(matter) != _reason(told.matter):
        return Phase.CHANGED
    # Either way, as a clock may have been set back by any time.
    lasts = abs(now - told.at) >= AGAIN and not matter.once
    return Phase.LASTS if lasts else None


def _reason(matter: Matter) -> tuple[Kind, bool, str]:
    return matter.kind, matter.once, re.sub(r"\d+", "0", matter.words)


def _with_begin(matter: Matter, told: Told | None) -> Matter:
    """Return a matter with its first begin: the runs that are looked at may not reach back."""
    if told is None or told.matter.kind is not matter.kind or told.matter.since >= matter.since:
        return matter
    return Matter(matter.kind, matter.key, told.matter.since, matter.words, once=matter.once)


def _edition(
    newest: Sequence[Run], timetable: Timetable | None, now: datetime, *, printed: date | None
) -> Iterator[Matter]:
    """Yield what there is to say of the latest edition whose time has come."""
    due = latest(timetable, now=now) if timetable else None
    if timetable is None or due is None or now - due.at <= PUNCTUAL:
        return
    tried = [run for run in newest if run.step is Step.PUBLISH and run.day == due.day]
    if printed is not None and printed >= due.day:
        yield from _came(due, tried, now)
    elif empty := next((run for run in tried if _settles(run, due)), None):
        yield from _nothing(due, empty, now)
    # Before the first run nobody waited for an edition.
    elif any(run.began < due.at for run in newest):
        yield from _missing(due, tried, timetable, now)


def _settles(run: Run, due: Due) -> bool:
    # One that was asked for earlier says nothing of what came in until then.
    return run.ending is Ending.EMPTY and run.began >= due.at


def _missing(
    due: Due, tried: Sequence[Run], timetable: Timetable, now: datetime
) -> Iterator[Matter]:
    words = f"edition of {due.day}: was due at {due.at:%H:%M} UTC and is"
    ended = next((run for run in tried if run.ending), None)
    failed = ended if ended and ended.ending is Ending.FAILED else None
    if now - due.at > timetable.patience:
        why = f": {_short(failed.words)}" if failed else ""
        yield Matter(Kind.LATE, _key(due), due.at, f"{words} not made any more{why}", once=True)
    elif failed is None:
        # Else it is told that publishing fails, and why.
        yield Matter(Kind.LATE, _key(due), due.at, f"{words} not there yet")


def _came(due: Due, tried: Sequence[Run], now: datetime) -> Iterator[Matter]:
    made = next((run for run in tried if run.ending in {Ending.DONE, Ending.PART}), None)
    if made and made.late and _is_recent(made, now):
        words = f"edition of {due.day}: was due at {due.at:%H:%M} UTC, begun at {made.began:%H:%M}"
        yield Matter(Kind.LATE, _key(due), due.at, words, once=True)


def _nothing(due: Due, empty: Run, now: datetime) -> Iterator[Matter]:
    if _is_recent(empty, now):
        why = f": {_short(empty.words)}" if empty.words else ""
        words = f"edition of {due.day}: there was nothing to print{why}"
        yield Matter(Kind.EMPTY, _key(due), empty.began, words, once=True)


def _is_recent(run: Run, now: datetime) -> bool:
    return now - run.began < AGAIN


def _key(due: Due) -> str:
    return f"edition {due.day}"


def _failing(newest: Sequence[Run]) -> Iterator[Matter]:
    """Yield the steps whose last run failed."""
    for step in Step:
        ended = [run for run in newest if run.step is step and run.ending]
        failed = list(takewhile(lambda run: run.ending is Ending.FAILED, ended))
        if failed:
            why = _short(failed[0].words) or "no reason is known"
            yield Matter(
                Kind.FAILING, step.value, failed[-1].began, f"{_SUBJECT[step]} fails: {why}"
            )


def _sources(standings: Sequence[Standing], now: datetime) -> Iterator[Matter]:
    failing = [
        (one.failing_since, _name(one))
        for one in standings
        if one.failing_since and now - one.failing_since >= _FAILS
    ]
    if not failing:
        return
    names = sorted({name for _, name in failing}, key=lambda name: (name.casefold(), name))
    shown = ", ".join(names[:_NAMES])
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    words = f"no answer for a day or longer from: {shown}{more}"
    yield Matter(Kind.SOURCES, "sources", min(since for since, _ in failing), words)


def _name(standing: Standing) -> str:
    """Return what a source is called; of an address only the host, as the rest may be secret."""
    source = standing.source
    if source.name:
        return source.name[:_LONGEST_NAME]
    try:
        host = urlsplit(source.url).hostname
    except ValueError:
        host = None
    return (host or source.url)[:_LONGEST_NAME]


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"
