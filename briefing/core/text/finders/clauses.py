"""Shortens sentences to clauses that can stand alone, and collects the names of a story."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

from briefing.core.frozen import frozen
from briefing.core.language import Clauses, Language, spoken
from briefing.core.language.read import Pattern
from briefing.core.model import Sentence
from briefing.core.text.furniture import is_bracketed
from briefing.core.text.words import content_stems

#: Characters of the longest sentence that is read: 99.9 % of the 15,082 sentences of eight news
#: days are shorter; a longer one is a list or a transcript. The bound keeps time linear.
LONGEST = 900
_DASH = re.compile(r" (?:—|–|--) ")


#: Double quotation marks; single ones may be apostrophes.
MARKS = '“”"'
_QUOTING = re.compile(f"[{MARKS}]")
_BALANCED = re.compile(r"[“”()\[\]]")


T = TypeVar("T")


class Scored(NamedTuple, Generic[T]):
    """An item that a finder found, and its quality."""

    #: 0 to 1, larger is better; comparable across stories.
    quality: float
    item: T


#: Least quality of an item that may be printed (docs/decisions/0006-finders.md).
_LEAST_QUALITY = 0.5


class Sought(Iterable[T]):
    """The items of a finder that may be printed, found on first access and then cached."""

    def __init__(self, find: Callable[[], Iterable[Scored[T]]]) -> None:
        """Take the finder, which returns the best items first."""
        self._find = find

    @cached_property
    def _items(self) -> tuple[T, ...]:
        return tuple(item for quality, item in self._find() if quality >= _LEAST_QUALITY)

    def __eq__(self, other: object) -> bool:
        """Compare the items."""
        return isinstance(other, Sought) and self._items == other._items

    def __hash__(self) -> int:
        """Hash the items."""
        return hash(self._items)

    def __iter__(self) -> Iterator[T]:
        """Iterate over the items, the best first."""
        return iter(self._items)


@frozen
class Cast:
    """The names in a story, and the weights of its stems."""

    #: Language of the story.
    language: Language
    #: Names of people and places, identified by their capitals.
    names: frozenset[str]
    #: Last names of people whom the story names in full.
    surnames: frozenset[str]
    #: Weight of each stem by its frequency, 0 to 1.
    weights: Mapping[str, float]


def meet(sentences: Sequence[Sentence], *, language: Language) -> Cast:
    """Return the cast of a story from its sentences."""
    words = language.clauses
    full: dict[str, None] = {}
    heads: dict[str, None] = {}
    for sentence in sentences:
        for match in words.full_name.finditer(sentence.text[:LONGEST]):
            where = heads if match.group("first") in words.heads else full
            if match.group("first") not in words.name_places:
                where[match.group("last")] = None
    counts = Counter(
        stem for sentence in sentences for stem in dict.fromkeys(content_stems(sentence.text))
    )
    most = math.log1p(max(counts.values(), default=1))
    texts = [sentence.text[:LONGEST] for sentence in sentences]
    return Cast(
        language,
        names=frozenset(name for text in texts for name in names(text, words=words)),
        surnames=frozenset(full) - frozenset(heads),
        weights={stem: math.log1p(count) / most for stem, count in counts.items()},
    )


def cut(sentence: Sentence, start: int, end: int) -> Sentence:
    """Return a slice of a sentence (offsets within it), without surrounding white space."""
    piece = sentence.text[start:end]
    start += len(piece) - len(piece.lstrip())
    text = piece.strip()
    first = sentence.start + start
    return replace(sentence, start=first, end=first + len(text), text=text)


def is_balanced(text: str) -> bool:
    """Tell whether brackets and double quotation marks are balanced and properly nested."""
    text = spoken().spelling.with_plain_marks(text)
    return text.count('"') % 2 == 0 and is_bracketed(text, _BALANCED)


def quoted(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans inside double quotation marks; an unclosed one extends to the end."""
    text = spoken().spelling.with_plain_marks(text)
    spans = []
    opening = -1
    for match in _QUOTING.finditer(text):
        mark, place = match.group(), match.start()
        if opening < 0 and mark in '“"':
            opening = place + 1
        elif opening >= 0 and mark == ("”" if text[opening - 1] == "“" else '"'):
            spans.append((opening, place))
            opening = -1
    return (*spans, (opening, len(text))) if opening >= 0 else tuple(spans)


