"""An edition as plain text of 72 columns, with the same sentences in other lines."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import TextWrapper

from jinja2 import Environment

from briefing.core.model import Edition
from briefing.press.html import Checks, environment
from briefing.press.lines import PrintedLine, safe_url
from briefing.press.theme import Theme
from briefing.press.view import view
from briefing.press.wording import phrases

#: Columns that every mail program shows without wrapping (RFC 3676 asks for 78 at most).
COLUMNS = 72


def page_text(edition: Edition, *, theme: Theme, web: str = "") -> str:
    """Return the edition as plain text; addresses are never broken.

    The documents need only title, publisher and address; with ``web``, the address of the edition,
    its checks are linked, not the sources.
    """
    page = view(edition)
    return (
        text_environment(theme)
        .get_template("page.txt")
        .render(
            page=page,
            checks=Checks(page, edition),
            web=safe_url(web),
            say=phrases(edition.language),
        )
    )


def text_environment(theme: Theme) -> Environment:
    """Return the theme's templates, with the filters of plain text."""
    templates = environment(theme)
    templates.filters |= {"fill": fill, "marked": _marked, "numbers": _numbers, "noted": _noted}
    return templates


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


def _numbers(line: PrintedLine) -> str:
    """Return the marks of a line: "[1+2]", the source of its words first."""
    return f"[{'+'.join(str(mark.number) for mark in line.marks)}]" if line.marks else ""


def _marked(lines: Iterable[PrintedLine]) -> str:
    return " ".join(f"{line.label}{line.text}{_numbers(line)}" for line in lines)


def _noted(text: str, note: str) -> str:
    """Return a text followed by a note that is no source's words; it may be empty.

    A note of at most half a line stays on one.
    """
    if len(note) <= COLUMNS // 2:
        note = note.replace(" ", "\u00a0")
    return f"{text} ({note})" if note else text
