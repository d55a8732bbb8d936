"""Decides what has become of a printed slice: unchanged, cosmetic, changed, removed.

Numbers, units, dates, names, negation, doubt and who says it decide; so does a word or two that
took the place of others in a sentence that is otherwise the same. Spacing, typography, commas,
capitals, typing errors, other spellings, datelines and added sentences do not, and neither does a
sentence that was put in other words with all its facts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from briefing.core.model import Document, Sentence
from briefing.core.text.dateline import skip_dateline
from briefing.core.text.differences import Hunk, hunks, is_slip
from briefing.core.text.facts import Fact, FactKind, facts_of, names_in
from briefing.core.text.segment import segment

#: From this share of words in common on, two sentences are one in two versions.
_SAME = 0.5
#: Sentences of the new version that are compared with a printed one, and places looked up of one
#: word: a text that repeats itself a thousand times is not compared a thousand times.
_CANDIDATES, _PLACES = 4, 40
#: Facts and characters of one sentence that are compared; what is longer is no sentence.
_LONGEST, _LONGEST_TEXT = 300, 4_000
#: Replaced words up to which it is a fact that was put right; more are other words for the same.
_REPLACED = 2
#: Sentences within which facts must stand together to count as still told, and the share of all
#: words that must stand there with them.
_TOGETHER, _STILL = 3, 0.4


class Change(StrEnum):
    """What has become of a printed slice."""

    #: It stands in the new version, however that is spaced.
    UNCHANGED = "unchanged"
    #: Other signs or words, the same facts.
    COSMETIC = "cosmetic"
    #: Another number, name, negation, or the like.
    CHANGED = "changed"
    #: Neither it nor its facts stand there.
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A printed slice beside what its source has in its place now."""

    outcome: Change
    old: Sentence
    #: What stands in its place; only where it changed.
    new: Sentence | None = None
    #: The words that differ, as character ranges of the old and of the new document.
    old_marks: tuple[tuple[int, int], ...] = ()
    new_marks: tuple[tuple[int, int], ...] = ()


def compare(printed: Sequence[Sentence], *, was: Document, now: Document) -> tuple[Comparison, ...]:
    """Compare slices that were printed from one version of a document with another version.

    Never raises, and takes time in proportion to both texts. Identical texts are unchanged.

    Args:
        printed: slices of ``was``.
        was: the document as printed.
        now: the same document in its newest version.
    """
    spaced = " ".join(now.text.split())
    found = {
        one.key: Comparison(Change.UNCHANGED, one)
        for one in printed
        if " ".join(one.text.split()) in spaced
    }
    rest = [one for one in printed if one.key not in found]
    if rest:
        pages = _Versions.of(was, now)
        found |= {one.key: pages.compare(one) for one in rest}
    return tuple(found[one.key] for one in printed)


def compare_titles(*, was: Document, now: Document) -> Comparison:
    """Compare the titles of two versions; slices and marks count within the titles.

    A headline that was written anew is no correction: publishers do that all day.
    """
    old, new = (Sentence(one.id, 0, len(one.title), one.title) for one in (was, now))
    names = names_in((was.text, now.text))
    ours, theirs = _facts(old, names), _facts(new, names)
    if not new.text or _likeness(ours, theirs) < _SAME:
        outcome = Change.UNCHANGED if old.text == new.text else Change.COSMETIC
        return Comparison(outcome, old)
    return _judged(old, new, ours, theirs, around=(old, new))


def differ(left: str, right: str) -> bool:
    """Tell whether two sentences that are alike differ in substance."""
    names = names_in((left, right))
    ours, theirs = (_bounded(text, names) for text in (left, right))
    return is_substance(hunks(ours, theirs))


@dataclass(frozen=True, slots=True)
class _Version:
    """One version, cut into sentences."""

    document: Document
    sentences: tuple[Sentence, ...]
    starts: tuple[int, ...]

    @classmethod
    def of(cls, document: Document) -> _Version:
        sentences = segment(document)
        return cls(document, sentences, tuple(one.start for one in sentences))

    def around(self, slice_: Sentence) -> Sentence:
        """Return the sentence or sentences that a slice lies in; itself when it lies in none."""
        first = max(0, bisect_right(self.starts, slice_.start) - 1)
        last = max(first + 1, bisect_left(self.starts, slice_.end))
        if not self.sentences:
            return slice_
        start = min(slice_.start, self.sentences[first].start)
        end = max(slice_.end, self.sentences[last - 1].end)
        return self.cut(start, end, first)

    def cut(self, start: int, end: int, index: int) -> Sentence:
        """Return a slice as a sentence with a place."""
        return Sentence(self.document.id, start, end, self.document.text[start:end], index)


