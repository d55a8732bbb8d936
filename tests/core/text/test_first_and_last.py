"""What was counted on several days of a week, and what only looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from briefing.core.model import Discrepancy, Sentence
from briefing.core.text.finders.discrepancies import first_and_last

MONDAY = date(2026, 3, 9)
FIRST = "A blast in the market of Nambuda killed 12 people on Monday, the governor said."
LAST = "The number of people killed by the blast in the market of Nambuda has risen to 17."


def printed(*texts: str, apart: int = 1) -> list[tuple[date, str, Sequence[Sentence]]]:
    """Return what editions printed, some days apart each."""
    return [
        (
            MONDAY + timedelta(days=number * apart),
            "Blast in Nambuda",
            (Sentence(f"d{number}", 7, 7 + len(text), text),),
        )
        for number, text in enumerate(texts)
    ]


def numbers(*texts: str, apart: int = 1) -> list[str]:
    """Return the numbers with their days."""
    return [
        " ".join(f"{side.day:%a} {side.numeral.text}" for side in pair.sides if side.day)
        for pair in first_and_last(printed(*texts, apart=apart))
    ]


def test_first_and_last_stand_beside_each_other_word_for_word_with_their_days() -> None:
    (pair,) = first_and_last(printed(FIRST, LAST))
    assert pair == Discrepancy(pair.left, pair.right)
    assert [side.day for side in pair.sides] == [MONDAY, MONDAY + timedelta(days=1)]
    assert [side.numeral.text for side in pair.sides] == ["12", "17"]
    for side, text in zip(pair.sides, (FIRST, LAST), strict=True):
        for piece in (side.clause, side.numeral):
            assert text[piece.start - 7 : piece.end - 7] == piece.text
        assert len(side.clause.text) > 70


def test_numbers_between_are_left_out() -> None:
    assert numbers(FIRST, FIRST.replace("12", "15"), LAST) == ["Mon 12 Wed 17"]


def test_what_only_goes_on_from_the_second_day_goes_on() -> None:
    # of the second day alone it is said that it was at the market of the town
    first = "A blast in Nambuda killed 12 people on Monday, the governor said."
    last = "The blast at a market killed 19 people, the governor of Nambuda said."
    assert numbers(first, FIRST.replace("12", "15"), last) == ["Mon 12 Wed 19"]


def test_what_was_counted_last_comes_first() -> None:
    hurt = "The blast in the market of Nambuda hurt {} people, the governor said."
    texts = (FIRST, LAST, hurt.format(30), hurt.format(41))
    assert numbers(*texts) == ["Wed 30 Thu 41", "Mon 12 Tue 17"]


def test_a_number_that_fell_again_is_no_last_one() -> None:
    assert numbers(FIRST, FIRST.replace("12", "19"), LAST) == []


@pytest.mark.parametrize(
    "other",
    [
        # the same number, or one that is lower, nearly the same, or too far away
        FIRST,
        FIRST.replace("12", "9"),
        FIRST.replace("12", "40"),
        # another place, another time, another claim
        LAST.replace("Nambuda", "Sarn"),
        LAST.replace("blast", "blast of 2014"),
        LAST.replace("has risen", "may have risen"),
        # another thing, and one that does not grow
        LAST.replace("people killed", "people hurt"),
        "The market of Nambuda sold 17 goats after the blast on Monday, the governor said.",
        # the sum of several places
        LAST.replace("17.", "17, ten in Nambuda, and seven in Sarn."),
        # two numbers for it on one day
        f"{LAST[:-1]}, and the blast in the market of Nambuda killed 21 people in all.",
        # no number, and too long to be read
        "The blast in the market of Nambuda killed many people.",
        f"{LAST} {'The blast was heard far away. ' * 40}",
    ],
)
def test_what_is_not_one_thing_that_grew_is_no_pair(other: str) -> None:
    assert numbers(FIRST, other) == []


def test_without_a_common_name_it_may_be_of_two_events() -> None:
    assert numbers("The blast at the market killed 12 people.", LAST) == []


def test_a_toll_may_stand_far_behind_what_it_counts() -> None:
    far = LAST.replace(
        "the blast in the market", "a blast on Monday morning in the old fish market"
    )
    assert numbers(FIRST, far) == ["Mon 12 Tue 17"]


def test_numbers_of_one_day_are_no_pair() -> None:
    assert numbers(FIRST, LAST, apart=0) == []


def test_of_what_no_clause_can_be_cut_nothing_is_found() -> None:
    long = f"{LAST[:-1]} in the week in which {'the rains came and ' * 10}the river rose."
    assert numbers(FIRST, long) == []


def test_the_weekday_on_which_somebody_said_so_is_none_of_the_event() -> None:
    said = "The blast in the market of Nambuda killed 17 people, the governor said on Wednesday."
    assert numbers(FIRST, said) == ["Mon 12 Tue 17"]


def test_nothing_printed_counts_nothing() -> None:
    assert first_and_last([]) == ()
