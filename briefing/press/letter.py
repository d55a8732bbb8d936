"""Mails as HTML with styles inline and as plain text: an edition, and what all mails share."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from css_inline import CSSInliner
from jinja2 import Environment

from briefing.core.language import in_language
from briefing.core.model import LINK_HEADLINES, PLAIN, Edition, Letterhead, digest
from briefing.press.formats import Rendition
from briefing.press.html import Check, Checks
from briefing.press.lines import safe_url
from briefing.press.parts import parts_of
from briefing.press.text import text_environment
from briefing.press.theme import Theme
from briefing.press.view import PageView
from briefing.press.wording import say, worded

#: Blanks filled in for each subscriber: address, and links to change preferences and unsubscribe.
PERSONAL = ("address", "preferences", "leave")
#: Gmail hides what comes after 102 KB of HTML, such as the link to unsubscribe; the rest is for the
#: blanks as they are filled in.
_MOST_BYTES = 100_000
#: Source addresses that are linked have at most so many characters, fewer if the mail is too long.
_LONGEST_LINKS = (2000, 300, 100, 0)
#: Hexadecimal digits of the digest in a blank: 96 bits.
_KEY_DIGITS = 24


@dataclass(frozen=True, slots=True)
class LetterParts:
    """The parts of the mail of one page, the same for all who get that."""

    #: The first headline, for the subject; may be empty.
    headline: str
    html: str
    text: str
    #: Plain text of three headlines and the address of the edition.
    link: str
    #: The placeholder for each of :data:`PERSONAL`, to be replaced for each subscriber.
    blanks: Mapping[str, str]


@in_language(lambda edition, **_: edition.language)
def letter_parts(edition: Edition, *, theme: Theme, web: str = "", closed: str = "") -> LetterParts:
    """Write the mail of an edition, or of a page of some of its sections.

    The documents need only title, publisher and address; with ``web``, the address of the edition,
    marks link to the checks there, else to the sources themselves. ``closed`` is the path of the
    edition where only its readers may see it: the link to it is then good for its reader alone.
    """
    parts = parts_of(edition, Rendition(theme, web=web))
    page, checks, wording = parts.page, parts.checks, say()
    # Named by the digest of all that is printed, which can thus hold none.
    key = digest(repr((page, web)))[:_KEY_DIGITS]
    blanks = {name: f"{name}-{key}" for name in PERSONAL}
    headlines = [brief for brief in page.briefs if brief.headline]
    correction = wording.correction if page.corrected else ""
    templates = text_environment(theme)
    about: dict[str, object] = {
        "parts": parts,
        "page": page,
        "checks": checks,
        # A mail with more headlines than its preheader opens with its contents.
        "contents": len(headlines) > LINK_HEADLINES,
        "web": parts.web,
        "page_link": f"{blanks['preferences']}?read={closed}" if closed else parts.web,
        "language": worded(),
        "why": wording.why.format(name=page.name),
        "blank": blanks,
        "few": headlines[:LINK_HEADLINES],
        "preheader": " · ".join(brief.title for brief in headlines[1 : 1 + LINK_HEADLINES]),
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
