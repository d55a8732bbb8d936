"""Detects corrections of printed slices in their sources, and keeps old wordings off the page.

A correction changes a number, unit, date, name, negation, doubt or attribution, or replaces one or
two words in a sentence that is otherwise the same. Changes of spacing, typography, commas,
capitals, typing errors, spelling variants and datelines do not count, nor do added sentences, or a
sentence reworded with all its facts.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from briefing.core.frozen import frozen
from briefing.core.language import Language, in_language, spoken
from briefing.core.model import CorrectionBrief, CorrectionKind, Document, Sentence
from briefing.core.text.facts import Fact, FactKind, facts_of, names_in
from briefing.core.text.gate import skip_dateline
from briefing.core.text.segment import segment
from briefing.core.text.summarize import near
from briefing.core.text.words import content_stems

#: Share of common facts from which two sentences are versions of one.
_SAME = 0.5
#: Sentences compared with a printed one, and stored for each fact; both bound the time.
_CANDIDATES, _PLACES = 4, 40
#: Facts and characters of one sentence that are compared; none worth printing is longer.
_LONGEST, _LONGEST_TEXT = 300, 4_000
#: Most replaced words of a correction; more are a rewording.
_REPLACED = 2
#: Consecutive sentences in which the numbers and names of a slice must occur together to count as
#: still reported, and the share of all its facts that must occur with them.
_TOGETHER, _STILL = 3, 0.4


@frozen
class Comparison:
    """A printed slice and its counterpart in the new version of its source."""

    #: None: the new version has the slice, or other words with the same facts.
    outcome: CorrectionKind | None
    old: Sentence
    #: The counterpart of a changed slice.
    new: Sentence | None = None
    #: Character ranges of the words that differ, in the old and in the new document.
    old_marks: tuple[tuple[int, int], ...] = ()
    new_marks: tuple[tuple[int, int], ...] = ()


@in_language(lambda _, *, now, **__: now.language or "en")
def compare(printed: Sequence[Sentence], *, was: Document, now: Document) -> tuple[Comparison, ...]:
    """Compare slices of one version of a document with another, in linear time; never raises."""
    spaced = " ".join(now.text.split())
    comparisons = {
        sentence.key: Comparison(None, sentence)
        for sentence in printed
        if " ".join(sentence.text.split()) in spaced
    }
    rest = [sentence for sentence in printed if sentence.key not in comparisons]
    if rest:
        pages = _Versions.of(was, now)
        comparisons |= {sentence.key: pages.compare(sentence) for sentence in rest}
    return tuple(comparisons[sentence.key] for sentence in printed)


@in_language(lambda *, now, **__: now.language or "en")
def compare_titles(*, was: Document, now: Document) -> Comparison:
    """Compare two titles; slices and marks are offsets in them. A new title is no correction."""
    old, new = was.title_slice, now.title_slice
    names = names_in((was.text, now.text))
    old_facts, new_facts = _facts(old.text, names), _facts(new.text, names)
    if not new.text or _likeness(old_facts, new_facts) < _SAME:
        return Comparison(None, old)
    return _judged(old, new, old_facts, new_facts, around=(old, new))


def differ(left: str, right: str) -> bool:
    """Tell whether two similar sentences differ in substance."""
    names = names_in((left, right))
    old_facts, new_facts = (_facts(text, names) for text in (left, right))
    return is_substance(hunks(old_facts, new_facts))


@frozen
class _Versions:
    """Two versions of a document, prepared for comparison."""

    was: Document
    now: Document
    old: tuple[Sentence, ...]
    new: tuple[Sentence, ...]
    names: frozenset[str]
    #: Facts of each sentence of the new version, and indices of its sentences by key of a fact.
    facts: tuple[tuple[Fact, ...], ...]
    places: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, was: Document, now: Document) -> _Versions:
        names = names_in((was.text, now.text))
        new = segment(now)
        facts = tuple(_facts(sentence.text, names) for sentence in new)
        places: dict[str, list[int]] = {}
        for number, held in enumerate(facts):
            for key in dict.fromkeys(fact.key for fact in held):
                numbers = places.setdefault(key, [])
                if len(numbers) < _PLACES:
                    numbers.append(number)
        return cls(was, now, segment(was), new, names, facts, places)

    def compare(self, printed: Sentence) -> Comparison:
        """Compare one slice by means of the sentence that contains it."""
        whole = self._around(printed)
        old_facts = _facts(whole.text, self.names)
        if not old_facts:
            return Comparison(None, printed)
        likeness, new = max(
            (
                (_likeness(old_facts, _facts(near.text, self.names)), near)
                for near in self._near(old_facts, whole)
            ),
            key=lambda pair: pair[0],
            default=(0.0, whole),
        )
        if likeness < _SAME:
            own = [fact for fact in old_facts if _within(fact, whole, printed)]
            removed = self._is_removed(own)
            return Comparison(CorrectionKind.REMOVED if removed else None, printed)
        new_facts = _facts(mended(new.text, by=whole.text), self.names)
        bare = skip_dateline(new, language=Language.of_text(self.now.language or "en"))
        return _judged(printed, bare, old_facts, new_facts, around=(whole, new))

    def _around(self, slice_: Sentence) -> Sentence:
        """Return the sentence or sentences that contain a slice, as one; without any, the slice."""
        starts = [sentence.start for sentence in self.old]
        first = bisect_right(starts, slice_.start) - 1
        last = bisect_left(starts, slice_.end) - 1
        if not self.old:
            return slice_
        around = _joined_slice(self.was, self.old[max(0, first)], self.old[max(0, first, last)])
        start, end = min(slice_.start, around.start), max(slice_.end, around.end)
        return replace(around, start=start, end=end, text=self.was.text[start:end])

    def _near(self, old_facts: Sequence[Fact], whole: Sentence) -> Iterator[Sentence]:
        """Yield sentences, and pairs of them, that may be the counterpart, most similar first."""
        hits: Counter[int] = Counter()
        for key in dict.fromkeys(fact.key for fact in old_facts):
            hits.update(self.places.get(key, ()))
        share = len(self.new) / max(1, len(self.old))
        far = {number: abs(number - whole.index * share) for number in hits}
        best = sorted(hits, key=lambda number: (-hits[number], far[number], number))[:_CANDIDATES]
        for number in best:
            yield self.new[number]
        for number in best[:2]:
            for first, last in ((number - 1, number), (number, number + 1)):
                if first >= 0 and last < len(self.new):
                    yield _joined_slice(self.now, self.new[first], self.new[last])

    def _is_removed(self, own: Sequence[Fact]) -> bool:
        """Tell whether the new version no longer has the facts of a slice in any wording."""
        must = {fact.key for fact in own if fact.kind in {FactKind.NUMBER, FactKind.NAME}}
        keys = {fact.key for fact in own}
        if all(fact.kind is FactKind.WORD for fact in own):
            return False
        if not must <= self.places.keys():
            return True
        starts = (number for key in sorted(keys) for number in self.places.get(key, ()))
        for number in dict.fromkeys(starts):
            near = self.facts[max(0, number - 1) : number + _TOGETHER - 1]
            there = {fact.key for held in near for fact in held}
            if must <= there and len(keys & there) >= _STILL * len(keys):
                return False
        return True


def _joined_slice(document: Document, first: Sentence, last: Sentence) -> Sentence:
    text = document.text[first.start : last.end]
    return Sentence(document.id, first.start, last.end, text, first.index)


def _facts(text: str, names: frozenset[str]) -> tuple[Fact, ...]:
    return facts_of(text[:_LONGEST_TEXT], names=names)[:_LONGEST]


def _likeness(old_facts: Sequence[Fact], new_facts: Sequence[Fact]) -> float:
    """Return the Dice coefficient of two bags of facts: 2 × common / (old + new)."""
    left, right = (Counter(fact.key for fact in facts) for facts in (old_facts, new_facts))
    return 2 * (left & right).total() / max(1, left.total() + right.total())


def _within(fact: Fact, whole: Sentence, printed: Sentence) -> bool:
    return whole.start + fact.start < printed.end and whole.start + fact.end > printed.start


def _judged(
    printed: Sentence,
    counterpart: Sentence,
    old_facts: Sequence[Fact],
    new_facts: Sequence[Fact],
    *,
    around: tuple[Sentence, Sentence],
) -> Comparison:
    """Compare two sentences (``around``) by their differences within the printed slice."""
    left, right = around
    differing = [
        hunk
        for hunk in hunks(old_facts, new_facts)
        if _touches(hunk.old, hunk.old_place, left, printed)
        and _touches(hunk.new, hunk.new_place, right, counterpart)
    ]
    if not is_substance(differing):
        return Comparison(None, printed)
    return Comparison(
        CorrectionKind.CHANGED,
        printed,
        replace(counterpart, speaker=printed.speaker),
        _marks((fact for hunk in differing for fact in hunk.old), left, printed),
        _marks((fact for hunk in differing for fact in hunk.new), right, counterpart),
    )


def _touches(facts: Sequence[Fact], place: int, whole: Sentence, part: Sentence) -> bool:
    """Tell whether facts, or the place where they are missing, are in a part of a sentence."""
    if facts:
        return any(_within(fact, whole, part) for fact in facts)
    return part.start <= whole.start + place <= part.end


def is_substance(differing: Sequence[Hunk]) -> bool:
    """Tell whether the differences between two sentences change their meaning."""
    replaced = 0
    for hunk in differing:
        if any(fact.kind is not FactKind.WORD for fact in (*hunk.old, *hunk.new)):
            return True
        old = [fact for fact in hunk.old if not any(is_slip(fact, other) for other in hunk.new)]
        new = [fact for fact in hunk.new if not any(is_slip(fact, other) for other in hunk.old)]
        replaced += min(len(old), len(new))
    return 0 < replaced <= _REPLACED


def _marks(facts: Iterable[Fact], whole: Sentence, part: Sentence) -> tuple[tuple[int, int], ...]:
    """Return the ranges of facts in their document, clipped to a part; adjacent ones are merged."""
    marks: list[tuple[int, int]] = []
    for fact in facts:
        start = max(part.start, whole.start + fact.start)
        end = min(part.end, whole.start + fact.end)
        if start >= end:
            continue
        follows = marks and not whole.text[marks[-1][1] - whole.start : fact.start].strip()
        if follows:
            marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
        else:
            marks.append((start, end))
    return tuple(marks)


#: Shortest words, in letters, in which one wrong letter, two swapped letters, or two wrong letters
#: count as a typing error; shorter ones would be other words.
_ONE_SLIP, _SWAPPED, _TWO_SLIPS = 6, 4, 9
#: A word in which two letters may have been swapped by mistake.
_LOWER = re.compile(rf"(?<![^\W\d_])[a-z]{{{_ONE_SLIP},}}(?![^\W\d_])")


@frozen
class Hunk:
    """One difference between two sentences: the old and the new facts."""

    old: tuple[Fact, ...]
    new: tuple[Fact, ...]
    #: Offsets in the sentences; used for a side without facts.
    old_place: int
    new_place: int


def hunks(old_facts: Sequence[Fact], new_facts: Sequence[Fact]) -> tuple[Hunk, ...]:
    """Return the differences in fact between two sentences.

    Facts that only moved are ignored, unless two of them changed places; so are a fuller or
    shorter form of a name, and a word written as one or as two.
    """
    old, new = ([_alike(fact) for fact in facts] for facts in (old_facts, new_facts))
    if Counter(fact.key for fact in old) == Counter(fact.key for fact in new):
        return (*_exchanged(old, new), *_renamed(old, new))
    return (*_differing(old, new), *_renamed(old, new))


def is_slip(left: Fact, right: Fact) -> bool:
    """Tell whether two plain words differ only by a typing error or in spelling variants."""
    short, long = sorted((left.form, right.form), key=len)
    if frozenset((short, long)) in spoken().facts.confused or short[:1] != long[:1]:
        return False
    if len(long) < _SWAPPED or len(long) - len(short) > 2:
        return False
    return _is_one_slip(short, long) or (len(long) >= _TWO_SLIPS and _is_two_slips(short, long))


def mended(text: str, *, by: str) -> str:
    """Return a text with swapped letters corrected to the spelling of another text.

    Otherwise a typing error in "before" or "million" would turn it into a plain word, and its fact
    would be missing. The text keeps its length; words with capitals stay unchanged.
    """
    words = {match[0] for match in _LOWER.finditer(by)}
    swapped = {
        left[:place] + left[place + 1] + left[place] + left[place + 2 :]: left
        for left in sorted(words)
        for place in range(len(left) - 1)
    }
    return _LOWER.sub(
        lambda match: (
            match[0]
            if match[0] in words
            or frozenset((match[0], swapped.get(match[0]))) in spoken().facts.confused
            else swapped.get(match[0], match[0])
        ),
        text,
    )


def _alike(fact: Fact) -> Fact:
    plain = fact.kind is FactKind.WORD and fact.key in spoken().facts.alike
    return replace(fact, key=spoken().facts.alike[fact.key]) if plain else fact


def _is_one_slip(short: str, long: str) -> bool:
    """Tell whether two words differ by one letter: deleted, inserted, replaced or swapped."""
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    left, right = short[same:], long[same:]
    if len(left) < len(right):
        return left == right[1:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or (len(long) >= _ONE_SLIP and left[1:] == right[1:])


def _is_two_slips(short: str, long: str) -> bool:
    shorter = (long[:index] + long[index + 1 :] for index in range(1, len(long)))
    return len(short) < len(long) and any(
        _is_one_slip(*sorted((short, variant), key=len)) for variant in shorter
    )


def _exchanged(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Hunk]:
    """Yield two facts that changed places with others between them, as in "A beat B"."""
    places = [
        place
        for place, (left, right) in enumerate(zip(old, new, strict=True))
        if left.key != right.key
    ]
    if len(places) == 2 and places[1] - places[0] > 1:
        for place in places:
            left, right = old[place], new[place]
            yield Hunk((left,), (right,), left.start, right.start)


def _renamed(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Hunk]:
    """Yield names with equal stems whose spelling occurs only in one of the sentences."""
    old_forms, new_forms = ({fact.form for fact in facts} for facts in (old, new))
    spelled = {
        fact.key: fact for fact in new if fact.kind is FactKind.NAME and fact.form not in old_forms
    }
    for left in old:
        right = spelled.get(left.key)
        if left.kind is FactKind.NAME and right is not None and left.form not in new_forms:
            yield Hunk((left,), (right,), left.start, right.start)


def _differing(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Hunk]:
    """Yield the differences in each gap, without facts that only moved."""
    old_counts, new_counts = (Counter(fact.key for fact in facts) for facts in (old, new))
    lost, gained = old_counts - new_counts, new_counts - old_counts
    before, after = ([fact.key for fact in facts] for facts in (old, new))
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for what, row, end_row, column, end_column in steps:
        if what == "equal":
            continue
        left = _taken(old[row:end_row], lost)
        right = _taken(new[column:end_column], gained)
        if _joined(old[row:end_row]) == _joined(new[column:end_column]):
            continue
        if not right and _is_fuller(old, row, end_row, left):
            continue
        if not left and _is_fuller(new, column, end_column, right):
            continue
        if left or right:
            yield Hunk(left, right, _place(old, row), _place(new, column))


def _taken(facts: Sequence[Fact], surplus: Counter[str]) -> tuple[Fact, ...]:
    """Return the facts that the other sentence lacks, and subtract them from the surplus."""
    taken = []
    for fact in facts:
        if surplus[fact.key] > 0:
            surplus[fact.key] -= 1
            taken.append(fact)
    return tuple(taken)


def _joined(facts: Sequence[Fact]) -> str:
    return "".join(fact.form for fact in facts)


def _place(facts: Sequence[Fact], number: int) -> int:
    """Return the offset of an insertion before a fact: the end of the preceding fact."""
    return facts[number - 1].end if number else 0


def _is_fuller(facts: Sequence[Fact], first: int, last: int, more: Sequence[Fact]) -> bool:
    """Tell whether names that only one sentence has extend a name that both have."""
    if not more or len(more) != last - first:
        return False
    if any(
        fact.kind is not FactKind.NAME or fact.form in spoken().facts.other_name for fact in more
    ):
        return False
    after = facts[last] if last < len(facts) else None
    return after is not None and after.kind is FactKind.NAME and after.start - more[-1].end == 1


#: Similarity from which a sentence may say the same as the corrected one.
_NEAR = 0.6
#: Number of the longest stems, of which a sentence must contain one to be compared.
_ANCHORS = 3


def without_old_words(corrections: Sequence[CorrectionBrief]) -> Callable[[Sentence], bool]:
    """Return a test that rejects old wordings of corrections, which other reports may have."""
    changes = []
    for correction in corrections:
        if correction.new is not None:
            old, new = correction.old.text, correction.new.text
            both = set(content_stems(old)) & set(content_stems(new))
            longest = sorted(both, key=lambda word: (-len(word), word))[:_ANCHORS]
            changes.append((old, new, longest))

    def stands(sentence: Sentence) -> bool:
        """Tell whether a sentence does not repeat the facts of an old wording."""
        text, low = sentence.text, sentence.text.lower()
        return not any(
            any(word in low for word in anchors)
            and near(text, old) >= _NEAR
            and not differ(text, old)
            and differ(text, new)
            for old, new, anchors in changes
        )

    return stands
