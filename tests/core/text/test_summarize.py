from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Score, Sentence
from briefing.core.text.summarize import Taste, choose, in_reading_order, near
from tests.growth import is_linear

FEES = "The harbor board raised port fees."
FEES_AGAIN = "Port fees were raised by the harbor board."
FERRY = "A ferry was late because of fog."
CRANE = "A second crane arrives in spring."


def sentences_of(*texts: str, document: str = "d1") -> tuple[Sentence, ...]:
    return tuple(
        Sentence(document, 100 * index, 100 * index + len(text), text, index=index)
        for index, text in enumerate(texts)
    )


def scores_of(*values: float) -> tuple[Score, ...]:
    return tuple(Score(value) for value in values)


def test_the_best_come_first() -> None:
    fees, ferry, crane = sentences_of(FEES, FERRY, CRANE)
    assert choose((fees, ferry, crane), scores_of(1, 3, 2), limit=2) == (ferry, crane)


def test_equal_scores_keep_the_order_given() -> None:
    story = sentences_of(FEES, FERRY, CRANE)
    assert choose(story, scores_of(1, 1, 1), limit=3) == story


def test_what_was_said_is_not_said_again() -> None:
    fees, again, ferry = sentences_of(FEES, FEES_AGAIN, FERRY)
    assert choose((fees, again, ferry), scores_of(3, 2, 1), limit=2) == (fees, ferry)


def test_a_repeated_sentence_is_chosen_once_even_of_stop_words() -> None:
    first, twin = sentences_of("He was there.", "He was there.")
    assert choose((first, twin), scores_of(1, 2), limit=2) == (twin,)


def test_a_redundancy_of_1_passes_nothing_over() -> None:
    story = sentences_of(FEES, FEES)
    assert choose(story, scores_of(2, 1), limit=2, taste=Taste(redundancy=1)) == story


LONG = (
    "The harbor board, whose members had met since the early morning and had heard the owners of "
    "both yards, the union of the pilots and nine skippers from the islands in the east of the "
    "bay, said after a long and at times very loud debate that it raised all port fees at once."
)


@pytest.mark.parametrize(
    ("score", "leans", "chosen"),
    [
        (0.2, 0.0, FEES),
        (0.1, 0.0, LONG),
        (0.2, 1.0, LONG),
    ],
)
def test_a_long_sentence_gives_way_to_a_shorter_one_that_says_it_nearly_as_well(
    score: float, leans: float, chosen: str
) -> None:
    story = sentences_of(LONG, FEES)
    taste = Taste(
        redundancy=0.2,
        leans=lambda sentence, _above: leans * (sentence.text == FEES),
        first_limit=0.5,
    )
    (first,) = choose(story, scores_of(1, score), limit=1, taste=taste)
    assert first.text == chosen


def test_a_long_sentence_that_nothing_else_says_stays() -> None:
    story = sentences_of(LONG, FERRY)
    assert choose(story, scores_of(1, 0.9), limit=2) == story


def test_a_sentence_does_not_bring_one_before_it_that_says_the_same() -> None:
    ferry, fees, again = sentences_of(FERRY, FEES, FEES_AGAIN)

    def leans(sentence: Sentence, above: Sequence[Sentence]) -> float:
        return float(sentence == again and fees not in above)

    lax = Taste(leans=leans, limit=0.5)
    story, values = (ferry, fees, again), scores_of(3, 1, 2)
    assert choose(story, values, limit=3, taste=lax) == (ferry, fees)
    every = Taste(redundancy=1, leans=leans, limit=0.5)
    assert choose(story, values, limit=3, taste=every) == (ferry, fees, again)
    assert choose(story, values, limit=2, taste=every) == (ferry, fees)


