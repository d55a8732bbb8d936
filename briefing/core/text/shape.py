"""Tells of a line of text what its characters make it: numbers, names, a clock time, words."""

from __future__ import annotations

import re
from collections.abc import Set

#: Share of digits among letters and digits, and of numbers among words, in a row of a table.
TABLE_DIGITS, TABLE_NUMBERS = 0.4, 0.5
#: Numbers that make no table yet.
FEWEST_NUMBERS = 4
#: Characters that mostly hold as many words as a sentence needs.
_BEGINNING = 60

_STAMP = re.compile(
    r"^\W{0,3}\d{1,2}(?::\d\d(?::\d\d)?|[.:]\d\d(?=\s?(?:[ap]\.?m|[A-Z]{2,4}\b)))"
    r"\s?(?:[AaPp]\.?[Mm]\.?)?\s?(?:[A-Z]{2,4}\b)?\W{0,3}(?:$|(?<=[-–—:|])\s?)"
)
#: Digits of all scripts, and what stands among them.
_MAYBE_DIGIT = re.compile("[0-9²³¹\u0660-\u1fff\u2070-\U0010ffff]")
#: The first letter or digit between two spaces, and what follows it there.
_WORD = re.compile(r"[^\W_]\S*")
_WORD_AS_WRITTEN = re.compile(r"[^\W_][\w’'-]*")
_ROUND_OR_SQUARE = re.compile(r"[()\[\]]")
#: Scripts that are written without spaces: a line may break between any two characters.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
)
_IDEOGRAPH = re.compile(f"[{UNSPACED}]")


def is_numbers(text: str) -> bool:
    """Tell whether a text is mostly numbers, as a row of a table is."""
    found = _MAYBE_DIGIT.findall(text)
    digits = sum(map(str.isdigit, found)) if found else 0
    # The first signs mostly show that the digits are too few among all of them.
    many = digits > TABLE_DIGITS * sum(map(str.isalnum, text[: 4 * digits]))
    if many and digits > TABLE_DIGITS * sum(map(str.isalnum, text)):
        return True
    if digits < FEWEST_NUMBERS:
        return False
    words = text.split()
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    return numbers >= max(FEWEST_NUMBERS, TABLE_NUMBERS * len(words))


def is_stamped(line: str) -> bool:
    """Tell whether a line opens with the clock time of a live page."""
    return bool(_STAMP.search(line))


def has_words(text: str, *, least: int) -> bool:
    """Tell whether a text has so many words, as :func:`count_words` counts them."""
    # Mostly its beginning is enough.
    some = 0 if _IDEOGRAPH.search(text, 0, _BEGINNING) else len(_WORD.findall(text, 0, _BEGINNING))
    return some >= least or count_words(text) >= least


def count_words(text: str) -> int:
    """Return the number of words; two characters of an unspaced script count as one."""
    spaced, ideographs = _IDEOGRAPH.subn(" ", text)
    return len(_WORD.findall(spaced)) + ideographs // 2


def is_names(text: str, *, small_words: Set[str]) -> bool:
    """Tell whether every word is capitalized, a number or one that needs no verb beside it."""
    word = ""
    for match in _WORD_AS_WRITTEN.finditer(text):
        word = match.group()
        if word[0].islower() and word not in small_words:
            return False
    return bool(word)


def is_bracketed(text: str) -> bool:
    """Tell whether round and square brackets close in the order in which they opened."""
    pending: list[str] = []
    for mark in _ROUND_OR_SQUARE.findall(text):
        if mark in "([":
            pending.append(")" if mark == "(" else "]")
        elif not pending or pending.pop() != mark:
            return False
    return not pending