@dataclass(frozen=True, slots=True)
class _Versions:
    """Two versions of a document, ready to be compared."""

    was: _Version
    now: _Version
    names: frozenset[str]
    #: Facts of each sentence of the new version, and the sentences by what they hold.
    facts: tuple[tuple[Fact, ...], ...]
    places: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, was: Document, now: Document) -> _Versions:
        names = names_in((was.text, now.text))
        new = _Version.of(now)
        facts = tuple(_facts(one, names) for one in new.sentences)
        places: dict[str, list[int]] = {}
        for number, held in enumerate(facts):
            for key in dict.fromkeys(one.key for one in held):
                known = places.setdefault(key, [])
                if len(known) < _PLACES:
                    known.append(number)
        return cls(_Version.of(was), new, names, facts, places)

    def compare(self, printed: Sentence) -> Comparison:
        """Compare one slice by the sentence that it lies in."""
        whole = self.was.around(printed)
        ours = _facts(whole, self.names)
        if not ours:
            return Comparison(Change.COSMETIC, printed)
        likeness, new = max(
            ((_likeness(ours, _facts(one, self.names)), one) for one in self._near(ours, whole)),
            key=lambda pair: pair[0],
            default=(0.0, whole),
        )
        if likeness < _SAME:
            own = [one for one in ours if _within(one, whole, printed)]
            removed = self._is_removed(own)
            return Comparison(Change.REMOVED if removed else Change.COSMETIC, printed)
        theirs = _facts(new, self.names)
        return _judged(printed, skip_dateline(new), ours, theirs, around=(whole, new))

    def _near(self, ours: Sequence[Fact], whole: Sentence) -> Iterator[Sentence]:
        """Yield sentences of the new version that may be the same one, the nearest first.

        Each alone and, since an editor may have cut or joined sentences, with its neighbors.
        """
        hits: Counter[int] = Counter()
        for key in dict.fromkeys(one.key for one in ours):
            hits.update(self.places.get(key, ()))
        share = len(self.now.sentences) / max(1, len(self.was.sentences))
        far = {number: abs(number - whole.index * share) for number in hits}
        best = sorted(hits, key=lambda number: (-hits[number], far[number], number))[:_CANDIDATES]
        for number in best:
            yield self.now.sentences[number]
        for number in best[:2]:
            for first, last in ((number - 1, number), (number, number + 1)):
                if first >= 0 and last < len(self.now.sentences):
                    left, right = self.now.sentences[first], self.now.sentences[last]
                    yield self.now.cut(left.start, right.end, left.index)

    def _is_removed(self, own: Sequence[Fact]) -> bool:
        """Tell whether a slice held facts that the new version does not tell in any words."""
        must = {one.key for one in own if one.kind in {FactKind.NUMBER, FactKind.NAME}}
        keys = {one.key for one in own}
        if all(one.kind is FactKind.WORD for one in own):
            return False
        if not must <= self.places.keys():
            return True
        starts = (number for key in sorted(keys) for number in self.places.get(key, ()))
        for number in dict.fromkeys(starts):
            near = self.facts[max(0, number - 1) : number + _TOGETHER - 1]
            there = {one.key for held in near for one in held}
            if must <= there and len(keys & there) >= _STILL * len(keys):
                return False
        return True


def _facts(sentence: Sentence, names: frozenset[str]) -> tuple[Fact, ...]:
    return _bounded(sentence.text, names)


def _bounded(text: str, names: frozenset[str]) -> tuple[Fact, ...]:
    return facts_of(text[:_LONGEST_TEXT], names=names)[:_LONGEST]


def _likeness(ours: Sequence[Fact], theirs: Sequence[Fact]) -> float:
    """Return twice the words in common over the words of both (Dice)."""
    left, right = (Counter(one.key for one in facts) for facts in (ours, theirs))
    return 2 * (left & right).total() / max(1, left.total() + right.total())


def _within(fact: Fact, whole: Sentence, printed: Sentence) -> bool:
    return whole.start + fact.start < printed.end and whole.start + fact.end > printed.start


def _judged(
    printed: Sentence,
    shown: Sentence,
    ours: Sequence[Fact],
    theirs: Sequence[Fact],
    *,
    around: tuple[Sentence, Sentence],
) -> Comparison:
    """Judge what differs between two sentences, as far as it lies in what was printed.

    Args:
        printed: the slice that was printed.
        shown: what would be printed beside it.
        ours: facts of the sentence that the slice lies in.
        theirs: facts of its counterpart.
        around: these two sentences; what is shown may be one of them without its dateline.
    """
    left, right = around
    differing = [
        one
        for one in hunks(ours, theirs)
        if _touches(one.old, one.old_place, left, printed)
        and _touches(one.new, one.new_place, right, shown)
    ]
    if not is_substance(differing):
        return Comparison(Change.COSMETIC, printed)
    return Comparison(
        Change.CHANGED,
        printed,
        shown,
        _marks((fact for one in differing for fact in one.old), left, printed),
        _marks((fact for one in differing for fact in one.new), right, shown),
    )


def _touches(facts: Sequence[Fact], place: int, whole: Sentence, part: Sentence) -> bool:
    """Tell whether facts, or the place where there are none, lie in a part of a sentence."""
    if facts:
        return any(_within(one, whole, part) for one in facts)
    return part.start <= whole.start + place <= part.end


def is_substance(differing: Sequence[Hunk]) -> bool:
    """Tell whether what differs between two sentences makes them say different things."""
    replaced = 0
    for one in differing:
        if any(fact.kind is not FactKind.WORD for fact in (*one.old, *one.new)):
            return True
        old = [fact for fact in one.old if not any(is_slip(fact, other) for other in one.new)]
        new = [fact for fact in one.new if not any(is_slip(fact, other) for other in one.old)]
        replaced += min(len(old), len(new))
    return 0 < replaced <= _REPLACED


def _marks(facts: Iterable[Fact], whole: Sentence, part: Sentence) -> tuple[tuple[int, int], ...]:
    """Return the ranges of facts in their document, as far as they lie in a part of the sentence.

    Those that follow each other are one.
    """
    marks: list[tuple[int, int]] = []
    for one in facts:
        start = max(part.start, whole.start + one.start)
        end = min(part.end, whole.start + one.end)
        follows = marks and not whole.text[marks[-1][1] - whole.start : one.start].strip()
        if follows:
            marks[-1] = (marks[-1][0], end)
        elif start < end:
            marks.append((start, end))
    return tuple(marks)
