"""Ranks by SumBasic: average probability of a sentence's words, each used word squared down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.sum_basic import SumBasicSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import english, rate

_SUMMARIZER = english(SumBasicSummarizer)


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score minus the round in which sumy takes the sentence; quadratic in the sentences.

    References:
        Nenkova, A. and Vanderwende, L. (2005), The impact of frequency on summarization,
        Microsoft Research MSR-TR-2005-101.
    """
    return rate(_SUMMARIZER, sentences)
