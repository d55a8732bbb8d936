"""What stands beside the news, prepared for templates: the panel, the day line, watch-lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from briefing.core.language import Language
from briefing.core.model import (
    PARTIES,
    Brief,
    DateAhead,
    Edition,
    Flow,
    Kind,
    NamedStory,
    Panel,
    Status,
    lists_named,
)
from briefing.core.text.finders.figures import direction
from briefing.core.text.speech import printed_title, publisher_of
from briefing.press.chart import Chart, draw_chart
from briefing.press.lines import (
    Numbering,
    PrintedLine,
    Words,
    line_of,
    source_view,
    tie,
)
from briefing.press.wording import short_date

#: Lists named at one story.
_MOST = 3


@dataclass(frozen=True, slots=True)
class WatchedView:
    """The lists that a story names."""

    #: Label of a list, and its name in an address.
    names: tuple[tuple[str, str], ...] = ()
    #: Behind them: "and 2 more"; often empty.
    more: str = ""

    @property
    def words(self) -> str:
        """Return "watched: Southern Africa, Straits and 2 more"; empty without any."""
        if not self.names:
            return ""
        names = ", ".join(label for label, _ in self.names)
        return f"watched: {names}{f' {self.more}' if self.more else ''}"


#: Of a story that names no list.
UNWATCHED = WatchedView()


def watched_view(brief: Brief | NamedStory, labels: Mapping[str, str]) -> WatchedView:
    """Prepare the lists of a story for templates; one that is not offered stays the desk's own.

    ``labels`` are those of the lists that are, by name.
    """
    names = {labels[name]: name for name in brief.lists or lists_named(brief.watched, labels)}
    more = f"and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return WatchedView(tuple(names.items())[:_MOST], more)


@dataclass(frozen=True, slots=True)
class FigureView:
    """A numeral and the clause below it."""

    numeral: str
    #: "up", "down" or empty, as the clause says.
    direction: str
    line: PrintedLine


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The quoted words, the speaker and the speaker's office."""

    line: PrintedLine
    speaker: str
    office: str


@dataclass(frozen=True, slots=True)
class AheadView:
    """A day in words, and what happens on it; of today, what was announced, and when."""

    day: str
    #: Whether it is the first of its day.
    opens: bool
    line: PrintedLine


@dataclass(frozen=True, slots=True)
class NamedView:
    """A story that is named by its headline alone, with its publisher and address."""

    story: str
    #: The headline as a line, with its mark.
    line: PrintedLine
    headline: Words
    title: str
    status: str
    section: str
    publisher: str
    #: Only http and https; empty for any other address.
    url: str
    watched: WatchedView = UNWATCHED
    #: Whether the title is of a party, whose name always stands behind it.
    party: bool = False

    @property
    def notes(self) -> str:
        """Its publisher and what is watched: "Straits Ledger, watched: Nambuda"."""
        return ", ".join(filter(None, (self.publisher, self.watched.words)))


PanelItem = NamedView | AheadView | FigureView | QuoteView | Chart


@dataclass(frozen=True, slots=True)
class PanelBlock:
    """One block of a panel below the news, split into columns."""

    #: "also", "ahead", "figures", "quote" or "chart".
    name: str
    columns: tuple[Sequence[PanelItem], ...]
    flow: Flow = Flow.COLUMNS


@dataclass(frozen=True, slots=True)
class PanelView:
    """The panel blocks; at least one is not empty."""

    also: tuple[NamedView, ...]
    ahead: tuple[AheadView, ...]
    figures: tuple[FigureView, ...]
    quotes: tuple[QuoteView, ...]
    chart: Chart | None
    #: The rows in which blocks stand below two columns of news; else empty.
    rows: tuple[tuple[PanelBlock, ...], ...] = ()


def _by_day(items: Sequence[DateAhead], numbering: Numbering) -> Iterator[AheadView]:
    before = ""
    for item in items:
        line = line_of(item.clause, [numbering.mark(item.clause.document)])
        day = short_date(item.day)
        if item.announced:
            day = f"Today, announced {item.announced.day}\u00a0{item.announced:%B}"
        yield AheadView(day, day != before, line)
        before = day


