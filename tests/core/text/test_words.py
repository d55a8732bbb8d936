import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.text.words import as_written, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norland’s 1,200.5 tons, AGAIN", ["norland's", "1,200.5", "tons", "again"]),
        ("ΟΔΟΣ ΣΑΣ", ["οδος", "σας"]),
        ("İzmir_x", ["i\u0307zmir", "x"]),
        ("— … _", []),
        ("", []),
    ],
)
def test_words_are_lower_cased_one_by_one(text: str, expected: list[str]) -> None:
    assert tokens(text) == tuple(expected)


@given(st.text())
def test_lower_case_neither_joins_words_nor_splits_one(text: str) -> None:
    assert tokens(text) == tuple(word.replace("’", "'").lower() for word in as_written(text))
