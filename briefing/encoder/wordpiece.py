"""Cuts a text into the pieces of words that the encoder knows, as numbers.

The vocabulary, ``wordpieces.txt.gz``, is that of BERT, uncased: (c) Google, Apache License 2.0.
"""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

#: Pieces of one text at most, the two marks around them included; the model was taught with 128.
LIMIT = 128
#: Characters of a text that are looked at: more than 128 pieces have.
_CHARACTERS = 2_000
#: A longer word is not known.
_LONGEST_WORD = 100
#: Blocks of Han characters, each of which is a word.
_HAN = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


@cache
def vocabulary() -> Mapping[str, int]:
    """Return each piece with its number; pieces that continue a word begin with "##"."""
    packed = (resources.files(__package__) / "wordpieces.txt.gz").read_bytes()
    return {piece: at for at, piece in enumerate(gzip.decompress(packed).decode().split("\n"))}


def pieces(text: str) -> list[int]:
    """Return the numbers of a text's pieces, between the marks [CLS] and [SEP].

    References:
        Devlin, J. et al. (2019), BERT, section 3; Wu, Y. et al. (2016), section 4.1: of each word
        the longest known piece, then the longest that continues it.
    """
    known = vocabulary()
    found = [number for word in _words(text[:_CHARACTERS]) for number in _cut(word, known)]
    return [known["[CLS]"], *found[: LIMIT - 2], known["[SEP]"]]


def _words(text: str) -> Iterator[str]:
    """Yield words in lower case without accents; punctuation and Han characters stand alone."""
    plain = unicodedata.normalize("NFD", "".join(map(_apart, text)).lower())
    for word in "".join(c for c in plain if unicodedata.category(c) != "Mn").split():
        start = 0
        for at, character in enumerate(word):
            if _is_mark(character):
                if start < at:
                    yield word[start:at]
                yield character
                start = at + 1
        if start < len(word):
            yield word[start:]


def _apart(character: str) -> str:
    """Return what a character becomes: nothing for control, space for space, Han apart."""
    category = unicodedata.category(character)
    if character in "\t\n\r" or category == "Zs":
        return " "
    if character in "\0\ufffd" or category.startswith("C"):
        return ""
    code = ord(character)
    return f" {character} " if any(low <= code <= high for low, high in _HAN) else character


def _is_mark(character: str) -> bool:
    if character.isascii():
        return not character.isalnum() and "!" <= character <= "~"
    return unicodedata.category(character).startswith("P")


def _cut(word: str, known: Mapping[str, int]) -> list[int]:
    found: list[int] = []
    start, end = 0, len(word) if len(word) <= _LONGEST_WORD else 0
    while start < end:
        piece = f"##{word[start:end]}" if start else word[:end]
        if piece in known:
            found.append(known[piece])
            start, end = end, len(word)
        else:
            end -= 1
    return found if start == len(word) else [known["[UNK]"]]
