"""Ranks by Luhn's method: the densest run of words that the text repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.luhn import LuhnSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import english, rate

_SUMMARIZER = english(LuhnSummarizer)


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score by the best cluster: (significant words)² / words between its first and last.

    References:
        Luhn, H. P. (1958), The automatic creation of literature abstracts, IBM Journal 2(2).
    """
    return rate(_SUMMARIZER, sentences)
