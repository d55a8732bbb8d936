"""Pieces of words: as the encoder was taught, so that its numbers mean what it learned."""

from __future__ import annotations

import pytest

from briefing.encoder.wordpiece import LIMIT, pieces, vocabulary


def cut(text: str) -> list[str]:
    """Return the pieces of a text in letters, without the marks around them."""
    names = list(vocabulary())
    first, *found, last = [names[number] for number in pieces(text)]
    assert (first, last) == ("[CLS]", "[SEP]")
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The bank cut rates.", ["the", "bank", "cut", "rates", "."]),
        ("unaffordable", ["una", "##ff", "##ord", "##able"]),
        ("U.S.-led", ["u", ".", "s", ".", "-", "led"]),
        ("São Tomé", ["sao", "tome"]),
        ("a\tb\u00a0c\u200bd", ["a", "b", "cd"]),
        ("“$5”", ["“", "$", "5", "”"]),
        ("東京", ["東", "京"]),
        ("\N{OGHAM LETTER BEITH}", ["[UNK]"]),
        ("x" * 101, ["[UNK]"]),
        ("\0\ufffd \n", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_known_pieces(text: str, found: list[str]) -> None:
    assert cut(text) == found


def test_a_long_text_is_read_as_far_as_the_encoder_was_taught() -> None:
    assert len(pieces("bank " * 500)) == LIMIT
    assert len(pieces("bank " * 126)) == LIMIT
    assert len(pieces("bank " * 125)) == LIMIT - 1


def test_the_numbers_are_those_of_the_published_vocabulary() -> None:
    known = vocabulary()
    assert len(known) == 30_522
    assert [known[name] for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the")] == [
        0,
        100,
        101,
        102,
        1996,
    ]
