"""Ranks by TextRank: PageRank over sentences that share words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.text_rank import TextRankSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import english, rate

_SUMMARIZER = english(TextRankSummarizer)


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score by sumy's PageRank over shared words; quadratic in the sentences.

    References:
        Mihalcea, R. and Tarau, P. (2004), TextRank: bringing order into texts, EMNLP.
    """
    return rate(_SUMMARIZER, sentences)
