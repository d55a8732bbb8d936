"""The parts of an edition in reading order, from which formats without a layout are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from briefing.core.model import Edition
from briefing.press.corrections import AmendedWords, CorrectionBriefView, MarkedWords
from briefing.press.formats import Rendition
from briefing.press.html import Checks
from briefing.press.lines import PrintedLine, safe_url
from briefing.press.panel import PanelView, QuoteView
from briefing.press.view import BriefView, PageView, view
from briefing.press.wording import Phrases, phrases


@dataclass(frozen=True, slots=True)
class Run:
    """Words that are set alike."""

    text: str
    #: "status" or "label", before the others and without its colon; "note", no source's words;
    #: "strong"; "differs", from the other wording of a correction; "number", of a source.
    kind: str = ""
    #: The line whose marks stand behind the words.
    line: PrintedLine | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A headline, a paragraph, or an item of a list."""

    #: "marking", "house", "name", "folio", "note", "signed", "headline", "earlier", "stand",
    #: "text", "was", "now", "waiting", "item", "quote", "speaker", "key", "source", "owner", or
    #: "foot".
    kind: str
    runs: tuple[Run, ...]
    #: Where links to it lead; often empty.
    id: str = ""
    #: The line whose check is linked behind it where marks are no links.
    check: PrintedLine | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Parts below one heading."""

    id: str
    #: Empty for the head of the edition, its top story, and its foot.
    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """An edition in blocks, none of which is empty."""

    page: PageView
    checks: Checks
    say: Phrases
    #: The address of the edition; empty for none, or for none of the web.
    web: str
    blocks: tuple[Block, ...]


#: Id, name and parts of a block; parts without runs, and blocks without parts, go.
_Parts = tuple[str, str, Iterable[Part]]


def parts_of(edition: Edition, rendition: Rendition) -> Parts:
    """Return all parts of an edition, and behind them what has changed since it was printed."""
    page, say = view(edition), phrases(edition.language)
    checks, web = Checks(page, edition), safe_url(rendition.web)
    made = (
        *_head(page, say, web),
        *_news(page, checks, say),
        *_panel(page.panel, page.also, say),
        ("amended", say.amended, map(_amended, rendition.amended)),
        ("sources", say.sources, _sources(page, say)),
        ("foot", "", _foot(page, say)),
    )
    blocks = (
        Block(id_, name[:1].upper() + name[1:], tuple(part for part in parts if part.runs))
        for id_, name, parts in made
    )
    return Parts(page, checks, say, web, tuple(block for block in blocks if block.parts))


def _part(kind: str, *runs: Run | str, id_: str = "", check: PrintedLine | None = None) -> Part:
    """Return a part of runs, plain ones given as their text; it has none if all are empty."""
    made = (Run(run) if isinstance(run, str) else run for run in runs)
    return Part(kind, tuple(run for run in made if run.text), id_, check)


def _head(page: PageView, say: Phrases, web: str) -> Iterator[_Parts]:
    yield "head", "", _masthead(page, say, web)
    if page.note:
        signed = _part("signed", f"{page.note.signed} ({say.desk_words})")
        yield "note", say.desk_note, (_part("note", page.note.text), signed)


def _masthead(page: PageView, say: Phrases, web: str) -> Iterator[Part]:
    yield _part("marking", page.letterhead.marking.upper())
    yield _part("house", page.letterhead.name_line)
    yield _part("name", page.name)
    folio = (page.dateline, f"{say.edition} {page.number}", page.day_line.words)
    words = (f" · {text}" for text in folio if text)
    yield _part("folio", Run(page.date, "strong"), *words)
    yield _part("folio", say.creed, *((" ", Run(say.on_the_web, url=web)) if web else ()))


def _news(page: PageView, checks: Checks, say: Phrases) -> Iterator[_Parts]:
    if page.top:
        yield "top", "", _brief(page.top, checks, say, stands=True)
    for number, band in enumerate(page.bands, start=1):
        briefs = (part for brief in band.briefs for part in _brief(brief, checks, say))
        yield f"section{number}", band.label or band.name, briefs
    corrections = (part for item in page.corrected for part in _correction(item))
    yield "corrections", say.corrections, (*corrections, _part("waiting", page.waiting))


def _panel(panel: PanelView | None, also: str, say: Phrases) -> Iterator[_Parts]:
    if panel is None:
        return
    named = (
        _part(
            "item",
            Run(say.status.get(item.status, ""), "status"),
            Run(item.title, "", item.line),
            Run(item.notes, "note"),
        )
        for item in panel.also
    )
    yield "also", also, named
    days = ((item.day, item.line) for item in panel.ahead)
    figures = ((item.numeral, item.line) for item in panel.figures)
    for id_, name, items in (("ahead", say.ahead, days), ("figures", say.figures, figures)):
        yield id_, name, (_part("item", Run(to, "label"), *_said([line])) for to, line in items)
    yield "quotes", say.in_their_words, (part for item in panel.quotes for part in _quote(item))
    if panel.chart:
        yield "chart", say.chart, [_part("text", panel.chart.title)]


def _said(lines: Iterable[PrintedLine]) -> Iterator[Run]:
    """Yield lines as they run on, each with whose words it is and its marks."""
    for number, line in enumerate(lines):
        yield Run(" " if number else "")
        yield Run(line.sentence.speaker, "label")
        yield Run(line.text, "", line)


def _wording(words: MarkedWords) -> Iterator[Run]:
    yield Run(words.line.sentence.speaker, "label")
    for number, (text, differs) in enumerate(words.pieces, start=1):
        last = words.line if number == len(words.pieces) else None
        yield Run(text, "differs" if differs else "", last)


def _brief(brief: BriefView, checks: Checks, say: Phrases, *, stands: bool = False) -> list[Part]:
    """Return the parts of a brief; of the top story, the first sentence ``stands`` apart."""
    status = Run(say.status.get(brief.status, ""), "status")
    title = (status, brief.title) if brief.headline else ()
    before = brief.earlier
    earlier = (Run(before.when, "label"), before.title) if before else ()
    apart = 1 if stands and len(brief.lines) > 1 else 0
    text = (*_said(brief.lines[apart:]), Run(brief.notes, "note"))
    parts = (
        _part("headline", *title),
        _part("earlier", *earlier),
        _part("stand", *_said(brief.lines[:apart])),
        _part("text", *text, check=brief.lines[0]),
    )
    first, *others = (part for part in parts if part.runs)
    return [replace(first, id=checks.anchor(brief)), *others]


def _correction(item: CorrectionBriefView) -> Iterator[Part]:
    yield _part("was", Run(item.was, "label"), *_wording(item.old))
    if item.new:
        yield _part("now", Run(item.now, "label"), *_wording(item.new), check=item.new.line)
    else:
        yield _part("now", f"{item.now}.", check=item.old.line)


def _quote(item: QuoteView) -> Iterator[Part]:
    yield _part("quote", f"“{item.line.text}”")
    words = ", ".join(filter(None, (item.speaker, item.office)))
    yield _part("speaker", Run(words, "", item.line))


def _amended(item: AmendedWords) -> Part:
    since = Run(f"{item.since}{':' if item.new else '.'}", "strong")
    return _part("item", f"{item.old} ", since, f" {item.new}" if item.new else "")


def _sources(page: PageView, say: Phrases) -> Iterator[Part]:
    yield _part("key", say.plain_marks if page.sources else "")
    for source in page.sources:
        named = source.publisher or say.unnamed
        label = Run(f"{named} ({source.grade})" if source.grade else named, "label")
        number, title = Run(f"{source.number}", "number"), Run(source.title, url=source.url)
        yield _part("source", number, label, title, id_=f"source{source.number}")
    yield from (_part("owner", owner) for owner in page.owners)


def _foot(page: PageView, say: Phrases) -> Iterator[Part]:
    yield _part("foot", f"{say.ledger}: {page.ledger}")
    yield _part("foot", f"[1] {page.id} · sha256 {page.proof}")
