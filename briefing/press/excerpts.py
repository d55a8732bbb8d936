"""PURE: a printed passage between its neighbors, and a whole text with what was printed of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from briefing.core.model import Sentence

#: Characters of a neighbor that are shown; a longer one is left out rather than cut.
LONGEST_NEIGHBOR = 1_500

#: Start and end in a text, in characters.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text within one paragraph, all of it printed or none of it."""

    text: str
    #: Which printed part it belongs to, from 1; 0 for what was not printed.
    part: int = 0
    #: Whether its part begins and ends with it; one that runs over paragraphs is several pieces.
    opens: bool = False
    closes: bool = False


def neighbors(text: str, span: Span, *, sentences: Sequence[Sentence]) -> tuple[str, str]:
    """Return what stands before and after a slice: its own sentence's rest and one sentence more.

    A neighbor that is too long is left out; so is the rest of the slice's own sentence.
    """
    start, end = span
    around = [n for n, one in enumerate(sentences) if one.start < end and one.end > start]
    if not around:
        return "", ""
    first, last = around[0], around[-1]
    befores = (sentences[max(first - 1, 0)].start, sentences[first].start)
    afters = (sentences[min(last + 1, len(sentences) - 1)].end, sentences[last].end)
    return _fitting(text[min(at, start) : start] for at in befores), _fitting(
        text[end : max(at, end)] for at in afters
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the stretches that some spans cover, in order; those that overlap are one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def part_of(span: Span, parts: Sequence[Span]) -> int:
    """Return which of the parts holds a span, from 1; 0 for none."""
    numbered = enumerate(parts, start=1)
    return next((n for n, (start, end) in numbered if start <= span[0] and span[1] <= end), 0)


def paragraphs(
    text: str, *, sentences: Sequence[Sentence], parts: Sequence[Span]
) -> tuple[tuple[Piece, ...], ...]:
    """Cut a whole text into paragraphs, each into what was printed and what was not.

    Every character of the text stands in one piece.
    """
    return tuple(tuple(_pieces(text, one, parts=parts)) for one in _blocks(text, sentences))


def _fitting(choices: Iterable[str]) -> str:
    return next((one for one in choices if len(one) <= LONGEST_NEIGHBOR), "")


def _blocks(text: str, sentences: Sequence[Sentence]) -> Iterator[Span]:
    """Yield the paragraphs; what stands between two belongs to the one behind."""
    ends = [one.end for one, after in pairwise(sentences) if one.paragraph != after.paragraph]
    start = 0
    for end in (*ends, len(text)):
        yield (start, end)
        start = end


def _pieces(text: str, block: Span, *, parts: Sequence[Span]) -> Iterator[Piece]:
    place, stop = block
    for number, (start, end) in enumerate(parts, start=1):
        if end <= place or start >= stop:
            continue
        if start > place:
            yield Piece(text[place:start])
        first, last = max(start, place), min(end, stop)
        yield Piece(text[first:last], number, opens=first == start, closes=last == end)
        place = last
    if place < stop:
        yield Piece(text[place:stop])
