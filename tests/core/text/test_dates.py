"""Dates and facts."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import DateAhead, Document, Sentence
from briefing.core.text.dates import announce, dated, published_in, stands, still_due, tells
from briefing.core.text.facts import contradicts, tolls_differ
from briefing.core.text.segment import segment
from tests.examples import examples
from tests.growth import is_linear
from tests.newsday import HARBOR, RIVER, TODAY, brief_of, edition_of, report, split, story_of

ANNOUNCED = report("old", RIVER)
MET = (
    "Envoys of Ilvia and Tesk agree on a dry year",
    "Envoys of Ilvia and Tesk met in Lund and agreed how much water the upper dam may hold.",
)


def due(document: Document = ANNOUNCED) -> list[tuple[DateAhead, Document]]:
    clause = segment(document)[0]
    day = Sentence(document.id, clause.start, clause.start + 6, clause.text[:6])
    return [(DateAhead(TODAY, clause, day, announced=TODAY), document)]


def test_what_was_announced_is_due_until_a_story_tells_it_and_stands_alone() -> None:
    assert still_due(due(), [story_of(report("d1", HARBOR))]) == tuple(due())
    assert still_due(due(), []) == tuple(due())
    assert not still_due(due(), [story_of(report("d1", HARBOR)), story_of(report("d2", MET))])
    again = replace(report("old", HARBOR), id="old")
    assert not still_due(due(), [story_of(again)])
    assert not tells(["lund"], "", title="")
    assert not tells(["lund"], "on the of", title="")
    words, title = "Envoys will meet in Lund on Monday", "Ilvia and Tesk to share a river"
    assert tells(["lund", "envoy", "meet"], words, title="")
    assert not tells(["lund", "meet"], words, title="")
    assert tells(["lund", "meet", "ilvia", "tesk"], words, title=title)
    assert not tells(["lund", "ilvia", "tesk"], words, title=title)
    texts = {
        "Envoys of Ilvia and Tesk will meet in Lund on 23 March.": True,
        "The union will vote on the offer on 23 March.": False,
        "They meet on 23 March.": False,
    }
    for text, alone in texts.items():
        document = report("old", (RIVER[0], f"{text} {RIVER[1]}"))
        (ahead, _), *_ = due(document)
        assert stands(ahead, document) == alone, text


def test_an_edition_announces_what_the_reports_of_its_stories_say_of_days_to_come() -> None:
    text = "The union will vote on 23 March. It may strike on 24 March. Envoys will meet on Friday."
    one = report("d1", (HARBOR[0], text), day=TODAY)
    other = report("d2", (HARBOR[0], "The union will vote again on 23 March."), day=TODAY)
    left = report("d3", (RIVER[0], "The dam will open on 25 March."), day=TODAY)
    stories = [story_of(one, other), story_of(left, name="s2")]
    edition = edition_of(brief_of(one, 0), day=TODAY)
    made = announce(
        replace(edition, documents={"d1": one, "d2": other}), stories, split(one, other, left)
    )
    assert [ahead.clause.text for ahead in made.announced] == [
        "Envoys will meet on Friday.",
        "The union will vote on 23 March.",
    ]
    assert [*made.slices()][-1].text == "23 March"
    panel = replace(edition.panel, ahead=made.announced[1:])
    again = announce(
        replace(edition, documents={"d1": one}, panel=panel), stories, split(one, other, left)
    )
    assert again.announced == made.announced[:1]


#: A Thursday.
BY = date(2026, 3, 12)


def read(text: str, *, by: date = BY) -> date | None:
    return published_in(text, by=by)


@examples("when, day", day=date.fromisoformat)
def test_a_date_beside_its_weekday_tells_the_day(when: str, day: date | None) -> None:
    assert read(f"The council of Norland met {when} in Essen.") == day


# 4 March was a Sunday in 2018 and a Monday in 2019 and 2024; 11 March a Sunday in 2018.
@examples("text, day", day=date.fromisoformat)
def test_several_days_agree_or_tell_nothing(text: str, day: date | None) -> None:
    assert read(text) == day


@examples("line")
def test_a_line_that_is_only_a_date_tells_the_day(line: str) -> None:
    text = f"By Ada Lind\n\n{line}\n\nThe council of Norland met in Essen."
    assert read(text) == date(2026, 3, 8)


@pytest.mark.parametrize(
    "line",
    ["March 8", "Monday, March 8, 2026", "March 31, 2026 was a day", "February 30, 2026", "2026"],
)
def test_a_line_that_is_no_full_date_tells_nothing(line: str) -> None:
    assert read(f"{line}\nThe council of Norland met in Essen.") is None


def test_only_documents_without_a_date_are_dated_and_none_is_changed() -> None:
    text = "The council met on Sunday (March 8)."
    given_day = datetime(2026, 3, 11, 6, tzinfo=UTC)
    documents = (
        Document("d1", "", text),
        Document("d2", "", text, published=given_day),
        Document("d3", "", "The council met."),
    )
    told, given_one, silent = dated(documents, by=BY)
    assert (told.published, told.timed) == (datetime(2026, 3, 8, tzinfo=UTC), False)
    assert given_one is documents[1]
    assert silent is documents[2]
    assert documents[0].published is None


@given(st.text(alphabet="Sunday, March (8) 2026\n.", max_size=90), st.dates())
def test_no_day_is_after_the_edition(text: str, by: date) -> None:
    day = read(text, by=by)
    assert day is None or day <= by


@examples("text, differ")
def test_a_count_is_contradicted_by_others_of_the_same_thing(text: str, *, differ: bool) -> None:
    assert contradicts(text, "Fires killed 17 people in two days, the town said.") is differ
    assert not contradicts(text, "Fires killed people.")


@pytest.mark.parametrize(
    ("text", "differ"),
    [
        ("More than 50 reported dead after a strong earthquake", True),
        ("Quake kills as many as fifty", True),
        ("The death toll stood at 159 at noon.", True),
        ("Death toll in the quake rises to 248", False),
        ("250 people were killed.", False),
        ("Police killed two gunmen.", False),
        ("Many dead after a strong earthquake", False),
    ],
)
def test_tolls_differ_however_they_are_told(text: str, *, differ: bool) -> None:
    assert tolls_differ(text, "Crews dug on as the death toll reached 250.") is differ


def test_the_first_alone_is_no_count_and_a_text_of_any_length_takes_linear_time() -> None:
    assert not contradicts("A hundred people met.", "No one people owns the sea.")
    assert is_linear(
        lambda text: contradicts(text, "Fires killed 17 people."), "13 people " * 90_000
    )
