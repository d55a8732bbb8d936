"""An edition as Markdown; markup in external text is escaped."""

import re
from urllib.parse import quote

from briefing.core.model import Edition
from briefing.press.formats import Rendition
from briefing.press.parts import Inline, Parts, parts_of
from briefing.press.text import numbers

#: Characters that are inline markup in CommonMark or its common dialects.
_INLINE = re.compile(r"([\\`*_\[\]<>|~$&])")
#: What opens a heading, a list, a rule or a quotation at the start of a line.
_OPENING = re.compile(r"\A(\d{0,9})([#+=.)-])")
#: Characters not allowed in an address between angle brackets.
_NO_ADDRESS = re.compile(r"[<>\\]")
#: Format of parts and runs that are not plain.
_PARTS = {
    "marking": "**{}**",
    "name": "# {}",
    "note": "> {}\n>",
    "signed": "> {}",
    "headline": "### {}",
    "earlier": "*{}*",
    "was": "- {}",
    "now": "  {}",
    "item": "- {}",
    "quote": "> {}\n>",
    "speaker": "> {}",
}
_RUNS = {
    "status": "{}: ",
    "label": "**{}:** ",
    "strong": "**{}**",
    "note": " *({})*",
    "number": "{}. ",
}
#: Pairs of parts without a blank line between them.
_TIGHT = {("item", "item"), ("source", "source"), ("quote", "speaker"), ("note", "signed")}


def page_markdown(edition: Edition, rendition: Rendition) -> str:
    """Return the edition as Markdown (MacFarlane, CommonMark Spec 0.31.2, 2024)."""
    parts = parts_of(edition, rendition)
    text = ""
    for block in parts.blocks:
        before = ""
        text += f"\n## {escaped(block.name)}\n" if block.name else ""
        text += "\n---\n" if block.id == "foot" else ""
        for part in block.parts:
            line = "".join(_run(run, parts) for run in part.runs).strip()
            line = line if part.kind == "source" else _opened(line)
            on_top = block.id == "top" and part.kind == "headline"
            text += "" if (before, part.kind) in _TIGHT else "\n"
            text += ("## {}" if on_top else _PARTS.get(part.kind, "{}")).format(line) + "\n"
            before = part.kind
    return text.lstrip("\n")


def escaped(text: str) -> str:
    """Return one line of Markdown that shows a text unchanged but for white space."""
    return _opened(_inline(text).strip())


def _inline(text: str) -> str:
    return _INLINE.sub(r"\\\1", re.sub(r"\s+", " ", text))


def _opened(line: str) -> str:
    return _OPENING.sub(r"\1\\\2", line)


def _run(run: Inline, parts: Parts) -> str:
    """Return a run with its marks, which link to the checks of its words."""
    text = _RUNS.get(run.kind, "{}").format(_inline(run.text))
    if run.url:
        text = f"[{text}](<{_address(run.url)}>)"
    if run.line is None:
        return text
    marks = _inline(numbers(run.line))
    if not parts.web:
        return f"{text} {marks}"
    return f"{text} [{marks}](<{_address(parts.web)}#c{parts.checks.of(run.line)[0].number}>)"


def _address(url: str) -> str:
    return _NO_ADDRESS.sub(lambda sign: quote(sign[0]), url)
