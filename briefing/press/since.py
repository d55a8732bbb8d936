"""What an edition says of those before it: the day line by counts, and earlier headlines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from briefing.core.model import Brief, Edition, Status
from briefing.press.tie import Words, printed_title, tie

#: Days back that have a weekday of their own.
_WEEK = 6
#: A saga's day that goes without saying.
_SAID_DAY = 2
#: How a status is called in the day line, in its order.
_SAID = {
    Status.NEW: "new",
    Status.DEVELOPING: "moved on",
    Status.CONTINUING: "unchanged",
    Status.UNDATED: "undated",
}


@dataclass(frozen=True, slots=True)
class EarlierView:
    """The headline of an earlier edition, and its day."""

    #: "Wed", or "2 March" if it is longer ago than six days; with the day of its saga from the
    #: third on: "Day 9 · Wed".
    when: str
    words: Words
    title: str


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many stories share a status."""

    number: int
    #: "new"; with its noun if no status goes before it: "11 stories".
    words: str
    #: The mark that is shown between number and words; empty for none.
    status: str = ""


@dataclass(frozen=True, slots=True)
class DayLine:
    """What there is since the edition before, by counts."""

    #: "Since Wednesday", "Since 2 March"; empty for the first edition.
    since: str
    counts: tuple[StatusCount, ...]

    @property
    def words(self) -> str:
        """The line as text: "Since Wednesday: 6 new, 5 moved on, 11 in brief"; may be empty."""
        said = ", ".join(f"{count.number} {count.words}" for count in self.counts)
        return f"{self.since}: {said}" if self.since and said else said


#: Before anything is counted.
NO_DAY_LINE = DayLine("", ())


def status_in(edition: Edition, status: Status) -> str:
    """Return the status of a story for its mark; empty in a first edition, where all are new."""
    return status.value if edition.since else ""


def days_of(brief: Brief) -> str:
    """Say on which days of a week a story was told: "Mon to Sun, 5 editions", or "Wed" alone."""
    first, last = brief.days[0], brief.days[-1]
    if first == last:
        return f"{first:%a}"
    return f"{first:%a} to {last:%a}, {len(brief.days)} editions"


def earlier_view(brief: Brief, *, today: date) -> EarlierView | None:
    """Prepare the earlier headline of a brief for templates."""
    earlier = brief.earlier
    if earlier is None:
        return None
    day, text = earlier.day, printed_title(earlier.title.text)
    if brief.days:
        return EarlierView(days_of(brief).replace(" ", "\u00a0"), tie(text), text)
    when = f"{day:%a}" if _is_near(day, today) else _dated(day)
    return EarlierView(_day_of(brief, today) + when, tie(text), text)


def _day_of(brief: Brief, today: date) -> str:
    """Say which day of its saga it is; the second goes without saying beside the first."""
    number = brief.saga.day_of(today) if brief.saga else 0
    return f"Day\u00a0{number} · " if number > _SAID_DAY else ""


def day_line(edition: Edition, stories: Iterable[tuple[str, str]], *, named: int) -> DayLine:
    """Return the day line of a page.

    Args:
        edition: whose day and whose day before it.
        stories: id and status of each brief; a story of several briefs counts once.
        named: stories that are named by their headline alone.
    """
    before = edition.since
    counts = Counter(dict(stories).values())
    brief = [StatusCount(named, "in brief")] if named else []
    if before is None:
        return DayLine("", (*_all(counts.total()), *brief))
    near = _is_near(before, edition.day)
    return DayLine(
        f"Since {before:%A}" if near else f"Since {_dated(before)}", (*_each(counts), *brief)
    )


def _all(stories: int) -> Iterator[StatusCount]:
    if stories:
        yield StatusCount(stories, "story" if stories == 1 else "stories")


def _each(counts: Counter[str]) -> Iterator[StatusCount]:
    for status, words in _SAID.items():
        if count := counts[status.value]:
            yield StatusCount(count, words, status.value)


def _is_near(day: date, today: date) -> bool:
    return (today - day).days <= _WEEK


def _dated(day: date) -> str:
    return f"{day.day} {day:%B}"
