"""Fitting the weights of style: what is learned, and what cannot be."""

from __future__ import annotations

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.text.style import WORDS
from briefing.lab.train_style import StyledReport, train_style
from tests.core.text.test_style import COLUMN, REPORT

DAYS = ("2026-03-10", "2026-03-11", "2026-03-12")
REPORTS = [
    StyledReport(day, Document(f"{day}-{place}", "", text), opinion=opinion)
    for day in DAYS
    for place, (text, opinion) in enumerate([(COLUMN.text, True), (REPORT.text, False)])
]


def test_what_was_fitted_tells_the_days_that_it_never_saw_apart() -> None:
    fitted = train_style(REPORTS)
    assert (fitted["reports"], fitted["opinion"], fitted["auc"]) == (6, 3, 1)
    assert set(fitted["weights"]) == {*WORDS, "quoted", "bias"}
    assert fitted["weights"]["attribution"] < 0 < fitted["weights"]["first person"]


@pytest.mark.parametrize("reports", [REPORTS[:2], [one for one in REPORTS if one.opinion]])
def test_days_of_one_kind_teach_nothing(reports: list[StyledReport]) -> None:
    with pytest.raises(InputError, match="opinion pieces and other reports on two days or more"):
        train_style(reports)