def _named(named: NamedStory, numbering: Numbering, edition: Edition) -> NamedView:
    document = edition.documents[named.title.document]
    source, title = source_view(0, document), printed_title(named.title.text)
    party = document.kind in PARTIES or document.kind is Kind.NOTICE
    return NamedView(
        named.story,
        line_of(named.title, [numbering.mark(document.id)], titled=True),
        tie(title),
        title,
        status_in(edition, named.status),
        named.section,
        publisher_of(document) if party else source.publisher,
        source.url,
        watched_view(named, edition.lists),
        party,
    )


def panel_view(edition: Edition, numbering: Numbering) -> PanelView | None:
    """Prepare the panel of an edition; None if nothing is in it."""
    panel = edition.panel
    view = PanelView(
        also=tuple(_named(named, numbering, edition) for named in panel.also),
        ahead=tuple(_by_day(panel.ahead, numbering)),
        figures=tuple(
            FigureView(
                figure.numeral.text,
                direction(figure.clause.text, words=Language.of_text(edition.language).figures),
                line_of(figure.clause, [numbering.mark(figure.clause.document)]),
            )
            for figure in panel.figures
        ),
        quotes=tuple(
            QuoteView(
                line_of(quote.words, [numbering.mark(quote.words.document)]),
                quote.speaker.text,
                quote.office.text if quote.office else "",
            )
            for quote in panel.quotes
        ),
        chart=draw_chart(edition.days, edition.letterhead) if panel.chart else None,
    )
    return view if panel != Panel() else None


def set_below(panel: PanelView, *, splits: Sequence[int], flows: Sequence[Flow]) -> PanelView:
    """Return a panel as it stands below two columns of news.

    Of each block, ``splits`` says how many items stand in the left column, ``flows`` how it stands.
    """
    blocks = tuple(_blocks(panel, iter(splits), iter(flows)))
    return replace(panel, rows=tuple(in_rows(blocks)))


def _blocks(panel: PanelView, splits: Iterator[int], flows: Iterator[Flow]) -> Iterator[PanelBlock]:
    parts: Mapping[str, Sequence[PanelItem]] = {
        "also": panel.also,
        "ahead": panel.ahead,
        "figures": panel.figures,
        "quote": panel.quotes,
        "chart": (panel.chart,) if panel.chart else (),
    }
    for name, items in parts.items():
        if items:
            split = next(splits, len(items))
            # a column begins with its day, even if the column before ended with it
            right = tuple(
                replace(item, opens=True) if isinstance(item, AheadView) and not place else item
                for place, item in enumerate(items[split:])
            )
            yield PanelBlock(name, (items[:split], right), next(flows, Flow.COLUMNS))


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
        counted = ", ".join(f"{count.number} {count.words}" for count in self.counts)
        return f"{self.since}: {counted}" if self.since and counted else counted


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
    # The second day goes without saying beside the first.
    number = brief.saga.day_of(today) if brief.saga else 0
    saga = f"Day\u00a0{number} · " if number > _SAID_DAY else ""
    return EarlierView(saga + when, tie(text), text)


def day_line(edition: Edition, stories: Iterable[tuple[str, str]], *, named: int) -> DayLine:
    """Return the day line of a page from id and status of each brief; a story counts once."""
    before = edition.since
    counts = Counter(dict(stories).values())
    brief = [StatusCount(named, "in brief")] if named else []
    if before is None:
        total = counts.total()
        every = [StatusCount(total, "story" if total == 1 else "stories")] if total else []
        return DayLine("", (*every, *brief))
    each = (
        StatusCount(counts[status.value], words, status.value)
        for status, words in _SAID.items()
        if counts[status.value]
    )
    when = f"{before:%A}" if _is_near(before, edition.day) else _dated(before)
    return DayLine(f"Since {when}", (*each, *brief))


def _is_near(day: date, today: date) -> bool:
    return (today - day).days <= _WEEK


def _dated(day: date) -> str:
    return f"{day.day} {day:%B}"


#: A section, or a block of the panel, that knows its flow.
B = TypeVar("B")


def in_rows(blocks: Iterable[B]) -> Iterator[tuple[B, ...]]:
    """Yield blocks in rows of one, or of two side by side.

    One that should stand beside another, and has none behind it, has a row of its own.
    """
    for flow, group in groupby(blocks, key=attrgetter("flow")):
        alike, wide = tuple(group), 2 if flow is Flow.BESIDE else 1
        yield from (alike[start : start + wide] for start in range(0, len(alike), wide))
