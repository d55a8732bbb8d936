"""How many dead a report gives as its news."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document
from briefing.core.text.deaths import deaths

DAY = datetime(2026, 3, 12, tzinfo=UTC)
FILL = "The harbor of Sarn has four quays, and ships of many lands call there every week. " * 4


def told(text: str, *, title: str = "Harbor of Sarn", published: datetime | None = DAY) -> int:
    return deaths(Document("d", title, text, published=published))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A blast killed nine people in Sarn on Monday.", 9),
        ("At least 99 miners were killed in Sarn.", 99),
        ("Two blasts in Sarn on Monday killed at least twelve men, leaving 15 dead by noon.", 15),
        ("The death toll of the flood rose to 1,204 on Friday.", 1_204),
        ("Hundreds of people died in the flood.", 200),
        ("Police said that fourteen people died, among them the mayor.", 14),
        ("A bus left the road on Monday, killing 58.", 58),
        ("The flood of March 2026 left 30 people dead, the ministry said.", 30),
    ],
)
def test_the_dead_of_the_news_count(text: str, number: int) -> None:
    assert told(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "Sarn marked the quake that killed 1,000 people.",
        "The war, which has already killed thousands of men, goes on.",
        "Kalvik, where 40 people died in a flood, elects a mayor.",
        "Voters remember the fire in which at least 30 people were killed.",
        "The court heard of the blast that had left 26 people dead.",
        "A stone was laid for 49 sailors who died at sea.",
    ],
)
def test_those_of_a_relative_clause_do_not(text: str) -> None:
    assert told(text) == 0


@pytest.mark.parametrize(
    "text",
    [
        "An earthquake killed 1,000 people in Sarn in 1999.",
        "Last year 8,600 people died on the roads of Ostra.",
        "In an earlier incident, two people were killed at the refinery.",
        "Smoking causes 900 deaths a year in Ostra.",
    ],
)
def test_those_of_an_earlier_time_do_not(text: str) -> None:
    assert told(text) == 0


def test_a_year_beside_the_dead_of_an_undated_report_is_taken_for_a_past_one() -> None:
    text = "A quake killed 70 people in Sarn in 2026."
    assert (told(text), told(text, published=None)) == (70, 0)


@pytest.mark.parametrize(
    "text",
    [
        "Jan Voytko, 23, killed himself on Monday.",
        "The office counted 8.4 deaths in a thousand.",
        "Covid-19 deaths fell again in Sarn.",
        "The death toll from the two-week war is not known.",
        "Nobody was killed.",
    ],
)
def test_ages_rates_and_names_are_no_number_of_dead(text: str) -> None:
    assert told(text) == 0


def test_below_the_lead_a_number_counts_only_where_the_headline_tells_of_deaths() -> None:
    text = FILL + "A blast killed nine people."
    assert told(text) == 0
    assert told(text, title="Deadly blast in Sarn") == 9
    assert told(FILL * 5 + "A blast killed nine people.", title="Deadly blast in Sarn") == 0


def test_the_headline_counts_by_the_same_rules() -> None:
    assert told(FILL, title="Blast kills 12 in Sarn") == 12
    assert told(FILL, title="Man who killed 3 is sentenced") == 0


@given(st.text(max_size=400), st.text(max_size=80))
def test_any_text_has_a_number(text: str, title: str) -> None:
    assert told(text, title=title) >= 0
