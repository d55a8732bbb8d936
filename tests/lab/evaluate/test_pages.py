from dataclasses import replace
from typing import Any

import pytest

from briefing.core.model import Sentence
from briefing.lab.evaluate.pages import (
    DayChoice,
    Printed,
    ReportLabel,
    count_dangling,
    measure_choice,
    measure_pages,
)

GOOD: dict[str, Any] = {
    "name": "monday.jsonl",
    "pages": 1,
    "most_pages": 1,
    "passages": 30,
    "missing": 0,
    "unverified": 0,
    "fill": 0.98765,
    "hole": 12.34,
    "scale": "normal",
    "smallest_type": 8.5,
    "layouts": 3,
    "sentences": 20,
    "dangling": 1,
    "seconds": 0.714,
}


def test_faults_add_up_and_a_theme_may_have_as_many_sheets_as_it_says() -> None:
    bad = {**GOOD, "name": "tuesday.jsonl", "pages": 2, "missing": 3, "unverified": 2, "fill": 0.5}
    bad |= {"hole": 40, "smallest_type": 6.96, "layouts": 4, "sentences": 60, "dangling": 1}
    report = measure_pages([GOOD, {**bad, "seconds": 2}])
    days = report.pop("days")
    assert report == {
        "editions": 2,
        "one_page": 1,
        "missing_sentences": 3,
        "unverified_sentences": 2,
        "fill_mean": 0.7438,
        "fill_min": 0.5,
        "hole_max": 40,
        "smallest_type": 6.96,
        "layouts_mean": 3.5,
        "dangling": 0.025,  # of all sentences, not a mean of pages
        "seconds_mean": 1.36,
    }
    assert [day["name"] for day in days] == ["monday.jsonl", "tuesday.jsonl"]
    shown = {"fill": 0.9877, "hole": 12.3, "seconds": 0.71}
    assert days[0] == {name: shown.get(name, GOOD[name]) for name in days[0]}
    assert set(days[0]) - set(shown) == {"name", "scale", "layouts", "sentences", "passages"}
    assert measure_pages([{**GOOD, "sentences": 0, "dangling": 0}])["dangling"] == 0
    large = {**GOOD, "most_pages": 2}
    assert measure_pages([{**large, "pages": count} for count in (0, 1, 2, 3)])["one_page"] == 2


def test_an_opening_that_points_back_dangles_unless_its_sentence_stands_right_above() -> None:
    def at(index: int, text: str, document: str = "d1") -> Sentence:
        return Sentence(document, 10 * index, 10 * index + len(text), text, index=index)

    lead, he, but = at(0, "Lind spoke."), at(1, "“He left,” she said."), at(3, "But, it held.")
    assert count_dangling([lead, he]) == 0
    assert count_dangling([he]) == 1
    assert count_dangling([lead, but, at(4, "Ships sailed."), at(5, "")]) == 1
    assert count_dangling([lead, at(1, "They met.", document="d2")]) == 1
    assert count_dangling([]) == 0


def label(story: str, section: str, kind: str, importance: int, **more: Any) -> ReportLabel:  # noqa: ANN401
    return ReportLabel(story, section, more.pop("also", frozenset()), kind, importance, **more)


LABELS = {
    "rate": label("rate", "economy", "wire", 3, top=True),
    "rate-again": label("rate", "economy", "analysis", 2),
    "mines": label("mines", "security", "wire", 3),
    "column": label("column", "other", "opinion", 0),
}
GOOD_LABELS = DayChoice(
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


def test_a_good_day_is_right_and_a_report_of_no_worth_does_not_tell_its_story() -> None:
    told = measure_choice([GOOD_LABELS])
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
    labels = {**LABELS, "mines": label("mines", "security", "wire", 1)}
    labels["blast"] = label("mines", "security", "wire", 3)
    day = replace(GOOD_LABELS, labels=labels)
    told = measure_choice([day])
    assert (told["must_told"]["mean"], told["by_day"][0]["missed"]) == (0.5, ["mines"])


def test_each_fault_shows_in_its_own_measure() -> None:
    bad = replace(
        GOOD_LABELS,
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


def test_what_the_labels_or_the_day_leave_open_is_no_fault_of_the_choice() -> None:
    found = shares(replace(GOOD_LABELS, printed=GOOD_LABELS.printed[:2], named=("mines", "column")))
    assert (found["must_told"], found["must_carried"]) == (0.5, 1)
    assert found["named_worth"] == 0.5
    both = {**LABELS, "mines": replace(LABELS["mines"], also=frozenset({"diplomacy"}))}
    moved = (*GOOD_LABELS.printed[:2], Printed(1, "diplomacy", "mines", 9))
    found = shares(replace(GOOD_LABELS, labels=both, printed=moved))
    assert found["section_right"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["section_acceptable"] == 1
    fillers = tuple(Printed(place, "other", "column", 9) for place in range(1, 8))
    day = replace(
        GOOD_LABELS,
        labels={name: LABELS[name] for name in ("rate", "column")},
        printed=(Printed(0, "economy", "rate", 9), *fillers),
        titled=("rate", *("column" for _ in fillers)),
    )
    found = shares(day)
    # One story worth telling would have had five sentences, and three of eight could not be better.
    assert (found["poor"], found["poor_above_supply"]) == (7 / 8, 0.5)
    plain = {**LABELS, "rate": replace(LABELS["rate"], top=None)}
    assert measure_choice([replace(GOOD_LABELS, labels=plain)])["lead_right"]["of"] == 0
    assert shares(replace(GOOD_LABELS, titled=()))["lead_right"] == 0
    told = measure_choice([replace(GOOD_LABELS, labels={})])
    assert told["unlabeled"] == 3
    assert "section_right" not in told["by_day"][0]
    assert told["section_right"]["mean"] == 0
    assert measure_choice([GOOD_LABELS])["must_told_wire"]["of"] == 0
    many = {f"notice-{place}": label(f"n{place}", "other", "notice", 0) for place in range(200)}
    assert measure_choice([replace(GOOD_LABELS, labels=LABELS | many)])["must_told_wire"]["of"] == 2


def test_what_the_gate_left_out_large_crises_and_empty_pages_are_counted() -> None:
    more = {
        "teaser": label("a", "economy", "teaser", 1),
        "remarks": label("b", "diplomacy", "transcript", 2),
        "greeting": label("c", "other", "statement", 0),
    }
    found = shares(
        replace(GOOD_LABELS, labels=LABELS | more, gated=frozenset({"remarks", "greeting"}))
    )
    assert (found["teasers_gated"], found["official_gated"]) == (0, 1)
    war = {name: replace(LABELS[name], crisis="war") for name in ("rate", "rate-again")}
    day = replace(GOOD_LABELS, labels=LABELS | war, titled=("rate", "rate-again"))
    assert measure_choice([day])["largest_crisis"] == 0
    assert measure_choice([replace(day, printed=day.printed[:2])])["largest_crisis"] == 1
    assert measure_choice([replace(GOOD_LABELS, fill=0.5)])["nearly_empty"] == 0
    more = {f"m{place}": label(f"m{place}", "economy", "wire", 2) for place in range(8)}
    assert (
        measure_choice([replace(GOOD_LABELS, labels=LABELS | more, fill=0.5)])["nearly_empty"] == 1
    )
    worse = replace(GOOD_LABELS, name="2026-03-12", printed=(Printed(0, "security", "rate", 9),))
    told = measure_choice([GOOD_LABELS, worse])
    assert told["section_right"]["mean"] == 0.75
    assert told["section_right"]["ci95"] == [0, 1]
    assert [row["section_right"] for row in told["by_day"]] == [1, 0]
