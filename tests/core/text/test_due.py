"""What was announced for today: told by a story of today, or still to be said."""

from __future__ import annotations

from dataclasses import replace

from briefing.core.model import DateAhead, Document, Sentence
from briefing.core.text.due import still_due, tells
from briefing.core.text.segment import segment
from tests.newsday import HARBOR, RIVER, TODAY, report, story_of

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
    assert not tells(["lund"], "")
    assert not tells(["lund"], "on the of")
    assert tells(["lund", "envoy", "meet"], "Envoys will meet in Lund on Monday")
