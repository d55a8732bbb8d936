"""Lines of a text, wrapped by hand or not, to its paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

#: Bullets of list items; the sentence starts after them.
_BULLET = re.compile(r"[•‣▪●◦·*–—-](?:\s+|$)")
#: Widths between which a text counts as wrapped by hand, in characters: telex 69, mail 72,
#: terminal 80, with room on both sides; a paragraph on one line is mostly longer.
_NARROW, _WIDE = 40, 120
#: What may end a sentence.
STOPS = ".?!…"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank, without the white space around it."""

    start: int
    end: int
    #: Characters of white space before it.
    indent: int
    #: Lines of one block have no blank line between them.
    block: int


def _lines(text: str) -> Iterator[_Line]:
    place = block = 0
    for raw in text.splitlines(keepends=True):
        bare = raw.strip()
        if bare:
            indent = len(raw) - len(raw.lstrip())
            yield _Line(place + indent, place + indent + len(bare), indent, block)
        else:
            block += 1
        place += len(raw)


def _is_full(line: _Line, *, after: _Line, text: str, width: int) -> bool:
    """Tell whether the first word of the line ``after`` had no room on a line of ``width``.

    A sixth of the width is forgiven, because people and old machines wrap unevenly.
    """
    word = text[after.start : min(after.end, after.start + width)].split(maxsplit=1)[0]
    return line.indent + line.end - line.start + 1 + len(word) > width - width // 6


def _wrap_width(text: str, *, lines: list[_Line]) -> int:
    """Return the width in characters to which a text is wrapped by hand; 0 when it is not.

    The width is one that nine lines in ten keep to. The text is wrapped when a third of the line
    ends near it leave a sentence open that goes on with a small letter, or all is in capitals: in
    wrapped prose about half do, the others being periods, names and figures; in a list none do.
    """
    inner = [(a, b) for a, b in pairwise(lines) if a.block == b.block]
    lengths = sorted(line.indent + line.end - line.start for pair in inner for line in pair)
    width = lengths[len(lengths) * 9 // 10] if lengths else 0
    if not _NARROW <= width <= _WIDE:
        return 0
    full = [(a, b) for a, b in inner if _is_full(a, after=b, text=text, width=width)]
    shouts = text.isupper() and len(full) > 1
    evidence = sum(
        text[a.end - 1] not in STOPS and (shouts or text[b.start].islower()) for a, b in full
    )
    return width if full and evidence * 3 >= len(full) else 0


def _joins(line: _Line, *, after: _Line, text: str, width: int) -> bool:
    """Tell whether a paragraph of wrapped text goes on from one line to the next.

    A dash may open a line of prose; the other bullets open an item.
    """
    bullet = _BULLET.match(text, after.start, after.end)
    return (
        line.block == after.block
        and after.indent < line.indent + 2
        and (not bullet or bullet.group()[0] in "–—-")
        and _is_full(line, after=after, text=text, width=width)
    )


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each paragraph that holds more than white space and a bullet."""
    lines = list(_lines(text))
    width = _wrap_width(text, lines=lines)
    start = 0
    for number, line in enumerate(lines, start=1):
        if (
            width
            and number < len(lines)
            and _joins(line, after=lines[number], text=text, width=width)
        ):
            continue
        bullet = _BULLET.match(text, lines[start].start, line.end)
        first = bullet.end() if bullet else lines[start].start
        if first < line.end:
            yield (first, line.end)
        start = number
