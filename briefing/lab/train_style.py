"""Fits the weights that tell opinion from reporting, and measures them on days never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefing.core.errors import InputError, MissingPartError
from briefing.core.model import Document
from briefing.core.text.style import WORDS, features

#: Inverse strength of the penalty on standardized weights (scikit-learn's C); of 1/3, 1/10 and
#: 1/30 the middle one was best by a hair.
_FREEDOM = 0.1

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class StyledReport:
    """One report of one day."""

    day: str
    document: Document
    opinion: bool


def train_style(reports: Sequence[StyledReport]) -> dict[str, Any]:
    """Return the weight of each feature, and the figures of a model that never saw the day.

    "auc" is the chance that an opinion piece scores above another report: each day is scored by a
    model fitted to the other days.

    Raises:
        InputError: fewer than two days, or a day whose other days are all of one kind.
        MissingPartError: scikit-learn is not installed.
    """
    days = np.array([report.day for report in reports])
    values = np.array([features(report.document) for report in reports])
    opinion = np.array([report.opinion for report in reports])
    names = sorted(set(days.tolist()))
    if any(len(set(opinion[days != day])) < 2 for day in names):
        raise InputError("training needs opinion pieces and other reports on two days or more")
    scores = np.zeros(len(reports))
    for day in names:
        weights, bias = fit(values[days != day], opinion[days != day])
        scores[days == day] = values[days == day] @ weights + bias
    weights, bias = fit(values, opinion)
    return {
        "reports": len(reports),
        "opinion": int(opinion.sum()),
        "auc": round(auc(scores, opinion), 4),
        "weights": _named(weights, bias),
    }


def _named(weights: Floats, bias: float) -> Mapping[str, float]:
    names = (*WORDS, "quoted", "bias")
    return {
        name: round(float(value), 2) for name, value in zip(names, (*weights, bias), strict=True)
    }


def fit(
    values: Floats, holds: Flags, *, freedom: float = _FREEDOM, counts: Floats | None = None
) -> tuple[Floats, float]:
    """Fit a logistic model; return its weights and its constant.

    Args:
        values: of the features; shape (n, n_features).
        holds: whether what is learned holds of each.
        freedom: inverse strength of the penalty on standardized weights.
        counts: how much each counts; None: alike.

    Raises:
        MissingPartError: scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  for training only
    except ImportError as error:
        raise MissingPartError(
            "training needs scikit-learn; install it: pip install 'briefing[lab]'"
        ) from error
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    model = LogisticRegression(C=freedom, tol=1e-6, max_iter=1_000)
    model.fit((values - mean) / spread, holds, sample_weight=counts)
    weights: Floats = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - weights @ mean)


def auc(scores: Floats, holds: Flags) -> float:
    """Return the chance that a score of what holds is above one of what does not."""
    above = scores[holds][:, None] - scores[~holds][None]
    return float((above > 0).mean() + (above == 0).mean() / 2)
