"""Words of a text, split and stemmed, and the states that it names."""

import re
from functools import lru_cache

from Stemmer import Stemmer

from briefing.core.language import Language

_EN = Language.of("en")

#: A word (letters, with inner apostrophes) or a number (digits, with inner points and commas).
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")

#: The same in a text in lower case without letters and digits beyond ASCII: in half of the time.
_PLAIN_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+(?:[.,][0-9]+)*")
_BEYOND = re.compile("[^\0-\x7f–—‘’“”…\xa0]")

STOP_WORDS = _EN.stop_words
#: States and the seats of their governments.
PLACES = _EN.places.states | _EN.places.seats
_IN_A_HEADLINE = {name.upper(): name for name in PLACES if len(name) > 3}
_STATES = PLACES | {*_EN.places.of_states.values()}
_WORD = re.compile(r"[^\W\d_]+")


def as_written(text: str) -> list[str]:
    """Return words and numbers in order."""
    return _TOKEN.findall(text)


#: For one report, whose words are read for several purposes.
@lru_cache(maxsize=8)
def tokens(text: str) -> tuple[str, ...]:
    """Return words and numbers in order, lower-cased, with straight apostrophes."""
    if not _BEYOND.search(text):
        return tuple(_PLAIN_TOKEN.findall(text.replace("’", "'").lower()))
    # All at once is twice as fast; with spaces between, for "Σ" at the end of a word is "ς".
    return tuple(" ".join(as_written(text)).replace("’", "'").lower().split())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a lower-case word.

    References:
        Porter, M. F. (2001), Snowball: a language for stemming algorithms; English stemmer.
    """
    # One of its own for each word: a stemmer shared by threads would give the stem of another word.
    return str(Stemmer(_EN.stemmer, 0).stemWord(word.removesuffix("'s")))


def content_stems(text: str) -> list[str]:
    """Return the stems of all words that are not stop words, numbers included, in order."""
    return [stem(token) for token in tokens(text) if token not in STOP_WORDS]


def states(text: str) -> frozenset[str]:
    """Return the states, seats of government and unions of states that a text names."""
    words = _WORD.findall(_EN.places.united.sub("US", text))
    named = (_EN.places.of_states.get(word) or _IN_A_HEADLINE.get(word, word) for word in words)
    return _STATES.intersection(named)
