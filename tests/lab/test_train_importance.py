"""Fitting the weights of importance: what is learned, and what cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from briefing.core.errors import InputError
from briefing.core.text.importance import WEIGHTS
from briefing.lab.train_importance import WeighedDay, train_importance


def day(name: str) -> WeighedDay:
    return WeighedDay(
        name,
        terms=({"deed": 1.0, "states": 3.0}, {"deed": 1.0}, {"question": 1.0}, {"notice": 1.0}),
        importance=(3, 2, 1, 0),
        top=(True, False, False, False),
    )


DAYS = [day(name) for name in ("one-2026-03-10", "one-2026-03-11", "two-2026-03-10")]


def test_what_was_fitted_tells_the_series_that_it_never_saw_apart() -> None:
    fitted = train_importance(DAYS)
    assert (fitted["days"], fitted["stories"]) == (3, 12)
    assert (fitted["auc"], fitted["lead_right"], fitted["lead_in_first"]) == (1, 1, 1)
    assert set(fitted["weights"]) == set(WEIGHTS)
    assert fitted["weights"]["question"] < 0 < fitted["weights"]["deed"]
    assert fitted["weights"]["powers"] == 0


def test_a_day_that_may_lead_with_nothing_has_no_lead() -> None:
    plain = [replace(one, top=(False,) * 4) for one in DAYS]
    assert train_importance(plain)["lead_right"] == 0


def test_days_of_one_series_teach_nothing() -> None:
    with pytest.raises(InputError, match="days of two series with stories of both kinds"):
        train_importance(DAYS[:2])
