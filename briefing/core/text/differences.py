"""Where two sentences differ in their facts, ignoring differences of form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from briefing.core.text.fact_words import ALIKE, CONFUSED
from briefing.core.text.facts import Fact, FactKind

#: Letters of the shortest words that may have one wrong letter, swapped letters, or two wrong
#: letters; in shorter ones an error makes another word.
_ONE_SLIP, _SWAPPED, _TWO_SLIPS = 6, 4, 9
#: A word in which two letters may have been swapped by mistake.
_LOWER = re.compile(rf"(?<![^\W\d_])[a-z]{{{_ONE_SLIP},}}(?![^\W\d_])")
#: Parts that make it another name; any other part is only a fuller form.
_OTHER_NAME = frozenset(
    "north south east west northern southern eastern western new upper lower central republic "
    "united federal democratic european international".split()
)


@dataclass(frozen=True, slots=True)
class Hunk:
    """The old and the new facts at one place of two sentences."""

    old: tuple[Fact, ...]
    new: tuple[Fact, ...]
    #: Offsets in the sentences, for a side without facts.
    old_place: int
    new_place: int


def hunks(old_facts: Sequence[Fact], new_facts: Sequence[Fact]) -> tuple[Hunk, ...]:
    """Return where two sentences differ in fact, in order.

    Ignored are facts that only moved, unless two of them changed places; a name in a fuller or
    shorter form; and a word written as one or as two.
    """
    old, new = ([_alike(fact) for fact in facts] for facts in (old_facts, new_facts))
    if Counter(fact.key for fact in old) == Counter(fact.key for fact in new):
        return (*_exchanged(old, new), *_renamed(old, new))
    return (*_differing(old, new), *_renamed(old, new))


def is_slip(left: Fact, right: Fact) -> bool:
    """Tell whether two plain words differ by a typing error or are spelling variants."""
    short, long = sorted((left.form, right.form), key=len)
    if frozenset((short, long)) in CONFUSED or short[:1] != long[:1]:
        return False
    if len(long) < _SWAPPED or len(long) - len(short) > 2:
        return False
    return _is_one_slip(short, long) or (len(long) >= _TWO_SLIPS and _is_two_slips(short, long))


def mended(text: str, *, by: str) -> str:
    """Return a text in which words are spelled as in another text that swaps two of their letters.

    A typing error in "before" or "million" would otherwise make it a plain word, and the fact one
    that is missing. The text keeps its length; names, which have a capital, stay as they are.
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
            if match[0] in words or frozenset((match[0], swapped.get(match[0]))) in CONFUSED
            else swapped.get(match[0], match[0])
        ),
        text,
    )


def _alike(fact: Fact) -> Fact:
    plain = fact.kind is FactKind.WORD and fact.key in ALIKE
    return replace(fact, key=ALIKE[fact.key]) if plain else fact


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
    """Yield two facts that changed places with something between them, as in "A beat B"."""
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
    """Yield names with the same stem that are spelled as the other sentence spells none of them."""
    old_forms, new_forms = ({fact.form for fact in facts} for facts in (old, new))
    spelled = {
        fact.key: fact for fact in new if fact.kind is FactKind.NAME and fact.form not in old_forms
    }
    for left in old:
        right = spelled.get(left.key)
        if left.kind is FactKind.NAME and right is not None and left.form not in new_forms:
            yield Hunk((left,), (right,), left.start, right.start)


def _gaps(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the gaps between the longest common subsequence: start and end, old and new.

    References:
        Hunt, J. W. and McIlroy, M. D. (1976), An algorithm for differential file comparison; the
        plain table of the longest common subsequence, since sentences are short.
    """
    lengths = _lengths(old, new)
    row = column = begun_row = begun_column = 0
    while row < len(old) and column < len(new):
        if old[row].key == new[column].key:
            if (begun_row, begun_column) != (row, column):
                yield begun_row, row, begun_column, column
            row, column = row + 1, column + 1
            begun_row, begun_column = row, column
        elif lengths[row + 1][column] >= lengths[row][column + 1]:
            row += 1
        else:
            column += 1
    if begun_row < len(old) or begun_column < len(new):
        yield begun_row, len(old), begun_column, len(new)


def _lengths(old: Sequence[Fact], new: Sequence[Fact]) -> list[list[int]]:
    """Return the length of the longest common subsequence from each pair of places on."""
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for row in range(len(old) - 1, -1, -1):
        below, line, key = lengths[row + 1], lengths[row], old[row].key
        for column in range(len(new) - 1, -1, -1):
            if key == new[column].key:
                line[column] = below[column + 1] + 1
            else:
                line[column] = max(below[column], line[column + 1])
    return lengths


def _differing(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Hunk]:
    """Yield the differences in each gap, without facts found elsewhere in the other sentence."""
    old_counts, new_counts = (Counter(fact.key for fact in facts) for facts in (old, new))
    lost, gained = old_counts - new_counts, new_counts - old_counts
    for row, end_row, column, end_column in _gaps(old, new):
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
    """Return the offset of an insertion before a fact: the end of the one before it."""
    return facts[number - 1].end if number else 0


def _is_fuller(facts: Sequence[Fact], first: int, last: int, more: Sequence[Fact]) -> bool:
    """Tell whether names that only one sentence has extend a name that both have."""
    if not more or len(more) != last - first:
        return False
    if any(fact.kind is not FactKind.NAME or fact.form in _OTHER_NAME for fact in more):
        return False
    after = facts[last] if last < len(facts) else None
    return after is not None and after.kind is FactKind.NAME and after.start - more[-1].end == 1
