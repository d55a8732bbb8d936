from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.store.archive import Question, words_of
from briefing.web.archive import marked, nothing_found, read_question, wider
from tests.examples import examples


def found(text: str, words: str) -> str:
    """Return a text with what was found in square brackets."""
    pieces = marked(text, words_of(words))
    assert "".join(piece for piece, _ in pieces) == text
    return "".join(f"[{piece}]" if hit else piece for piece, hit in pieces)


@examples("text, words, shown")
def test_what_was_found_is_marked_by_whole_words(text: str, words: str, shown: str) -> None:
    assert found(text, words) == shown


@given(st.text(max_size=60), st.text(max_size=12))
def test_marking_changes_no_character(text: str, words: str) -> None:
    found(text, words)


def test_an_address_is_read_as_a_question() -> None:
    asked = read_question(
        {
            "words": " river ",
            "section": "economy",
            "publisher": "Wire",
            "from": "2026-03-01",
            "to": "2026-03-12",
            "status": "new",
            "page": "3",
            "month": "2026-02",
        }
    )
    first, last = date(2026, 3, 1), date(2026, 3, 12)
    assert asked.question == Question("river", "economy", "Wire", first, last, "new")
    assert (asked.page, asked.month, asked.problems) == (3, date(2026, 2, 1), ())
    assert not asked.empty


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1" * 5000, "²", "99999"])
@pytest.mark.parametrize("month", ["0000-01", "2026-13", "2026", "", "²026-01"])
def test_what_is_no_page_and_no_month_is_the_first_and_none(page: str, month: str) -> None:
    asked = read_question({"page": page, "month": month})
    assert (asked.page, asked.month, asked.empty) == (1, None, True)


def test_no_page_is_so_far_that_it_costs_the_store_much() -> None:
    assert read_question({"page": "9999"}).page == 500


@pytest.mark.parametrize("day", ["2026-02-30", "12 March", "\uff12026-03-01", "2026-3-1", "<b>"])
def test_what_is_no_day_is_told_and_shown_again(day: str) -> None:
    asked = read_question({"from": day})
    (problem,) = asked.problems
    assert problem.field == "from"
    assert day in problem.message
    assert asked.written["from"] == day


def test_a_last_day_before_the_first_is_told() -> None:
    (problem,) = read_question({"from": "2026-03-12", "to": "2026-03-11"}).problems
    assert problem.field == "to"


def test_a_path_asks_the_same_but_for_what_is_changed() -> None:
    asked = read_question({"words": "a&b", "from": "2026-03-01"})
    assert asked.path() == "/archive?words=a%26b&from=2026-03-01"
    assert asked.path(words="", **{"from": ""}) == "/archive"
    assert asked.path(page="2").endswith("&page=2")


def test_wider_questions_leave_one_thing_out_each() -> None:
    asked = read_question(
        {
            "words": 'tax "light house"',
            "section": "economy",
            "publisher": "Wire",
            "status": "new",
            "to": "2026-03-12",
        }
    )
    assert [words for words, _, _ in wider(asked)] == [
        "Any date",
        "All sections",
        "All publishers",
        "Any status",
        "Only “tax”",
        "Only “light house”",
    ]
    (_, question, path) = wider(asked)[-1]
    assert question.words == '"light house"'
    assert "words=%22light+house%22" in path
    assert wider(read_question({"words": "tax"})) == ()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"words": "tax"}, "No printed sentence has “tax”."),
        (
            {"words": "light tax", "from": "2026-03-01", "to": "2026-03-12"},
            (
                "No printed sentence has both “light” and “tax” since 1 March 2026 "
                "up to 12 March 2026."
            ),
        ),
        ({"words": "a b c"}, "No printed sentence has “a”, “b” and “c”."),
        (
            {"section": "economy", "publisher": "Wire", "status": "new"},
            "No printed sentence in Economy from Wire of a new story was found.",
        ),
    ],
)
def test_it_is_said_in_words_what_was_not_found(query: dict[str, str], sentence: str) -> None:
    assert nothing_found(read_question(query), heading=str.capitalize) == sentence
