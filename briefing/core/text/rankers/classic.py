"""Ranks by methods of the literature, as sumy has them, most of them in quadratic time."""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

import numpy as np
from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as Numbered
from sumy.summarizers.edmundson import EdmundsonSummarizer
from sumy.summarizers.kl import KLSummarizer
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.lsa import LsaSummarizer
from sumy.summarizers.luhn import LuhnSummarizer
from sumy.summarizers.reduction import ReductionSummarizer
from sumy.summarizers.sum_basic import SumBasicSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer

from briefing.core.language import spoken
from briefing.core.model import Score, Sentence
from briefing.core.ports import Ranker
from briefing.core.text.words import stem, tokens

#: Decimals kept of a rating: sumy adds in the order of sets, so its last bits differ by run.
_DECIMALS = 9


def _ranker(method: Callable[..., Any], *, titled: bool = False) -> Ranker:
    """Return a ranker by one of sumy's summarizers, with our stemmer and stop words."""
    summarizer = method(stem)
    if titled:
        summarizer.bonus_words, summarizer.stigma_words = (
            spoken().ranking.bonus,
            spoken().ranking.stigma,
        )
        summarizer.null_words = spoken().stop_words
    else:
        summarizer.stop_words = spoken().stop_words

    def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
        return rate(summarizer, sentences, titles=titles if titled else {})

    return score


class _Tokenizer:
    """Returns the words of a text by its number.

    sumy keeps ratings in a dict by text, which would merge equal sentences; so it gets
    numbers for texts. Its own tokenizer would require a download.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._words = [tuple(tokens(text)) for text in texts]

    def to_words(self, number: str) -> tuple[str, ...]:
        return self._words[int(number)]


def rate(
    summarizer: Callable[..., Any],
    sentences: Sequence[Sentence],
    *,
    titles: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Score, ...]:
    """Return sumy's rating of every sentence, in the order given.

    A rating that sumy cannot compute (no words, nothing alike) is 0. Titles, where given, stand
    as headings before their documents.
    """
    ratings = [0.0] * len(sentences)

    def keep(infos: Iterable[Any]) -> tuple[()]:
        for info in infos:
            rating = float(info.rating)
            ratings[info.order] = round(rating, _DECIMALS) if math.isfinite(rating) else 0.0
        return ()

    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        # LSA warns that few words and many sentences suit it badly; its rating stands all the same.
        warnings.simplefilter("ignore")
        summarizer(document(sentences, titles=titles), keep)
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


#: Cue, title and location words and places, at sumy's weights of 1 each. Several documents stand
#: one after the other: only the story's first and last paragraphs count as such.
#: Edmundson, H. P. (1969), New methods in automatic extracting, JACM 16(2).
edmundson = _ranker(EdmundsonSummarizer, titled=True)
#: Minus the round in which sumy's greedy search takes the sentence; cubic in time. Haghighi, A. and
#: Vanderwende, L. (2009), Exploring content models for multi-document summarization, NAACL (KLSum).
kl = _ranker(KLSummarizer)
#: The eigenvector of sumy's thresholded TF-IDF graph. Erkan, G. and Radev, D. R. (2004), LexRank:
#: graph-based lexical centrality as salience in text summarization, JAIR 22.
lexrank = _ranker(LexRankSummarizer)
#: The length of the sentence's vector in sumy's singular value decomposition. Steinberger, J. and
#: Ježek, K. (2004), Using latent semantic analysis in text summarization and summary evaluation,
#: ISIM.
lsa = _ranker(LsaSummarizer)
#: The best cluster: (significant words)² / words between its first and last.
#: Luhn, H. P. (1958), The automatic creation of literature abstracts, IBM Journal 2(2).
luhn = _ranker(LuhnSummarizer)
#: The weights of all of the sentence's edges in sumy's graph. Fabish, A. (2013), Reduction,
#: https://github.com/adamfabish/Reduction; its edges are those of TextRank.
reduction = _ranker(ReductionSummarizer)
#: Minus the round in which sumy takes the sentence. Nenkova, A. and Vanderwende, L. (2005), The
#: impact of frequency on summarization, Microsoft Research MSR-TR-2005-101.
sumbasic = _ranker(SumBasicSummarizer)
#: sumy's PageRank over shared words. Mihalcea, R. and Tarau, P. (2004), TextRank: bringing order
#: into texts, EMNLP.
textrank = _ranker(TextRankSummarizer)
