"""Chooses a story's sentences by score, without redundancy, and orders them for print."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from briefing.core.model import Score, Sentence
from briefing.core.text.words import content_stems

#: Largest likeness to a sentence already chosen. Between 0.4 and 0.6 ROUGE is flat on the tuning
#: half, without a limit and below 0.3 it falls (docs/decisions/0005-ranker.md).
REDUNDANCY = 0.5


def choose(
    sentences: Sequence[Sentence],
    scores: Sequence[Score],
    *,
    limit: int,
    redundancy: float = REDUNDANCY,
    allowed: Callable[[Sentence], bool] | None = None,
) -> tuple[Sentence, ...]:
    """Return at most ``limit`` sentences, best first; equal scores in the order given.

    Args:
        sentences: the candidates.
        scores: one a candidate, from any ranker.
        limit: number of sentences; 0 or less gives none.
        redundancy: 0 to 1; a candidate nearer than this to one already chosen is skipped;
            1 skips none.
        allowed: test of each candidate, such as whether it can stand alone or was printed
            yesterday; None allows all.

    Raises:
        ValueError: sentences and scores differ in number.

    References:
        Carbonell, J. and Goldstein, J. (1998), The use of MMR, SIGIR. Their weighted difference
        of relevance and likeness needs scores of one scale; a limit on likeness serves every
        ranker and measured better (docs/decisions/0005-ranker.md).
    """
    chosen: list[Sentence] = []
    for sentence in _best_first(sentences, scores):
        if len(chosen) >= limit:
            break
        if allowed is not None and not allowed(sentence):
            continue
        if all(near(sentence.text, other.text) <= redundancy for other in chosen):
            chosen.append(sentence)
    return tuple(chosen)


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
    left_stems, right_stems = _stems(left), _stems(right)
    if not left_stems or not right_stems:
        return 0.0
    return len(left_stems & right_stems) / math.sqrt(len(left_stems) * len(right_stems))


def _best_first(sentences: Sequence[Sentence], scores: Sequence[Score]) -> Iterator[Sentence]:
    pairs = list(zip(sentences, scores, strict=True))
    for sentence, _ in sorted(pairs, key=lambda pair: -pair[1].value):
        yield sentence


#: Enough for the sentences of a day's stories; yesterday's are compared with each of them.
@lru_cache(maxsize=16_384)
def _stems(text: str) -> frozenset[str]:
    return frozenset(content_stems(text))
