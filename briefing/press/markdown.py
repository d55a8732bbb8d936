"""An edition as Markdown, in which text from outside is only text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from briefing.core.model import Edition
from briefing.press.corrections import AmendedWords
from briefing.press.html import Checks
from briefing.press.lines import safe_url
from briefing.press.text import text_environment
from briefing.press.theme import Theme
from briefing.press.view import view
from briefing.press.wording import phrases

#: Characters with a meaning within a line, in CommonMark or in its common dialects.
_INLINE = re.compile(r"([\\`*_\[\]<>|~$&])")
#: What begins a heading, a list, a rule or a quotation at the begin of a line.
_OPENING = re.compile(r"(?:[#+=-]|\d{1,9}[.)])")
#: What an address between angle brackets cannot hold.
_NO_ADDRESS = re.compile(r"[<>\\]")


def page_markdown(
    edition: Edition, *, theme: Theme, web: str = "", amended: Sequence[AmendedWords] = ()
) -> str:
    """Return the edition as Markdown (MacFarlane, CommonMark Spec 0.31.2, 2024).

    The documents need only title, publisher and address; with ``web``, the address of the edition,
    marks link to the checks.
    """
    page = view(edition)
    templates = text_environment(theme)
    templates.filters |= {"md": escaped, "address": _address}
    return templates.get_template("page.md").render(
        page=page,
        checks=Checks(page, edition),
        web=_address(safe_url(web)),
        say=phrases(edition.language),
        amended=amended,
    )


def escaped(text: str) -> str:
    """Return one line of Markdown that shows a text, white space aside."""
    line = " ".join(text.split())
    opening = _OPENING.match(line)
    if opening is None:
        return _INLINE.sub(r"\\\1", line)
    before, mark = line[: opening.end() - 1], line[opening.end() - 1]
    rest = _INLINE.sub(r"\\\1", line[opening.end() :])
    return f"{before}\\{mark}{rest}"


def _address(url: str) -> str:
    return _NO_ADDRESS.sub(lambda sign: quote(sign[0]), url)
