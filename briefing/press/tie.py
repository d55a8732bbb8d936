"""Words that are held together on one line."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A last word of at most this many letters is held to the one before it (docs/page.md, "Setting").
TIED_LETTERS = 9
#: Words held together are at most this long, so that they fit in a column.
_TIED_WIDTH = 25

_TAIL = re.compile(r"(?P<head>.*?)(?P<tail>(?:\S+\s+)?\S+\s+per\s+cent\S*|\S+\s+\S+)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """A text in two parts, the second of which is never broken."""

    head: str
    tail: str = ""


def tie(text: str) -> Words:
    """Hold the last two words together, and a number with its "per cent".

    A last word of more than nine letters is left alone: it would pull the line apart. So are words
    too long to stand on one line.
    """
    found = _TAIL.fullmatch(text) if len(text.split()) > 2 else None
    if not found or sum(map(str.isalpha, text.rsplit(maxsplit=1)[-1])) > TIED_LETTERS:
        return Words(text)
    if len(found["tail"]) > _TIED_WIDTH:
        return Words(text)
    return Words(found["head"], found["tail"])
