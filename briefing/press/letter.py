"""Mails as HTML with inline styles and as plain text: an edition, and what all mails share."""

from collections.abc import Mapping
from functools import partial

from css_inline import CSSInliner
from jinja2 import Environment

from briefing.core.frozen import frozen
from briefing.core.language import in_language
from briefing.core.model import LINK_HEADLINES, PLAIN, Edition, Letterhead, digest
from briefing.press.formats import Rendition
from briefing.press.html import Check
from briefing.press.lines import safe_url
from briefing.press.parts import parts_of
from briefing.press.text import text_environment
from briefing.press.theme import Theme
from briefing.press.wording import say, worded

#: Placeholders filled in for each subscriber: address, and links to preferences and unsubscribing.
PERSONAL = ("address", "preferences", "leave")
#: Gmail hides everything after 102 KB of HTML, such as the link to unsubscribe; the remaining bytes
#: are for filling in the placeholders.
_MOST_BYTES = 100_000
#: Longest source addresses that are linked, in characters; if the mail is too long, the next lower
#: limit applies.
_LONGEST_LINKS = (2000, 300, 100, 0)
#: Hexadecimal digits of the digest in a placeholder: 96 bits.
_KEY_DIGITS = 24


@frozen
class LetterParts:
    """The parts of a mail that are the same for all subscribers who get this page."""

    #: The first headline, for the subject; may be empty.
    headline: str
    html: str
    text: str
    #: Plain text: up to three headlines and the address of the edition.
    link: str
    #: The placeholder for each of :data:`PERSONAL`, to be replaced for each subscriber.
    blanks: Mapping[str, str]


@in_language(lambda edition, **_: edition.language)
def letter_parts(edition: Edition, *, theme: Theme, web: str = "", closed: str = "") -> LetterParts:
    """Write the mail of an edition, or of an own page.

    The documents need only title, publisher and address. ``web`` is the address of the edition: if
    given, marks link to the checks there, otherwise to the sources themselves. ``closed`` is the
    path of an edition that only its readers may see: the link to it is then personal.
    """
    parts = parts_of(edition, Rendition(theme, web=web))
    page, checks, wording = parts.page, parts.checks, say()
    # A digest of everything printed, so that the text cannot contain it.
    key = digest(repr((page, web)))[:_KEY_DIGITS]
    blanks = {name: f"{name}-{key}" for name in PERSONAL}
    headlines = [brief for brief in page.briefs if brief.headline]
    correction = wording.correction if page.corrected else ""
    templates = text_environment(theme)
    about: dict[str, object] = {
        "parts": parts,
        "page": page,
        "checks": checks,
        # A table of contents, if there are more headlines than the preheader shows.
        "contents": len(headlines) > LINK_HEADLINES,
        "web": parts.web,
        "page_link": f"{blanks['preferences']}?read={closed}" if closed else parts.web,
        "language": worded(),
        "why": wording.why.format(name=page.name),
        "blank": blanks,
        "few": headlines[:LINK_HEADLINES],
        "preheader": " · ".join(brief.title for brief in headlines[1 : 1 + LINK_HEADLINES]),
    }
    # As many links to sources as Gmail shows in full.
    html = ""
    for longest in _LONGEST_LINKS:
        link = partial(_link, web=web, longest=longest)
        firsts = {check.entry.number: check for check in reversed(tuple(checks))}
        reports = {
            source.number: source.url if len(source.url) <= longest else link(firsts[source.number])
            for source in page.sources
        }
        html = inline_html(
            templates,
            "mail.html",
            theme=theme,
            about={**about, "link": link, "reports": reports, "longest": longest},
            letterhead=page.letterhead,
        )
        if len(html.encode()) <= _MOST_BYTES:
            break
    return LetterParts(
        headlines[0].title if headlines else correction,
        html,
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

    Only the rules for dark mode and narrow screens, which cannot be inline, stay in a ``style``
    element.
    """
    css = theme.style("mail.css", letterhead)
    inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)
    return inliner.inline(templates.get_template(name).render(about, css=css))


def _link(check: Check, *, web: str, longest: int) -> str:
    """Return the target of a mark: the check on the web, otherwise the source; may be empty."""
    if safe_url(web):
        return f"{safe_url(web)}#c{check.number}"
    return check.entry.url if len(check.entry.url) <= longest else ""
