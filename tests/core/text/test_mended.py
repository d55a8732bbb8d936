from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.text.differences import mended


@pytest.mark.parametrize(
    ("text", "by", "after"),
    [
        ("It paid 2 bililon before May.", "It paid 2 billion before May.", "billion"),
        ("Two billion and one bililon.", "Two billion and one billion.", "one billion"),
        # the printed one had the error: then both have it
        ("It paid 2 billion.", "It paid 2 bililon.", "bililon"),
        # names, short words, and words that are both in use stay
        ("Mekrel said so.", "Merkel said so.", "Mekrel"),
        ("It came form Sarn.", "It came from Sarn.", "form"),
        ("The casual link.", "The causal link.", "casual"),
        ("It paid 3 million.", "It paid 3 billion.", "million"),
    ],
)
def test_only_swapped_letters_are_mended(text: str, by: str, after: str) -> None:
    assert after in mended(text, by=by)


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_text_keeps_its_length_and_itself(text: str, by: str) -> None:
    assert len(mended(text, by=by)) == len(text)
    assert mended(text, by=text) == text
