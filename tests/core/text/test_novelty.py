"""Novelty: what a sentence adds to the editions before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Edition,
    Sentence,
)
from briefing.core.text.novelty import SAME_SENTENCE, printed_in, repeats
from briefing.core.text.summarize import near
from tests.newsday import (
    NICKEL,
    STRAIT,
    brief_of,
    edition_of,
    report,
    split,
)

BEFORE = edition_of(
    brief_of(report("d1", STRAIT), 0, 1, story="s1", top=True),
    brief_of(report("d2", NICKEL), 0, story="s2"),
)


def was_printed(new: Sentence, *before: Edition) -> bool:
    return printed_in(before)(new)


def sentence(text: str) -> Sentence:
    return Sentence("d9", 0, len(text), text)


def test_a_sentence_is_not_new_when_it_was_printed_to_the_letter() -> None:
    assert was_printed(sentence(next(BEFORE.sentences()).text), BEFORE)


@pytest.mark.parametrize(
    "text",
    [
        "Armed patrol boats of Serrat closed the strait to tankers from Ottar before dawn Monday!",
        "ARMED patrol boats of Serrat closed the strait to tankers from Ottar before Monday’s dawn",
        "Armed patrol boats closed the strait to tankers from Ottar before dawn on Monday.",
    ],
)
def test_a_sentence_is_not_new_when_it_was_printed_in_all_but_a_word(text: str) -> None:
    assert was_printed(sentence(text), BEFORE)


@pytest.mark.parametrize(
    "text",
    [
        "Serrat let a convoy of nine Ottaran tankers pass the strait under escort on Wednesday.",
        "Boats of Serrat still keep tankers from Ottar out of the strait, its admiral said.",
        "",
    ],
)
def test_a_sentence_that_says_something_further_is_new(text: str) -> None:
    assert not was_printed(sentence(text), BEFORE)


def test_no_edition_of_the_week_is_forgotten() -> None:
    strait, nickel = report("d1", STRAIT), report("d2", NICKEL)
    editions = edition_of(brief_of(strait, 0)), edition_of(brief_of(nickel, 1))
    assert was_printed(split(strait)["d1"][0], *editions)
    assert was_printed(split(nickel)["d2"][1], *editions)
    assert not was_printed(split(nickel)["d2"][0], *editions)


def test_the_words_of_a_correction_count_as_printed() -> None:
    old, new, unsaid = split(report("d2", NICKEL))["d2"][:3]
    moment = datetime(2026, 3, 11, 9, tzinfo=UTC)
    told = CorrectionBrief(CorrectionKind.CHANGED, old, new, "e", date(2026, 3, 10), moment)
    before = replace(BEFORE, sections=(), corrections=(told,))
    assert [was_printed(one, before) for one in (old, new, unsaid)] == [True, True, False]


@given(st.lists(st.text("abcdefgh .,", max_size=40), max_size=6), st.text("abcdefgh ", max_size=40))
def test_the_index_finds_what_a_comparison_with_each_would(texts: list[str], new: str) -> None:
    brief = replace(brief_of(report("d1", STRAIT), 0), sentences=tuple(map(sentence, texts)))
    expected = any(near(new, text) >= SAME_SENTENCE for text in texts)
    assert was_printed(sentence(new), edition_of(brief)) is expected


def test_without_an_edition_before_no_sentence_was_printed() -> None:
    assert not was_printed(split(report("d1", STRAIT))["d1"][0])


def test_a_sentence_that_was_in_the_report_but_not_printed_is_new() -> None:
    sentences = split(report("d1", STRAIT))["d1"]
    assert [was_printed(item, BEFORE) for item in sentences] == [True, True, *[False] * 4]


def test_no_sentence_repeats_nothing() -> None:
    assert not repeats(())(sentence("Envoys met in Lund."))


@given(st.lists(st.text(max_size=60), max_size=6))
def test_every_sentence_repeats_texts_that_hold_it(texts: list[str]) -> None:
    assert all(map(repeats(texts), map(sentence, texts)))
