"""What was chosen for the page, measured against labels of every report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from briefing.lab.evaluate.choice import DayChoice, Printed, ReportLabel, measure_choice


def label(story: str, section: str, kind: str, importance: int, **more: Any) -> ReportLabel:  # noqa: ANN401
    return ReportLabel(story, section, more.pop("also", frozenset()), kind, importance, **more)


LABELS = {
    "rate": label("rate", "economy", "wire", 3, top=True),
    "rate-again": label("rate", "economy", "analysis", 2),
    "mines": label("mines", "security", "wire", 3),
    "column": label("column", "other", "opinion", 0),
}
GOOD = DayChoice(
    name="2026-03-11",
    labels=LABELS,
    printed=(
        Printed(0, "economy", "rate", 20),
        Printed(0, "economy", "rate-again", 30),
        Printed(1, "security", "mines", 40),
    ),
    titled=("rate", "mines"),
    named=(),
    gated=frozenset({"column"}),
    fill=0.98765,
)


def shares(day: DayChoice) -> dict[str, float]:
    told = measure_choice([day])
    return {name: one["mean"] for name, one in told.items() if isinstance(one, dict)}


def test_a_good_day_is_right_in_everything() -> None:
    told = measure_choice([GOOD])
    assert told["section_right"] == {"mean": 1, "ci95": [1, 1], "of": 3}
    assert told["must_told"] == told["must_carried"] == {"mean": 1, "ci95": [1, 1], "of": 2}
    assert told["lead_right"] == told["lead_in_first"] == {"mean": 1, "ci95": [1, 1], "of": 1}
    assert told["opinion_gated"] == {"mean": 1, "ci95": [1, 1], "of": 1}
    assert told["importance"]["mean"] == pytest.approx(8 / 3, abs=1e-4)
    for name in ("opinion", "long", "poor", "poor_in_first", "poor_above_supply"):
        assert told[name]["mean"] == 0
    assert (told["told_twice"], told["unlabeled"], told["fill_min"]) == (0, 0, 0.9877)
    assert (told["largest_crisis"], told["nearly_empty"]) == (0, 0)
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
        titled=("column", "rate", "rate-again"),
        gated=frozenset(),
    )
    told = measure_choice([bad])
    third = pytest.approx(1 / 3, abs=1e-4)
    assert told["section_right"]["mean"] == told["section_acceptable"]["mean"] == third
    assert told["must_told"]["mean"] == told["must_carried"]["mean"] == 0.5
    assert told["importance"]["mean"] == pytest.approx(5 / 3, abs=1e-4)
    assert told["opinion"]["mean"] == told["poor"]["mean"] == told["poor_in_first"]["mean"] == third
    # The mines were worth it, so that no sentence of the column was needed.
    assert told["poor_above_supply"]["mean"] == third
    assert told["long"]["mean"] == 0.25
    assert (told["lead_right"]["mean"], told["lead_in_first"]["mean"]) == (0, 1)
    assert told["opinion_gated"]["mean"] == 0
    assert (told["told_twice"], told["unlabeled"]) == (1, 1)
    assert told["by_day"][0]["missed"] == ["mines"]
    assert told["by_day"][0]["wrong_section"] == [
        "column under diplomacy instead of other",
        "rate under security instead of economy",
    ]


def test_a_story_that_is_only_named_is_carried_and_not_told() -> None:
    found = shares(replace(GOOD, printed=GOOD.printed[:2], named=("mines", "column")))
    assert (found["must_told"], found["must_carried"]) == (0.5, 1)
    assert found["named_worth"] == 0.5


def test_a_further_section_of_a_report_is_acceptable() -> None:
    both = {**LABELS, "mines": replace(LABELS["mines"], also=frozenset({"diplomacy"}))}
    moved = (*GOOD.printed[:2], Printed(1, "diplomacy", "mines", 9))
    found = shares(replace(GOOD, labels=both, printed=moved))
    assert found["section_right"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["section_acceptable"] == 1


def test_what_the_day_could_not_fill_is_no_fault_of_the_choice() -> None:
    fillers = tuple(Printed(place, "other", "column", 9) for place in range(1, 8))
    day = replace(
        GOOD,
        labels={name: LABELS[name] for name in ("rate", "column")},
        printed=(Printed(0, "economy", "rate", 9), *fillers),
        titled=("rate", *("column" for _ in fillers)),
    )
    found = shares(day)
    # One story worth telling would have had five sentences, and three of eight could not be better.
    assert (found["poor"], found["poor_above_supply"]) == (7 / 8, 0.5)


def test_a_wire_day_has_a_figure_of_its_own() -> None:
    assert measure_choice([GOOD])["must_told_wire"]["of"] == 0
    many = {f"notice-{place}": label(f"n{place}", "other", "notice", 0) for place in range(200)}
    assert measure_choice([replace(GOOD, labels=LABELS | many)])["must_told_wire"]["of"] == 2


def test_a_day_whose_labels_name_no_lead_has_no_figure_for_it() -> None:
    plain = {**LABELS, "rate": replace(LABELS["rate"], top=None)}
    assert measure_choice([replace(GOOD, labels=plain)])["lead_right"]["of"] == 0
    assert shares(replace(GOOD, titled=()))["lead_right"] == 0


def test_teasers_and_official_papers_that_the_gate_left_out_are_counted() -> None:
    more = {
        "teaser": label("a", "economy", "teaser", 1),
        "remarks": label("b", "diplomacy", "transcript", 2),
        "greeting": label("c", "other", "statement", 0),
    }
    found = shares(replace(GOOD, labels=LABELS | more, gated=frozenset({"remarks", "greeting"})))
    assert (found["teasers_gated"], found["official_gated"]) == (0, 1)


def test_a_crisis_is_too_large_only_while_something_else_was_left() -> None:
    war = {name: replace(LABELS[name], crisis="war") for name in ("rate", "rate-again")}
    day = replace(GOOD, labels=LABELS | war, titled=("rate", "rate-again"))
    assert measure_choice([day])["largest_crisis"] == 0
    left = replace(day, printed=day.printed[:2])
    assert measure_choice([left])["largest_crisis"] == 1


def test_a_page_is_nearly_empty_only_where_there_was_enough_to_tell() -> None:
    assert measure_choice([replace(GOOD, fill=0.5)])["nearly_empty"] == 0
    more = {f"m{place}": label(f"m{place}", "economy", "wire", 2) for place in range(8)}
    assert measure_choice([replace(GOOD, labels=LABELS | more, fill=0.5)])["nearly_empty"] == 1


def test_days_weigh_by_what_they_print() -> None:
    worse = replace(GOOD, name="2026-03-12", printed=(Printed(0, "security", "rate", 9),))
    told = measure_choice([GOOD, worse])
    assert told["section_right"]["mean"] == 0.75
    assert told["section_right"]["ci95"] == [0, 1]
    assert [row["section_right"] for row in told["by_day"]] == [1, 0]


def test_a_day_without_labels_for_what_it_prints_has_no_row_for_it() -> None:
    told = measure_choice([replace(GOOD, labels={})])
    assert told["unlabeled"] == 3
    assert "section_right" not in told["by_day"][0]
    assert told["section_right"]["mean"] == 0
