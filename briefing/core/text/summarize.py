"""Chooses a story's sentences by their scores and by how they read below those already chosen."""

import math
from collections.abc import Callable, Sequence

from briefing.core.frozen import frozen
from briefing.core.language import kept
from briefing.core.model import Score, Sentence
from briefing.core.text.words import content_stems

#: Largest similarity to a sentence already chosen (docs/decisions/0016-reading.md).
REDUNDANCY = 0.42
#: Words beyond which a sentence counts half.
LONG = 45
#: A sentence may precede the first only if it opens this well, relative to the first.
_AS_GOOD = 0.9
#: Returns the probability that a sentence leans on one that is not printed above it.
Leans = Callable[[Sentence, Sequence[Sentence]], float]


@frozen
class Taste:
    """What is required of a chosen sentence besides its score."""

    #: A sentence more similar than this to one already chosen is skipped; 1 skips none.
    redundancy: float = REDUNDANCY
    leans: Leans = lambda _sentence, _above: 0.0
    #: Largest probability of leaning: of the first sentence, and of those below it.
    first_limit: float = 1.0
    limit: float = 1.0
    #: How well a sentence opens, 0 (not at all) to 1; a factor of its score as the first.
    opens: Callable[[Sentence], float] = lambda _: 1.0
    #: Given those chosen, how well a sentence adds to them, 0 (not at all) to 1.
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
    """Return at most ``limit`` sentences in the order in which they were chosen.

    The first is the best of those that can be read under the headline; each further one is the
    best of those that can be read where they would be printed, below those already chosen. So any
    number of sentences from the start reads well in reading order. A sentence that leans is tried
    again at each step, and may bring the one directly before it in its report if both have room.
    Ties: the order given. Those in ``taken`` come first in any case and count towards ``limit``.

    Raises:
        ValueError: sentences and scores differ in number.

    References:
        Carbonell, J. and Goldstein, J. (1998), The use of MMR, SIGIR. Their weighted difference
        of relevance and similarity needs scores on one scale; a limit on similarity works with
        any ranker and gives better results (docs/decisions/0005-ranker.md).
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
    """Tell whether a sentence counts half for its length."""
    return len(sentence.text.split()) > LONG


def _best(
    waiting: Sequence[tuple[Sentence, float]],
    chosen: Sequence[Sentence],
    *,
    room: int,
    taste: Taste,
) -> tuple[Sentence, ...]:
    """Return the next sentence, with the one directly before it if it needs that; may be empty."""
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
    """Return the factor of a sentence's score below those chosen; 0 for a repetition."""
    if not chosen:
        return taste.opens
    first = in_reading_order(chosen)[0]
    adds = taste.adds(chosen)

    def share(sentence: Sentence) -> float:
        precedes = sentence.document == first.document and sentence.start < first.start
        if precedes and taste.opens(sentence) < _AS_GOOD * taste.opens(first):
            return 0.0
        worth = adds(sentence)
        # Last because it is slow, and most sentences add nothing.
        repeats = worth and any(
            sentence.key == other.key or near(sentence.text, other.text) > taste.redundancy
            for other in chosen
        )
        return 0.0 if repeats else worth

    return share


def _reads(step: Sequence[Sentence], chosen: Sequence[Sentence], taste: Taste) -> bool:
    """Tell whether each of the sentences can be read where it would be printed."""
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

    Documents come in the order of their first chosen sentence, sentences of a document in the
    order of its text.
    """
    documents = list(dict.fromkeys(sentence.document for sentence in chosen))
    rank = {document: index for index, document in enumerate(documents)}
    return tuple(sorted(chosen, key=lambda sentence: (rank[sentence.document], sentence.start)))


def near(left: str, right: str) -> float:
    """Return the similarity of two sentences: 0 nothing in common, 1 the same content words.

    It is the cosine of their sets of content stems: stems in common over the geometric mean of
    their numbers. Equal texts have 1 even without content words.
    """
    if left == right:
        return 1.0
    left_stems, right_stems = distinct_stems(left), distinct_stems(right)
    if not left_stems or not right_stems:
        return 0.0
    return len(left_stems & right_stems) / math.sqrt(len(left_stems) * len(right_stems))


#: Enough for the sentences of a day's stories, each of which is compared with yesterday's.
@kept(16_384)
def distinct_stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of a sentence."""
    return frozenset(content_stems(text))