def names(text: str, *, words: Clauses) -> tuple[str, ...]:
    """Return the names of people and places, in order, without genitive endings.

    The first word counts only if its capital is evidence of a name: if another capitalized word
    follows, or if it is a genitive or all in capitals.
    """
    result = []
    for match in words.name.finditer(text):
        bare = re.sub(r"[’']s?$", "", match.group())
        if bare in words.calendar or bare.casefold() in words.plain:
            continue
        if match.start() == 0 and not _names_at_once(text, match):
            continue
        result.append(bare)
    return tuple(result)


def _names_at_once(text: str, match: re.Match[str]) -> bool:
    word = match.group()
    follows = text[match.end() : match.end() + 2]
    return (
        word.endswith(("’s", "'s"))
        or (len(word) > 1 and word.isupper())
        or (len(follows) == 2 and follows[0] == " " and follows[1].isupper())
    )


def stands_alone(text: str, *, cast: Cast) -> bool:
    """Tell whether a clause can be understood without what precedes it.

    It needs a name and a finite verb, and must not open with a pronoun, a connective, a definite
    noun without a name beside it, or a bare last name.
    """
    words = cast.language.clauses
    if not text or words.pronoun.match(text) or not is_balanced(text):
        return False
    if words.leaning.search(text) or len(_DASH.findall(text)) % 2:
        return False
    verb = words.verb.search(text, 0, max(text.rfind(" "), 0))
    head = re.split(r"[\s,’']", text, maxsplit=1)[0]
    if verb is None or not (names(text, words=words) or head in cast.names):
        return False
    if head in cast.surnames and not text.partition(" ")[2][:1].isupper():
        return False
    if words.pointing.match(text) and not words.name.search(text, 1, verb.start()):
        return False
    he = words.person.search(text)
    return he is None or head in cast.names or bool(names(text[: he.start()], words=words))


def spans(
    text: str, *, start: int, end: int, words: Clauses, sources: Pattern
) -> Iterator[tuple[int, int]]:
    """Yield the spans of clauses that contain ``start`` to ``end``.

    Those from the start of the sentence come first, then those from the cut nearest to ``start``;
    of each, the longest first. No cut separates a claim from its source, or a clause from its
    condition.
    """
    bare = text.rstrip()
    last = len(bare) - (bare.endswith(".") and not words.abbreviated.search(bare))
    begins = [match.end() for match in words.start.finditer(text) if match.end() <= start]
    stops = [match.start() for match in words.end.finditer(text, end)]
    for begin in (0, *reversed(begins)):
        for stop in (last, *reversed(stops)):
            if begin < stop and keeps_meaning(
                text[:begin], text[stop:], words=words, sources=sources
            ):
                yield begin, stop


def keeps_meaning(*left_out: str, words: Clauses, sources: Pattern) -> bool:
    """Tell whether the parts left out neither attribute nor qualify the rest."""
    return not any(
        words.doubt.search(rest) or (words.attribution.search(rest) and not sources.search(rest))
        for rest in left_out
    )


def best_of(
    candidates: Iterable[Scored[T]], *, by: Callable[[T], object], limit: int
) -> tuple[Scored[T], ...]:
    """Return the best candidates, one for each value of ``by``; equal quality: the order given."""
    first: dict[object, Scored[T]] = {}
    for candidate in sorted(candidates, key=lambda candidate: -candidate.quality):
        first.setdefault(by(candidate.item), candidate)
    return tuple(first.values())[:limit]


def prominence(text: str, *, cast: Cast) -> float:
    """Return the mean weight of the distinct stems of a text, numbers aside, 0 to 1."""
    stems = [stem for stem in dict.fromkeys(content_stems(text)) if not stem[0].isdigit()]
    return sum(cast.weights.get(stem, 0.0) for stem in stems) / len(stems) if stems else 0.0
