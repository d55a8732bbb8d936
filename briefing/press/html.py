"""An edition as HTML: rendered with the theme for print, and as one file for the screen."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_eval_context,
    select_autoescape,
)
from jinja2.nodes import EvalContext
from markupsafe import Markup

from briefing.core.frozen import frozen
from briefing.core.language import in_language
from briefing.core.model import Document, Edition, Scale, Sentence
from briefing.press.formats import Rendition
from briefing.press.lines import PrintedLine, SourceMark, SourceView, unbroken
from briefing.press.theme import Paper, Theme, assets
from briefing.press.view import BriefView, DraftView, PageView, grouped, view
from briefing.press.wording import Saying, _, long_date, say


def environment(theme: Theme) -> Environment:
    """Return the theme's templates; HTML is escaped, an unknown name is an error."""
    return _environment(theme.folders)


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    # Cached for each theme: compiling its templates takes a fifth of the time of a page.
    templates = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(("html", "css", "svg", "xhtml", "opf")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["unbroken"] = unbroken
    templates.globals |= {"say": Saying(), "_": _translated}
    return templates


@pass_eval_context
def _translated(context: EvalContext, message: str, /, **values: object) -> str:
    """Return a template's message, translated; it may contain tags, and its values are escaped."""
    words = say().messages.get(message, message)
    if not values:
        return words
    return (Markup if context.autoescape else str)(words).format(**values)


def forget_templates() -> None:
    """Drop all cached templates, since a theme is being edited."""
    _environment.cache_clear()
    assets.cache_clear()


@in_language(lambda edition, **_: edition.language)
def page_html(edition: Edition, *, theme: Theme, paper: Paper) -> str:
    """Return the HTML that the press lays out on one sheet."""
    setting = edition.setting
    return (
        environment(theme)
        .get_template("page.html")
        .render(
            page=view(edition),
            day=edition.day.isoformat(),
            paper=paper,
            scale=setting.scale.value,
            lead=round(setting.lead, 4),
            headline=setting.headline,
            side_gap=round(setting.side_gap, 3),
            lines=setting.lines,
            accent=edition.letterhead.accent or theme.accent,
            sheets=_sheets(theme),
        )
    )


def _sheets(theme: Theme) -> list[str]:
    """Return the style sheets of a page; a theme adjusts its base in its own "theme.css"."""
    return [name for name in ("page.css", "column.css", "theme.css") if theme.asset(name)]


@in_language(lambda draft, **_: draft.page.language)
def probe_html(draft: DraftView, *, theme: Theme, paper: Paper, scales: Sequence[Scale]) -> str:
    """Return the HTML that shows every block of a draft once at each scale."""
    return (
        environment(theme)
        .get_template("probe.html")
        .render(
            page=draft.page,
            panel=draft.page.panel,
            top=draft.top,
            briefs=draft.briefs,
            heads=tuple(draft.heads),
            corrected=draft.page.corrected,
            sources=draft.page.sources,
            paper=paper,
            accent=theme.accent,
            sheets=_sheets(theme),
            scales=[
                {
                    "name": scale.value,
                    "lead": theme.scales[scale].lead[0],
                    "headlines": theme.scales[scale].headline,
                }
                for scale in scales
            ],
        )
    )


#: Most characters of context from the paragraph on each side of a sentence; longer context is left
#: out rather than cut.
_NEIGHBORS = 1500


@frozen
class Check:
    """A printed sentence in one of its sources."""

    #: From 1, in printed order.
    number: int
    mark: SourceMark
    sentence: Sentence
    source: Document
    #: Its entry in the list of sources.
    entry: SourceView
    #: Whether the sentence is a slice of this source; otherwise the source only reports the same.
    own: bool
    #: Whether it is the whole title of the source.
    titled: bool
    #: Its place on the page: "Top story, sentence 2".
    place: str
    #: Text before and after the sentence; on the web, if not ``own``, that around ``nearest``.
    before: str
    after: str
    #: Only on the web, from :mod:`briefing.press.online`, about the text stored now. If not
    #: ``own``: the most similar sentence of the source, and the similarity, above 0 up to 1; empty
    #: if they share no word.
    nearest: str = ""
    likeness: float = 0.0
    #: What is wrong with the stored text; empty if it has the same words, or if not ``own``.
    fault: str = ""
    #: ISO 639-1 code of the source's language; may be empty.
    language: str = ""
    #: "Published Wed 11 March, 19:20; collected 19:42"; may be empty.
    dates: str = ""
    #: Whether the full text is stored, and the number of the printed part with the passage, from 1.
    stored: bool = False
    part: int = 0

    @property
    def digest(self) -> str:
        """First twelve digits of the sentence's SHA-256."""
        return grouped(self.sentence.sha256)

    @property
    def published(self) -> str:
        """The date in words; may be empty."""
        return long_date(self.source.published.date()) if self.source.published else ""


class Checks:
    """All checks of a page, by line."""

    def __init__(self, page: PageView, edition: Edition) -> None:
        entries = {entry.number: entry for entry in page.sources}
        # lines are identified by id(), which is unique only while the page is alive
        self._page = page
        self._by_line: dict[int, list[Check]] = {}
        self._all: list[Check] = []
        for line, place in _placed(page):
            for mark in line.marks:
                entry = entries[mark.number]
                source = edition.documents[entry.document]
                check = Check(
                    len(self._all) + 1,
                    mark,
                    line.sentence,
                    source,
                    entry,
                    source.id == line.sentence.document,
                    line.titled,
                    place,
                    *_paragraph(line.sentence, source.text, titled=line.titled),
                )
                self._all.append(check)
                self._by_line.setdefault(id(line), []).append(check)

    def __iter__(self) -> Iterator[Check]:
        """Yield the checks in printed order."""
        return iter(self._all)

    def of(self, line: PrintedLine) -> list[Check]:
        """Return the checks of one line."""
        return self._by_line.get(id(line), [])

    def anchor(self, brief: BriefView) -> str:
        """Return the id of a brief on the web and in mails, from the number of its first check."""
        return f"story{self.of(brief.lines[0])[0].number}"


def anchors(edition: Edition) -> tuple[str, ...]:
    """Return the id of each brief on the web, in the order of the sections, then the named."""
    page = view(edition)
    checks = Checks(page, edition)
    ids = {
        (band.name, brief.story): checks.anchor(brief)
        for band in page.bands
        for brief in band.briefs
    }
    top = checks.anchor(page.top) if page.top else ""
    briefs = (
        top if brief.top else ids.get((section, brief.story), "")
        for section, brief in edition.placed()
    )
    named = page.panel.also if page.panel else ()
    return (*briefs, *(f"m{checks.of(item.line)[0].number}" for item in named))


def _placed(page: PageView) -> Iterator[tuple[PrintedLine, str]]:
    """Yield every line with marks and its place on the page, in printed order."""
    briefs = [(_("Top story"), page.top)] if page.top else []
    for band in page.bands:
        name, words = band.label or band.name.capitalize(), say()
        briefs += ((f"{name}, {words.quoted.format(brief.title)}", brief) for brief in band.briefs)
    for place, brief in briefs:
        numbered = enumerate(brief.lines, start=1)
        sentence = _("{place}, sentence {n}")
        yield from ((line, sentence.format(place=place, n=number)) for number, line in numbered)
    for correction in page.corrected:
        place = _("Correction {n}", n=correction.number)
        for line, when in zip(correction.lines, (_("as printed"), _("now")), strict=False):
            yield line, f"{place}, {when}"
    if page.panel:
        yield from ((item.line, page.also) for item in page.panel.also)
        yield from ((item.line, f"{say().ahead}, {item.day}") for item in page.panel.ahead)
        yield from ((item.line, say().figures) for item in page.panel.figures)
        yield from ((item.line, say().in_their_words) for item in page.panel.quotes)


def _paragraph(sentence: Sentence, text: str, *, titled: bool) -> tuple[str, str]:
    """Return the rest of the paragraph before and after a sentence; empty for a title."""
    if titled:
        return "", ""
    start = text.rfind("\n\n", 0, sentence.start) + 1
    end = text.find("\n\n", sentence.end)
    before, after = text[start : sentence.start], text[sentence.end : len(text) if end < 0 else end]
    return (
        before.lstrip() if len(before) <= _NEIGHBORS else "",
        after.rstrip() if len(after) <= _NEIGHBORS else "",
    )


@in_language(lambda edition, _: edition.language)
def screen_html(edition: Edition, rendition: Rendition) -> str:
    """Return the edition as one self-contained HTML file.

    The documents of the edition must have their texts.
    """
    page, theme = view(edition), rendition.theme
    css = theme.style("screen.css", edition.letterhead)
    template = environment(theme).get_template("screen.html")
    return template.render(page=page, checks=Checks(page, edition), css=css)
