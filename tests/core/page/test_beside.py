"""What may stand beside the news, and what does."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DateAhead, Discrepancy, Figure, Panel, Quote, Sentence
from briefing.core.page.compose import compose_panel, stand_beside

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


def test_every_story_gives_its_best_figure_first_and_a_numeral_keeps_its_place() -> None:
    figures = [[figure("1"), figure("2")], [], [figure("3"), figure("4"), figure("5")]]
    assert numerals(compose_panel(figures, [], [], chart=True)) == ["1", "3", "2", "4", "5"]
    figures = [[figure("4 per cent", "d1"), figure("9")], [figure("7")], [figure("4 per cent")]]
    panel = compose_panel(figures, [], [], chart=True)
    assert numerals(panel) == ["4 per cent", "7", "9"]
    assert panel.figures[0].clause.document == "d1"


def test_two_blocks_make_a_panel_and_no_day_of_a_story_comes_twice() -> None:
    dates = [[ahead(3, "d1"), ahead(3, "d2"), ahead(4)], [ahead(3, "d5")]]
    panel = compose_panel([], [], dates, chart=True)
    assert [(item.clause.document, item.day.day) for item in panel.ahead] == [
        ("d1", 4),
        ("d5", 4),
        ("d1", 5),
    ]
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
    assert numerals(panel) == list(dict.fromkeys(turns))[:12]


def printed(panel: Panel, *sentences: Sentence, told: tuple[str, ...] = ()) -> Panel:
    """Return what stands beside these sentences, whose documents are the ones cited."""
    cited = {sentence.document for sentence in sentences}
    return stand_beside(panel, sentences, documents=cited | set(told), cited=cited)


NEWS = words("Ministers met in Ostra.", start=900)


def test_few_items_of_printed_stories_stand_beside() -> None:
    units = ("$1", "2%", "3 ships", "4 cows", "5")
    whole = compose_panel(
        [[figure(unit) for unit in units]],
        [[quote("We sail at dawn"), quote("No more")]],
        [[ahead(day) for day in range(9)]],
        chart=True,
    )
    beside = printed(whole, NEWS)
    assert numerals(beside) == ["$1", "2%", "3 ships"]
    assert [item.words.text for item in beside.quotes] == ["We sail at dawn", "No more"]
    assert days(beside) == [0, 1, 2, 3, 4]
    assert beside.chart
    whole = compose_panel(
        [[figure("1%", "d3"), figure("$2", "d2"), figure("3 ships")]],
        [[quote("Fees must fall", "d3"), quote("No more", "d2")]],
        [[ahead(1, "d3"), ahead(2, "d2"), ahead(3)]],
        chart=False,
    )
    beside = printed(whole, NEWS, told=("d2",))
    assert numerals(beside) == ["3 ships"]
    assert [item.words.text for item in beside.quotes] == ["No more"]
    assert days(beside) == [2, 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("4 per cent", "5%"),
        ("12.5 percent", "3 pct"),
        ("$3.2bn", "$40 million"),
        ("9 ships", "12,000 ships"),
        ("19 to 8", "7 to 2"),
        ("25", "9"),
    ],
)
def test_no_two_figures_have_one_unit(one: str, other: str) -> None:
    whole = compose_panel([[figure(one), figure(other), figure("€5")]], [], [], chart=False)
    assert numerals(printed(whole, NEWS)) == [one, "€5"]


def test_what_the_news_says_is_not_said_beside_it() -> None:
    whole = compose_panel(
        [[figure("1%"), figure("$2", "d2"), figure("3 ships", "d2")]],
        [[quote("We sail at dawn"), quote("No more", "d2"), quote("Fees must fall", "d2")]],
        [[ahead(1), ahead(2, "d2")]],
        chart=False,
    )
    news = (words("We sail at dawn, on a ferry for $2, he said: “No, more”."), words("x", "d2", 90))
    beside = printed(whole, *news)
    assert numerals(beside) == ["3 ships"]
    assert [item.words.text for item in beside.quotes] == ["Fees must fall"]
    assert days(beside) == [2]
    whole = compose_panel([[figure("5%")]], [], [], chart=False)
    for longer in ("2.5%", "1,5%", "15%"):
        assert numerals(printed(whole, words(f"Fees rose by {longer}.", start=900))) == ["5%"]
    assert numerals(printed(whole, words("Fees rose by 5%.", start=900))) == []
    far, near = figure("1%"), figure("$2")
    far = replace(far, clause=replace(far.clause, index=12))
    whole = compose_panel([[far, near]], [], [], chart=False)
    assert numerals(printed(whole, replace(NEWS, index=2))) == ["$2", "1%"]


def test_dates_stand_soonest_first_and_todays_before_them() -> None:
    dates = [[ahead(9), ahead(1)], [ahead(8)], [ahead(7)], [ahead(6)], [ahead(5)]]
    assert days(printed(compose_panel([], [], dates, chart=True), NEWS)) == [5, 6, 7, 8, 9]
    dates = [[ahead(3, "d2")], [ahead(3, "d1", 40)], [ahead(3, "d1", 4)]]
    panel = printed(compose_panel([], [], dates, chart=True), NEWS, told=("d2",))
    assert [item.clause.key[:2] for item in panel.ahead] == [("d1", 4), ("d1", 40), ("d2", 0)]
    today = replace(ahead(0, "old"), announced=FIRST_DAY - timedelta(days=20))
    panel = compose_panel([], [], [[today], [ahead(3, "d1")], [ahead(1, "d9")]], chart=True)
    beside = stand_beside(panel, [], documents={"d1"}, cited={"d1"})
    assert [item.clause.document for item in beside.ahead] == ["old", "d1"]
    old = Panel(discrepancies=(Discrepancy(figure("9%"), figure("8%", "d2")),))
    assert printed(old, NEWS, told=("d2",)) == Panel()
