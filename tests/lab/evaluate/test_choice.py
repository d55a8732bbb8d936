from __future__ import annotations

from dataclasses import replace

import pytest

from briefing.lab.evaluate.choice import DayChoice, Printed, ReportLabel, measure_choice

LABELS = {
    "rate": ReportLabel("rate", "economy", "news", 3),
    "rate-again": ReportLabel("rate", "economy", "analysis", 2),
    "mines": ReportLabel("mines", "security", "news", 3),
    "column": ReportLabel("column", "other", "opinion", 0),
}
GOOD = DayChoice(
    name="2026-03-11",
    labels=LABELS,
    printed=(
        Printed(0, "economy", "rate", 20),
        Printed(0, "economy", "rate-again", 30),
        Printed(1, "security", "mines", 40),
    ),
    named=(),
    fill=0.98765,
)


def test_a_good_day_is_right_in_everything() -> None:
    told = measure_choice([GOOD])
    assert told["section_right"] == {"mean": 1, "ci95": [1, 1], "of": 3}
    assert told["must_print"] == {"mean": 1, "ci95": [1, 1], "of": 2}
    assert told["importance"]["mean"] == pytest.approx(8 / 3, abs=1e-4)
    assert (told["opinion"]["mean"], told["long"]["mean"]) == (0, 0)
    assert (told["told_twice"], told["unlabeled"], told["fill_min"]) == (0, 0, 0.9877)
    assert told["by_day"][0]["missed"] == []


def test_each_fault_shows_in_its_own_measure() -> None:
    bad = replace(
        GOOD,
        printed=(
            Printed(0, "security", "rate", 41),
            Printed(1, "economy", "rate-again", 10),
            Printed(2, "diplomacy", "column", 10),
            Printed(2, "diplomacy", "stranger", 10),
        ),
    )
    told = measure_choice([bad])
    assert told["section_right"]["mean"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["must_print"]["mean"] == 0.5
    assert told["importance"]["mean"] == pytest.approx(5 / 3, abs=1e-4)
    assert told["opinion"]["mean"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["long"]["mean"] == 0.25
    assert (told["told_twice"], told["unlabeled"]) == (1, 1)
    assert told["by_day"][0]["missed"] == ["mines"]
    assert told["by_day"][0]["wrong_section"] == [
        "column under diplomacy instead of other",
        "rate under security instead of economy",
    ]


def test_a_story_that_is_only_named_is_carried() -> None:
    named = replace(GOOD, printed=GOOD.printed[:2], named=("mines",))
    assert measure_choice([named])["must_print"]["mean"] == 1


def test_days_weigh_by_what_they_print() -> None:
    worse = replace(GOOD, name="2026-03-12", printed=(Printed(0, "security", "rate", 9),))
    told = measure_choice([GOOD, worse])
    assert told["section_right"]["mean"] == 0.75
    assert told["section_right"]["ci95"] == [0, 1]
    assert [row["section_right"] for row in told["by_day"]] == [1, 0]


def test_a_day_without_labels_for_what_it_prints_has_no_row_for_it() -> None:
    blind = replace(GOOD, labels={})
    told = measure_choice([blind])
    assert told["unlabeled"] == 3
    assert "section_right" not in told["by_day"][0]
    assert told["section_right"]["mean"] == 0
