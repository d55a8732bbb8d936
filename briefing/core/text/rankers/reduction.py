"""Ranks by graph reduction: the sum of shared words with every other sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.reduction import ReductionSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import english, rate

_SUMMARIZER = english(ReductionSummarizer)


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score by the weights of all of the sentence's edges in sumy's graph; quadratic.

    References:
        Fabish, A. (2013), Reduction, https://github.com/adamfabish/Reduction; its edges are those
        of Mihalcea and Tarau (2004), TextRank.
    """
    return rate(_SUMMARIZER, sentences)
