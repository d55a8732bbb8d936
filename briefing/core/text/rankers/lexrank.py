"""Ranks by LexRank: centrality in a graph of similar sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.lex_rank import LexRankSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import english, rate

_SUMMARIZER = english(LexRankSummarizer)


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score by the eigenvector of sumy's thresholded TF-IDF graph; quadratic in the sentences.

    References:
        Erkan, G. and Radev, D. R. (2004), LexRank: graph-based lexical centrality as salience in
        text summarization, JAIR 22.
    """
    return rate(_SUMMARIZER, sentences)
