"""Markdown of the pages that benchmarks write: paragraphs, tables and figures."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

#: Columns of the prose, as elsewhere in docs/.
_WIDTH = 130
#: What no line ends within: links, and what stands in ticks.
_WHOLE = re.compile(r"\[[^\]]*\]|`[^`]*`")


def wrapped(text: str) -> str:
    """Return a paragraph in lines of one width; tables and lists as they are."""
    if text.startswith(("|", "-", "#")) or "\n|" in text:
        return text
    held = _WHOLE.sub(lambda match: match[0].replace(" ", "\0"), text)
    lines = textwrap.fill(held, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\0", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(value: float, digits: int | None = 3) -> str:
    """Return a figure; shares without the zero before the point, as all of docs/ has them."""
    text = f"{value:g}" if digits is None else f"{value:,.{digits}f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