def test_what_opens_badly_is_neither_first_nor_put_before_the_first() -> None:
    ferry, fees, crane = story = sentences_of(FERRY, FEES, CRANE)
    badly = Taste(opens=lambda sentence: 0.5 if sentence == ferry else 1.0)
    assert choose(story, scores_of(3, 2, 1), limit=1, taste=badly) == (fees,)
    assert choose(story, scores_of(3, 2, 1), limit=3, taste=badly) == (fees, crane)
    never = Taste(opens=lambda sentence: 0.0 if sentence == fees else 1.0)
    assert choose(story, scores_of(1, 3, 2), limit=2, taste=never) == (crane, ferry)
    assert choose((fees,), scores_of(1), limit=1, taste=never) == ()


@pytest.mark.parametrize("limit", [0, -1])
def test_no_room_gives_no_sentence(limit: int) -> None:
    assert choose(sentences_of(FEES), scores_of(1), limit=limit) == ()


def test_no_sentences_give_no_choice() -> None:
    assert choose((), (), limit=3) == ()


def test_a_sentence_that_is_not_allowed_is_passed_over() -> None:
    fees, ferry = sentences_of(FEES, FERRY)
    chosen = choose(
        (fees, ferry), scores_of(2, 1), limit=1, allowed=lambda candidate: candidate != fees
    )
    assert chosen == (ferry,)


def test_a_sentence_that_is_not_allowed_does_not_bar_its_like() -> None:
    fees, again = sentences_of(FEES, FEES_AGAIN)
    chosen = choose(
        (fees, again), scores_of(2, 1), limit=2, allowed=lambda candidate: candidate != fees
    )
    assert chosen == (again,)


def test_scores_must_match_sentences() -> None:
    with pytest.raises(ValueError, match="zip"):
        choose(sentences_of(FEES), (), limit=1)


def test_reading_order_starts_with_the_document_of_the_best() -> None:
    a0, a1 = sentences_of(FEES, FERRY, document="a")
    b0, b1 = sentences_of(CRANE, FEES_AGAIN, document="b")
    assert in_reading_order((b1, a1, b0, a0)) == (b0, b1, a0, a1)


def test_reading_order_of_nothing_is_nothing() -> None:
    assert in_reading_order(()) == ()


def test_nearness_is_the_cosine_of_stem_sets() -> None:
    # harbor board rais port fee (5) and port fee fell (3): 2 in common.
    assert near(FEES, "Port fees fell.") == pytest.approx(2 / (5 * 3) ** 0.5)


def test_the_same_words_in_another_order_are_as_near_as_can_be() -> None:
    assert near(FEES, FEES_AGAIN) == pytest.approx(1)


@pytest.mark.parametrize("other", ["", "The of and.", "!?", FERRY])
def test_nothing_in_common_is_0(other: str) -> None:
    assert near(FEES, other) == 0


def test_equal_texts_are_1_even_without_words() -> None:
    assert near("!?", "!?") == 1


@given(st.text("abc \ud800\x00é", max_size=20), st.text("abc \ud800\x00é", max_size=20))
def test_nearness_is_symmetric_and_lies_between_0_and_1(left: str, right: str) -> None:
    assert near(left, right) == near(right, left)
    assert 0 <= near(left, right) <= 1 + 1e-9


@given(
    st.lists(st.tuples(st.text("abc ", max_size=9), st.floats(-5, 5)), max_size=12),
    st.integers(0, 6),
)
def test_the_chosen_are_few_different_and_in_order_of_score(
    pairs: list[tuple[str, float]], limit: int
) -> None:
    story = sentences_of(*(text for text, _ in pairs))
    chosen = choose(story, scores_of(*(value for _, value in pairs)), limit=limit)
    values = [pairs[sentence.index][1] for sentence in chosen]
    assert len(chosen) <= limit
    assert values == sorted(values, reverse=True)
    assert all(near(a.text, b.text) <= 0.5 for a in chosen for b in chosen if a is not b)
    assert set(in_reading_order(chosen)) == set(chosen)


def test_choosing_ten_of_many_copies_takes_linear_time() -> None:
    def choose_ten(copies: str) -> None:
        story = sentences_of(*[f"{FEES} Number {index}." for index in range(len(copies))])
        choose(story, scores_of(*range(len(copies))), limit=10)

    assert is_linear(choose_ten, "x" * 5_000)
