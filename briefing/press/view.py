"""An edition as its page says it: numbered sources, marks behind sentences, dates in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from briefing.glyphs import is_settable
from briefing.model import (
    Brief,
    Correction,
    DateAhead,
    Document,
    Edition,
    Figure,
    Quote,
    Sentence,
)
from briefing.ports import Draft
from briefing.press.chart import Chart, draw_chart
from briefing.press.ledger import count_words, ledger_words, lost_words

#: A longer name of a publisher is no name.
_LONGEST_PUBLISHER = 60
#: A last word of at most this many letters is held to the one before it (docs/page.md, "Setting").
TIED_LETTERS = 9
#: Words held together are at most this long, so that they fit in a column.
_TIED_WIDTH = 25

_TAIL = re.compile(r"(?P<head>.*?)(?P<tail>(?:\S+\s+)?\S+\s+per\s+cent\S*|\S+\s+\S+)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """A text in two parts, the second of which is never broken."""

    head: str
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A source number behind a sentence."""

    #: From 1, in order of first citation.
    number: int
    #: Accessible name: "source 3, Straits Ledger".
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One printed sentence with its marks; the words are the source's, byte for byte."""

    text: str
    tied: Words
    marks: tuple[Mark, ...]
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class BriefView:
    """One brief; without a headline when it would only repeat the one right above."""

    story: str
    headline: Words | None
    title: str
    status: str
    lines: tuple[Line, ...]
    #: "5 reports, 3 publishers", with no-break spaces inside each half.
    counts: str


@dataclass(frozen=True, slots=True)
class Band:
    """One section across the page, its briefs split into columns."""

    name: str
    columns: tuple[tuple[BriefView, ...], ...]

    @property
    def briefs(self) -> Iterator[BriefView]:
        """All briefs in reading order."""
        for column in self.columns:
            yield from column


@dataclass(frozen=True, slots=True)
class FigureView:
    """A numeral, and the clause below it."""

    numeral: str
    line: Line


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The quoted words, who spoke them, and in which office."""

    line: Line
    speaker: str
    office: str


@dataclass(frozen=True, slots=True)
class AheadView:
    """A day in words, and what happens on it."""

    day: str
    line: Line


@dataclass(frozen=True, slots=True)
class PanelView:
    """The blocks beside the news; at least one is not empty."""

    figures: tuple[FigureView, ...]
    quotes: tuple[QuoteView, ...]
    ahead: tuple[AheadView, ...]
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class SourceView:
    """One entry of the list of sources."""

    number: int
    publisher: str
    title: str
    #: Only http and https; empty for any other address.
    url: str
    document: str


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """What has become of a source since it was printed."""

    #: Under number 0: the list of sources need not hold it.
    entry: SourceView
    #: In words, without a full stop.
    what: str


@dataclass(frozen=True, slots=True)
class PageView:
    """All that a template needs, in words."""

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


def long_date(day: date) -> str:
    """Say a day as in "Thursday 12 March 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Say a day as in "Fri 13 March"."""
    return f"{day:%a} {day.day} {day:%B}"


def tie(text: str) -> Words:
    """Hold the last two words together, and a number with its "per cent".

    A last word of more than nine letters is left alone: it would pull the line apart. So are words
    too long to stand on one line.
    """
    found = _TAIL.fullmatch(text) if len(text.split()) > 2 else None
    if not found or sum(map(str.isalpha, text.rsplit(maxsplit=1)[-1])) > TIED_LETTERS:
        return Words(text)
    if len(found["tail"]) > _TIED_WIDTH:
        return Words(text)
    return Words(found["head"], found["tail"])


def safe_url(url: str) -> str:
    """Return an http or https address of printable characters, and nothing for any other."""
    web = re.match(r"https?://\S+\Z", url, re.IGNORECASE)
    return url if web and url.isprintable() else ""


def grouped(digits: str) -> str:
    """Return the first twelve digits in groups of four."""
    return " ".join(digits[start : start + 4] for start in (0, 4, 8))


