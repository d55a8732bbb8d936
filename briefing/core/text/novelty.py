"""Tells which sentences earlier editions have printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from briefing.core.model import Edition, Sentence
from briefing.core.text.summarize import near
from briefing.core.text.words import content_stems

#: Likeness from which a sentence equals a printed one but for punctuation or a name.
SAME_SENTENCE = 0.8


def printed_in(before: Sequence[Edition]) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that an edition has printed, exactly or nearly so."""
    return repeats(slice_.text for edition in before for slice_ in _said(edition))


def repeats(said: Iterable[str]) -> Callable[[Sentence], bool]:
    """Return the test of a sentence that equals one of some texts, exactly or nearly so.

    Only texts with a word in common are compared, so that many take no longer than few.
    """
    texts = list(dict.fromkeys(said))
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for stem in set(content_stems(text)):
            places.setdefault(stem, []).append(place)

    def is_repeated(sentence: Sentence) -> bool:
        stems = set(content_stems(sentence.text)) if places else set()
        shared = Counter(place for stem in stems for place in places.get(stem, ()))
        # A likeness of .8 needs more than half of the words.
        alike = (texts[place] for place, count in shared.items() if 2 * count > len(stems))
        return sentence.text in known or any(
            near(sentence.text, text) >= SAME_SENTENCE for text in alike
        )

    known = frozenset(texts)
    return is_repeated


def _said(edition: Edition) -> Iterator[Sentence]:
    yield from edition.sentences()
    for correction in edition.corrections:
        yield from correction.slices
