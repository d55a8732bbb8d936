"""The parts of an edition in reading order, for formats without a layout."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from briefing.core.frozen import frozen
from briefing.core.language import Phrases, in_language
from briefing.core.model import Edition
from briefing.press import wording
from briefing.press.corrections import AmendedWords, CorrectionBriefView
from briefing.press.formats import Rendition
from briefing.press.html import Checks
from briefing.press.lines import PrintedLine, safe_url
from briefing.press.panel import PanelView, QuoteView
from briefing.press.view import BriefView, PageView, view


@frozen
class Inline:
    """A run of words in one style."""

    text: str
    #: "status" or "label", before other runs and without its colon; "note", not a source's words;
    #: "strong"; "differs", from the other wording of a correction; "number", of a source.
    kind: str = ""
    #: The line whose marks follow the words.
    line: PrintedLine | None = None
    url: str = ""
    #: Language, if it differs from the edition's.
    language: str = ""


@frozen
class Part:
    """A headline, a paragraph, or an item of a list."""

    #: "marking", "house", "name", "folio", "note", "signed", "headline", "earlier", "stand",
    #: "text", "was", "now", "waiting", "item", "quote", "speaker", "key", "source", "owner", or
    #: "foot".
    kind: str
    runs: tuple[Inline, ...]
    #: The target of links to it; often empty.
    id: str = ""


@frozen
class PrintedBlock:
    """Parts below one heading."""

    id: str
    #: Empty for the head of the edition, its top story, and its foot.
    name: str
    parts: tuple[Part, ...]


@frozen
class Parts:
    """An edition in blocks, none of them empty."""

    page: PageView
    checks: Checks
    say: Phrases
    #: The edition's http or https address; otherwise empty.
    web: str
    blocks: tuple[PrintedBlock, ...]


#: For an edition without a panel.
_NO_PANEL = PanelView((), (), (), (), None)


@in_language(lambda edition, _: edition.language)
def parts_of(edition: Edition, rendition: Rendition) -> Parts:
    """Return all parts of an edition, followed by what has changed since it was printed."""
    page, say = view(edition), wording.say()
    checks, web = Checks(page, edition), safe_url(rendition.web)
    blocks = (
        PrintedBlock(id_, name[:1].upper() + name[1:], own)
        for id_, name, parts in _blocks(page, checks, say, web=web, amended=rendition.amended)
        if (own := tuple(part for part in parts if part.runs))
    )
    return Parts(page, checks, say, web, tuple(blocks))


def _part(kind: str, *runs: Inline | str, id_: str = "") -> Part:
    """Return a part from runs, or from texts as plain runs; without runs if all are empty."""
    made = (Inline(run) if isinstance(run, str) else run for run in runs)
    return Part(kind, tuple(run for run in made if run.text), id_)


def _blocks(
    page: PageView, checks: Checks, say: Phrases, *, web: str, amended: Iterable[AmendedWords]
) -> Iterator[tuple[str, str, Iterable[Part]]]:
    """Yield id, name and parts of each block in reading order; blocks may be empty."""
    panel = page.panel or _NO_PANEL
    folio = (page.dateline, f"{say.edition} {page.number}", page.day_line.words)
    address = (" ", Inline(say.on_the_web, url=web)) if web else ()
    yield (
        "head",
        "",
        (
            _part("marking", page.letterhead.marking.upper()),
            *(_part(kind, words) for kind, words in page.letterhead.lines),
            _part("name", page.name),
            _part("folio", Inline(page.date, "strong"), *(f" · {text}" for text in folio if text)),
            _part("folio", say.creed, *address),
        ),
    )
    if page.note:
        signed = _part("signed", f"{page.note.signed} ({say.desk_words})")
        yield "note", say.desk_note, (_part("note", page.note.text), signed)
    if page.top:
        yield "top", "", _brief(page.top, checks, say, stands=True)
    for number, band in enumerate(page.bands, start=1):
        briefs = (part for brief in band.briefs for part in _brief(brief, checks, say))
        yield f"section{number}", band.label or band.name, briefs
    corrections = (part for item in page.corrected for part in _correction(item))
    yield "corrections", say.corrections, (*corrections, _part("waiting", page.waiting))
    named = (
        _part(
            "item",
            Inline(say.status.get(item.status, ""), "status"),
            Inline(item.title, "", item.line, language=item.language),
            Inline(item.notes, "note"),
        )
        for item in panel.also
    )
    yield "also", page.also, named
    days = ((item.day, item.line) for item in panel.ahead)
    figures = ((item.numeral, item.line) for item in panel.figures)
    for id_, name, items in (("ahead", say.ahead, days), ("figures", say.figures, figures)):
        yield id_, name, (_part("item", Inline(to, "label"), *_said(line)) for to, line in items)
    yield "quotes", say.in_their_words, (part for item in panel.quotes for part in _quote(item))
    yield "chart", say.chart, [_part("text", panel.chart.title if panel.chart else "")]
    yield "amended", say.amended, map(_amended, amended)
    yield "sources", say.sources, _sources(page, say)
    ledger, proof = f"{say.ledger}{say.colon}{page.ledger}", f"[1] {page.id} · sha256 {page.proof}"
    yield "foot", "", (_part("foot", ledger), _part("foot", proof))


def _said(line: PrintedLine, pieces: Sequence[tuple[str, bool]] = ()) -> Iterator[Inline]:
    """Yield the speaker of a line, then its pieces, of which some differ; its marks come last."""
    yield Inline(line.speaker, "label")
    *others, (last, differs) = pieces or [(line.text, False)]
    yield from (Inline(text, "differs" if differs else "") for text, differs in others)
    yield Inline(last, "differs" if differs else "", line)


def _brief(brief: BriefView, checks: Checks, say: Phrases, *, stands: bool = False) -> list[Part]:
    """Return the parts of a brief; with ``stands``, its first sentence is a part of its own."""
    status = Inline(say.status.get(brief.status, ""), "status")
    title = (status, brief.title) if brief.headline else ()
    before = brief.earlier
    earlier = (Inline(before.when, "label"), before.title) if before else ()
    lead, *others = brief.lines
    apart = _part("stand", *_said(lead)) if stands and others else None
    runs = [
        run for line in (others if apart else brief.lines) for run in (Inline(" "), *_said(line))
    ]
    text = _part("text", *runs[1:], Inline(brief.notes, "note"))
    parts = (_part("headline", *title), _part("earlier", *earlier), apart, text)
    first, *rest = (part for part in parts if part and part.runs)
    return [replace(first, id=checks.anchor(brief)), *rest]


def _correction(item: CorrectionBriefView) -> Iterator[Part]:
    yield _part("was", Inline(item.was, "label"), *_said(item.old.line, item.old.pieces))
    new = _said(item.new.line, item.new.pieces) if item.new else ()
    yield _part("now", Inline(item.now, "label") if item.new else f"{item.now}.", *new)


def _quote(item: QuoteView) -> tuple[Part, Part]:
    speaker = ", ".join(filter(None, (item.speaker, item.office)))
    return _part("quote", item.quoted), _part("speaker", Inline(speaker, "", item.line))


def _amended(item: AmendedWords) -> Part:
    since = Inline(f"{item.since}{':' if item.new else '.'}", "strong")
    return _part("item", f"{item.old} ", since, f" {item.new}" if item.new else "")


def _sources(page: PageView, say: Phrases) -> Iterator[Part]:
    yield _part("key", say.plain_marks if page.sources else "")
    for source in page.sources:
        named = source.publisher or say.unnamed
        label = Inline(f"{named} ({source.grade})" if source.grade else named, "label")
        number = Inline(f"{source.number}", "number")
        title = Inline(source.title, url=source.url, language=source.language)
        yield _part("source", number, label, title, id_=f"source{source.number}")
    yield from (_part("owner", owner) for owner in page.owners)
