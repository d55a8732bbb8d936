"""Where two sentences differ in their facts, with what only looks different left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from briefing.core.text.fact_words import ALIKE, CONFUSED
from briefing.core.text.facts import Fact, FactKind

#: A slip of the finger changes one letter, in long words two; in short ones it makes other words.
_ONE_SLIP, _SWAPPED, _TWO_SLIPS = 6, 4, 9
#: Parts of a name that make another name of it; any other part only names it more fully.
_OTHER_NAME = frozenset(
    "north south east west northern southern eastern western new upper lower central republic "
    "united federal democratic european international".split()
)


@dataclass(frozen=True, slots=True)
class Hunk:
    """What stands in one place of the old sentence and of the new one."""

    old: tuple[Fact, ...]
    new: tuple[Fact, ...]
    #: Where in the sentences, for a side that has nothing there.
    old_place: int
    new_place: int


def hunks(ours: Sequence[Fact], theirs: Sequence[Fact]) -> tuple[Hunk, ...]:
    """Return where two sentences differ in fact, in order.

    What only moved is left out, unless two things changed places; so is a name that is given more
    or less fully, and a word that is written in one or in two.
    """
    old, new = ([_alike(one) for one in facts] for facts in (ours, theirs))
    if Counter(one.key for one in old) == Counter(one.key for one in new):
        return (*_exchanged(old, new), *_renamed(old, new))
    return (*_differing(old, new), *_renamed(old, new))


def is_slip(left: Fact, right: Fact) -> bool:
    """Tell whether one plain word is the other with a typing error, or in another spelling."""
    short, long = sorted((left.form, right.form), key=len)
    if frozenset((short, long)) in CONFUSED or short[:1] != long[:1]:
        return False
    if len(long) < _SWAPPED or len(long) - len(short) > 2:
        return False
    return _is_one_slip(short, long) or (len(long) >= _TWO_SLIPS and _is_two_slips(short, long))


def _alike(fact: Fact) -> Fact:
    plain = fact.kind is FactKind.WORD and fact.key in ALIKE
    return replace(fact, key=ALIKE[fact.key]) if plain else fact


def _is_one_slip(short: str, long: str) -> bool:
    """Tell whether two words differ by one letter, left out, put in, exchanged or swapped."""
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    left, right = short[same:], long[same:]
    if len(left) < len(right):
        return left == right[1:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or (len(long) >= _ONE_SLIP and left[1:] == right[1:])


def _is_two_slips(short: str, long: str) -> bool:
    shorter = (long[:at] + long[at + 1 :] for at in range(1, len(long)))
    return len(short) < len(long) and any(
        _is_one_slip(*sorted((short, one), key=len)) for one in shorter
    )


def _exchanged(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[Hunk]:
    """Yield the two things that changed places with something between them, as in "A beat B"."""
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
    """Yield names that have one stem and are spelled in two ways."""
    spelled = {one.key: one for one in new if one.kind is FactKind.NAME}
    for left in old:
        right = spelled.get(left.key)
        if left.kind is FactKind.NAME and right is not None and left.form != right.form:
            yield Hunk((left,), (right,), left.start, right.start)


def _gaps(old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the places between the longest run of common facts: begin and end, old and new.

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
    """Return how long the longest common run is from each place of both on."""
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
    """Yield what differs in each gap, without what stands elsewhere in the other sentence."""
    ours, theirs = (Counter(one.key for one in facts) for facts in (old, new))
    lost, gained = ours - theirs, theirs - ours
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
    """Return the facts of which the other sentence has too few, and count them off."""
    taken = []
    for one in facts:
        if surplus[one.key] > 0:
            surplus[one.key] -= 1
            taken.append(one)
    return tuple(taken)


def _joined(facts: Sequence[Fact]) -> str:
    return "".join(one.form for one in facts)


def _place(facts: Sequence[Fact], number: int) -> int:
    """Return where something would stand that is put before a fact: behind the one before it."""
    return facts[number - 1].end if number else 0


def _is_fuller(facts: Sequence[Fact], first: int, last: int, more: Sequence[Fact]) -> bool:
    """Tell whether names that only one sentence has belong to a name that both have."""
    if not more or len(more) != last - first:
        return False
    if any(one.kind is not FactKind.NAME or one.form in _OTHER_NAME for one in more):
        return False
    after = facts[last] if last < len(facts) else None
    return after is not None and after.kind is FactKind.NAME and after.start - more[-1].end == 1
