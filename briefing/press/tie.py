"""Words that are kept together on one line."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A last word of at most this many letters is tied to the one before it (docs/page.md, "Setting").
TIED_LETTERS = 9
#: Longest text kept together, in characters, so that it fits in a column.
_TIED_WIDTH = 25

_TAIL = re.compile(r"(?P<head>.*?)(?P<tail>(?:\S+\s+)?\S+\s+per\s+cent\S*|\S+\s+\S+)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """A text in two parts, the second of which has no line break."""

    head: str
    tail: str = ""


def tie(text: str) -> Words:
    """Keep the last two words together, and a number with its "per cent".

    A last word of more than nine letters is not tied, since that would leave gaps; nor are words
    too long for one line.
    """
    match = _TAIL.fullmatch(text) if len(text.split()) > 2 else None
    if not match or sum(map(str.isalpha, text.rsplit(maxsplit=1)[-1])) > TIED_LETTERS:
        return Words(text)
    if len(match["tail"]) > _TIED_WIDTH:
        return Words(text)
    return Words(match["head"], match["tail"])
