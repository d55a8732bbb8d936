"""What stands beside the news, prepared for templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core.model import DateAhead, Edition, Figure, NamedStory, Panel, Quote
from briefing.core.text.finders.figures import direction
from briefing.press.chart import Chart, draw_chart
from briefing.press.dates import short_date
from briefing.press.lines import Numbering, PrintedLine, line_of, source_view
from briefing.press.since import status_in
from briefing.press.tie import Words, printed_title, tie


@dataclass(frozen=True, slots=True)
class FigureView:
    """A numeral, and the clause below it."""

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
    """A day in words, and what happens on it."""

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


@dataclass(frozen=True, slots=True)
class PanelView:
    """The panel blocks; at least one is not empty."""

    also: tuple[NamedView, ...]
    ahead: tuple[AheadView, ...]
    figures: tuple[FigureView, ...]
    quotes: tuple[QuoteView, ...]
    chart: Chart | None


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
    before: date | None = None
    for item in items:
        line = line_of(item.clause, [numbering.mark(item.clause.document)])
        yield AheadView(short_date(item.day), item.day != before, line)
        before = item.day


def _named(named: NamedStory, numbering: Numbering, edition: Edition) -> NamedView:
    document = edition.documents[named.title.document]
    source, title = source_view(0, document), printed_title(named.title.text)
    return NamedView(
        named.story,
        line_of(named.title, [numbering.mark(document.id)], titled=True),
        tie(title),
        title,
        status_in(edition, named.status),
        named.section,
        source.publisher,
        source.url,
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
