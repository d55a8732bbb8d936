"""What is printed of a first sentence begins behind its dateline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Sentence
from briefing.core.text.dateline import skip_dateline


def sentence(text: str, *, index: int = 0) -> Sentence:
    return Sentence("d1", 10, 10 + len(text), text, index)


@pytest.mark.parametrize(
    ("dateline", "news"),
    [
        ("TANGIER, March 11 (Halyard) - ", "Spain and Morocco signed a treaty."),
        ("CHENNAI: ", "Fishing crews went back to sea."),
        ("(Meridian) - ", "Two frigates left the base."),
        ("SUWALKI, Poland, March 11 (Halyard) - ", "Poland ordered twelve radars."),
        ("GENEVA — ", "Envoys met for a third day."),
        ("NEW DELHI, 11 March (Wire Meridian) – ", "“We wait,” the admiral said."),
        ("ST. JOHN'S – ", "A ferry turned back."),
        ("BRUSSELS/PARIS (Halyard) -- ", "Ministers agreed on quotas."),
    ],
)
def test_a_dateline_is_not_printed(dateline: str, news: str) -> None:
    left = skip_dateline(sentence(dateline + news))
    assert left.text == news
    assert left.end - left.start == len(news)


@pytest.mark.parametrize(
    "text",
    [
        "NATO - the alliance of 32 states - met on Monday.",
        "OPEC: no cut before June, delegates said.",
        "The ministry said - twice - that no ship was lost.",
        "U.S. exports rose.",
        "Kenya sold bonds - at last.",
        "MOSCOW said on Monday that talks would go on.",
    ],
)
def test_words_that_only_look_like_a_dateline_stay(text: str) -> None:
    assert skip_dateline(sentence(text)).text == text


def test_only_the_opening_of_a_report_has_a_dateline() -> None:
    later = sentence("CHENNAI: Fishing crews went back to sea.", index=2)
    assert skip_dateline(later) == later


@given(st.text(max_size=120))
def test_what_is_left_is_always_a_slice_of_the_sentence(text: str) -> None:
    whole = sentence(text)
    left = skip_dateline(whole)
    assert left.end == whole.end
    assert text[left.start - whole.start :] == left.text
