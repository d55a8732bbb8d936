"""Words that are kept together on one line."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A last word of at most this many letters is tied to the one before it (docs/page.md, "Setting").
TIED_LETTERS = 9
#: Longest text kept together, in characters, so that it fits in a column.
_TIED_WIDTH = 25

_WORD = re.compile(r"\S+")
#: A hyphen inside a word, as in "64-kilogram".
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
#: A hyphen, and the sign that forbids a line break behind it and is not seen (word joiner).
_UNBREAKABLE = "-\u2060"

_TAIL = re.compile(r"(?P<head>.*?)(?P<tail>(?:\S+\s+)?\S+\s+per\s+cent\S*|\S+\s+\S+)\s*", re.DOTALL)


#: A ticker symbol, as wires put it behind a company's name.
_TICKER = re.compile(r"\s*<[A-Z]{1,5}(?:\.[A-Z]{1,2})?>")
#: Longest word, in characters, that has room on a line of the panel, in capitals too.
_SHORT = 15
#: Letters from which a text in capitals is a headline in capitals and not an abbreviation.
_CAPITALS = 12


@dataclass(frozen=True, slots=True)
class Words:
    """A text in two parts, the second of which has no line break."""

    head: str
    tail: str = ""

    @property
    def capitals(self) -> bool:
        """Whether all of it is in capitals, which are set smaller."""
        text = self.head + self.tail
        return text.isupper() and sum(map(str.isalpha, text)) >= _CAPITALS

    @property
    def short(self) -> bool:
        """Whether no word of it has to be broken, in the panel neither."""
        return max(map(len, (self.head + self.tail).split()), default=0) <= _SHORT


def printed_title(title: str) -> str:
    """Return a title as it is printed: without ticker symbols, which are no part of its words."""
    return _TICKER.sub("", title).strip() or title


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


def unbroken(text: str) -> str:
    """Keep words with hyphens of their own on one line, unless they are too long for one.

    So a hyphen at the end of a line is always one of typesetting, and who copies the text or
    searches it may leave it out.
    """
    return _WORD.sub(_joined, text) if "-" in text else text


def _joined(match: re.Match[str]) -> str:
    word = match[0]
    return word if len(word) > _TIED_WIDTH else _HYPHEN.sub(_UNBREAKABLE, word)
