"""Ranks by latent semantic analysis: how much a sentence weighs in the main topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.lsa import LsaSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import english, rate

_SUMMARIZER = english(LsaSummarizer)


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score by the length of the sentence's vector in sumy's singular value decomposition.

    References:
        Steinberger, J. and Ježek, K. (2004), Using latent semantic analysis in text summarization
        and summary evaluation, ISIM.
    """
    return rate(_SUMMARIZER, sentences)
