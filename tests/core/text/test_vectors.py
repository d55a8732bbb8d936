from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.text.vectors import tfidf

BAGS = st.lists(st.lists(st.text(max_size=3), max_size=8), max_size=8)


def squares(bags: list[list[str]]) -> list[float]:
    return (tfidf(bags).toarray() ** 2).sum(axis=1).tolist()  # type: ignore[no-any-return]


def test_weights_follow_the_formula_by_hand() -> None:
    rows = tfidf([["port", "port", "strike"], ["port"]]).toarray()
    port, strike = (1 + log(2)) * log(42 / 2.5), log(42 / 1.5)
    length = (port**2 + strike**2) ** 0.5
    np.testing.assert_allclose(rows, [[port / length, strike / length], [1.0, 0.0]])


def test_columns_follow_the_sorted_vocabulary() -> None:
    assert tfidf([["b"], ["a"], ["c"]]).toarray().argmax(axis=1).tolist() == [1, 0, 2]


def test_a_word_of_few_texts_outweighs_a_word_of_many() -> None:
    row = tfidf([["common", "rare"], ["common"], ["common"]]).toarray()[0]
    assert row[1] > row[0]


def test_two_texts_that_share_every_word_are_equal_even_alone() -> None:
    rows = tfidf([["ferry", "sinks"], ["sinks", "ferry"]])
    assert (rows @ rows.T).toarray()[0, 1] == pytest.approx(1.0)


def test_rows_have_unit_length_and_empty_rows_stay_empty() -> None:
    np.testing.assert_allclose(squares([["a"], [], ["a", "b"]]), [1, 0, 1])


@pytest.mark.parametrize("bags", [[], [[]], [[], []]])
def test_nothing_gives_an_array_without_columns(bags: list[list[str]]) -> None:
    assert tfidf(bags).shape == (len(bags), 0)


def test_any_characters_are_words() -> None:
    assert tfidf([["\ud800", "\x00", "😀", "שלום"]]).shape == (1, 4)


@given(BAGS)
def test_rows_are_of_unit_length_and_weights_positive(bags: list[list[str]]) -> None:
    np.testing.assert_allclose(squares(bags), [1.0 if bag else 0.0 for bag in bags])
    assert (tfidf(bags).data > 0).all()


@given(BAGS)
def test_the_order_of_words_in_a_bag_does_not_matter(bags: list[list[str]]) -> None:
    turned = tfidf([bag[::-1] for bag in bags]).toarray()
    np.testing.assert_array_equal(turned, tfidf(bags).toarray())
