"""PURE: an edition as its web page says it, all that it prints compared with the stored texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo

from briefing.core.model import Document, Edition, Sentence
from briefing.press.chart import DAYS, LEFT, STEP, Chart, SectionRow
from briefing.press.excerpts import Piece, Span, merged, neighbors, paragraphs, part_of
from briefing.press.lines import PrintedLine, SourceView
from briefing.press.record import Record
from briefing.press.screen import Check, Checks
from briefing.press.view import PageView, grouped, short_date, view

#: Cuts a document into its sentences, in order.
Segment = Callable[[Document], Sequence[Sentence]]

#: Pixels of a point of the chart: fourteen days are as wide as half of the panel.
_PIXELS = 2
#: Points: width of a bar.
_BAR = 2.9
#: Pixels: the least that is seen of a bar, so that a day without stories is a line.
_THIN = 1.0


@dataclass(frozen=True, slots=True)
class CheckView:
    """One printed passage in one of its sources, in words."""

    #: From 1, in printed order, as in mails.
    number: int
    #: Accessible name of the mark that leads here.
    label: str
    entry: SourceView
    sentence: Sentence
    #: Whether the passage is a slice of this source, or this source only reports the same.
    own: bool
    #: Whether it is the whole title of this source.
    titled: bool
    #: Where it stands on the page: "Top story, sentence 2".
    place: str
    #: The sentences on either side, whole; may be empty.
    before: str
    after: str
    #: What is wrong with the stored text; empty when it holds the same words, and when not own.
    fault: str
    #: ISO 639-1 code of the source's language; may be empty.
    language: str
    #: "Published Wed 11 March, 19:20; collected 19:42"; may be empty.
    dates: str
    #: Whether the whole text is stored, and which of its printed parts holds the passage, from 1.
    stored: bool
    part: int

    @property
    def digest(self) -> str:
        """First twelve digits of the passage's SHA-256."""
        return grouped(self.sentence.sha256)


@dataclass(frozen=True, slots=True)
class StoredView:
    """The whole stored text of a source with what was printed of it."""

    entry: SourceView
    document: Document
    #: As collected, every character.
    paragraphs: tuple[tuple[Piece, ...], ...]
    #: The passages printed from it, in printed order.
    checks: tuple[CheckView, ...]
    dates: str
    #: What is wrong with the text as a whole; empty when it is as it was when it was printed.
    fault: str

    @property
    def digest(self) -> str:
        """First twelve digits of the text's SHA-256."""
        return grouped(self.document.sha256)


@dataclass(frozen=True, slots=True)
class BarView:
    """One day of one section, in pixels from the top left."""

    x: float
    y: float
    high: float
    today: bool


@dataclass(frozen=True, slots=True)
class SparkView:
    """The bars of one section."""

    name: str
    bars: tuple[BarView, ...]
    today: int


@dataclass(frozen=True, slots=True)
class ChartView:
    """The chart as rows of a table."""

    #: The same in words.
    title: str
    rows: tuple[SparkView, ...]
    first: str
    last: str
    #: Of the bars of a row, in pixels.
    wide: float
    high: float


@dataclass(frozen=True, slots=True)
class Online:
    """All that the web page of an edition says; it changes only when a stored text does."""

    edition: Edition
    page: PageView
    #: In printed order.
    checks: tuple[CheckView, ...]
    chart: ChartView | None
    #: The stored texts by the number of their source.
    stored: Mapping[int, StoredView]
    #: Finds the checks of a line of this page.
    known: Checks = field(repr=False)

    def of(self, line: PrintedLine) -> list[CheckView]:
        """Return the checks of a printed line."""
        return [self.checks[check.number - 1] for check in self.known.of(line)]

    @property
    def faults(self) -> tuple[CheckView, ...]:
        """The checks that did not find the printed words."""
        return tuple(check for check in self.checks if check.fault)


def online(
    told: Record, *, sources: Mapping[str, Document], segment: Segment, zone: tzinfo = UTC
) -> Online:
    """Put an edition in words for the web and compare all that it prints with the stored texts.

    Args:
        told: the stored record of the edition.
        sources: the stored texts by id; the checks of one that is missing fail.
        segment: cuts a stored text into sentences.
        zone: in which times are told.
    """
    page = view(told.edition)
    known = Checks(page, told.edition)
    shelf = {
        entry.document: _text(entry, told, sources.get(entry.document), segment, zone=zone)
        for entry in page.sources
    }
    checks = tuple(
        _check(check, place, shelf[check.source.id])
        for line, place in _placed(page)
        for check in known.of(line)
    )
    stored = {text.entry.number: _whole(text, checks) for text in shelf.values() if text.stored}
    chart = _chart(page.panel.chart) if page.panel and page.panel.chart else None
    return Online(told.edition, page, checks, chart, stored, known)


@dataclass(frozen=True, slots=True)
class _Text:
    """A source with what its checks need."""

    entry: SourceView
    document: Document
    sentences: Sequence[Sentence]
    #: What was printed of it and stands there.
    parts: tuple[Span, ...]
    #: What is wrong with it as a whole; empty when it is as it was when it was printed.
    fault: str
    #: Whether there is any text.
    stored: bool
    dates: str
    #: As it is stored.
    title: str


