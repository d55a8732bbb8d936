"""Counts of one thing that differ between reports."""

import pytest

from briefing.core.text.facts import contradicts
from tests.growth import is_linear


@pytest.mark.parametrize(
    ("text", "differ"),
    [
        ("At least 13 people are dead.", True),
        ("Some 16.5 people, at most 18 people, are dead.", False),
        ("Thirteen people are dead, then seventeen people.", False),
        ("The fire burned for nine days.", False),
        ("The fire had 13 centers.", False),
        ("A man, people say, is dead.", False),
    ],
)
def test_a_count_is_contradicted_by_others_of_the_same_thing(text: str, *, differ: bool) -> None:
    assert contradicts(text, "Fires killed 17 people in two days, the town said.") is differ
    assert not contradicts(text, "Fires killed people.")


def test_the_first_alone_is_no_count_and_a_text_of_any_length_takes_linear_time() -> None:
    assert not contradicts("A hundred people met.", "No one people owns the sea.")
    assert is_linear(
        lambda text: contradicts(text, "Fires killed 17 people."), "13 people " * 90_000
    )