class _Numbering:
    """Gives each cited document its number, in order of first citation."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._numbers: dict[str, int] = {}

    def mark(self, document: str) -> Mark:
        number = self._numbers.setdefault(document, len(self._numbers) + 1)
        publisher = _source(number, self._documents[document]).publisher
        return Mark(number, f"source {number}, {publisher}".rstrip(", "))

    def sources(self) -> tuple[SourceView, ...]:
        return tuple(
            _source(number, self._documents[document]) for document, number in self._numbers.items()
        )


def _source(number: int, document: Document) -> SourceView:
    settable = is_settable(document.publisher, longest=_LONGEST_PUBLISHER)
    return SourceView(
        number,
        document.publisher if settable else "",
        document.headline or document.id,
        safe_url(document.url),
        document.id,
    )


def _correction(correction: Correction) -> CorrectionView:
    source = Document(
        correction.document,
        correction.title,
        "",
        publisher=correction.publisher,
        url=correction.url,
    )
    seen = f"seen {long_date(correction.noticed.date())}"
    lost = (lost_words(correction.lost),) if correction.lost else ()
    what = f"{correction.what.capitalize()} since it was printed in {correction.edition}, {seen}"
    return CorrectionView(_source(0, source), "; ".join((what, *lost)))


def _line(sentence: Sentence, marks: Iterable[Mark]) -> Line:
    return Line(sentence.text, tie(sentence.text), tuple(marks), sentence)


def _brief(brief: Brief, numbering: _Numbering, above: str) -> BriefView:
    own = dict.fromkeys(sentence.document for sentence in brief.sentences)
    further = [document for document in brief.sources if document not in own]
    lines = tuple(
        _line(sentence, map(numbering.mark, (sentence.document, *(further if first else ()))))
        for first, sentence in zip(
            (True, *(False,) * len(brief.sentences)), brief.sentences, strict=False
        )
    )
    headline = None if brief.headline in {"", above} else tie(brief.headline)
    counts = f"{count_words(brief.reports, 'report')}, {count_words(brief.publishers, 'publisher')}"
    return BriefView(brief.story, headline, brief.headline, brief.status.value, lines, counts)


def _figure(figure: Figure, numbering: _Numbering) -> FigureView:
    return FigureView(
        figure.numeral.text, _line(figure.clause, [numbering.mark(figure.clause.document)])
    )


def _quote(quote: Quote, numbering: _Numbering) -> QuoteView:
    return QuoteView(
        _line(quote.words, [numbering.mark(quote.words.document)]),
        quote.speaker.text,
        quote.office.text if quote.office else "",
    )


def _ahead(ahead: DateAhead, numbering: _Numbering) -> AheadView:
    return AheadView(
        short_date(ahead.day), _line(ahead.clause, [numbering.mark(ahead.clause.document)])
    )


def _panel(edition: Edition, numbering: _Numbering) -> PanelView | None:
    panel = edition.panel
    view = PanelView(
        tuple(_figure(figure, numbering) for figure in panel.figures),
        tuple(_quote(quote, numbering) for quote in panel.quotes),
        tuple(_ahead(ahead, numbering) for ahead in panel.ahead),
        draw_chart(edition.days) if panel.chart else None,
    )
    return view if any((view.figures, view.quotes, view.ahead, view.chart)) else None


def _bands(edition: Edition, numbering: _Numbering) -> Iterator[Band]:
    splits = iter(edition.setting.splits)
    above = edition.top.headline if edition.top else ""
    for section in edition.sections:
        briefs = []
        for brief in section.briefs:
            if not brief.top:
                briefs.append(_brief(brief, numbering, above))
                above = brief.headline
        if briefs:
            split = next(splits, len(briefs))
            yield Band(section.name, (tuple(briefs[:split]), tuple(briefs[split:])))


def _page(
    edition: Edition,
    numbering: _Numbering,
    *,
    top: BriefView | None,
    bands: tuple[Band, ...],
) -> PageView:
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
        ledger=ledger_words(edition.ledger),
        corrections=tuple(map(_correction, edition.ledger.corrections)),
        proof=grouped(edition.proof),
    )


def view(edition: Edition) -> PageView:
    """Put an edition in words, sources numbered in order of first citation.

    The order is that of reading: top story, sections, panel.
    """
    numbering = _Numbering(edition.documents)
    top = _brief(edition.top, numbering, "") if edition.top else None
    bands = tuple(_bands(edition, numbering))
    return _page(edition, numbering, top=top, bands=bands)


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft in words: the page without news, and every candidate in every length."""

    page: PageView
    #: The top story with 1, 2, … sentences.
    top: tuple[BriefView, ...]
    #: Each brief of the draft with 1, 2, … sentences.
    briefs: tuple[tuple[BriefView, ...], ...]


def draft_view(draft: Draft) -> DraftView:
    """Put a draft in words; its list of sources holds all that any choice may cite."""
    numbering = _Numbering(draft.edition.documents)
    worded: list[tuple[BriefView, ...]] = []
    above = ""
    for candidate in (draft.top, *draft.briefs):
        worded.append(tuple(_brief(brief, numbering, above) for brief in candidate.lengths))
        above = candidate.lengths[0].headline
    page = _page(draft.edition, numbering, top=None, bands=())
    return DraftView(page, worded[0], tuple(worded[1:]))
