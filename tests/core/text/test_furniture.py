"""Sentences that are never printed, and lines told by what their characters make them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.language import Language
from briefing.core.model import Document, Kind, Sentence
from briefing.core.text.furniture import (
    LONGEST,
    PHRASES,
    SAME_HEADLINE,
    Judge,
    Reason,
    count_words,
    has_words,
    is_numbers,
    phrases_of,
)
from briefing.core.text.speech import _MARK
from briefing.core.text.words import tokens
from tests.examples import examples

ENGLISH = Language.of("en").furniture
SENTENCES = Path(__file__).with_name("furniture.txt")
TITLE = "Harbor workers in Vellmark end strike after pay deal"


def judge(
    text: str, *, before: str = "", after: str = "", title: str = TITLE, language: str = "en"
) -> Reason | None:
    document = Document("d", title, before + text + after, language=language)
    return Judge(document)(Sentence("d", len(before), len(before) + len(text), text))


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (Kind.STATEMENT, "Raising the wage of the workers of the port.", Reason.HEADING),
        (Kind.STATEMENT, "Raising the wage, the board of Vellmark ended the strike.", None),
        (Kind.STATEMENT, "Protecting the port requires a new wall of Vellmark stone.", None),
        (Kind.WIRE, "Raising the wage of the workers of the port.", None),
    ],
)
def test_an_item_of_a_list_is_no_sentence(kind: Kind, text: str, reason: Reason | None) -> None:
    document = Document("d", TITLE, text, language="en")
    assert Judge(document, kind=kind)(Sentence("d", 0, len(text), text)) is reason


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        *(row.split("\t") for row in SENTENCES.read_text(encoding="utf-8").splitlines()[1:]),
        ("HEADLINE_REPEATED", TITLE),
        ("UNBROKEN", "The word " + "x" * 41 + " cannot be set on the page."),
        ("CHARACTERS", "The port\x07 will open again within a week, he said."),
        ("CHARACTERS", "The port \u202ewill open again within a week, he said."),
        ("CHARACTERS", "The port \ud800will open again within a week, he said."),
        ("TOO_LONG", "The port opened. " * 40),
    ],
)
def test_what_is_no_news_is_dropped_with_its_reason(expected: str, text: str) -> None:
    reason = judge(text)
    assert (reason.name if reason else "KEPT") == expected


def test_half_a_quotation_or_what_its_source_cut_off_is_no_sentence() -> None:
    told, cut = "The port opened on Monday.", "Workers at the port of Vellmark hope that..."
    at = len(told) + 1
    only, second = Sentence("d", 0, len(cut), cut), Sentence("d", at, at + len(cut), cut, 1)
    assert Judge(Document("d", TITLE, cut))(only) is None
    assert Judge(Document("d", TITLE, f"{told} {cut}"))(second) is Reason.CUT_OFF
    middle, behind = "The port is safe and it will open again.", " Nobody doubts it,” Rosk said."
    assert judge(middle, before="“All is well. ", after=behind) is Reason.UNBALANCED
    for before in ("", "“All is well.\n", "“All is well. " + "Ships wait outside. " * 60):
        assert judge(middle, before=before) is None
    first, next_ = '"The deal is done and signed. ', '"The port is open," Rosk said.'
    assert judge(next_, before=first) is None
    assert judge(first.strip(), after=" " + next_) is Reason.UNBALANCED


def test_an_author_is_introduced_at_the_end_or_in_the_first_sentence_and_walls_are_none() -> None:
    biography = "Ana Rosk is a columnist for the Vellmark Wire."
    body = "The port will open again within a week. " * 20
    assert judge(biography, before="The port is open again. ", after=body) is None
    assert judge(biography, after=body) is Reason.BYLINE
    assert judge(biography, before=body) is Reason.BYLINE
    assert judge("Peter Lund is author of “Ports”.", before=body) is Reason.BYLINE
    wall = "VO ONLY THE COUNCIL HAS THE POWER TO OPEN THE PORT AGAIN, Rosk says."
    assert judge(wall) is Reason.HEADING
    assert judge("“WE WILL NOT LEAVE THE PORT TODAY,” Rosk said on Monday.") is None


def test_rules_without_words_hold_in_every_language_and_wording_is_the_editions() -> None:
    assert judge("Vi tror att hamnen snart är öppen igen.", language="sv") is None
    ours = judge("Wir glauben, dass der Hafen bald wieder offen ist.", language="de")
    assert ours is Reason.FIRST_PERSON
    assert judge("„Der Hafen“, sagte er, „ist sicher und bleibt offen.“", language="de") is None
    assert judge("« Le port est ouvert », a dit le ministre lundi soir.", language="fr") is None
    assert judge("”Hamnen är öppen igen”, sade ministern på måndagen.", language="sv") is None
    assert judge("Ist der Hafen bald wieder offen für alle?", language="de") is Reason.QUESTION
    assert judge("Ein Wort ohne Ende und ohne Punkt", language="de") is Reason.HEADING
    assert count_words("港口将在一周内重新开放") == 5
    result = judge("港口将在一周内重新开放。" * 3, title="", language="zh")
    assert result is Reason.CHARACTERS  # long enough; only no pinned font holds it
    text = "Read more: What the pay deal means for the port."
    document = Document("d", "", text)
    sentence = Sentence("d", 0, len(text), text)
    assert Judge(document)(sentence) is Reason.FURNITURE
    assert Judge(document, language="fi")(sentence) is None


@given(st.text(max_size=LONGEST + 20), st.text(max_size=60), st.sampled_from(["en", "xx"]))
def test_any_text_is_judged_without_a_crash(text: str, title: str, language: str) -> None:
    assert judge(text, title=title, language=language) in {None, *Reason}


@examples("text, told")
def test_a_place_with_a_whole_date_at_the_end_is_a_caption(text: str, *, told: bool) -> None:
    assert (judge(text, title="Quay opens", language="") is Reason.CAPTION) is told


#: What the patterns say that search for a class of characters first.
PLAIN_MARK = re.compile("''|``|’’|[\"“”„«»]|(?<![^\\W_])[‘’']|[‘’'](?![^\\W_])")
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


@examples("text, told")
def test_what_is_mostly_numbers_is_a_row_of_a_table(text: str, *, told: bool) -> None:
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
def test_a_sentence_repeats_the_headline(title: list[str], words: list[str], between: str) -> None:
    headline, text = " ".join(title), between.join(words)
    judged = Judge(Document("d", headline, text), language="xx")(Sentence("d", 0, len(text), text))
    one, two = tokens(text), tokens(headline)
    shared = sum(min(one.count(word), two.count(word)) for word in set(one))
    union = len(one) + len(two) - shared
    alike = len(text) < 2 * len(headline) < 4 * len(text) and shared >= SAME_HEADLINE * union > 0
    assert (judged is Reason.HEADLINE_REPEATED) == (alike and judged is not Reason.CHARACTERS)


NEEDLES = sorted({needle for name in PHRASES for needle, _ in getattr(ENGLISH, name)})


@given(st.lists(st.sampled_from([*NEEDLES, "Σ", "İ", "K", "x"])), st.integers(0), st.integers(0))
def test_a_report_has_all_phrases_of_a_part(parts: list[str], start: int, end: int) -> None:
    text = "".join(parts).swapcase()
    lowered = text[start : max(start, end)].lower()
    for name, kept in phrases_of(ENGLISH, text).items():
        assert all(pair in kept for pair in getattr(ENGLISH, name) if pair[0] in lowered)
