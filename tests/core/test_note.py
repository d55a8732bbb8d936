from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.glyphs import are_held
from briefing.core.model import DeskNote
from briefing.core.model.note import LONGEST_NAME, LONGEST_NOTE, MOST_WORDS


def test_white_space_is_one_space_and_words_are_counted() -> None:
    note = DeskNote.of("\n We  are\tprovisional. ", signed=" M.  Weber ")
    assert note == DeskNote("We are provisional.", "M. Weber")
    assert note.words == 3


@pytest.mark.parametrize(
    ("text", "signed", "message"),
    [
        ("", "M. Weber", "note: empty"),
        (" \n", "M. Weber", "note: empty"),
        ("Words.", "", "signed: empty"),
        ("a " * 61, "M. Weber", "note: 61 words; at most 60"),
        ("w" * 30 + " " + "letters " * 58, "M. Weber", "note: too long"),
        ("w" * 31, "M. Weber", "note: has words or characters that cannot be set"),
        ("tab\x0bbed \x07", "M. Weber", "note: has words or characters"),
        ("right \u202e left", "M. Weber", "note: has words or characters"),
        ("\u7d4c\u6e08", "M. Weber", "note: has words or characters"),
        ("Words.", "M" * 61, "signed: too long"),
        ("Words.", "M\ud800", "signed: has words or characters"),
    ],
)
def test_what_cannot_be_printed_is_refused(text: str, signed: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        DeskNote.of(text, signed=signed)


@given(st.text(max_size=600), st.text(max_size=80))
def test_what_is_taken_can_be_set(text: str, signed: str) -> None:
    try:
        note = DeskNote.of(text, signed=signed)
    except InputError:
        return
    assert 0 < note.words <= MOST_WORDS
    assert 0 < len(note.text) <= LONGEST_NOTE
    assert 0 < len(note.signed) <= LONGEST_NAME
    assert are_held(note.text + note.signed)
