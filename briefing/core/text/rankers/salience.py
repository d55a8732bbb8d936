"""Ranks by position times what the rest of the story repeats: lead bias and directed centrality."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

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

#: A sentence as weights by stem, of length 1.
_Vector = dict[str, float]


def score(sentences: Sequence[Sentence], *, titles: Mapping[str, str]) -> tuple[Score, ...]:
    """Score each sentence position × length × brevity × (centrality + 0.2 × title).

    All terms are 0 to 1.

    position: e^(-place / 10), the place counted among the given sentences of its own document.
    length: falls below 1 for fewer than six content words.
    brevity: falls below 1 for more than 45 words.
    centrality: the sum of cosines to the sentences after it in its own document and to all
    sentences of the other documents, over the largest such sum of the story.
    title: share of the content words of its document's title that the sentence has.

    Runs in time linear in the number of words.

    References:
        Zheng, H. and Lapata, M. (2019), Sentence centrality revisited for unsupervised
        summarization, ACL: directed centrality with λ1 = 0, λ2 = 1 and no threshold (β = 0).
        Edmundson, H. P. (1969), New methods in automatic extracting, JACM 16(2); title words.
    """
    stems = [content_stems(sentence.text) for sentence in sentences]
    documents = [sentence.document for sentence in sentences]
    central = _relative(_centrality(_vectors(stems), documents))
    wanted = {
        key: frozenset(content_stems(titles.get(key, ""))) for key in dict.fromkeys(documents)
    }
    return tuple(
        _score(
            position=math.exp(-place / _DECAY),
            length=min(1.0, len(set(words)) / _FULL_LENGTH),
            brevity=_BRIEF / max(_BRIEF, len(sentence.text.split())),
            centrality=centrality,
            title=_share(wanted[document], words),
        )
        for sentence, place, words, centrality, document in zip(
            sentences, _places(documents), stems, central, documents, strict=True
        )
    )


def _score(
    *, position: float, length: float, brevity: float, centrality: float, title: float
) -> Score:
    value = round(position * length * brevity * (centrality + _TITLE * title), _DECIMALS)
    terms = {
        "position": position,
        "length": length,
        "brevity": brevity,
        "centrality": centrality,
        "title": title,
    }
    return Score(value, MappingProxyType(terms))


def _places(documents: Sequence[str]) -> list[int]:
    counts: Counter[str] = Counter()
    places = []
    for document in documents:
        places.append(counts[document])
        counts[document] += 1
    return places


def _share(wanted: frozenset[str], words: Sequence[str]) -> float:
    return len(wanted.intersection(words)) / len(wanted) if wanted else 0.0


def _vectors(stems: Sequence[Sequence[str]]) -> list[_Vector]:
    """Weigh stems by count × log(1 + sentences / sentences that have it), length 1 or empty."""
    spread = Counter(stem for words in stems for stem in dict.fromkeys(words))
    rarity = {stem: math.log1p(len(stems) / count) for stem, count in spread.items()}
    return [
        _unit({stem: count * rarity[stem] for stem, count in Counter(words).items()})
        for words in stems
    ]


def _unit(vector: _Vector) -> _Vector:
    norm = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {stem: weight / norm for stem, weight in vector.items()}


def _centrality(vectors: Sequence[_Vector], documents: Sequence[str]) -> list[float]:
    """Return for each sentence the sum of its cosines to later and to other documents' sentences.

    The sum of one vector's cosines with many is its product with their sum, so a walk from the
    end, with running sums, does without the table of all pairs.
    """
    story: _Vector = defaultdict(float)
    own: dict[str, _Vector] = {key: defaultdict(float) for key in documents}
    for vector, document in zip(vectors, documents, strict=True):
        _add(vector, into=story)
        _add(vector, into=own[document])
    after: dict[str, _Vector] = {key: defaultdict(float) for key in documents}
    central = []
    for vector, document in zip(reversed(vectors), reversed(documents), strict=True):
        mine, rest = own[document], after[document]
        central.append(
            sum(w * (story[stem] - mine[stem] + rest[stem]) for stem, w in vector.items())
        )
        _add(vector, into=rest)
    return central[::-1]


def _add(vector: _Vector, *, into: _Vector) -> None:
    for stem, weight in vector.items():
        into[stem] += weight


def _relative(sums: Sequence[float]) -> list[float]:
    """Divide by the largest; where nothing resembles anything, all are 1 and position decides."""
    highest = max(sums, default=0.0)
    return [value / highest if highest > 0 else 1.0 for value in sums]
