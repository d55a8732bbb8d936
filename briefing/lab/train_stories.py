"""Trains the model of pairs: from labeled stories, which reports are on one event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from briefing.core.errors import InputError, MissingPartError
from briefing.core.text.copies import find_copies
from briefing.core.text.likeness import Likeness, to_bytes, view
from briefing.core.text.pairs import candidates
from briefing.lab.rounds import LabeledReport

#: Pairs on one event, and on two, that a file must have to be learned from; fewer are chance.
_FEWEST = 20
#: What is kept of the log-odds: the words of a pair do not vouch for each other's independence, and
#: a mean of likelihoods near 0 and 1 would count one alike pair of two groups for many others.
_KEPT = 0.5
#: Inverse strength of the penalty on weights (scikit-learn's C); five weights need little.
_FREEDOM = 10.0

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Examples:
    """Pairs of reports."""

    #: Shape (n_pairs, n_features).
    about: _Floats
    #: Whether each is on one event.
    same: NDArray[np.bool_]


def train(files: Sequence[Sequence[Sequence[LabeledReport]]]) -> bytes:
    """Learn the weights of a pair and return the bytes of their file.

    Learned from are the pairs that clustering compares, copies left out: so the other events of a
    day, and those of the days around, are the counterexamples. Dates are not learned from.

    Args:
        files: the rounds of each file; each file counts the same, whatever its size, and so do
            its pairs on one event and its others, whatever their share.

    Raises:
        InputError: no file has enough pairs on one event.
        MissingPartError: scikit-learn is not installed.
    """
    examples = [_joined([_pairs(reports) for reports in rounds]) for rounds in files if rounds]
    return to_bytes(Likeness(_KEPT * _fit(examples)))


def _pairs(reports: Sequence[LabeledReport]) -> _Examples:
    copies = find_copies([report.document for report in reports])
    kept = [report for report in reports if report.story and report.document.id not in copies]
    views = view([report.document for report in kept])
    rows, columns, about = (np.concatenate(part) for part in zip(*candidates(views), strict=True))
    stories = np.array([report.story for report in kept])
    return _Examples(about, stories[rows] == stories[columns])


def _joined(parts: Sequence[_Examples]) -> _Examples:
    return _Examples(
        np.concatenate([part.about for part in parts]),
        np.concatenate([part.same for part in parts]),
    )


def _fit(examples: Sequence[_Examples]) -> _Floats:
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  for training only
    except ImportError as error:
        raise MissingPartError(
            "training needs scikit-learn; install it: pip install 'briefing[lab]'"
        ) from error
    chosen = [one for one in examples if _FEWEST <= one.same.sum() <= len(one.same) - _FEWEST]
    if not chosen:
        raise InputError(
            f"training needs more stories: no file with {_FEWEST} pairs of reports on one event "
            f"and {_FEWEST} on two"
        )
    every = _joined(chosen)
    shares = [np.where(one.same, one.same.mean(), 1 - one.same.mean()) for one in chosen]
    model = LogisticRegression(C=_FREEDOM, tol=1e-6, max_iter=1_000)
    model.fit(
        every.about,
        every.same,
        sample_weight=np.concatenate([1_000 / len(share) / share for share in shares]),
    )
    return np.append(model.coef_[0], model.intercept_[0])
