"""Sentences and words."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document, Sentence
from briefing.core.text.segment import _after_short_words, segment, split
from briefing.core.text.words import as_written, tokens
from tests.core.text.tricky_sentences import CASES, SEEN, UNSEEN, Case
from tests.examples import examples


def document(text: str, *, language: str = "") -> Document:
    return Document(id="d1", title="", text=text, language=language)


def texts(text: str) -> tuple[str, ...]:
    return tuple(sentence.text for sentence in segment(document(text)))


def assert_sound(text: str, sentences: tuple[Sentence, ...]) -> None:
    for sentence in sentences:
        assert sentence.document == "d1"
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip() != ""
    assert [sentence.index for sentence in sentences] == list(range(len(sentences)))
    for current, following in pairwise(sentences):
        assert current.end <= following.start
        assert following.paragraph - current.paragraph in (0, 1)
    assert not sentences or sentences[0].paragraph == 0


def by_name(case: Case) -> str:
    return case.name


# --- the table of tricky passages -------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in CASES if not case.known_miss], ids=by_name)
def test_a_tricky_passage_is_cut_as_an_editor_would(case: Case) -> None:
    assert texts(case.text) == case.sentences


@pytest.mark.parametrize("case", [case for case in CASES if case.known_miss], ids=by_name)
def test_a_known_miss_is_still_missed_so_that_the_table_stays_true(case: Case) -> None:
    assert texts(case.text) != case.sentences


def test_nine_passages_in_ten_are_right_a_third_written_after_the_rules() -> None:
    right = sum(texts(case.text) == case.sentences for case in CASES)
    assert len(CASES) >= 90
    assert right / len(CASES) >= 0.9
    assert len(UNSEEN) * 3 >= len(CASES)
    assert len({case.name for case in CASES}) == len(SEEN) + len(UNSEEN)


# --- paragraphs -------------------------------------------------------------------------------


def test_wrapped_text_is_joined_but_for_headings_and_each_kind_of_line_end() -> None:
    sentences = segment(document("\n\nOne. Two.\n\n \t\n•  \nThree.\nFour.\n"))
    assert [(sentence.text, sentence.paragraph) for sentence in sentences] == [
        ("One.", 0),
        ("Two.", 0),
        ("Three.", 1),
        ("Four.", 2),
    ]
    wrapped = (
        "Harbor talks\n"
        "The owners of the port and the union of its crane drivers met on\n"
        "Friday for the first time since the strike began, and agreed on\n"
        "nothing but the hour of the next meeting, people in the room said.\n"
    )
    assert texts(wrapped)[0] == "Harbor talks"
    assert len(texts(wrapped)) == 2
    wrapped = (
        "THE CENTRAL BANK OF TARVIA KEPT ITS MAIN RATE AT FOUR PERCENT ON\n"
        "THURSDAY AND SAID THAT PRICES WOULD FALL BACK BY THE END OF THE\n"
        "YEAR, ITS GOVERNOR SAID\n"
    )
    assert texts(wrapped) == (wrapped.strip(),)
    for ending in ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x0c"]:
        assert texts(f"One came{ending}Two left") == ("One came", "Two left")


def test_a_bullet_opens_a_paragraph_of_wrapped_text_which_has_even_lines() -> None:
    wrapped = (
        "The plan has two parts, which the council will vote on before the\n"
        "• summer recess, when most of its members leave the city for the\n"
        "coast: a tax on empty houses and a limit on the rents of the rest\n"
        "- both of them hated by the owners of the larger houses downtown.\n"
    )
    first, second = texts(wrapped)
    assert first.endswith("before the")
    assert second.startswith("summer recess")
    assert second.endswith("downtown.")
    assert texts("Rates up\nwages down\njobs steady") == ("Rates up", "wages down", "jobs steady")
    line = "the harbor stays shut and " * 8
    assert len(texts(f"{line}\n{line}\n{line}")) == 3


# --- the rules at their borders ---------------------------------------------------------------


@examples("text, count")
def test_a_rule_holds_at_its_border(text: str, count: int) -> None:
    assert len(texts(text)) == count


def test_any_characters_any_length_and_quotations_of_the_language_are_cut() -> None:
    assert texts("“We lost. We try again. We win.” He left.")[0] == (
        "“We lost. We try again. We win.”"
    )
    assert len(texts("“" + "We lost again. " * 100 + "” He left.")) > 1
    assert texts("He left.\u00a0She stayed.") == ("He left.", "She stayed.")
    assert len(segment(document("他走了。她来了。", language="zh"))) == 2
    text = "The bri\ud800dge fell. Its\x00 cables broke."
    assert texts(text) == ("The bri\ud800dge fell.", "Its\x00 cables broke.")
    text = "nothing ends here " * 58_000
    assert split(text) == ((0, len(text) - 1),)
    unit = "Mr. Lund left the U.S. on Jan. 4. He will not return. "
    assert len(split(unit * 19_000)) == 38_000
    for text in ["", " ", "\n\n", "\t \u00a0\n", "•  "]:
        assert texts(text) == ()


# --- any text at all --------------------------------------------------------------------------

#: Pieces that the rules look for, so that arbitrary texts reach them.
_PIECES = st.sampled_from(
    [
        *["U.S.", "Mr.", "a.m.", "Inc.", "bn.", "No.", "J.", "1.", "(a)", "St.", "Ltd.", "etc."],
        *["The", "said", "Lund", "iFone", "EST", "57", ".2", "...", "…", ".", "?", "!", ".”", '."'],
        *["“", "”", '"', "‘", "’", "'", "(", ")", "[", "]", "•", "-", "—", ":", ";", ","],
        *[" ", "  ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u2028", "\x00", "\ud800", "😀", "א"],
    ]
)
ANY_TEXT = st.one_of(
    st.text(st.characters(codec=None)),
    st.lists(_PIECES, max_size=60).map("".join),
    st.lists(_PIECES, max_size=60).map(" ".join),
)


@given(ANY_TEXT)
def test_sentences_are_all_of_any_text_but_white_space(text: str) -> None:
    assert_sound(text, segment(document(text)))
    joined = "".join(text[start:end] for start, end in split(text))
    marks = str.maketrans("", "", "•‣▪●◦·*–—-")
    assert "".join(joined.translate(marks).split()) == "".join(text.translate(marks).split())
    assert split(text) == tuple((current.start, current.end) for current in segment(document(text)))


#: A short word, its period and white space, before a capital, in one pattern.
SHORT_WORD = re.compile(r"""(?<![^\s("'“‘[])[A-Za-z][A-Za-z.]{0,9}\. +(?=[("'“‘[]{0,3}[A-Z])""")


@given(st.text('aaaaabAB.. "“(1é', max_size=60))
def test_short_words_are_found_as_by_one_pattern(text: str) -> None:
    assert list(_after_short_words(text)) == [one.end() for one in SHORT_WORD.finditer(text)]


@examples("text, expected")
def test_words_are_lower_cased_one_by_one(text: str, expected: list[str]) -> None:
    assert tokens(text) == tuple(expected)


@given(st.text() | st.text("aZ’' .,1-_“”\xa0"))
def test_lower_case_neither_joins_words_nor_splits_one(text: str) -> None:
    assert tokens(text) == tuple(word.replace("’", "'").lower() for word in as_written(text))
