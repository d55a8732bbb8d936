"""An edition as plain text of 72 columns, with the same sentences as the page."""

import re
from collections.abc import Iterable
from textwrap import TextWrapper

from jinja2 import Environment

from briefing.core.language import in_language
from briefing.core.model import Edition
from briefing.press.formats import Rendition
from briefing.press.html import environment
from briefing.press.lines import PrintedLine
from briefing.press.parts import Inline, parts_of
from briefing.press.theme import Theme
from briefing.press.wording import say

#: Columns that every mail program shows without wrapping (RFC 3676 recommends at most 78).
COLUMNS = 72
_WHITE = re.compile(r"[ \t\n]+")


@in_language(lambda edition, _: edition.language)
def page_text(edition: Edition, rendition: Rendition) -> str:
    """Return the edition as plain text; addresses are never broken.

    If the edition has an address, marks link to its checks there instead of the sources.
    """
    parts, templates = parts_of(edition, rendition), text_environment(rendition.theme)
    return templates.get_template("page.txt").render(
        parts=parts, page=parts.page, checks=parts.checks, web=parts.web
    )


@in_language(lambda edition, *_: edition.language)
def message_text(edition: Edition, theme: Theme, web: str) -> tuple[str, str]:
    """Return an edition as a short message: title, and headlines by section with the address."""
    parts = parts_of(edition, Rendition(theme, web=web))
    page, lines = parts.page, list[str]()
    for block in parts.blocks:
        heads = [part.runs[-1].text for part in block.parts if part.kind == "headline"]
        lines += [block.name] if heads and block.name else []
        lines += [f"- {head}" for head in heads]
    lines += ["", web] if web else []
    title = f"{page.name}, {page.date}"
    return f"{page.letterhead.marking} {title}".strip(), "\n".join(lines)


def text_environment(theme: Theme) -> Environment:
    """Return the theme's templates, with the filters of plain text."""
    templates = environment(theme)
    templates.filters |= {"fill": fill, "plain": plain}
    return templates


def fill(text: str, *, first: int = 0, rest: int = 0) -> str:
    """Wrap a text to 72 columns at spaces; ``first`` and ``rest`` are the indents of its lines.

    Runs of white space become one space, as in HTML: government texts are often spaced out.
    """
    wrapper = TextWrapper(
        COLUMNS,
        initial_indent=" " * first,
        subsequent_indent=" " * rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.fill(_WHITE.sub(" ", text))


def numbers(line: PrintedLine) -> str:
    """Return the marks of a line: "[1+2]", the source of its words first."""
    return f"[{'+'.join(str(mark.number) for mark in line.marks)}]" if line.marks else ""


def plain(runs: Iterable[Inline]) -> str:
    """Return the words of runs with their marks."""
    plain = ""
    for run in runs:
        text = run.text.upper() if run.kind == "status" else run.text
        if run.kind == "note":
            # not a source's words; a note of up to half a line is kept on one line
            text = text.replace(" ", "\u00a0") if len(text) <= COLUMNS // 2 else text
            text = f" ({text})"
        plain += text + (say().colon if run.kind in {"status", "label"} else "")
        plain += numbers(run.line) if run.line else ""
    return plain
