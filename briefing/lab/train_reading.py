"""Learns from labeled articles what says that a sentence leans on another, and how much."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from briefing.core.errors import InputError
from briefing.core.model import Sentence
from briefing.core.text.reference import FEATURES, Introduced, above, features
from briefing.lab.evaluate.reading import LabeledArticle, labels_of

#: Variance of the weights around 0; 1 to 10 measured alike (docs/decisions/0016-reading.md).
_FREEDOM = 3.0

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Example:
    """One sentence below some of those before it in its report."""

    row: tuple[float, ...]
    leans: bool
    #: Those of one sentence sum to 1.
    weight: float


def train(articles: Iterable[tuple[LabeledArticle, Sequence[Sentence]]]) -> bytes:
    """Return the weights as JSON.

    Args:
        articles: each with its sentences that passed the gate.

    Raises:
        InputError: the articles have no sentence that leans, or none that stands.
    """
    examples = [one for article, kept in articles for one in _examples(article, kept)]
    if len({one.leans for one in examples}) < 2:
        raise InputError("no reading to learn: give articles with sentences of both kinds")
    rows = np.array([(*one.row, 1.0) for one in examples])
    weights = np.array([one.weight for one in examples])
    found = _fit(rows, np.array([one.leans for one in examples]), weights)
    names = (*FEATURES, "bias")
    learned = {name: round(float(value), 3) for name, value in zip(names, found, strict=True)}
    return (json.dumps(learned, indent=1) + "\n").encode()


def _examples(article: LabeledArticle, kept: Sequence[Sentence]) -> Iterator[_Example]:
    """Yield each sentence that is no fragment, under the headline and below others."""
    numbers = [labels_of((one.start, one.end), article.labels) for one in kept]
    known = [bool(own) and not any(article.labels[at].junk for at in own) for own in numbers]
    report = Introduced(kept)
    for here, sentence in enumerate(kept):
        if not known[here]:
            continue
        own = set(numbers[here])
        needs = frozenset().union(*(article.labels[at].needs for at in own))
        before = [at for at in range(here) if known[at]]
        needed = [at for at in before if needs.intersection(numbers[at])]
        pages = _pages(before, needed)
        for page in pages:
            there = own.union(*(numbers[at] for at in page))
            row = features(
                sentence,
                above=above(article.title, [kept[at] for at in page]),
                report=report,
            )
            share = (1 if page else 2) / (len(pages) + 1)
            yield _Example(row, not needs <= there, share)


def _pages(before: Sequence[int], needed: Sequence[int]) -> list[tuple[int, ...]]:
    """Return what may be printed above a sentence: none, some, and what it needs."""
    pages = (
        (),
        before[:1],
        before[-1:],
        before[:2],
        before[-2:],
        before[::2],
        before[:3],
        needed,
        (*before[:1], *needed),
    )
    return sorted({tuple(sorted(set(page))) for page in pages})


def _fit(rows: _Floats, leans: NDArray[np.bool_], weights: _Floats) -> _Floats:
    """Fit a logistic model whose weights keep the signs of :data:`FEATURES`."""

    def loss(values: _Floats) -> tuple[float, _Floats]:
        scores = rows @ values
        missed = np.logaddexp(0, np.where(leans, -scores, scores))
        pull = np.append(values[:-1], 0.0) / _FREEDOM
        slope = rows.T @ (weights * (expit(scores) - leans)) + pull
        return float(weights @ missed + pull @ values / 2), slope

    signs = (*FEATURES.values(), 0)
    bounds = [(0 if sign > 0 else None, 0 if sign < 0 else None) for sign in signs]
    start = np.zeros(rows.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)
