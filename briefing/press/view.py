"""An edition prepared for templates: numbered sources, source marks, dates in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from briefing.core.counting import counted
from briefing.core.model import (
    Brief,
    Correction,
    DateAhead,
    Document,
    Edition,
    Figure,
    Flow,
    NamedStory,
    Panel,
    Quote,
)
from briefing.core.ports import Draft
from briefing.press.chart import Chart, draw_chart
from briefing.press.corrected import CorrectionBriefView, corrected, waiting_text
from briefing.press.ledger import ledger_text, lost_text
from briefing.press.lines import Numbering, PrintedLine, SourceView, line_of, source_view
from briefing.press.tie import Words, tie


@dataclass(frozen=True, slots=True)
class BriefView:
    """One brief; without a headline if that would repeat the one right above."""

    story: str
    headline: Words | None
    title: str
    status: str
    lines: tuple[PrintedLine, ...]
    #: "5 reports, 3 publishers, also diplomacy", with no-break spaces inside each part.
    counts: str


@dataclass(frozen=True, slots=True)
class Band:
    """One section, its briefs split into columns."""

    name: str
    #: A third one flows over both columns, below the other two.
    columns: tuple[tuple[BriefView, ...], ...]
    flow: Flow = Flow.COLUMNS

    @property
    def briefs(self) -> Iterator[BriefView]:
        """All briefs in reading order."""
        for column in self.columns:
            yield from column


@dataclass(frozen=True, slots=True)
class FigureView:
    """A numeral, and the clause below it."""

    numeral: str
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
    line: PrintedLine


@dataclass(frozen=True, slots=True)
class NamedView:
    """A story that is named by its headline alone, with its publisher and address."""

    story: str
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
    figures: tuple[FigureView, ...]
    quotes: tuple[QuoteView, ...]
    ahead: tuple[AheadView, ...]
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A source that changed since it was printed."""

    #: With number 0: the list of sources need not contain it.
    entry: SourceView
    #: The change, without a full stop.
    what: str


@dataclass(frozen=True, slots=True)
class PageView:
    """Everything that a template needs."""

    id: str
    name: str
    date: str
    dateline: str
    number: int
    language: str
    top: BriefView | None
    bands: tuple[Band, ...]
    panel: PanelView | None
    sources: tuple[SourceView, ...]
    ledger: str
    #: Shown on the screen only; the ledger line counts them.
    corrections: tuple[CorrectionView, ...]
    #: First twelve digits of the edition's proof in groups of four.
    proof: str
    #: Printed corrections, and the text about those still due; empty if none.
    corrected: tuple[CorrectionBriefView, ...] = ()
    waiting: str = ""

    @property
    def rows(self) -> Iterator[tuple[Band, ...]]:
        """The sections in rows of the printed page: one, or two side by side."""
        waiting: tuple[Band, ...] = ()
        for band in self.bands:
            waiting = (*waiting, band)
            if band.flow is not Flow.BESIDE or len(waiting) > 1:
                yield waiting
                waiting = ()


def long_date(day: date) -> str:
    """Format a day as "Thursday 12 March 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Format a day as "Fri 13 March"."""
    return f"{day:%a} {day.day} {day:%B}"


def grouped(digits: str) -> str:
    """Return the first twelve digits in groups of four."""
    return " ".join(digits[start : start + 4] for start in (0, 4, 8))


def _correction(correction: Correction) -> CorrectionView:
    source = Document(
        correction.document,
        correction.title,
        "",
        publisher=correction.publisher,
        url=correction.url,
    )
    noticed = f"seen {long_date(correction.noticed.date())}"
    lost = (lost_text(correction.lost),) if correction.lost else ()
    what = f"{correction.what.capitalize()} since it was printed in {correction.edition}, {noticed}"
    return CorrectionView(source_view(0, source), "; ".join((what, *lost)))


def _brief(brief: Brief, numbering: Numbering, above: str) -> BriefView:
    own = dict.fromkeys(sentence.document for sentence in brief.sentences)
    further = [document for document in brief.sources if document not in own]
    lines = tuple(
        line_of(sentence, map(numbering.mark, (sentence.document, *(further if first else ()))))
        for first, sentence in zip(
            (True, *(False,) * len(brief.sentences)), brief.sentences, strict=False
        )
    )
    headline = None if brief.headline in {"", above} else tie(brief.headline)
    counts = [counted(brief.reports, "report"), counted(brief.publishers, "publisher")]
    counts += [f"also {section}" for section in brief.touches]
    status, about = brief.status.value, ", ".join(part.replace(" ", "\u00a0") for part in counts)
    return BriefView(brief.story, headline, brief.headline, status, lines, about)


def _figure(figure: Figure, numbering: Numbering) -> FigureView:
    return FigureView(
        figure.numeral.text, line_of(figure.clause, [numbering.mark(figure.clause.document)])
    )


