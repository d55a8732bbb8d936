"""What stands beside the news, prepared for templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from briefing.core.model import (
    PARTIES,
    DateAhead,
    Edition,
    Figure,
    Flow,
    Kind,
    NamedStory,
    Panel,
    Quote,
)
from briefing.core.text.finders.figures import direction
from briefing.core.text.speaker import publisher_of
from briefing.press.chart import Chart, draw_chart
from briefing.press.dates import short_date
from briefing.press.lines import Numbering, PrintedLine, line_of, source_view
from briefing.press.rows import in_rows
from briefing.press.since import status_in
from briefing.press.tie import Words, printed_title, tie
from briefing.press.watched import UNWATCHED, WatchedView, watched_view


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


def _figure(figure: Figure, numbering: Numbering) -> FigureView:
    line = line_of(figure.clause, [numbering.mark(figure.clause.document)])
    return FigureView(figure.numeral.text, direction(figure.clause.text), line)


def _quote(quote: Quote, numbering: Numbering) -> QuoteView:
    return QuoteView(
        line_of(quote.words, [numbering.mark(quote.words.document)]),
        quote.speaker.text,
        quote.office.text if quote.office else "",
    )


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
        figures=tuple(_figure(figure, numbering) for figure in panel.figures),
        quotes=tuple(_quote(quote, numbering) for quote in panel.quotes),
        chart=draw_chart(edition.days, edition.letterhead) if panel.chart else None,
    )
    return view if panel != Panel() else None


def set_below(panel: PanelView, *, splits: Sequence[int], flows: Sequence[Flow]) -> PanelView:
    """Return a panel as it stands below two columns of news.

    Args:
        panel: with all its items.
        splits: for each block, how many of its items stand in the left column.
        flows: for each block, how it stands.
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
            right = tuple(_opening(items[split:]))
            yield PanelBlock(name, (items[:split], right), next(flows, Flow.COLUMNS))


def _opening(items: Sequence[PanelItem]) -> Iterator[PanelItem]:
    """Let the items of a column begin with their day, even if the column before ended with it."""
    for place, item in enumerate(items):
        yield replace(item, opens=True) if isinstance(item, AheadView) and place == 0 else item
