from __future__ import annotations

from datetime import UTC, datetime, timedelta

from briefing.core.model import Document
from briefing.lab.rounds import LabeledReport, by_day, rounds

FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)


def reports(*days: int | None) -> list[LabeledReport]:
    return [
        LabeledReport(
            Document(
                id=f"{n}",
                title="",
                text="",
                published=None if day is None else FIRST + timedelta(days=day),
            ),
            "s",
        )
        for n, day in enumerate(days)
    ]


def test_days_stand_in_order_without_the_undated() -> None:
    days = by_day(reports(2, None, 0, 2))
    assert [(day, len(of)) for day, of in days.items()] == [("2026-01-01", 1), ("2026-01-03", 2)]


def test_days_full_of_news_are_rounds() -> None:
    assert [len(one) for one in rounds(reports(*[0] * 12, *[1] * 8))] == [12, 8]


def test_days_of_little_news_are_joined_to_spans_that_share_no_day() -> None:
    parts = rounds(reports(*range(60)))
    assert sum(map(len, parts)) == 60
    assert max(map(len, parts)) == 25
    assert [one for part in parts for one in part] == reports(*range(60))


def test_undated_reports_are_one_round() -> None:
    assert [len(one) for one in rounds(reports(None, None))] == [2]
    assert rounds([]) == []