def _text(
    entry: SourceView, told: Record, stored: Document | None, segment: Segment, *, zone: tzinfo
) -> _Text:
    document = _with_text(told.edition.documents[entry.document], stored)
    printed = [
        (one.start, one.end)
        for one in told.edition.passages()
        if one.document == document.id and _stands(one, document)
    ]
    fault = _fault(stored, told.digests.get(document.id, ""))
    dates = _dates(document, zone=zone, day=told.edition.day)
    return _Text(
        entry,
        document,
        segment(document),
        merged(printed),
        fault,
        stored is not None,
        dates,
        stored.title if stored is not None else "",
    )


def _with_text(document: Document, stored: Document | None) -> Document:
    """Return a document as it was printed, with the text that is stored now."""
    if stored is None:
        return document
    return replace(
        document,
        text=stored.text,
        language=stored.language,
        timed=stored.timed,
        collected=document.collected or stored.collected,
    )


def _fault(stored: Document | None, digest: str) -> str:
    if stored is None:
        return "The text is not stored any more."
    return "" if stored.sha256 == digest else "The stored text has changed since it was printed."


def _stands(sentence: Sentence, document: Document) -> bool:
    return document.text[sentence.start : sentence.end] == sentence.text


def _check(check: Check, place: str, text: _Text) -> CheckView:
    sentence = check.sentence
    span = (sentence.start, sentence.end)
    stands = check.own and _stands(sentence, text.document)
    if check.titled:
        stands = text.title == sentence.text
    before, after = "", ""
    if stands and not check.titled:
        before, after = neighbors(text.document.text, span, sentences=text.sentences)
    fault = text.fault
    if text.stored and not stands:
        fault = "The stored text differs from what was printed."
    return CheckView(
        number=check.number,
        label=check.mark.label,
        entry=text.entry,
        sentence=sentence,
        own=check.own,
        titled=check.titled,
        place=place,
        before=before,
        after=after,
        fault=fault if check.own else "",
        language=text.document.language,
        dates=text.dates,
        stored=text.stored,
        part=part_of(span, text.parts) if stands and not check.titled else 0,
    )


def _whole(text: _Text, checks: Sequence[CheckView]) -> StoredView:
    return StoredView(
        text.entry,
        text.document,
        paragraphs(text.document.text, sentences=text.sentences, parts=text.parts),
        tuple(check for check in checks if check.own and check.entry is text.entry),
        text.dates,
        text.fault,
    )


def _placed(page: PageView) -> Iterator[tuple[PrintedLine, str]]:
    """Yield every line that has marks with the words for where it stands, in printed order."""
    if page.top:
        yield from _numbered(page.top.lines, "Top story")
    for band in page.bands:
        for brief in band.briefs:
            yield from _numbered(brief.lines, f"{band.name.capitalize()}, “{brief.title}”")
    for correction in page.corrected:
        place = f"Correction {correction.number}"
        for line, when in zip(correction.lines, ("as printed", "now"), strict=False):
            yield line, f"{place}, {when}"
    if page.panel:
        yield from ((item.line, "Figures") for item in page.panel.figures)
        yield from ((item.line, "In their words") for item in page.panel.quotes)
        yield from ((item.line, f"Ahead, {item.day}") for item in page.panel.ahead)


def _numbered(lines: Sequence[PrintedLine], place: str) -> Iterator[tuple[PrintedLine, str]]:
    for number, line in enumerate(lines, start=1):
        yield line, f"{place}, sentence {number}"


def _dates(document: Document, *, zone: tzinfo, day: date) -> str:
    """Say when a report was published and collected; a time without its day is of the day said."""
    told: list[str] = []
    said: date | None = None
    if document.published is not None:
        local = document.published.astimezone(zone)
        told.append(f"published {_moment(local, day=day, timed=document.timed)}")
        said = local.date() if document.timed else None
    if document.collected is not None:
        local = document.collected.astimezone(zone)
        when = f"{local:%H:%M}" if local.date() == said else _moment(local, day=day, timed=True)
        told.append(f"collected {when}")
    words = "; ".join(told)
    return words[:1].upper() + words[1:]


def _moment(local: datetime, *, day: date, timed: bool) -> str:
    year = "" if local.year == day.year else f" {local.year}"
    return f"{short_date(local.date())}{year}" + (f", {local:%H:%M}" if timed else "")


def _chart(chart: Chart) -> ChartView:
    bars = [bar for row in chart.rows for bar in row.bars]
    high = max((bar.high * _PIXELS for bar in bars), default=_THIN)
    wide = (STEP * (DAYS - 1) + _BAR) * _PIXELS
    rows = tuple(_spark(row, high=max(high, _THIN)) for row in chart.rows)
    return ChartView(
        chart.title, rows, chart.first, chart.last, round(wide, 2), round(max(high, _THIN), 2)
    )


def _spark(row: SectionRow, *, high: float) -> SparkView:
    bars = []
    for bar in row.bars:
        tall = max(bar.high * _PIXELS, _THIN)
        bars.append(
            BarView(
                round((bar.x - LEFT) * _PIXELS, 2),
                round(high - tall, 2),
                round(tall, 2),
                bar.today,
            )
        )
    return SparkView(row.name, tuple(bars), row.today)
