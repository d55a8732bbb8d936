"""Ranks by position times what the rest of the story repeats: lead bias and directed centrality."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from briefing.core.language import spoken
from briefing.core.model import Score, Sentence
from briefing.core.text.words import content_stems

#: Sentences after which position has fallen to 1/e; 5, 7 and 15 measured a little worse on the
#: tuning half (docs/decisions/0005-ranker.md).
_DECAY = 10.0

#: Content words from which a sentence counts in full; shorter ones are mostly captions, bylines
#: and fragments. 5 measured alike, none and 8 to 15 worse (docs/decisions/0005-ranker.md).
_FULL_LENGTH = 6

#: Words of a sentence from which it counts less and less; by hand people write 33 of a day's event
#: (docs/decisions/0016-reading.md).
_BRIEF = 45

#: What a title fully contained in the sentence adds to centrality, whose largest value is 1. No
#: measuring set has titles, so it is small: enough to decide between sentences of like centrality.
_TITLE = 0.2

#: Decimals kept of a value, so that the last bits of a processor's arithmetic decide no tie.
_DECIMALS = 9


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score each sentence position × length × brevity × (centrality + 0.2 × title).

    All terms are 0 to 1.

    position: e^(-place / 10), the place counted among the given sentences of its own document.
    length: falls below 1 for fewer than six content words.
    brevity: falls below 1 for more than 45 words.
    centrality: the sum of cosines to the sentences after it in its own document and to all
    sentences of the other documents, over the largest such sum of the story; 1 for the first of a
    single report in a language without learned words, since compounds share no stems with their
    parts ("Verfassungsgericht", "Verfassungsrichter").
    title: share of the content words of its document's title that the sentence has.

    Runs in time linear in the number of words.

    References:
        Zheng, H. and Lapata, M. (2019), Sentence centrality revisited for unsupervised
        summarization, ACL: directed centrality with λ1 = 0, λ2 = 1 and no threshold (β = 0).
        Edmundson, H. P. (1969), New methods in automatic extracting, JACM 16(2); title words.
    """
    stems = [content_stems(sentence.text) for sentence in sentences]
    documents = [sentence.document for sentence in sentences]
    sums = _centrality(stems, documents)
    highest = max(sums, default=0.0)
    if len(set(documents)) == 1 and not spoken().importance.words:
        sums[0] = highest
    titled = {
        key: frozenset(content_stems(titles.get(key, ""))) for key in dict.fromkeys(documents)
    }
    places: Counter[str] = Counter()
    scores = []
    for sentence, words, summed in zip(sentences, stems, sums, strict=True):
        wanted = titled[sentence.document]
        position = math.exp(-places[sentence.document] / _DECAY)
        length = min(1.0, len(set(words)) / _FULL_LENGTH)
        brevity = _BRIEF / max(_BRIEF, len(sentence.text.split()))
        centrality = summed / highest if highest > 0 else 1.0
        title = len(wanted.intersection(words)) / len(wanted) if wanted else 0.0
        value = round(position * length * brevity * (centrality + _TITLE * title), _DECIMALS)
        terms = {"position": position, "length": length, "brevity": brevity}
        terms |= {"centrality": centrality, "title": title}
        scores.append(Score(value, MappingProxyType(terms)))
        places[sentence.document] += 1
    return tuple(scores)


def _centrality(stems: Sequence[Sequence[str]], documents: Sequence[str]) -> list[float]:
    """Return for each sentence the sum of its cosines to later and to other documents' sentences.

    The sum of one vector's cosines with many is its product with their sum, so a walk from the
    end, with running sums, does without the table of all pairs.
    """
    # Most sentences repeat no content word, and counting takes four times as long.
    once = [dict.fromkeys(words, 1) for words in stems]
    vectors = [
        vector if len(vector) == len(words) else Counter(words)
        for vector, words in zip(once, stems, strict=True)
    ]
    sentence = np.repeat(np.arange(len(vectors)), [len(vector) for vector in vectors])
    stem = _numbered(chain.from_iterable(vectors))
    # Weigh stems by count × log(1 + sentences / sentences that have it), each vector of length 1.
    # Sums are those of ``bincount``, which adds in order, and logarithms those of ``math``: numpy's
    # differ by processor.
    count = np.fromiter(chain.from_iterable(vector.values() for vector in vectors), np.float64)
    spread = np.bincount(stem).tolist()
    rarity = np.array([math.log1p(len(vectors) / number) for number in spread])
    weight: NDArray[np.float64] = count * rarity[stem]
    weight /= np.sqrt(np.bincount(sentence, weight * weight))[sentence]
    document = _numbered(documents)[sentence]
    # A cell is a stem of a document.
    _, cell = np.unique(document * (len(stem) + 1) + stem, return_inverse=True)
    others = np.bincount(stem, weight)[stem] - np.bincount(cell, weight)[cell]
    later = _later(cell.tolist(), weight.tolist())
    central = np.bincount(sentence, weight * (others + later), minlength=len(vectors))
    return [float(value) for value in central]


def _numbered(names: Iterable[str]) -> NDArray[np.int64]:
    """Return for each name its number, in the order of first appearance."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)


def _later(cells: Sequence[int], weights: Sequence[float]) -> list[float]:
    """Return for each place the sum of the weights of its cell at later places."""
    sums = [0.0] * len(cells)
    later = []
    for cell, weight in zip(reversed(cells), reversed(weights), strict=True):
        later.append(sums[cell])
        sums[cell] += weight
    return later[::-1]
