"""An edition as the parts of a mail: HTML with its styles inline, and plain text of 72 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from css_inline import CSSInliner
from jinja2 import Environment

from briefing.core.model import PLAIN, Edition, Letterhead, digest
from briefing.press.beside import PanelView
from briefing.press.lines import PrintedLine, by_publisher, safe_url
from briefing.press.phrases import phrases
from briefing.press.screen import Check, Checks
from briefing.press.text import text_environment
from briefing.press.theme import Theme
from briefing.press.tie import Words
from briefing.press.view import BriefView, PageView, view, with_day_line

#: Blanks filled in for each subscriber: address, and links to change preferences and unsubscribe.
PERSONAL = ("address", "preferences", "leave")
#: Headlines in the preheader, and in a mail that is only a link: what fits on two lines of a phone.
#: A mail with more opens with its contents.
_FEW = 3
#: Gmail hides what comes after 102 KB of HTML, such as the link to unsubscribe; the rest is for the
#: blanks as they are filled in.
_MOST_BYTES = 100_000
#: Source addresses that are linked have at most so many characters, fewer if the mail is too long.
_LONGEST_LINKS = (2000, 300, 100, 0)
#: Hexadecimal digits of the digest in a blank: 96 bits.
_KEY_DIGITS = 24


@dataclass(frozen=True, slots=True)
class LetterParts:
    """The parts of one edition's mail, the same for all subscribers with the same sections."""

    #: The first headline, for the subject; may be empty.
    headline: str
    html: str
    text: str
    #: Plain text of three headlines and the address of the edition.
    link: str
    #: The placeholder for each of :data:`PERSONAL`, to be replaced for each subscriber.
    blanks: Mapping[str, str]


def letter_parts(
    edition: Edition, *, theme: Theme, sections: Iterable[str] = (), web: str = ""
) -> LetterParts:
    """Write the mail of an edition.

    Numbers of sources and checks are those of the whole page, whichever sections are chosen.

    Args:
        edition: its documents need only title, publisher and address.
        theme: provides the templates.
        sections: names of the chosen sections, in any case; none: all. With a choice, panel items
            are kept if their source is cited in a chosen section.
        web: address of the edition on the web, with its checks; empty: marks link to the sources
            themselves.
    """
    whole = view(edition)
    page = _chosen(whole, edition, {name.casefold() for name in sections})
    checks = Checks(whole, edition)
    blanks, wording = _blanks(page, web), phrases(edition.language)
    headlines = [brief for brief in _briefs(page) if brief.headline]
    correction = wording.correction if page.corrected else ""
    templates = text_environment(theme)
    about: dict[str, object] = {
        "page": page,
        "checks": checks,
        "contents": _contents(page) if len(headlines) > _FEW else (),
        "web": safe_url(web),
        "say": wording,
        "why": wording.why.format(name=page.name),
        "blank": blanks,
        "few": headlines[:_FEW],
        "preheader": " · ".join(brief.title for brief in headlines[1 : 1 + _FEW]),
    }
    return LetterParts(
        headlines[0].title if headlines else correction,
        _html(about, page=page, checks=checks, web=web, theme=theme),
        templates.get_template("mail.txt").render(about),
        templates.get_template("link.txt").render(about),
        blanks,
    )


def inline_html(
    templates: Environment,
    name: str,
    *,
    theme: Theme,
    about: Mapping[str, object],
    letterhead: Letterhead = PLAIN,
) -> str:
    """Render a template with the styles of mail.css inline, as mail programs require.

    Only the rules for dark and narrow screens, which cannot be inline, stay in one ``style``.
    """
    css = theme.style("mail.css", letterhead)
    inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)
    return inliner.inline(templates.get_template(name).render(about, css=css))


def _blanks(page: PageView, web: str) -> Mapping[str, str]:
    """Name the placeholders by the digest of everything printed.

    No printed text can contain one: it would have to contain its own digest.
    """
    key = digest(repr((page, web)))[:_KEY_DIGITS]
    return {name: f"{name}-{key}" for name in PERSONAL}


