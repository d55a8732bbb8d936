"""An edition as the parts of a mail: HTML with its styles inline, and plain text of 72 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import TextWrapper

from css_inline import CSSInliner
from jinja2 import Environment

from briefing.core.model import Edition, digest
from briefing.press.html import environment
from briefing.press.lines import PrintedLine, safe_url
from briefing.press.phrases import phrases
from briefing.press.screen import Check, Checks
from briefing.press.text import COLUMNS
from briefing.press.theme import Theme
from briefing.press.tie import Words
from briefing.press.view import BriefView, PageView, PanelView, view

#: What differs from one subscriber to the next: their address, and where they change and leave.
PERSONAL = ("address", "wishes", "leave")
#: Headlines of the line that a list of mails shows below the subject, and of a mail that is only
#: a link: what fits on two lines of a telephone.
_FEW = 3
#: A longer address of a source stands once, in the list of sources, and not behind its sentences
#: too: Gmail cuts a mail of more than 102 KB.
_LONGEST_LINK = 300
#: Digits of the digest in a blank: 96 bits.
_KEY_DIGITS = 24


@dataclass(frozen=True, slots=True)
class LetterParts:
    """The words of one edition's mail, the same for everybody who chose the same sections."""

    #: The first headline, for the subject; empty when nothing printed has one.
    headline: str
    html: str
    text: str
    #: Plain text of three headlines and the address of the edition.
    link: str
    #: What stands in the three for each of :data:`PERSONAL`, to be replaced for each subscriber.
    blanks: Mapping[str, str]


def letter_parts(
    edition: Edition, *, theme: Theme, sections: Iterable[str] = (), web: str = ""
) -> LetterParts:
    """Write the mail of an edition.

    Numbers of sources and checks are those of the whole page, whatever was chosen.

    Args:
        edition: its documents need title, publisher and address only.
        theme: where the templates are.
        sections: names of those wanted, in any case; none: all. With a choice, what stands beside
            the news is kept where its source is cited in a chosen section.
        web: address of the edition on the web, where its checks are; empty: there is none, and
            marks lead to the sources themselves.
    """
    whole = view(edition)
    page = _chosen(whole, edition, {name.casefold() for name in sections})
    checks = Checks(whole, edition)
    blanks, say = _blanks(page, web), phrases(edition.language)
    headlines = [brief for brief in _briefs(page) if brief.headline]
    correction = say.correction if page.corrected else ""
    templates = environment(theme)
    templates.filters |= {"fill": fill, "marked": _marked, "numbers": _numbers, "counts": _counts}
    about = {
        "page": page,
        "checks": checks,
        "link": lambda check: _link(check, web),
        "web": safe_url(web),
        "say": say,
        "why": say.why.format(name=page.name),
        "blank": blanks,
        "few": headlines[:_FEW],
        "preheader": " · ".join(brief.title for brief in headlines[1 : 1 + _FEW]),
    }
    return LetterParts(
        headlines[0].title if headlines else correction,
        inline_html(templates, "mail.html", theme=theme, about=about),
        templates.get_template("mail.txt").render(about),
        templates.get_template("link.txt").render(about),
        blanks,
    )


def inline_html(
    templates: Environment, name: str, *, theme: Theme, about: Mapping[str, object]
) -> str:
    """Render a template with the styles of mail.css at each element, as mail programs want it.

    Only what cannot stand there, the rules for dark and narrow screens, is left in one ``style``.
    """
    css = (theme.folder / "mail.css").read_text(encoding="utf-8")
    inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)
    return inliner.inline(templates.get_template(name).render(about, css=css))


def fill(text: str, *, first: int = 0, rest: int = 0) -> str:
    """Break a text into lines of 72 columns between its words, each line indented."""
    wrapper = TextWrapper(
        COLUMNS,
        initial_indent=" " * first,
        subsequent_indent=" " * rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.fill(text)


def _blanks(page: PageView, web: str) -> Mapping[str, str]:
    """Name the blanks by the digest of all that is printed.

    No text can hold one: it would have to hold a digest of itself.
    """
    key = digest(repr((page, web)))[:_KEY_DIGITS]
    return {name: f"{name}-{key}" for name in PERSONAL}


def _link(check: Check, web: str) -> str:
    """Return where a mark leads: the check on the web, else the source, else nowhere."""
    if safe_url(web):
        return f"{safe_url(web)}#c{check.number}"
    return check.entry.url if len(check.entry.url) <= _LONGEST_LINK else ""


def _numbers(line: PrintedLine) -> str:
    return "".join(f"[{mark.number}]" for mark in line.marks)


def _counts(brief: BriefView) -> str:
    """Say the counts with each number held to its noun."""
    return re.sub(r"(?<=\d) ", "\u00a0", brief.counts)


def _marked(lines: Iterable[PrintedLine]) -> str:
    return " ".join(f"{line.text}{_numbers(line)}" for line in lines)


def _chosen(page: PageView, edition: Edition, names: set[str]) -> PageView:
    """Return what a page says in some sections; all of it when none are named."""
    if not names:
        return page
    own = (name.name for name in edition.sections if any(brief.top for brief in name.briefs))
    top = page.top if next(own, "").casefold() in names else None
    bands = tuple(band for band in page.bands if band.name.casefold() in names)
    chosen = _with_headlines(replace(page, top=top, bands=bands))
    # whoever got the old words is told, whatever sections they chose
    put_right = (line for one in page.corrected for line in one.lines)
    cited = _cited((*(line for brief in _briefs(chosen) for line in brief.lines), *put_right))
    sources = tuple(source for source in page.sources if source.number in cited)
    return replace(chosen, sources=sources, panel=_beside(page.panel, cited))


def _briefs(page: PageView) -> Iterator[BriefView]:
    if page.top:
        yield page.top
    for band in page.bands:
        yield from band.briefs


def _with_headlines(page: PageView) -> PageView:
    """Give a brief its headline back when the brief above that had the same is not shown."""
    bands, above = [], page.top.title if page.top else ""
    for band in page.bands:
        briefs = []
        for brief in band.briefs:
            shown = Words(brief.title) if brief.title not in {"", above} else None
            briefs.append(replace(brief, headline=shown))
            above = brief.title
        bands.append(replace(band, columns=(tuple(briefs),)))
    return replace(page, bands=tuple(bands))


def _cited(lines: Iterable[PrintedLine]) -> set[int]:
    return {mark.number for line in lines for mark in line.marks}


def _beside(panel: PanelView | None, cited: set[int]) -> PanelView | None:
    if panel is None:
        return None
    return replace(
        panel,
        figures=tuple(item for item in panel.figures if _cited([item.line]) <= cited),
        quotes=tuple(item for item in panel.quotes if _cited([item.line]) <= cited),
        ahead=tuple(item for item in panel.ahead if _cited([item.line]) <= cited),
    )
