"""An edition as plain text of 72 columns, with the same sentences in other lines."""

from __future__ import annotations

from textwrap import TextWrapper

from briefing.core.model import Edition
from briefing.press.html import environment
from briefing.press.lines import PrintedLine
from briefing.press.theme import Theme
from briefing.press.view import BriefView, view

#: Columns that every mail program shows without wrapping (RFC 3676 asks for 78 at most).
COLUMNS = 72


def page_text(edition: Edition, *, theme: Theme) -> str:
    """Return the edition as plain text; addresses are never broken."""
    templates = environment(theme)
    templates.filters |= {
        "fill": _fill,
        "said": _with_counts,
        "marked": _marked,
        "numbers": _numbers,
    }
    return templates.get_template("page.txt").render(page=view(edition))


def _fill(text: str, indent: int) -> str:
    wrapper = TextWrapper(
        COLUMNS,
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapper.fill(text)


def _numbers(line: PrintedLine) -> str:
    return "".join(f"[{mark.number}]" for mark in line.marks)


def _marked(line: PrintedLine) -> str:
    return f"{line.text} {_numbers(line)}"


def _with_counts(brief: BriefView) -> str:
    return f"{' '.join(_marked(line) for line in brief.lines)} ({brief.counts})"
