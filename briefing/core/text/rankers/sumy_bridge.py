"""Passes our sentences and words to sumy's summarizers and returns their ratings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as Numbered

from briefing.core.model import Score, Sentence
from briefing.core.text.words import STOP_WORDS, stem, tokens

#: Decimals kept of a rating: sumy adds floats in the order of Python sets, which differs from
#: run to run in the last bits.
_DECIMALS = 9


class _Tokenizer:
    """Returns the words of a text by its number.

    sumy keeps ratings in a dict by text, which would merge equal sentences; so it gets
    numbers for texts. Its own tokenizer would require a download.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._words = [tuple(tokens(text)) for text in texts]

    def to_words(self, number: str) -> tuple[str, ...]:
        return self._words[int(number)]


def english(summarizer: Callable[..., Any]) -> Any:  # noqa: ANN401  sumy has no types
    """Make one of sumy's summarizers with our stemmer and stop words."""
    made = summarizer(stem)
    made.stop_words = STOP_WORDS
    return made


def rate(
    summarizer: Callable[..., Any],
    sentences: Sequence[Sentence],
    *,
    titles: Mapping[str, str] | None = None,
) -> tuple[Score, ...]:
    """Return sumy's rating of every sentence, in the order given.

    A rating that sumy cannot compute (no words, nothing alike) is 0. Titles, where given, stand
    as headings before their documents.
    """
    ratings = [0.0] * len(sentences)

    def keep(infos: Iterable[Any]) -> tuple[()]:
        for info in infos:
            ratings[info.order] = _finite(float(info.rating))
        return ()

    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        # LSA warns that few words and many sentences suit it badly; its rating stands all the same.
        warnings.simplefilter("ignore")
        summarizer(document(sentences, titles=titles or {}), keep)
    return tuple(Score(rating) for rating in ratings)


def document(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Return sumy's document: our paragraphs in the order given, each text a number."""
    headed = [key for key in dict.fromkeys(s.document for s in sentences) if titles.get(key)]
    tokenizer = _Tokenizer([s.text for s in sentences] + [titles[key] for key in headed])
    headings = {
        key: [Numbered(str(len(sentences) + at), tokenizer, is_heading=True)]
        for at, key in enumerate(headed)
    }
    paragraphs = []
    places = [(sentence.document, sentence.paragraph) for sentence in sentences]
    for (key, _), group in groupby(range(len(sentences)), key=places.__getitem__):
        numbered = [Numbered(str(number), tokenizer) for number in group]
        paragraphs.append(Paragraph(headings.pop(key, []) + numbered))
    return ObjectDocumentModel(paragraphs)


def _finite(rating: float) -> float:
    return round(rating, _DECIMALS) if math.isfinite(rating) else 0.0
