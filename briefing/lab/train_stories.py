"""Trains the model of pairs: from labeled stories, which reports are on one event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from briefing.core.errors import InputError, MissingPartError
from briefing.core.text.copies import find_copies
from briefing.core.text.likeness import SHORT, Likeness, to_bytes, view
from briefing.core.text.pairs import candidates
from briefing.lab.rounds import LabeledReport

#: Pairs on one event, and on two, that a file must have to be learned from; fewer are chance.
_FEWEST = 20
#: Log-odds added to the bias of articles and of teasers: so that two groups with a mean likelihood
#: of .5 are one story. Without it B³ is best from .4 (articles) and .15 (teasers), on the rounds
#: that are learned from: the fewer words, the more a likeness of some size says.
_ARTICLES, _TEASERS = log(0.6 / 0.4), log(0.85 / 0.15)
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
    #: Whether each is a pair of teasers.
    short: NDArray[np.bool_]


def train(files: Sequence[Sequence[Sequence[LabeledReport]]]) -> bytes:
    """Learn the weights of articles and of teasers and return the bytes of their file.

    Learned from are the pairs that clustering compares, copies left out: so the other events of a
    day, and those of the days around, are the counterexamples. Dates are not learned from.

    Args:
        files: the rounds of each file; each file counts the same, whatever its size.

    Raises:
        InputError: no file has enough pairs on one event, of articles or of teasers.
        MissingPartError: scikit-learn is not installed.
    """
    examples = [_joined([_pairs(reports) for reports in rounds]) for rounds in files if rounds]
    articles, teasers = (_fit(examples, short=short) for short in (False, True))
    return to_bytes(Likeness(articles, teasers))


def _pairs(reports: Sequence[LabeledReport]) -> _Examples:
    copies = find_copies([report.document for report in reports])
    kept = [report for report in reports if report.story and report.document.id not in copies]
    views = view([report.document for report in kept])
    rows, columns, about = (np.concatenate(part) for part in zip(*candidates(views), strict=True))
    stories = np.array([report.story for report in kept])
    return _Examples(
        about,
        stories[rows] == stories[columns],
        np.minimum(views.words[rows], views.words[columns]) < SHORT,
    )


def _joined(parts: Sequence[_Examples]) -> _Examples:
    return _Examples(
        np.concatenate([part.about for part in parts]),
        np.concatenate([part.same for part in parts]),
        np.concatenate([part.short for part in parts]),
    )


def _fit(examples: Sequence[_Examples], *, short: bool) -> _Floats:
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  for training only
    except ImportError as error:
        raise MissingPartError(
            "training needs scikit-learn; install it: pip install 'briefing[lab]'"
        ) from error
    chosen = [(one, one.short == short) for one in examples]
    chosen = [
        (one, of) for one, of in chosen if _FEWEST <= one.same[of].sum() <= of.sum() - _FEWEST
    ]
    if not chosen:
        kind = "teasers" if short else "articles"
        raise InputError(
            f"training needs more stories: no file with {_FEWEST} pairs of {kind} on one event and "
            f"{_FEWEST} on two"
        )
    model = LogisticRegression(C=_FREEDOM, tol=1e-6, max_iter=1_000)
    model.fit(
        np.concatenate([one.about[of] for one, of in chosen]),
        np.concatenate([one.same[of] for one, of in chosen]),
        sample_weight=np.concatenate(
            [np.full(of.sum(), 1_000 / one.same[of].sum()) for one, of in chosen]
        ),
    )
    return np.append(model.coef_[0], model.intercept_[0] + (_TEASERS if short else _ARTICLES))
