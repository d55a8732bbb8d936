"""What was announced for today: told by a story of today, or still to be said."""

from __future__ import annotations

from dataclasses import replace

from briefing.core.model import DateAhead, Document, Sentence
from briefing.core.text.due import announce, stands, still_due, tells
from briefing.core.text.segment import segment
from tests.newsday import (
    HARBOR,
    RIVER,
    TODAY,
    brief_of,
    edition_of,
    report,
    split,
    story_of,
)

ANNOUNCED = report("old", RIVER)
MET = (
    "Envoys of Ilvia and Tesk agree on a dry year",
    "Envoys of Ilvia and Tesk met in Lund and agreed how much water the upper dam may hold.",
)


def due(document: Document = ANNOUNCED) -> list[tuple[DateAhead, Document]]:
    clause = segment(document)[0]
    day = Sentence(document.id, clause.start, clause.start + 6, clause.text[:6])
    return [(DateAhead(TODAY, clause, day, announced=TODAY), document)]


def test_what_no_story_tells_is_still_due() -> None:
    assert still_due(due(), [story_of(report("d1", HARBOR))]) == tuple(due())
    assert still_due(due(), []) == tuple(due())


def test_what_a_story_tells_is_not() -> None:
    assert not still_due(due(), [story_of(report("d1", HARBOR)), story_of(report("d2", MET))])


def test_a_report_that_is_of_today_as_well_speaks_for_itself() -> None:
    again = replace(report("old", HARBOR), id="old")
    assert not still_due(due(), [story_of(again)])


def test_an_announcement_without_words_is_told_by_nothing() -> None:
    assert not tells(["lund"], "", title="")
    assert not tells(["lund"], "on the of", title="")


def test_most_words_of_an_announcement_tell_it_or_half_of_its_and_its_headlines() -> None:
    words, title = "Envoys will meet in Lund on Monday", "Ilvia and Tesk to share a river"
    assert tells(["lund", "envoy", "meet"], words, title="")
    assert not tells(["lund", "meet"], words, title="")
    assert tells(["lund", "meet", "ilvia", "tesk"], words, title=title)
    assert not tells(["lund", "ilvia", "tesk"], words, title=title)


def test_what_points_back_does_not_stand_alone() -> None:
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
