"""Openings that lean on what is not printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Sentence
from briefing.core.text.reference import opens_unresolved
from tests.growth import is_linear


def alone(text: str, context: str = "") -> bool:
    """Tell whether a sentence printed on its own is unresolved."""
    return opens_unresolved(Sentence("d1", 0, len(text), text), context=context)


@pytest.mark.parametrize(
    "text",
    [
        "He left Essen at noon.",
        "They’ve closed the harbor.",
        "It calls the harbor of Essen into question.",
        "It is owned by a bank in Essen.",
        "This came after a long summer in Essen.",
        "These talks have failed.",
        "That move angered the neighbors of Norland.",
        "Those ships belong to Norland.",
        "But Norland refused.",
        "And 12 percent more voted in October.",
        "However, Norland refused.",
        "Meanwhile, Norland refused.",
        "Still, Norland refused.",
        "In addition, Norland refused.",
        "In contrast, Norland refused.",
        "As a result, Norland refused.",
        "By then, Norland had refused.",
        "After that, Norland refused.",
        "The former was a judge in Essen.",
        "The latter was a judge in Essen.",
        "The two met in Essen.",
        "The pair met in Essen.",
        "The move angered Norland.",
        "The decision angered Norland.",
        "The new one will be larger.",
        "The captain then left.",
        "Both were sold to Norland.",
        "Another ship sank off Essen.",
        "Others have left Norland.",
        "Such a harbor was unthinkable.",
        "His view changed in Essen.",
        "Their ships are old.",
        "Its technology is old.",
        "Some of them left Norland.",
        "Among them was Ada Lind.",
        "With that, Norland left.",
        "Days later, Norland left.",
        "Norland, meanwhile, left.",
        "Building on it was hard.",
        "Hours before his departure, Norland’s navy put to sea.",
        "On Thursday, they will speak in Essen.",
        "Authorities did not release his name.",
        "Ships were seen near his house in Essen, a spokesman of the port said.",
        "– He left Essen at noon.",
        "(It owns the harbor of Essen.)",
        "I saw the harbor of Essen.",
    ],
)
def test_pronouns_and_joining_words_are_unresolved(text: str) -> None:
    assert alone(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Norland refused to sign.",
        "He Lifeng arrived in Essen.",
        "It is unclear whether Norland will sign.",
        "It will be the first time that Norland signs.",
        "It did not help that Norland refused.",
        "This week Norland will sign.",
        "This month, Norland will sign.",
        "Those who signed were from Norland.",
        "Both Norland and Antaria refused.",
        "Neither Norland nor Antaria refused.",
        "Instead of signing, Norland refused.",
        "So far, Norland has refused.",
        "In addition to Norland, Antaria refused.",
        "In contrast to Norland, Antaria refused.",
        "Some of those present refused.",
        "The president of Norland said he would sign.",
        "The decision of Norland to refuse came late.",
        "The Norland deal came late.",
        "In his speech, Ada Lind refused.",
        "A man was held after his ship sank.",
        "On Thursday, Ada Lind said they will speak.",
        "Speaking in Norland, they refused.",
        "There is no ship in the harbor of Essen.",
        "Ada Lind said the harbor was closed.",
        "Officials said the harbor was closed.",
        "NATO said the harbor was closed.",
        "China said the harbor was closed.",
        "The harbor is closed, Ada Lind said.",
        "Ada Lind resigned because of the harbor, she said.",
    ],
)
def test_what_says_who_and_what_is_resolved(text: str) -> None:
    assert not alone(text)


@pytest.mark.parametrize(
    ("text", "context", "unresolved"),
    [
        ("Lind stressed that the harbor is open.", "", True),
        ("Lind stressed that the harbor is open.", "Ada Lind opens a harbor", False),
        ("Lind stressed that the harbor is open.", "ADA LIND OPENS A HARBOR", False),
        ("Lind, who is a pilot, said the harbor is open.", "The Lindqvist case", True),
        ("The decision angered Norland.", "Antaria decides; a decision at last", False),
        ("The company said sales fell.", "A company in Norland closes", False),
        ("Before his defeat, Lind’s party was large.", "", True),
        ("Before his defeat, Lind’s party was large.", "Lind loses", False),
        ("Before his defeat, China’s navy was large.", "China loses", True),
        ("Before his defeat, South Norland’s navy was large.", "South Norland loses", True),
    ],
)
def test_what_is_printed_above_is_known(text: str, context: str, *, unresolved: bool) -> None:
    assert alone(text, context) is unresolved


@pytest.mark.parametrize(
    ("text", "context", "unresolved"),
    [
        ("“Taking sides makes it worse.”", "", True),
        ("“Taking sides makes it worse,” he said.", "", True),
        ("“Taking sides makes it worse,” said Lind.", "", True),
        ("“Taking sides makes it worse,” said Lind.", "Ada Lind speaks", False),
        ("“Taking sides makes it worse,” Lind told reporters.", "", True),
        ("“Taking sides makes it worse,” said Ada Lind.", "", False),
        ("“Taking sides makes it worse,” Ada Lind said.", "", False),
        ("“Taking sides makes it worse,” the captain said.", "", False),
        ('"Taking sides makes it worse," officials in Norland said.', "", False),
        ("“Taking sides”, Ada Lind found, makes it worse, she said.", "", False),
        ("“Taking sides makes it worse.", "", True),
        ("Taking sides makes it worse.”", "", True),
        ('Taking sides makes it worse," Ada Lind said.', "", True),
        ("Sales will be higher in spring, he said.", "", True),
        ("Sales of Norland will be higher in spring, he said.", "", False),
    ],
)
def test_a_quotation_needs_a_named_speaker(text: str, context: str, *, unresolved: bool) -> None:
    assert alone(text, context) is unresolved


@pytest.mark.parametrize(
    ("document", "index", "unresolved"), [("d1", 3, False), ("d1", 2, True), ("d2", 3, True)]
)
def test_the_sentence_right_before_resolves_everything(
    document: str, index: int, *, unresolved: bool
) -> None:
    sentence = Sentence("d1", 50, 72, "He left Essen at noon.", index=4)
    before = Sentence(document, 0, 20, "Ada Lind met Bo Holt.", index=index)
    assert opens_unresolved(sentence, before=before) is unresolved


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_gets_an_answer(text: str, context: str) -> None:
    assert alone(text, context) in (True, False)


@pytest.mark.parametrize(
    "text", ["The ", "He ", "A", "Aa ", ", ", "“", "it said ", "[^,]", "\ud800\x00", "a-", "אב "]
)
def test_a_megabyte_of_anything_takes_linear_time(text: str) -> None:
    assert is_linear(lambda long: alone(long, context=text * 1000), text * (1_000_000 // len(text)))


@pytest.mark.parametrize(
    "text",
    [
        "Sudan recalled its ambassador from Cairo on Monday over the dam.",
        "Norway acknowledged two flights over the gas plant, the ministry said.",
        "Yerevan said that the road would open in May.",
        "Dockworkers asked for a clause on night shifts at the port.",
    ],
)
def test_a_state_or_its_seat_speaks_without_a_first_name(text: str) -> None:
    assert not opens_unresolved(Sentence("d1", 0, len(text), text))
