from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Sentence
from briefing.core.text.segment import segment
from briefing.press.excerpts import (
    LONGEST_NEIGHBOR,
    merged,
    neighbors,
    paragraphs,
    part_of,
)
from tests.fakes import document, slice_of

TEXT = "One is here. Two is here. Three is here.\n\nFour is here. Five is here."
SOURCE = document(0, text=TEXT)
SENTENCES = segment(SOURCE)


def around(words: str, text: str = TEXT) -> tuple[str, str]:
    source = document(0, text=text)
    sentence = slice_of(source, words)
    return neighbors(text, (sentence.start, sentence.end), sentences=segment(source))


def test_a_sentence_stands_between_one_whole_sentence_on_each_side() -> None:
    assert around("Two is here.") == ("One is here. ", " Three is here.")


def test_a_neighbor_may_stand_in_another_paragraph() -> None:
    assert around("Four is here.") == ("Three is here.\n\n", " Five is here.")


def test_at_either_end_of_a_text_there_is_one_neighbor() -> None:
    assert around("One is here.") == ("", " Two is here.")
    assert around("Five is here.") == ("Four is here. ", "")


def test_a_slice_within_a_sentence_keeps_the_rest_of_it() -> None:
    assert around("wo is") == ("One is here. T", " here. Three is here.")


def test_a_slice_over_two_sentences_is_between_the_neighbors_of_both() -> None:
    assert around("here. Two is") == ("One is ", " here. Three is here.")


def test_a_neighbor_that_is_too_long_is_left_out_whole() -> None:
    long = "very " * LONGEST_NEIGHBOR
    text = f"A {long}long one. It is short. Another {long}long one."
    assert around("is short", text=text) == ("It ", ".")
    rest = f"It is short and {long}long."
    assert around("It is short", text=rest) == ("", "")


def test_what_lies_in_no_sentence_has_no_neighbors() -> None:
    assert neighbors("   ", (0, 2), sentences=()) == ("", "")


def test_overlapping_slices_are_one_part_and_touching_ones_are_two() -> None:
    assert merged([(10, 20), (12, 15), (0, 5), (18, 25), (25, 30)]) == (
        (0, 5),
        (10, 25),
        (25, 30),
    )
    assert merged([]) == ()


def test_a_slice_is_found_in_the_part_that_holds_it() -> None:
    parts = ((0, 5), (10, 25))
    assert [part_of(span, parts) for span in ((0, 5), (12, 15), (4, 6), (30, 31))] == [1, 2, 0, 0]


def test_a_whole_text_is_cut_where_something_was_printed() -> None:
    sentence = slice_of(SOURCE, "Two is here.")
    first, second = paragraphs(TEXT, sentences=SENTENCES, parts=((sentence.start, sentence.end),))
    assert [(piece.text, piece.part) for piece in first] == [
        ("One is here. ", 0),
        ("Two is here.", 1),
        (" Three is here.", 0),
    ]
    assert first[1].opens
    assert first[1].closes
    assert "".join(piece.text for piece in second) == "\n\nFour is here. Five is here."


def test_a_part_that_runs_over_paragraphs_opens_once_and_closes_once() -> None:
    sentence = slice_of(SOURCE, "Three is here.\n\nFour is here.")
    whole = paragraphs(TEXT, sentences=SENTENCES, parts=((sentence.start, sentence.end),))
    pieces = [piece for block in whole for piece in block if piece.part]
    assert [(piece.opens, piece.closes) for piece in pieces] == [(True, False), (False, True)]


def test_a_text_without_sentences_is_one_paragraph() -> None:
    (block,) = paragraphs("* * *", sentences=(), parts=())
    assert [piece.text for piece in block] == ["* * *"]
    assert paragraphs("", sentences=(), parts=()) == ((),)


@given(
    st.text(alphabet="ab. \n", max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4),
    st.sets(st.integers(1, 79), max_size=4),
)
def test_no_character_of_a_text_is_lost_or_shown_twice(
    text: str, spans: list[tuple[int, int]], ends: set[int]
) -> None:
    parts = merged((a, b) for a, b in spans if a < b <= len(text))
    places = [0, *sorted(end for end in ends if end < len(text)), len(text)]
    sentences = [
        Sentence("d0", a, b, text[a:b], n, paragraph=n) for n, (a, b) in enumerate(pairwise(places))
    ]
    pieces = [p for block in paragraphs(text, sentences=sentences, parts=parts) for p in block]
    assert "".join(piece.text for piece in pieces) == text
    for number, (start, end) in enumerate(parts, start=1):
        mine = [piece for piece in pieces if piece.part == number]
        assert "".join(piece.text for piece in mine) == text[start:end]
        assert [piece.opens for piece in mine] == [True, *[False] * (len(mine) - 1)]
        assert [piece.closes for piece in mine] == [*[False] * (len(mine) - 1), True]
