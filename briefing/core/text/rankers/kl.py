"""Ranks by KL divergence: the order in which sentences bring a summary closest to the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.kl import KLSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import english, rate

_SUMMARIZER = english(KLSummarizer)


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score minus the round in which sumy's greedy search takes the sentence; cubic in time.

    References:
        Haghighi, A. and Vanderwende, L. (2009), Exploring content models for multi-document
        summarization, NAACL, section 3.2 (KLSum).
    """
    return rate(_SUMMARIZER, sentences)