def _html(
    about: Mapping[str, object], *, page: PageView, checks: Checks, web: str, theme: Theme
) -> str:
    """Render the HTML with as many links to sources as Gmail shows whole."""
    html = ""
    for longest in _LONGEST_LINKS:
        link = partial(_link, web=web, longest=longest)
        firsts = {check.entry.number: check for check in reversed(tuple(checks))}
        reports = {
            source.number: source.url if len(source.url) <= longest else link(firsts[source.number])
            for source in page.sources
        }
        links = {"link": link, "reports": reports, "longest": longest}
        html = inline_html(
            text_environment(theme),
            "mail.html",
            theme=theme,
            about={**about, **links},
            letterhead=page.letterhead,
        )
        if len(html.encode()) <= _MOST_BYTES:
            break
    return html


def _link(check: Check, *, web: str, longest: int) -> str:
    """Return the target of a mark: the check on the web, else the source; may be empty."""
    if safe_url(web):
        return f"{safe_url(web)}#c{check.number}"
    return check.entry.url if len(check.entry.url) <= longest else ""


def _contents(page: PageView) -> tuple[tuple[str, tuple[BriefView, ...]], ...]:
    """Return the briefs that have a headline, by section; the top story first, without one."""
    top = (("", (page.top,)),) if page.top else ()
    sections = (*top, *((band.label or band.name, tuple(band.briefs)) for band in page.bands))
    listed = (
        (name, tuple(brief for brief in briefs if brief.headline)) for name, briefs in sections
    )
    return tuple((name, briefs) for name, briefs in listed if briefs)


def _chosen(page: PageView, edition: Edition, names: set[str]) -> PageView:
    """Return the parts of a page in some sections; all of it if none are named."""
    if not names:
        return page
    own = (name.name for name in edition.sections if any(brief.top for brief in name.briefs))
    top = page.top if next(own, "").casefold() in names else None
    bands = tuple(band for band in page.bands if band.name.casefold() in names)
    chosen = _with_headlines(replace(page, top=top, bands=bands))
    # every reader gets the corrections, whichever sections they chose
    corrections = (line for correction in page.corrected for line in correction.lines)
    cited = _cited((*(line for brief in _briefs(chosen) for line in brief.lines), *corrections))
    beside = _beside(page.panel, cited, names)
    cited |= _cited(named.line for named in beside.also) if beside else set()
    sources = tuple(source for source in page.sources if source.number in cited)
    chosen = replace(chosen, sources=sources, publishers=by_publisher(sources), panel=beside)
    return with_day_line(chosen, edition)


def _briefs(page: PageView) -> Iterator[BriefView]:
    if page.top:
        yield page.top
    for band in page.bands:
        yield from band.briefs


def _with_headlines(page: PageView) -> PageView:
    """Restore the headline of a brief if the brief above with the same one is left out."""
    bands, above = [], page.top.title if page.top else ""
    for band in page.bands:
        briefs = []
        for brief in band.briefs:
            headline = Words(brief.title) if brief.title not in {"", above} else None
            briefs.append(replace(brief, headline=headline))
            above = brief.title
        bands.append(replace(band, columns=(tuple(briefs),)))
    return replace(page, bands=tuple(bands))


def _cited(lines: Iterable[PrintedLine]) -> set[int]:
    return {mark.number for line in lines for mark in line.marks}


def _beside(panel: PanelView | None, cited: set[int], names: set[str]) -> PanelView | None:
    if panel is None:
        return None
    return replace(
        panel,
        also=tuple(named for named in panel.also if named.section.casefold() in {*names, ""}),
        figures=tuple(item for item in panel.figures if _cited([item.line]) <= cited),
        discrepancies=tuple(
            item
            for item in panel.discrepancies
            if _cited(side.line for side in item.sides) <= cited
        ),
        quotes=tuple(item for item in panel.quotes if _cited([item.line]) <= cited),
        ahead=tuple(item for item in panel.ahead if _cited([item.line]) <= cited),
    )
