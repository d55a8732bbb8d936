"""Splits text into words, stems them, and finds the states that they name."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import repeat

from Stemmer import Stemmer

from briefing.core.language import Language, kept, spoken
from briefing.core.language.read import Words

#: A word (letters, with apostrophes inside) or a number (digits, with points and commas inside).
_TOKEN = re.compile(r"[^\W\d_]++(?:['’][^\W\d_]++)*+|\d++(?:[.,]\d++)*+")

#: The same in half the time, for texts without other letters and digits than these: Latin up to
#: U+017E, where each letter has one in lower case, so that a text can be lowered first.
_LATIN = "A-Za-zª²³µ¹º¼-¾À-ÖØ-öø-įı-ž"
_LATIN_TOKEN = re.compile(rf"[{_LATIN}]++(?:['’][{_LATIN}]++)*+|[0-9]++(?:[.,][0-9]++)*+")
#: Latin and Cyrillic capitals, for a character class.
CAPITALS = "A-ZÀ-ÖØ-ÞЀ-Я"
#: The same for lower-case text with straight apostrophes.
_LOWERED_TOKEN = re.compile(_LATIN_TOKEN.pattern.replace("['’]", "'"))
_BEYOND = re.compile("[^\0-įı-ž–—‘’“”…•€]")

#: Characters at the start of a text that are cached separately: several callers read only these.
_OPENING = 5_000

_WORD = re.compile(r"[^\W\d_]+")
_MOST_STEMS = 200_000


def as_written(text: str) -> list[str]:
    """Return words and numbers in order, without elided articles and pronouns."""
    words, elided = _pattern(text).findall(text), spoken().spelling.elided
    return [without_article(word, elided) for word in words] if elided else words


def _pattern(text: str) -> re.Pattern[str]:
    return _LATIN_TOKEN if text.isascii() or not _BEYOND.search(text) else _TOKEN


def without_article(word: str, elided: Words) -> str:
    """Return a word without the article or pronoun elided before it: "ONU" of "l’ONU"."""
    head, _, tail = word.replace("’", "'").partition("'")
    return tail if tail and head.lower() in elided else word


#: For the texts of one report, whose words are read several times.
@kept(8)
def tokens(text: str) -> tuple[str, ...]:
    """Return words and numbers in order, lower-cased, with straight apostrophes."""
    cut = text.rfind(" ", 0, _OPENING) if len(text) >= _OPENING else 0
    if cut > 0:
        return tokens(text[:cut]) + tuple(_lowered(text[cut:]))
    return tuple(_lowered(text))


def _lowered(text: str) -> list[str]:
    if _pattern(text) is _LATIN_TOKEN and not spoken().spelling.elided:
        return _LOWERED_TOKEN.findall(text.replace("’", "'").lower())
    # Joined, lowering is twice as fast; with spaces, since "Σ" at the end of a word becomes "ς".
    return " ".join(as_written(text)).replace("’", "'").lower().split()


def stem(word: str) -> str:
    """Return the stem of a lower-case word."""
    return stem_by(spoken().stemmer, word)


@lru_cache(maxsize=_MOST_STEMS)
def stem_by(stemmer: str, word: str) -> str:
    """Return the stem of a lower-case word by a Snowball stemmer; the word itself without one.

    References:
        Porter, M. F. (2001), Snowball: a language for stemming algorithms.
    """
    # A new stemmer for each word: one shared by threads can return the stem of another word.
    return str(Stemmer(stemmer, 0).stemWord(word.removesuffix("'s"))) if stemmer else word


class _ContentStems(dict[str, str]):
    """Cached stems of the words of a language; "" for stop words."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._language = Language.of_text(code)

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_STEMS:
            self.clear()
        is_stop = word in self._language.stop_words
        self[word] = stemmed = "" if is_stop else stem_by(self._language.stemmer, word)
        return stemmed


_content_stems = cache(_ContentStems)


#: For the opening of a report, which is read twice, with its title in between.
@kept(3)
def content_stems(text: str) -> tuple[str, ...]:
    """Return the stems of all words that are not stop words, numbers included, in order."""
    return tuple(filter(None, map(_content_stems(spoken().code).__getitem__, tokens(text))))


def states(text: str) -> frozenset[str]:
    """Return the states, seats of government and unions of states that a text names."""
    language = spoken()
    words = _WORD.findall(language.places.united.sub("US", text))
    return frozenset(map(_state, repeat(language.code), words)) - {""}


@lru_cache(maxsize=_MOST_STEMS // 10)
def _state(code: str, word: str) -> str:
    """Return the state, seat of government or union that a word names, or an empty text."""
    shouted, known = _places(code)
    of = Language.of_text(code).places.of_states
    name = of.get(word) or of.get(word.lower()) or shouted.get(word, word)
    return name if name in known else ""


@cache
def _places(code: str) -> tuple[Mapping[str, str], Words]:
    """Return states and seats of government by their names in capitals, and the set of all."""
    places = Language.of_text(code).places
    names = places.states | places.seats
    shouted = {name.upper(): name for name in names if len(name) > 3}
    return shouted, names | {*places.of_states.values()}
