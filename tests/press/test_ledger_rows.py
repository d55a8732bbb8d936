from dataclasses import replace

import pytest

from briefing.core.model import (
    Document,
    Edition,
    Evidence,
    FoundStory,
    Ledger,
    NamedStory,
    Panel,
    Score,
    Section,
    Sentence,
    Status,
)
from briefing.press.ledger import LedgerRow, dropped_rows, report_rows, story_rows, with_titles
from tests.fakes import brief, document, draft

NO_SECTION = "of no section of this briefing"
FOUND = (
    FoundStory("s4", "Nickel rises", ("d9",), "economy", 0.5, 2.5),
    FoundStory("s1", "Council leases two berths", ("d1", "d4", "d5"), "economy", 0.75, 1.5),
    FoundStory("s2", "Orchids in Brenn", ("d6",), "security", 0.25, 0.5, NO_SECTION),
    FoundStory("s3", "A bad bargain", ("d7",), "economy", 0.5, 0.25, "commentary on another story"),
    FoundStory("s5", "Fog in Sund", ("d10",), "security", 0.25, 0.125, NO_SECTION),
)


@pytest.fixture
def edition() -> Edition:
    story = brief(document(1), 1, story="s1")
    fog = NamedStory("s5", Sentence("d10", 0, 11, "Fog in Sund"), Status.NEW, "")
    evidence = Evidence((("d1", 1.0),), {}, Score(1.5), (), beside=(("d7", 0.4),))
    return replace(
        draft(0, beside=False).edition,
        sections=(Section("economy", (story,)), Section("security", (story,))),
        panel=Panel(also=(fog,)),
        evidence={"s1": evidence},
        ledger=Ledger(
            drops=(("d5", "copy of another report"), ("d8", "opinion")),
            no_room=(("s4", "Nickel rises", "economy"),),
            ranked=FOUND,
        ),
    )


def test_stories_come_as_printed_named_without_room_and_then_by_weight(edition: Edition) -> None:
    assert [(row.story, row.became, row.why) for row in story_rows(edition)] == [
        ("s1", "printed in economy, security", ""),
        ("s5", "in brief", NO_SECTION),
        ("s4", "no room", "no room"),
        ("s2", NO_SECTION, NO_SECTION),
        ("s3", "commentary on another story", "commentary on another story"),
    ]
    assert story_rows(edition)[3] == LedgerRow(
        document="d6",
        title="Orchids in Brenn",
        became=NO_SECTION,
        why=NO_SECTION,
        story="s2",
        section="security",
        probability=0.25,
        score=0.5,
    )


def test_every_report_has_one_row_with_its_title(edition: Edition) -> None:
    beside = {row.document: row.beside for row in report_rows(edition) if row.beside}
    assert beside == dict.fromkeys(("d5", "d7"), "s1, printed in economy, security")
    rows = report_rows(edition)
    assert sorted(row.document for row in rows) == sorted("d1 d4 d5 d6 d7 d8 d9 d10".split())
    of = {row.document: row for row in rows}
    assert of["d4"].title == ""
    assert of["d4"].became == of["d1"].became
    assert of["d5"].became == "copy of another report"
    assert dropped_rows(edition) == (of["d5"], of["d8"])
    known = {
        name: Document(
            name, f"Title of {name}", "", publisher="Post", url=f"https://x.example/{name}"
        )
        for name in ("d1", "d4")
    }
    of = {row.document: row for row in with_titles(report_rows(edition), known)}
    assert (of["d1"].title, of["d1"].publisher) == (document(1).title, "Post")
    assert (of["d4"].title, of["d4"].url) == ("Title of d4", "https://x.example/d4")
    assert (of["d8"].title, of["d8"].publisher) == ("", "")


def test_an_older_edition_tells_of_the_stories_that_it_shows(edition: Edition) -> None:
    older = replace(edition, ledger=replace(edition.ledger, ranked=()))
    rows = story_rows(older)
    assert [(row.story, row.became, row.document) for row in rows] == [
        ("s1", "printed in economy, security", edition.sections[0].briefs[0].sources[0]),
        ("s5", "in brief", "d10"),
        ("s4", "no room", ""),
    ]
    assert {row.score for row in rows} == {row.probability for row in rows} == {None}
    assert [row.beside for row in dropped_rows(older)] == ["", ""]
