"""Words of a text: split, lower-cased, stemmed, without stop words."""

from __future__ import annotations

import re
from functools import lru_cache

from nltk.stem.snowball import EnglishStemmer
from sumy.utils import get_stop_words

#: A word (letters, with inner apostrophes) or a number (digits, with inner points and commas).
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")

_STEMMER = EnglishStemmer()

#: Function words of English, from sumy's own list; it ships inside the package.
STOP_WORDS: frozenset[str] = frozenset(get_stop_words("english"))


def tokens(text: str) -> list[str]:
    """Return words and numbers in order, lower-cased, with straight apostrophes."""
    return [match.group().replace("’", "'").lower() for match in _TOKEN.finditer(text)]


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word.

    References:
        Porter, M. F. (2001), Snowball: a language for stemming algorithms; English stemmer.
    """
    return str(_STEMMER.stem(word.removesuffix("'s")))


def content_stems(text: str) -> list[str]:
    """Return the stems of all words that are not stop words, numbers included, in order."""
    return [stem(token) for token in tokens(text) if token not in STOP_WORDS]
