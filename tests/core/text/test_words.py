from hypothesis import given
from hypothesis import strategies as st

from briefing.core.text.words import as_written, tokens
from tests.examples import examples


@examples("text, expected")
def test_words_are_lower_cased_one_by_one(text: str, expected: list[str]) -> None:
    assert tokens(text) == tuple(expected)


@given(st.text() | st.text("aZ’' .,1-_“”\xa0"))
def test_lower_case_neither_joins_words_nor_splits_one(text: str) -> None:
    assert tokens(text) == tuple(word.replace("’", "'").lower() for word in as_written(text))
