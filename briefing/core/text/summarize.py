"""Chooses a story's sentences: each by its score and by whether it reads below those taken."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from briefing.core.language import kept
from briefing.core.model import Score, Sentence
from briefing.core.text.words import content_stems

#: Largest likeness to a sentence already chosen (docs/decisions/0016-reading.md).
REDUNDANCY = 0.42
#: Words beyond which a sentence counts half.
LONG = 45
#: Share of how well the first opens without which none is put before it.
_AS_GOOD = 0.9
#: Tells how likely a sentence leans on what is not printed above it, 0 to 1.
Leans = Callable[[Sentence, Sequence[Sentence]], float]


@dataclass(frozen=True, slots=True)
class Taste:
    """What a chosen sentence must be like, beside its score."""

    #: A candidate nearer than this to one already chosen is skipped; 1 skips none.
    redundancy: float = REDUNDANCY
    leans: Leans = lambda _sentence, _above: 0.0
    #: One more likely to lean than this is not taken; as the first, and after it.
    first_limit: float = 1.0
    limit: float = 1.0
    #: Tells how well a sentence opens, 0 (not at all) to 1: its score as the first is times that.
    opens: Callable[[Sentence], float] = lambda _: 1.0
    #: Given those that are chosen, tells how well a sentence adds to them, 0 (not at all) to 1.
    adds: Callable[[Sequence[Sentence]], Callable[[Sentence], float]] = lambda _: lambda _: 1.0


PLAIN = Taste()


def choose(  # noqa: PLR0913  what a choice depends on
    sentences: Sequence[Sentence],
    scores: Sequence[Score],
    *,
    limit: int,
    taste: Taste = PLAIN,
    allowed: Callable[[Sentence], bool] | None = None,
    taken: Sequence[Sentence] = (),
) -> tuple[Sentence, ...]:
    """Return at most ``limit`` sentences in the order in which they were taken.

    The first is the best of those that stand under the headline. Each further one is the best of
    those that can be read where they would be printed, below what was taken before; so every first
    part of what is returned reads well in reading order. Those that lean are asked again each time.
    A sentence may bring the one directly before it in its report, when both have room. Ties: in the
    order given. What is ``taken`` is printed in any case, first, and counts for ``limit``.

    Raises:
        ValueError: sentences and scores differ in number.

    References:
        Carbonell, J. and Goldstein, J. (1998), The use of MMR, SIGIR. Their weighted difference
        of relevance and likeness needs scores of one scale; a limit on likeness serves every
        ranker and measured better (docs/decisions/0005-ranker.md).
    """
    pairs = sorted(zip(sentences, scores, strict=True), key=lambda pair: -pair[1].value)
    waiting = [
        (sentence, score.value) for sentence, score in pairs if allowed is None or allowed(sentence)
    ]
    chosen = list(taken)
    while len(chosen) < limit:
        more = _best(waiting, chosen, room=limit - len(chosen), taste=taste)
        if not more:
            break
        chosen += more
    return tuple(chosen)


def is_long(sentence: Sentence) -> bool:
    """Tell whether a sentence counts half."""
    return len(sentence.text.split()) > LONG


def _best(
    waiting: Sequence[tuple[Sentence, float]],
    chosen: Sequence[Sentence],
    *,
    room: int,
    taste: Taste,
) -> tuple[Sentence, ...]:
    """Return the next sentence, with the one directly before it where it needs that."""
    best: tuple[Sentence, ...] = ()
    most = 0.0
    by_place = {(other.document, other.index): (other, value) for other, value in waiting}
    share_of = _shares(chosen, taste)
    for sentence, value in waiting:
        if best and value <= most:
            break
        share = share_of(sentence)
        worth = value * share
        if not share or (best and worth <= most):
            continue
        before = by_place.get((sentence.document, sentence.index - 1))
        if _reads((sentence,), chosen, taste):
            best, most = (sentence,), worth
        elif chosen and room > 1 and before is not None:
            share = _shares((*chosen, sentence), taste)(before[0])
            step, worth = (before[0], sentence), min(worth, before[1] * share)
            if share and (not best or worth > most) and _reads(step, chosen, taste):
                best, most = step, worth
    return best


def _shares(chosen: Sequence[Sentence], taste: Taste) -> Callable[[Sentence], float]:
    """Return what the score of a sentence counts times below those chosen; 0 for a repeat."""
    if not chosen:
        return taste.opens
    first = in_reading_order(chosen)[0]
    adds = taste.adds(chosen)

    def share(sentence: Sentence) -> float:
        precedes = sentence.document == first.document and sentence.start < first.start
        if precedes and taste.opens(sentence) < _AS_GOOD * taste.opens(first):
            return 0.0
        worth = adds(sentence)
        # Asked last: most add too little to be looked at.
        repeats = worth and any(
            sentence.key == other.key or near(sentence.text, other.text) > taste.redundancy
            for other in chosen
        )
        return 0.0 if repeats else worth

    return share


def _reads(step: Sequence[Sentence], chosen: Sequence[Sentence], taste: Taste) -> bool:
    """Tell whether each of the sentences reads where it would stand."""
    page = list(chosen)
    for sentence in step:
        page.append(sentence)
        order = in_reading_order(page)
        leaning = taste.leans(sentence, order[: order.index(sentence)])
        if leaning > (taste.limit if len(page) > 1 else taste.first_limit):
            return False
    return True


def in_reading_order(chosen: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Order chosen sentences for print.

    The document of the first (the best) comes first, then the others in the order in which
    ``chosen`` first names them; within a document, the order of its text.
    """
    documents = list(dict.fromkeys(sentence.document for sentence in chosen))
    rank = {document: index for index, document in enumerate(documents)}
    return tuple(sorted(chosen, key=lambda sentence: (rank[sentence.document], sentence.start)))


def near(left: str, right: str) -> float:
    """Return how alike two sentences are: 0 nothing in common, 1 the same content words.

    The cosine of their sets of content stems: words in common over the geometric mean of both
    numbers. Equal texts are 1 even without content words.
    """
    if left == right:
        return 1.0
    left_stems, right_stems = distinct_stems(left), distinct_stems(right)
    if not left_stems or not right_stems:
        return 0.0
    return len(left_stems & right_stems) / math.sqrt(len(left_stems) * len(right_stems))


#: Enough for the sentences of a day's stories; yesterday's are compared with each of them.
@kept(16_384)
def distinct_stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of a sentence."""
    return frozenset(content_stems(text))
