"""Ranks by position alone: the first sentence of each document, then the second, and so on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from briefing.core.model import Score, Sentence


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score each sentence 1 / (1 + its place among the given sentences of its document).

    The place is counted among what is given, so a byline that was dropped moves nothing.

    References:
        Nenkova, A. (2005), Automatic text summarization of newswire: lessons learned from the
        Document Understanding Conference, AAAI; on the strength of the lead as a baseline.
    """
    counts: Counter[str] = Counter()
    scores = []
    for sentence in sentences:
        position = 1 / (1 + counts[sentence.document])
        counts[sentence.document] += 1
        scores.append(Score(position, MappingProxyType({"position": position})))
    return tuple(scores)
