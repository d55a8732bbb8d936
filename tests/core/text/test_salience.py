from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.core.model import Sentence
from briefing.core.text.rankers.salience import score
from tests.growth import is_linear

TERMS = ("position", "length", "brevity", "centrality", "title")


def story(**documents: list[str]) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(key, 100 * index, 100 * index + len(text), text, index=index)
        for key, texts in documents.items()
        for index, text in enumerate(texts)
    )


def term(name: str, sentences: tuple[Sentence, ...], **titles: str) -> list[float]:
    return [item.terms[name] for item in score(sentences, titles=titles)]


def test_position_decays_within_each_document() -> None:
    sentences = story(d1=["Crane.", "Ferry.", "Fog."], d2=["Harbor."])
    assert term("position", sentences) == pytest.approx([1, math.exp(-0.1), math.exp(-0.2), 1])


def test_places_are_counted_right_when_documents_stand_interleaved() -> None:
    item, two, three = story(d1=["Crane.", "Ferry."], d2=["Fog."])
    assert term("position", (item, three, two)) == pytest.approx([1, 1, math.exp(-0.1)])


def test_a_sentence_of_six_content_words_counts_in_full() -> None:
    sentences = story(
        d1=["Crane.", "Crane ferry fog.", "Crane ferry fog harbor board fees.", "Crane " * 9]
    )
    assert term("length", sentences) == pytest.approx([1 / 6, 1 / 2, 1, 1 / 6])


def test_beyond_45_words_a_sentence_counts_less_the_longer_it_is() -> None:
    sentences = story(d1=["crane " * 45, "crane " * 46, "crane " * 90])
    assert term("brevity", sentences) == pytest.approx([1, 45 / 46, 1 / 2])


def test_within_a_document_only_later_sentences_lend_centrality() -> None:
    # Equal sentences have cosine 1: the first is followed by two, the second by one.
    sentences = story(d1=["Crane arrives.", "Crane arrives.", "Crane arrives."])
    assert term("centrality", sentences) == pytest.approx([1, 1 / 2, 0])


def test_sentences_of_other_documents_count_in_both_directions() -> None:
    # d1: one later twin and one in d2 = 2; the last of d1 has only d2 = 1; d2 has both = 2.
    sentences = story(d1=["Crane arrives.", "Crane arrives."], d2=["Crane arrives."])
    assert term("centrality", sentences) == pytest.approx([1, 1 / 2, 1])


def test_centrality_is_the_sum_of_weighted_cosines() -> None:
    # Crane is in 2 of 3 sentences: log(1 + 3/2); ferry and fog in 1: log(1 + 3).
    sentences = story(d1=["Crane ferry.", "Crane.", "Crane fog crane."])
    crane, rare = math.log(1 + 3 / 3), math.log(1 + 3)
    to_second = crane / math.hypot(crane, rare)
    to_third = crane * 2 * crane / (math.hypot(crane, rare) * math.hypot(2 * crane, rare))
    second_to_third = 2 * crane / math.hypot(2 * crane, rare)
    highest = max(to_second + to_third, second_to_third)
    expected = [(to_second + to_third) / highest, second_to_third / highest, 0]
    assert term("centrality", sentences) == pytest.approx(expected)


def test_where_nothing_is_alike_position_decides() -> None:
    sentences = story(d1=["Crane arrives today.", "Ferry leaves tomorrow."])
    assert term("centrality", sentences) == [1, 1]
    first, second = (item.value for item in score(sentences, titles={}))
    assert first > second


def test_title_is_the_share_of_its_words_found() -> None:
    sentences = story(d1=["A crane arrives in fog.", "The ferry."], d2=["Crane."])
    assert term("title", sentences, d1="The crane, the ferry") == pytest.approx([1 / 2, 1 / 2, 0])


def test_value_is_made_of_its_terms() -> None:
    sentences = story(
        d1=["Harbor board raises crane fees.", "Fees pay for cranes.", "Fog again."],
        d2=["Crane fees rise at the harbor."],
    )
    for item in score(sentences, titles={"d1": "Crane fees"}):
        position, length, brevity, centrality, title = (item.terms[name] for name in TERMS)
        told = centrality + 0.2 * title
        assert item.value == pytest.approx(position * length * brevity * told)


def test_what_other_documents_repeat_comes_first() -> None:
    sentences = story(
        d1=["Visitors enjoyed the sunny weather downtown.", "Ministers signed the fishing pact."],
        d2=["Ministers from both sides signed the fishing pact on Monday."],
        d3=["The fishing pact was signed by ministers after long talks."],
    )
    scores = score(sentences, titles={})
    assert scores[1].value > scores[0].value


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["d1", "d2", "d3"]),
        st.lists(st.text("abc \n", max_size=20), max_size=6),
        max_size=3,
    )
)
def test_every_term_lies_between_0_and_1(documents: dict[str, list[str]]) -> None:
    for item in score(story(**documents), titles={"d1": "a b c"}):
        assert all(-1e-9 <= item.terms[name] <= 1 + 1e-9 for name in TERMS)


def test_every_one_of_two_thousand_sentences_is_scored() -> None:
    texts = [f"Word{i % 97} meets word{i % 89} and term{i % 83} in town {i}." for i in range(2_000)]
    sentences = story(d1=texts[:1_000], d2=texts[1_000:])
    assert len(score(sentences, titles={"d1": "Word1 meets"})) == 2_000


@pytest.mark.parametrize("character", "a’.1 \x00")
def test_a_megabyte_of_one_character_takes_linear_time(character: str) -> None:
    assert is_linear(lambda text: score(story(d1=[text]), titles={}), character * 1_000_000)
