"""What was counted on two days of a week, and what only looks like it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from briefing.core.model import Sentence
from briefing.core.text.counted_again import counted_again

MONDAY = date(2026, 3, 9)
FLOODS = "Floods in Tesk have displaced 12,000 people since Monday, the ministry said."
MORE = "Floods in Tesk have displaced 19,500 people since Monday, the ministry said on Friday."


def printed(*texts: str, apart: int = 1) -> list[tuple[date, Sentence]]:
    """Return sentences of as many reports, printed some days apart each."""
    return [
        (MONDAY + timedelta(days=number * apart), Sentence(f"d{number}", 7, 7 + len(text), text))
        for number, text in enumerate(texts)
    ]


def found(*texts: str, apart: int = 1) -> list[str]:
    """Return the numerals with their days."""
    return [
        f"{one.day:%a} {one.numeral.text}"
        for one in counted_again(printed(*texts, apart=apart))
        if one.day
    ]


def test_first_and_last_number_of_one_thing_are_a_pair_with_their_clauses() -> None:
    first, last = counted_again(printed(FLOODS, MORE))
    assert (first.day, last.day) == (MONDAY, MONDAY + timedelta(days=1))
    # there is no room for the unit behind a day; the clause has it
    assert (first.numeral.text, last.numeral.text) == ("12,000", "19,500")
    for one, text in ((first, FLOODS), (last, MORE)):
        for piece in (one.clause, one.numeral):
            assert text[piece.start - 7 : piece.end - 7] == piece.text


def test_a_short_numeral_keeps_its_unit() -> None:
    killed = "The death toll in the market of Nambuda rose to {} people, the governor said."
    assert found(killed.format(12), killed.format(17)) == ["Mon 12 people", "Tue 17 people"]


def test_numbers_between_are_left_out_and_what_was_counted_last_comes_first() -> None:
    ilvia = "Floods in Ilvia have displaced {} people since Monday, the ministry said."
    between = FLOODS.replace("12,000", "15,000")
    texts = (FLOODS, ilvia.format("2,000"), between, MORE, ilvia.format("3,000"))
    assert [one.split()[0] for one in found(*texts)] == ["Tue", "Fri", "Mon", "Thu"]


@pytest.mark.parametrize(
    "other",
    [
        # the same number, and the same day
        FLOODS,
        # another place, another thing, another time
        MORE.replace("Tesk", "Ilvia"),
        MORE.replace("displaced", "killed"),
        MORE.replace("since Monday", "since Tuesday"),
        # an estimate, a denial, somebody else
        MORE.replace("19,500", "at least 19,500"),
        MORE.replace("have displaced", "have not displaced"),
        MORE.replace("ministry", "opposition"),
        # another unit
        MORE.replace("people", "cattle"),
        # no number at all
        "Floods in Tesk have displaced many people since Monday, the ministry said.",
    ],
)
def test_what_is_not_the_same_is_no_pair(other: str) -> None:
    assert found(FLOODS, other) == []


def test_two_numbers_of_one_day_are_no_pair() -> None:
    assert found(FLOODS, MORE, apart=0) == []


def test_how_much_something_moved_is_another_thing_each_day() -> None:
    rose = "Copper exports of Kalvia rose {} percent in March."
    assert found(rose.format(2), rose.format(5)) == []
    rate = "Unemployment in Kalvia fell to {} percent in March, the office said."
    assert found(rate.format(8), rate.format(7)) == ["Mon 8 percent", "Tue 7 percent"]


def test_a_clause_with_two_parts_of_a_numeral_is_no_count() -> None:
    vote = "The senate of Ilvia passed the treaty by {} votes, its clerk said."
    assert found(vote.format("54-46"), vote.format("61-39")) == []


def test_nothing_printed_counts_nothing() -> None:
    assert counted_again([]) == ()
