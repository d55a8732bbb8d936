"""Ranks by Edmundson's method: cue words, title words and place in the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sumy.summarizers.edmundson import EdmundsonSummarizer

from briefing.core.model import Score, Sentence
from briefing.core.text.rankers.sumy_bridge import rate
from briefing.core.text.words import STOP_WORDS, stem

#: Words of weight in Edmundson's classes (superlatives, conclusions, causes), chosen for news.
_BONUS = frozenset({
    "agreement", "announce", "because", "biggest", "conclude", "decide", "first", "highest",
    "important", "key", "largest", "lowest", "major", "result", "significant", "worst",
})  # fmt: skip

#: Words that belittle, hedge or lead away, in Edmundson's classes, chosen for news.
_STIGMA = frozenset({
    "almost", "although", "barely", "hardly", "impossible", "maybe", "meanwhile", "perhaps",
    "possibly", "seldom", "somewhat", "trivial",
})  # fmt: skip


def _summarizer() -> EdmundsonSummarizer:
    made = EdmundsonSummarizer(stem)
    made.bonus_words = _BONUS
    made.stigma_words = _STIGMA
    made.null_words = STOP_WORDS
    return made


_SUMMARIZER = _summarizer()


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score cue + title + location words and places, at sumy's weights of 1 each.

    Several documents stand one after the other: only the story's first and last paragraphs
    count as such.

    References:
        Edmundson, H. P. (1969), New methods in automatic extracting, JACM 16(2).
    """
    return rate(_SUMMARIZER, sentences, titles=titles)
