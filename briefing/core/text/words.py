"""Words of a text, split and stemmed, and the states that it names."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from Stemmer import Stemmer

from briefing.core.language import Language, kept, spoken
from briefing.core.language.read import Words

#: A word (letters, with inner apostrophes) or a number (digits, with inner points and commas).
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")

#: The same in a text in lower case without letters and digits beyond ASCII: in half of the time.
_PLAIN_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+(?:[.,][0-9]+)*")
_BEYOND = re.compile("[^\0-\x7f–—‘’“”…\xa0]")

_WORD = re.compile(r"[^\W\d_]+")


def as_written(text: str) -> list[str]:
    """Return words and numbers in order."""
    words, elided = _TOKEN.findall(text), spoken().spelling.elided
    return [_without(elided, word) for word in words] if elided else words


def _without(elided: Words, word: str) -> str:
    """Return a word without the article or pronoun elided before it: "ONU" of "l’ONU"."""
    head, _, tail = word.replace("’", "'").partition("'")
    return tail if tail and head.lower() in elided else word


#: For one report, whose words are read for several purposes.
@kept(8)
def tokens(text: str) -> tuple[str, ...]:
    """Return words and numbers in order, lower-cased, with straight apostrophes."""
    if not _BEYOND.search(text) and not spoken().spelling.elided:
        return tuple(_PLAIN_TOKEN.findall(text.replace("’", "'").lower()))
    # All at once is twice as fast; with spaces between, for "Σ" at the end of a word is "ς".
    return tuple(" ".join(as_written(text)).replace("’", "'").lower().split())


def stem(word: str) -> str:
    """Return the stem of a lower-case word."""
    return stem_by(spoken().stemmer, word)


@lru_cache(maxsize=200_000)
def stem_by(stemmer: str, word: str) -> str:
    """Return the stem of a lower-case word by a stemmer of Snowball; the word without one.

    References:
        Porter, M. F. (2001), Snowball: a language for stemming algorithms.
    """
    # One of its own for each word: a stemmer shared by threads would give the stem of another word.
    return str(Stemmer(stemmer, 0).stemWord(word.removesuffix("'s"))) if stemmer else word


def content_stems(text: str) -> list[str]:
    """Return the stems of all words that are not stop words, numbers included, in order."""
    language = spoken()
    return [
        stem_by(language.stemmer, token)
        for token in tokens(text)
        if token not in language.stop_words
    ]


def states(text: str) -> frozenset[str]:
    """Return the states, seats of government and unions of states that a text names."""
    language = spoken()
    words = _WORD.findall(language.places.united.sub("US", text))
    shouted, known = _places(language.code)
    of = language.places.of_states
    named = (of.get(word) or of.get(word.lower()) or shouted.get(word, word) for word in words)
    return known.intersection(named)


@cache
def _places(code: str) -> tuple[Mapping[str, str], Words]:
    """Return states and seats of government by their names in capitals, and all that is one."""
    places = Language.of_text(code).places
    names = places.states | places.seats
    shouted = {name.upper(): name for name in names if len(name) > 3}
    return shouted, names | {*places.of_states.values()}
