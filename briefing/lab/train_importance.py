"""Fits the weights by which stories are told, and measures them on series of days never seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from briefing.core.errors import InputError
from briefing.core.text.importance import WEIGHTS
from briefing.lab.train_style import Flags, Floats, auc, fit

#: Inverse strength of the penalty (scikit-learn's C): .1 to 1 make no difference.
_FREEDOM = 0.3
#: How much more a story counts that must be told, and one with which the page may lead.
_MUST, _LEAD = 1.0, 2.0
#: Stories from which a day counts no more than this many, so that a wire does not decide alone.
_A_DAY = 30
#: Among how many first stories the lead is looked for.
_AMONG = (1, 3)


@dataclass(frozen=True, slots=True)
class WeighedDay:
    """The stories of a labeled day."""

    name: str
    #: What is known of each story, as :func:`briefing.core.text.importance.terms` gives it.
    terms: Sequence[Mapping[str, float]]
    #: Importance of each story by its most central report, 0 to 3.
    importance: Sequence[int]
    #: Whether the page may lead with it.
    top: Sequence[bool]

    @property
    def series(self) -> str:
        """The days of one desk in one month, which are held out together."""
        return self.name.rpartition("-")[0]


def train_importance(days: Sequence[WeighedDay]) -> dict[str, Any]:
    """Return the weight of each term, and the figures of models that never saw a day's series.

    "auc" is the chance that a story that should be told (importance 2 or 3) scores above another;
    "lead_right" and "lead_in_first" the share of days on which the first story, or one of the first
    three, may lead.

    Raises:
        InputError: fewer than two series, or one whose other series have no two kinds of stories.
        MissingPartError: scikit-learn is not installed.
    """
    names = [name for name in WEIGHTS if name != "base"]
    rows = [
        np.array([[each.get(name, 0.0) for name in names] for each in day.terms]) for day in days
    ]
    told = [np.array(day.importance) >= 2 for day in days]
    counts = [_weights(day) for day in days]
    scores: list[Floats] = []
    for day, own in zip(days, rows, strict=True):
        others = [place for place, one in enumerate(days) if one.series != day.series]
        if len({bool(each) for place in others for each in told[place]}) < len((True, False)):
            raise InputError("training needs days of two series with stories of both kinds")
        weights, bias = _fit([rows[i] for i in others], [told[i] for i in others], counts, others)
        scores.append(own @ weights + bias)
    weights, bias = _fit(rows, told, counts, range(len(days)))
    right = {among: _lead_right(days, scores, among=among) for among in _AMONG}
    return {
        "days": len(days),
        "stories": sum(map(len, told)),
        "auc": round(auc(np.concatenate(scores), np.concatenate(told)), 4),
        "lead_right": right[1],
        "lead_in_first": right[3],
        "weights": {"base": round(bias, 2)}
        | {name: round(float(value), 2) for name, value in zip(names, weights, strict=True)},
    }


def _fit(
    rows: Sequence[Floats], told: Sequence[Flags], counts: Sequence[Floats], places: Sequence[int]
) -> tuple[Floats, float]:
    chosen = np.concatenate([counts[place] for place in places])
    return fit(np.concatenate(rows), np.concatenate(told), freedom=_FREEDOM, counts=chosen)


def _weights(day: WeighedDay) -> Floats:
    """Return how much each story of a day counts."""
    must = np.array(day.importance) == 3
    counts: Floats = 1 + _MUST * must + _LEAD * np.array(day.top, dtype=np.float64)
    return counts * min(1.0, _A_DAY / len(counts))


def _lead_right(days: Sequence[WeighedDay], scores: Sequence[Floats], *, among: int) -> float:
    right = [
        any(day.top[place] for place in np.argsort(-score, kind="stable")[:among])
        for day, score in zip(days, scores, strict=True)
        if any(day.top)
    ]
    return round(sum(right) / max(1, len(right)), 4)
