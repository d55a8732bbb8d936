from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DateAhead, Figure, Panel, Quote, Sentence
from briefing.core.page.panel import compose_panel

FIRST_DAY = date(2026, 4, 1)


def words(text: str, document: str = "d1", start: int = 0) -> Sentence:
    return Sentence(document, start, start + len(text), text)


def figure(numeral: str, document: str = "d1") -> Figure:
    return Figure(words(numeral, document), words(f"Fees rose by {numeral}.", document))


def quote(text: str, document: str = "d1") -> Quote:
    return Quote(words(text, document), words("Ada Lind", document))


def ahead(day: int, document: str = "d1", start: int = 0) -> DateAhead:
    clause = words("the court will rule", document, start)
    return DateAhead(FIRST_DAY + timedelta(days=day), clause, words("Friday", document))


def numerals(panel: Panel) -> list[str]:
    return [figure.numeral.text for figure in panel.figures]


def days(panel: Panel) -> list[int]:
    return [(item.day - FIRST_DAY).days for item in panel.ahead]


def test_every_story_gives_its_best_figure_before_any_gives_a_second() -> None:
    figures = [[figure("1"), figure("2")], [], [figure("3"), figure("4"), figure("5")]]
    assert numerals(compose_panel(figures, [], [], chart=True)) == ["1", "3", "2", "4", "5"]


def test_there_are_five_figures_and_five_dates_at_most() -> None:
    figures = [[figure(str(number)) for number in range(9)]]
    dates = [[ahead(day) for day in range(9)]]
    panel = compose_panel(figures, [], dates, chart=False)
    assert numerals(panel) == ["0", "1", "2", "3", "4"]
    assert days(panel) == [0, 1, 2, 3, 4]


def test_a_numeral_that_comes_again_keeps_the_place_of_its_first() -> None:
    figures = [[figure("4 per cent", "d1"), figure("9")], [figure("7")], [figure("4 per cent")]]
    panel = compose_panel(figures, [], [], chart=True)
    assert numerals(panel) == ["4 per cent", "7", "9"]
    assert panel.figures[0].clause.document == "d1"


def test_the_best_figure_is_not_lost_when_its_numeral_comes_again_last() -> None:
    figures = [[figure(text) for text in ("1", "2", "3", "4", "5", "6", "1")]]
    assert numerals(compose_panel(figures, [], [], chart=True)) == ["1", "2", "3", "4", "5"]


def test_the_first_story_that_has_a_quotation_gives_the_only_one() -> None:
    quotes = [[], [quote("We sail at dawn"), quote("No more")], [quote("Fees must fall")]]
    panel = compose_panel([], quotes, [], chart=True)
    assert [item.words.text for item in panel.quotes] == ["We sail at dawn"]


def test_dates_are_chosen_by_the_order_of_the_page_and_printed_soonest_first() -> None:
    dates = [[ahead(9), ahead(1)], [ahead(8)], [ahead(7)], [ahead(6)], [ahead(5)]]
    assert days(compose_panel([], [], dates, chart=True)) == [5, 6, 7, 8, 9]


def test_dates_of_one_day_are_ordered_by_where_they_stand() -> None:
    dates = [[ahead(3, "d2")], [ahead(3, "d1", 40)], [ahead(3, "d1", 4)]]
    panel = compose_panel([], [], dates, chart=True)
    assert [item.clause.key[:2] for item in panel.ahead] == [("d1", 4), ("d1", 40), ("d2", 0)]


def test_no_day_of_one_story_comes_twice() -> None:
    dates = [[ahead(3, "d1"), ahead(3, "d2"), ahead(4)], [ahead(3, "d5")]]
    panel = compose_panel([], [], dates, chart=True)
    assert [(item.clause.document, item.day.day) for item in panel.ahead] == [
        ("d1", 4),
        ("d5", 4),
        ("d1", 5),
    ]


def test_two_blocks_make_a_panel() -> None:
    figures = [[figure("1")]]
    assert compose_panel(figures, [], [], chart=True) == Panel(
        figures=tuple(figures[0]), chart=True
    )
    assert compose_panel(figures, [[quote("No")]], [], chart=False).quotes == (quote("No"),)


@given(st.lists(st.lists(st.integers(0, 9).map(str), max_size=6), max_size=6))
def test_figures_are_the_first_of_their_numeral_in_turn(stories: list[list[str]]) -> None:
    figures = [
        [figure(numeral, f"d{story}") for numeral in own] for story, own in enumerate(stories)
    ]
    turns = [own[turn].numeral.text for turn in range(6) for own in figures if turn < len(own)]
    panel = compose_panel(figures, [], [], chart=True)
    assert numerals(panel) == list(dict.fromkeys(turns))[:5]
