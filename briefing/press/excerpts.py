"""PURE: the context of a printed passage, and a whole text with its printed passages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from briefing.core.model import Sentence

#: Most characters of context on one side; longer context is left out rather than cut.
LONGEST_NEIGHBOR = 1_500

#: Start and end in a text, in characters.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text within one paragraph, either all printed or not printed."""

    text: str
    #: Number of its printed part, from 1; 0 if not printed.
    part: int = 0
    #: Whether its part begins and ends with it; a part across paragraphs has several pieces.
    opens: bool = False
    closes: bool = False


def neighbors(text: str, span: Span, *, sentences: Sequence[Sentence]) -> tuple[str, str]:
    """Return the text around a slice: the rest of its own sentence and one more on each side.

    A neighbor that is too long is left out; so is the rest of the slice's own sentence.
    """
    start, end = span
    around = [
        n for n, sentence in enumerate(sentences) if sentence.start < end and sentence.end > start
    ]
    if not around:
        return "", ""
    first, last = around[0], around[-1]
    befores = (sentences[max(first - 1, 0)].start, sentences[first].start)
    afters = (sentences[min(last + 1, len(sentences) - 1)].end, sentences[last].end)
    return _fitting(text[min(at, start) : start] for at in befores), _fitting(
        text[end : max(at, end)] for at in afters
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the union of spans, in order; overlapping ones are joined."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def part_of(span: Span, parts: Sequence[Span]) -> int:
    """Return the number of the part that contains a span, from 1; 0 if none does."""
    numbered = enumerate(parts, start=1)
    return next((n for n, (start, end) in numbered if start <= span[0] and span[1] <= end), 0)


def paragraphs(
    text: str, *, sentences: Sequence[Sentence], parts: Sequence[Span]
) -> tuple[tuple[Piece, ...], ...]:
    """Split a text into paragraphs, and each into printed and other pieces.

    Every character of the text is in exactly one piece.
    """
    return tuple(tuple(_pieces(text, block, parts=parts)) for block in _blocks(text, sentences))


def _fitting(choices: Iterable[str]) -> str:
    return next((choice for choice in choices if len(choice) <= LONGEST_NEIGHBOR), "")


def _blocks(text: str, sentences: Sequence[Sentence]) -> Iterator[Span]:
    """Yield the paragraphs; text between two belongs to the second."""
    pairs = pairwise(sentences)
    ends = [before.end for before, after in pairs if before.paragraph != after.paragraph]
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
