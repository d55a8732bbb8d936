"""How sentences of a story are chosen, and which of them were printed before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import CorrectionBrief, CorrectionKind, Edition, Score, Sentence
from briefing.core.text.excerpt import SAME_SENTENCE, printed_in, repeats
from briefing.core.text.summarize import Taste, choose, in_reading_order, near
from tests.examples import examples
from tests.growth import is_linear
from tests.newsday import NICKEL, STRAIT, brief_of, edition_of, report, split

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


def test_the_best_come_first_and_nothing_twice_unless_redundancy_passes_it() -> None:
    fees, ferry, crane = sentences_of(FEES, FERRY, CRANE)
    assert choose((fees, ferry, crane), scores_of(1, 3, 2), limit=2) == (ferry, crane)
    story = sentences_of(FEES, FERRY, CRANE)
    assert choose(story, scores_of(1, 1, 1), limit=3) == story
    fees, again, ferry = sentences_of(FEES, FEES_AGAIN, FERRY)
    assert choose((fees, again, ferry), scores_of(3, 2, 1), limit=2) == (fees, ferry)
    first, twin = sentences_of("He was there.", "He was there.")
    assert choose((first, twin), scores_of(1, 2), limit=2) == (twin,)
    story = sentences_of(FEES, FEES)
    assert choose(story, scores_of(2, 1), limit=2, taste=Taste(redundancy=1)) == story


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


def test_only_what_is_allowed_is_chosen_and_each_has_a_score() -> None:
    assert choose((), (), limit=3) == ()
    fees, ferry = sentences_of(FEES, FERRY)
    chosen = choose(
        (fees, ferry), scores_of(2, 1), limit=1, allowed=lambda candidate: candidate != fees
    )
    assert chosen == (ferry,)
    fees, again = sentences_of(FEES, FEES_AGAIN)
    chosen = choose(
        (fees, again), scores_of(2, 1), limit=2, allowed=lambda candidate: candidate != fees
    )
    assert chosen == (again,)
    with pytest.raises(ValueError, match="zip"):
        choose(sentences_of(FEES), (), limit=1)


def test_reading_order_starts_with_the_document_of_the_best_and_nearness_is_a_cosine() -> None:
    a0, a1 = sentences_of(FEES, FERRY, document="a")
    b0, b1 = sentences_of(CRANE, FEES_AGAIN, document="b")
    assert in_reading_order((b1, a1, b0, a0)) == (b0, b1, a0, a1)
    assert in_reading_order(()) == ()
    # harbor board rais port fee (5) and port fee fell (3): 2 in common.
    assert near(FEES, "Port fees fell.") == pytest.approx(2 / (5 * 3) ** 0.5)
    assert near(FEES, FEES_AGAIN) == pytest.approx(1)
    for other in ["", "The of and.", "!?", FERRY]:
        assert near(FEES, other) == 0


@given(st.text("abc \ud800\x00é", max_size=20), st.text("abc \ud800\x00é", max_size=20))
def test_nearness_is_symmetric_and_lies_between_0_and_1(left: str, right: str) -> None:
    assert near(left, right) == near(right, left)
    assert 0 <= near(left, right) <= 1 + 1e-9
    assert near(left, left) == pytest.approx(1)


@given(
    st.lists(st.tuples(st.text("abc ", max_size=9), st.floats(-5, 5)), max_size=12),
    st.integers(-1, 6),
)
def test_the_chosen_are_few_and_different(pairs: list[tuple[str, float]], limit: int) -> None:
    story = sentences_of(*(text for text, _ in pairs))
    chosen = choose(story, scores_of(*(value for _, value in pairs)), limit=limit)
    values = [pairs[sentence.index][1] for sentence in chosen]
    assert len(chosen) <= max(0, limit)
    assert values == sorted(values, reverse=True)
    assert all(near(a.text, b.text) <= 0.5 for a in chosen for b in chosen if a is not b)
    assert set(in_reading_order(chosen)) == set(chosen)


def test_choosing_ten_of_many_copies_takes_linear_time() -> None:
    def choose_ten(copies: str) -> None:
        story = sentences_of(*[f"{FEES} Number {index}." for index in range(len(copies))])
        choose(story, scores_of(*range(len(copies))), limit=10)

    assert is_linear(choose_ten, "x" * 5_000)


BEFORE = edition_of(
    brief_of(report("d1", STRAIT), 0, 1, story="s1", top=True),
    brief_of(report("d2", NICKEL), 0, story="s2"),
)


def was_printed(new: Sentence, *before: Edition) -> bool:
    return printed_in(before)(new)


def sentence(text: str) -> Sentence:
    return Sentence("d9", 0, len(text), text)


@examples("text")
def test_a_sentence_is_not_new_when_it_was_printed_in_all_but_a_word(text: str) -> None:
    assert was_printed(sentence(text), BEFORE)


@examples("text")
def test_a_sentence_that_says_something_further_is_new(text: str) -> None:
    assert not was_printed(sentence(text), BEFORE)


def test_what_was_not_printed_is_new_and_no_edition_of_the_week_is_forgotten() -> None:
    strait, nickel = report("d1", STRAIT), report("d2", NICKEL)
    editions = edition_of(brief_of(strait, 0)), edition_of(brief_of(nickel, 1))
    assert was_printed(split(strait)["d1"][0], *editions)
    assert was_printed(split(nickel)["d2"][1], *editions)
    assert not was_printed(split(nickel)["d2"][0], *editions)
    assert not was_printed(split(report("d1", STRAIT))["d1"][0])
    sentences = split(report("d1", STRAIT))["d1"]
    assert [was_printed(item, BEFORE) for item in sentences] == [True, True, *[False] * 4]
    assert not repeats(())(sentence("Envoys met in Lund."))
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


@given(st.lists(st.text(max_size=60), max_size=6))
def test_every_sentence_repeats_texts_that_hold_it(texts: list[str]) -> None:
    assert all(map(repeats(texts), map(sentence, texts)))
