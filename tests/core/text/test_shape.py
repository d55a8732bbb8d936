from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document, Sentence
from briefing.core.text.furniture import SAME_HEADLINE, Judge, Reason
from briefing.core.text.quotation import _MARK
from briefing.core.text.shape import count_words, has_words, is_numbers
from briefing.core.text.wording import ENGLISH
from briefing.core.text.words import tokens

#: What the patterns say that search for a class of characters first.
PLAIN_MARK = re.compile("''|``|’’|[\n\"“”„«»]|(?<![^\\W_])[‘’']|[‘’'](?![^\\W_])")
PLAIN_FIRST = re.compile(r"\b(?:I|[Ww][Ee]s?|[Oo]urs?|[Mm]y|me|us|myself|ourselves|Let)\b")


@given(st.text("ab 1_.,\n'’‘`\"“”„«»", max_size=40))
def test_marks_are_found_as_by_the_plain_pattern(text: str) -> None:
    assert [one.span() for one in _MARK.finditer(text)] == [
        one.span() for one in PLAIN_MARK.finditer(text)
    ]


@given(st.lists(st.sampled_from("I we WE Wes ours my me us myself Let x é _ . ’ 1 \n".split(" "))))
def test_first_persons_are_found_as_by_the_plain_pattern(parts: list[str]) -> None:
    for text in ("".join(parts), " ".join(parts)):
        found = ENGLISH.first_words.search(text)
        assert (found is None) == (PLAIN_FIRST.search(text) is None)


@given(st.text("ab.中文 ", max_size=90), st.integers(0, 9))
def test_a_text_has_as_many_words_as_are_counted(text: str, least: int) -> None:
    assert has_words(text, least=least) == (count_words(text) >= least)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1999 2000 2001 2002 2003 2004.", True),
        ("a1 b2 c3 d4 and so on to the end", False),
        ("a1 b2 c3 d4 and so on", True),
        ("In 2026 the port of Vellmark will open again.", False),
        ("12 ab", True),
        ("12 abc de", False),
        ("² of ², ² in ²: ² and ² or ².", True),
        ("中文 and no digit", False),
        ("", False),
    ],
)
def test_what_is_mostly_numbers_is_a_row_of_a_table(text: str, told: bool) -> None:  # noqa: FBT001
    assert is_numbers(text) is told


@given(st.text("ab12 ²x.", max_size=60))
def test_few_signs_tell_what_all_of_them_would(text: str) -> None:
    digits, words = sum(map(str.isdigit, text)), text.split()
    numbers = sum(any(map(str.isdigit, word)) for word in words)
    of_signs = digits > 0.4 * sum(map(str.isalnum, text))
    assert is_numbers(text) == (of_signs or numbers >= max(4, 0.5 * len(words)))


@given(
    st.lists(st.sampled_from("port Vellmark opens Σ ΑΣ a’s it’s again İ 7".split()), max_size=9),
    st.lists(st.sampled_from("Port vellmark opens σ ας A’S again i̇ 7".split()), max_size=9),  # noqa: RUF001  Greek
    st.sampled_from([" ", ", ", " - "]),
)
def test_a_headline_is_repeated_by_a_sentence_of_its_words(
    title: list[str], words: list[str], between: str
) -> None:
    headline, text = " ".join(title), between.join(words)
    judged = Judge(Document("d", headline, text), language="xx")(Sentence("d", 0, len(text), text))
    one, two = tokens(text), tokens(headline)
    shared = sum(min(one.count(word), two.count(word)) for word in set(one))
    union = len(one) + len(two) - shared
    alike = len(text) < 2 * len(headline) < 4 * len(text) and shared >= SAME_HEADLINE * union > 0
    assert (judged is Reason.HEADLINE_REPEATED) == (alike and judged is not Reason.CHARACTERS)


FIELDS = ("byline_phrases", "caption_phrases", "furniture_phrases", "table", "second_person")
NEEDLES = sorted({needle for name in FIELDS for needle, _ in getattr(ENGLISH, name)})


@given(st.lists(st.sampled_from([*NEEDLES, "Σ", "İ", "K", "x"])), st.integers(0), st.integers(0))
def test_a_report_has_all_phrases_that_a_part_of_it_may_have(
    parts: list[str], start: int, end: int
) -> None:
    text = "".join(parts).swapcase()
    own = ENGLISH.within(text)
    lowered = text[start : max(start, end)].lower()
    for name in FIELDS:
        kept = getattr(own, name)
        assert all(one in kept for one in getattr(ENGLISH, name) if one[0] in lowered)