def _quote(quote: Quote, numbering: Numbering) -> QuoteView:
    return QuoteView(
        line_of(quote.words, [numbering.mark(quote.words.document)]),
        quote.speaker.text,
        quote.office.text if quote.office else "",
    )


def _ahead(ahead: DateAhead, numbering: Numbering) -> AheadView:
    return AheadView(
        short_date(ahead.day), line_of(ahead.clause, [numbering.mark(ahead.clause.document)])
    )


def _named(named: NamedStory, document: Document) -> NamedView:
    source = source_view(0, document)
    return NamedView(
        named.story,
        tie(named.title.text),
        named.title.text,
        named.status.value,
        named.section,
        source.publisher,
        source.url,
    )


def _panel(edition: Edition, numbering: Numbering) -> PanelView | None:
    panel = edition.panel
    view = PanelView(
        tuple(_named(named, edition.documents[named.title.document]) for named in panel.also),
        tuple(_figure(figure, numbering) for figure in panel.figures),
        tuple(_quote(quote, numbering) for quote in panel.quotes),
        tuple(_ahead(ahead, numbering) for ahead in panel.ahead),
        draw_chart(edition.days) if panel.chart else None,
    )
    return view if panel != Panel() else None


def _bands(edition: Edition, numbering: Numbering) -> Iterator[Band]:
    splits, flows = iter(edition.setting.splits), iter(edition.setting.flows)
    above = edition.top.headline if edition.top else ""
    for section in edition.sections:
        briefs = []
        for brief in section.briefs:
            if not brief.top:
                briefs.append(_brief(brief, numbering, above))
                above = brief.headline
        if briefs:
            flow, split = next(flows, Flow.COLUMNS), next(splits, len(briefs))
            yield Band(section.name, tuple(_columns(briefs, split, flow)), flow)


def _columns(
    briefs: Sequence[BriefView], split: int, flow: Flow
) -> Iterator[tuple[BriefView, ...]]:
    last = len(briefs) - 1 if flow is Flow.WIDE else len(briefs)
    yield tuple(briefs[:split])
    yield tuple(briefs[split:last])
    if flow is Flow.WIDE:
        yield tuple(briefs[last:])


def _page(
    edition: Edition,
    numbering: Numbering,
    *,
    top: BriefView | None,
    bands: tuple[Band, ...],
) -> PageView:
    corrections = tuple(corrected(edition, numbering, format_day=short_date))
    panel = _panel(edition, numbering)
    return PageView(
        id=edition.id,
        name=edition.name,
        date=long_date(edition.day),
        dateline=edition.dateline,
        number=edition.number,
        language=edition.language,
        top=top,
        bands=bands,
        panel=panel,
        sources=numbering.sources(),
        ledger=ledger_text(edition.ledger),
        corrections=tuple(map(_correction, edition.ledger.corrections)),
        proof=grouped(edition.proof),
        corrected=corrections,
        waiting=waiting_text(edition),
    )


def view(edition: Edition) -> PageView:
    """Prepare an edition for templates, with sources numbered in order of first citation.

    The order is that of reading: top story, sections, corrections, panel.
    """
    numbering = Numbering(edition.documents)
    top = _brief(edition.top, numbering, "") if edition.top else None
    bands = tuple(_bands(edition, numbering))
    return _page(edition, numbering, top=top, bands=bands)


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft for templates: the page without news, and every candidate in every length."""

    page: PageView
    #: The top story with 1, 2, … sentences; none if there are only corrections.
    top: tuple[BriefView, ...]
    #: Each brief of the draft with 1, 2, … sentences.
    briefs: tuple[tuple[BriefView, ...], ...]

    @property
    def heads(self) -> Iterator[BriefView]:
        """What stands above the text of each brief."""
        for lengths in self.briefs:
            yield replace(lengths[0], lines=(), counts="")


def draft_view(draft: Draft) -> DraftView:
    """Prepare a draft for templates; its list has all sources that any choice may cite."""
    numbering = Numbering(draft.edition.documents)
    views: list[tuple[BriefView, ...]] = []
    above = ""
    tops = (draft.top,) if draft.top.lengths else ()
    for candidate in (*tops, *draft.briefs):
        views.append(tuple(_brief(brief, numbering, above) for brief in candidate.lengths))
        above = candidate.lengths[0].headline
    page = _page(_with_waiting(draft.edition), numbering, top=None, bands=())
    top = views.pop(0) if tops else ()
    return DraftView(page, top, tuple(views))


def _with_waiting(edition: Edition) -> Edition:
    """Let all corrections but the first wait, so that the text about them can be measured."""
    more = max(0, len(edition.corrections) - 1)
    return replace(edition, ledger=replace(edition.ledger, corrections_waiting=more))
