"""Opinion and reporting told apart by their words alone."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document
from briefing.core.text.quotation import quotations
from briefing.core.text.style import WORDS, features, is_likely, opinion
from briefing.core.text.words import tokens

COLUMN = Document(
    "column",
    "The harbor deserves better",
    "I have never liked the new quay, and neither should you. It is a bad plan, made worse by a "
    "council that simply does not care. Perhaps we fear the truth: our harbor is a moral failure. "
    "You know it, I know it, and nobody in the town hall will say so.\n",
)
REPORT = Document(
    "report",
    "Council of Ostra approves a new quay",
    "The council of Ostra approved a new quay on Tuesday, a spokesman said. Work begins in May, "
    "according to the port. “The quay will open in two years and take forty ships,” Mayor Ilse "
    "Brandt told reporters on Wednesday. The statement added that the old one closes in June.\n",
)


def test_a_column_is_told_from_a_report() -> None:
    assert opinion(COLUMN) > 0.9
    assert opinion(REPORT) < 0.05


def test_words_in_quotation_marks_are_the_speaker_s_own() -> None:
    quoted = Document("q", "", f"The mayor said: “{COLUMN.text.strip()}”\n")
    assert opinion(quoted) < opinion(COLUMN) / 2


def test_a_mark_without_its_partner_hides_nothing() -> None:
    half = Document("h", "", f"“{COLUMN.text}")
    assert features(half)[:-1] == features(COLUMN)[:-1]


def test_a_column_is_likely_opinion_and_a_report_is_not() -> None:
    assert is_likely(opinion(COLUMN))
    assert not is_likely(opinion(REPORT))


def test_no_word_stands_in_two_classes() -> None:
    words = [word for group, _ in WORDS.values() for word in group]
    assert len(words) == len(set(words))


@given(st.text(max_size=400))
def test_any_text_has_a_probability(text: str) -> None:
    assert 0 < opinion(Document("d", "", text)) < 1
    assert len(features(Document("d", "", text))) == len(WORDS) + 1


@given(st.text("aé1., _\n'’‘`\"“”„«»", max_size=40))
def test_no_word_reaches_into_a_quotation_or_out_of_it(text: str) -> None:
    places = [place for one in quotations(text) for place in (one.start, one.end) if one.closed]
    bounds = zip([0, *places], [*places, len(text)], strict=True)
    apart = (word for start, end in bounds for word in tokens(text[start:end]))
    assert Counter(apart) == Counter(tokens(text))
