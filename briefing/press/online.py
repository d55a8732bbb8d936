"""PURE: an edition for the web, with each printed passage compared to the stored text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo

from briefing.core.model import Document, Edition, Sentence
from briefing.core.record import Record
from briefing.core.text.summarize import near
from briefing.press.background import (
    Background,
    Piece,
    Span,
    backgrounds,
    merged,
    neighbors,
    paragraphs,
    part_of,
)
from briefing.press.chart import HIGH, LEFT, STEP, WIDE, Axis, Chart
from briefing.press.html import Check, Checks
from briefing.press.lines import PrintedLine, SourceView
from briefing.press.view import PageView, grouped, view
from briefing.press.wording import dates
from briefing.press.wording import translate as _

#: Splits a document into sentences, in order.
Segment = Callable[[Document], Sequence[Sentence]]

#: Pixels per point of the chart: fourteen days fill half of the panel.
_PIXELS = 2
#: Pixels: least height of a bar, so that a day without stories is a line.
_THIN = 1.0


@dataclass(frozen=True, slots=True)
class StoredView:
    """The full stored text of a source, with its printed passages."""

    entry: SourceView
    document: Document
    sentences: Sequence[Sentence]
    #: Its printed passages that are still in the text.
    parts: tuple[Span, ...]
    #: What is wrong with the whole text; empty if it is unchanged since printing.
    fault: str
    #: Whether the text is stored.
    stored: bool
    dates: str
    #: As stored.
    title: str
    #: The passages printed from it, in printed order.
    checks: tuple[Check, ...] = ()

    @property
    def paragraphs(self) -> tuple[tuple[Piece, ...], ...]:
        """As collected, every character."""
        return paragraphs(self.document.text, sentences=self.sentences, parts=self.parts)

    @property
    def digest(self) -> str:
        """First twelve digits of the text's SHA-256."""
        return grouped(self.document.sha256)


@dataclass(frozen=True, slots=True)
class Online:
    """The content of an edition's web page; it changes only when a stored text does."""

    edition: Edition
    page: PageView
    #: In printed order.
    checks: tuple[Check, ...]
    #: In pixels.
    chart: Chart | None
    #: The stored texts by the number of their source.
    stored: Mapping[int, StoredView]
    #: By id of the story.
    backgrounds: Mapping[str, Background]
    #: Checks by line.
    by_line: Checks = field(repr=False)

    def of(self, line: PrintedLine) -> list[Check]:
        """Return the checks of a printed line."""
        return [self.checks[check.number - 1] for check in self.by_line.of(line)]

    @property
    def faults(self) -> tuple[Check, ...]:
        """The checks that did not find the printed passage."""
        return tuple(check for check in self.checks if check.fault)


def online(
    record: Record, *, sources: Mapping[str, Document], segment: Segment, zone: tzinfo = UTC
) -> Online:
    """Prepare an edition for the web and compare each printed passage to the stored text.

    ``sources`` are the stored texts by id, cited or not (:func:`reports_in`); the checks of one
    that is missing fail.
    """
    page = replace(view(record.edition), proof=grouped(record.digest))
    by_line = Checks(page, record.edition)
    texts = {
        entry.document: _text(entry, record, sources.get(entry.document), segment, zone=zone)
        for entry in page.sources
    }
    checks = tuple(_check(check, texts[check.source.id]) for check in by_line)
    stored = {
        text.entry.number: replace(
            text, checks=tuple(check for check in checks if check.own and check.entry is text.entry)
        )
        for text in texts.values()
        if text.stored
    }
    chart = _chart(page.panel.chart) if page.panel and page.panel.chart else None
    numbers = {entry.document: entry.number for entry in page.sources}
    behind = backgrounds(record.edition, sources=sources, numbers=numbers, zone=zone)
    return Online(record.edition, page, checks, chart, stored, behind, by_line)


def reports_in(record: Record) -> frozenset[str]:
    """Return the ids of all documents that the web page of an edition shows."""
    evidence = record.edition.evidence.values()
    return frozenset(
        (*record.edition.documents, *(id for item in evidence for id, _ in item.every_link))
    )


def _text(
    entry: SourceView, record: Record, stored: Document | None, segment: Segment, *, zone: tzinfo
) -> StoredView:
    document = _with_text(record.edition.documents[entry.document], stored)
    printed = [
        (passage.start, passage.end)
        for passage in record.edition.passages()
        if passage.document == document.id and _matches(passage, document)
    ]
    fault = _("The text is no longer stored.")
    if stored is not None:
        same = stored.sha256 == record.edition.documents[entry.document].sha256
        fault = "" if same else _("The stored text has changed since it was printed.")
    return StoredView(
        entry,
        document,
        segment(document),
        merged(printed),
        fault,
        stored is not None,
        dates(document, zone=zone, day=record.edition.day),
        stored.title if stored is not None else "",
    )


def _with_text(document: Document, stored: Document | None) -> Document:
    """Return a document as printed, with the text that is stored now."""
    if stored is None:
        return document
    return replace(
        document,
        text=stored.text,
        language=stored.language,
        timed=stored.timed,
        collected=document.collected or stored.collected,
    )


def _matches(sentence: Sentence, document: Document) -> bool:
    return document.text[sentence.start : sentence.end] == sentence.text


def _check(check: Check, text: StoredView) -> Check:
    sentence = check.sentence
    span = (sentence.start, sentence.end)
    matches = check.own and _matches(sentence, text.document)
    if check.titled:
        matches = text.title == sentence.text
    nearest, likeness = (None, 0.0) if check.own else _nearest(sentence, text.sentences)
    shown = span if matches and not check.titled else nearest and (nearest.start, nearest.end)
    before, after = "", ""
    if shown:
        before, after = neighbors(text.document.text, shown, sentences=text.sentences)
    fault = text.fault
    if text.stored and not matches:
        fault = _("The stored text differs from what was printed.")
    return replace(
        check,
        nearest=nearest.text if nearest else "",
        likeness=likeness,
        before=before,
        after=after,
        fault=fault if check.own else "",
        language=text.document.language,
        dates=text.dates,
        stored=text.stored,
        part=part_of(span, text.parts) if matches and not check.titled else 0,
    )


def _nearest(printed: Sentence, sentences: Sequence[Sentence]) -> tuple[Sentence | None, float]:
    """Return the sentence that has most words in common, the first of equals, and how alike."""
    best = max(sentences, key=lambda sentence: near(printed.text, sentence.text), default=None)
    likeness = near(printed.text, best.text) if best else 0.0
    return (best, likeness) if likeness else (None, 0.0)


def _chart(chart: Chart) -> Chart:
    most = max((count for row in chart.rows for count in row.counts), default=0)
    high = HIGH * _PIXELS if most else _THIN
    axis = Axis(
        (chart.left - LEFT) * _PIXELS, STEP * _PIXELS, WIDE * _PIXELS, high, high, most, _THIN, 2
    )
    rows = tuple(replace(row, bars=axis.bars(row.counts)) for row in chart.rows)
    return replace(chart, rows=rows, wide=round(chart.wide * _PIXELS, 2), high=high)
