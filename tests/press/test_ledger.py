from dataclasses import replace
from datetime import UTC, datetime

import pytest

from briefing.core.model import (
    LEFT_OUT_BY_EDITOR,
    NO_SECTION,
    ChoiceOutcome,
    Correction,
    Document,
    Edition,
    Effect,
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
from briefing.press.ledger import (
    LedgerRow,
    dropped_rows,
    ledger_text,
    report_rows,
    story_rows,
    with_titles,
)
from briefing.press.reasons import day_text, rows_facts, rows_text
from tests.desk import chosen
from tests.examples import examples
from tests.fakes import brief, document, draft
from tests.newsday import RIVER, report
from tests.press.test_view import ONE as EDITION


def text_of(ledger: Ledger, *, also: tuple[NamedStory, ...] = ()) -> str:
    return ledger_text(replace(EDITION, ledger=ledger, panel=Panel(also=also)))


def named(story: str, section: str) -> NamedStory:
    return NamedStory(story, Sentence(story, 0, 6, "Berths"), Status.NEW, section)


def test_the_ledger_says_one_many_and_none() -> None:
    for ledger, said in (
        (Ledger(1, 1, 1, 1, failures=1), "1 report of 1 publisher. 1 story: 1 printed. 1 input"),
        (Ledger(), "0 reports of 0 publishers. 0 stories: none printed. Nothing"),
        (
            Ledger(143, 12, 12, 12, failures=2),
            "143 reports of 12 publishers. 12 stories: 12 printed. 2 inputs",
        ),
    ):
        assert text_of(ledger) == f"{said} failed."
    ledger = Ledger(documents=9, kinds={"wire": 4, "statement": 2, "state": 1, "teaser": 2})
    told = "9 reports of 0 publishers, 2 statements, 1 state agency report, 2 teasers among them. "
    assert text_of(ledger).startswith(told)
    dropped = {"copy of another report": 2, "opinion": 3, "live blog": 1, "too little text": 2}
    text = text_of(Ledger(documents=20, dropped_documents=dropped))
    assert "; 8 left out: 3 opinion, 2 copies, 2 too little text, 1 live blog. " in text


def found(story: str, why: str = "") -> FoundStory:
    return FoundStory(story, story, (story,), "economy", why=why)


def test_the_ledger_tells_every_story_once() -> None:
    reasons = (
        [NO_SECTION] * 3
        + [LEFT_OUT_BY_EDITOR, "commentary on another story"]
        + ["below the best"] * 4
    )
    ledger = Ledger(
        stories=12,
        printed=1,
        no_room=(("a", "A", "economy"), ("b", "B", "economy")),
        ranked=(
            found("s1"),
            found("a"),
            found("b"),
            *(found(f"x{number}", why) for number, why in enumerate(reasons)),
        ),
    )
    also = (named("a", "economy"), named("x0", ""), named("x5", "economy"))
    assert (
        "12 stories: 1 printed, 3 in brief, 3 below the best, 2 of no section here, "
        "1 set beside another as commentary, 1 left out by an editor, 1 cut for space. "
    ) in text_of(ledger, also=also)
    ledger = Ledger(stories=9, printed=1, dropped_stories={NO_SECTION: 6})
    text = text_of(ledger, also=also[:1])
    assert "9 stories: 1 printed, 1 in brief, 6 of no section here, 1 not printed. " in text


@examples("undated, told, said")
def test_the_ledger_says_which_reports_had_no_date(undated: int, told: int, said: str) -> None:
    ledger = Ledger(documents=4, undated=undated, dated_by_words=told)
    assert text_of(ledger).startswith(f"4 reports of 0 publishers ({said}). 0 stories")


def became(what: str, document: str, *, lost: int = 0, day: int = 11) -> Correction:
    """Make a correction of a document that was printed on a day of March."""
    return Correction(
        document=document,
        title="Council leases two berths",
        publisher="Ostra Courier",
        url="",
        what=what,
        noticed=datetime(2026, 3, 12, 5, tzinfo=UTC),
        edition=f"ostra-desk/2026-03-{day}",
        lost=lost,
    )


@pytest.mark.parametrize(
    ("corrections", "expected"),
    [
        ((became("changed", "a"),), "1 printed source changed since"),
        ((became("vanished", "a"),), "1 printed source vanished since"),
        (
            (became("changed", "a"), became("vanished", "b"), became("changed", "c")),
            "2 printed sources changed, 1 vanished since",
        ),
        (
            (became("changed", "a", lost=1), became("vanished", "b"), became("vanished", "c")),
            "1 printed source changed, 2 vanished since; 1 printed sentence no longer stands there",
        ),
        # one report in two editions is one source, its sentences are those of both
        (
            (became("changed", "a", lost=1, day=10), became("changed", "a", lost=2)),
            "1 printed source changed since; 3 printed sentences no longer stand there",
        ),
    ],
)
def test_it_follows_printed_sources(corrections: tuple[Correction, ...], expected: str) -> None:
    text = text_of(Ledger(corrections=corrections))
    assert text == f"{text_of(Ledger()).removesuffix('.')}; {expected}."


def test_the_ledger_says_how_much_editors_chose_of_what_is_printed() -> None:
    story = next(brief.story for brief in EDITION.briefs())
    river = report("river", RIVER)

    def chose(*actions: str, effect: Effect = Effect.MET, about: str = story) -> str:
        outcomes = tuple(ChoiceOutcome(chosen(one, river), effect, about) for one in actions)
        return ledger_text(replace(EDITION, choices=outcomes)).rpartition(". ")[2]

    assert chose("pin", "move") == "Nothing failed; 1 story chosen by an editor."
    assert chose("headline") == "Nothing failed; 1 headline chosen by an editor."
    assert chose("top", "headline").endswith("1 story and 1 headline chosen by an editor.")
    for nothing in (chose(), chose("pin", effect=Effect.WORDLESS), chose("pin", about="s99")):
        assert nothing == "Nothing failed."


LONG = "Envoys of Ilvia and Tesk seek terms for a dry year beside the upper dam of Lund"
ROWS = (
    LedgerRow(
        "d1", LONG, "printed in economy", "", "s1", "", "economy", 0.75, 1.5, "Ostra Courier"
    ),
    LedgerRow("d2", "Fog in Sund", "no room", "no room", "s12"),
    LedgerRow("d3", "", "opinion", "opinion"),
    LedgerRow("d4", LONG, "copy of another report", beside="s1, printed in economy"),
)


DAY = replace(
    draft(0, beside=False).edition,
    ledger=Ledger(documents=4, stories=2, ranked=(FoundStory("s1", LONG, ("d1",), "economy"),)),
)


def test_a_day_is_a_table_of_80_columns_grouped_by_what_became_of_it() -> None:
    assert day_text(DAY, ROWS).splitlines() == [
        "ostra-desk/2026-03-12: 4 reports, 2 stories",
        "",
        "printed in economy: 1",
        "  s1      1.500  0.75 economy     Envoys of Ilvia and Tesk seek terms for a dry",
        "                                  year beside the upper dam of Lund (Ostra",
        "                                  Courier)",
        "",
        "no room: 1",
        "  s12                             Fog in Sund",
        "",
        "opinion: 1",
        "  d3",
        "",
        "copy of another report: 1",
        f"  {LONG[:-5]}",
        "  Lund: s1, printed in economy",
    ]


def test_each_report_is_told_with_its_reason() -> None:
    assert rows_text(DAY, ROWS).splitlines() == [
        LONG,
        "(Ostra Courier)",
        "  printed in economy: s1, economy 0.75, score 1.500",
        "Fog in Sund",
        "  no room: s12",
        "d3",
        "  opinion",
        LONG,
        "  copy of another report: belongs to s1, printed in economy",
    ]
    row = LedgerRow("d2", "Fog in Sund", "in brief", "no room", "s12", section="economy")
    assert rows_text(DAY, (row,)) == "Fog in Sund\n  in brief: s12, no room, economy"
    drop = chosen("drop", report("d2", ("Fog in Sund", "")))
    dropped = replace(DAY, choices=(ChoiceOutcome(drop, Effect.MET, "s12"),))
    *_, last = rows_text(dropped, ROWS[1:2]).splitlines()
    assert last.startswith("  Left out by ada")


def test_no_word_is_broken_and_nothing_is_lost() -> None:
    word = "Donaudampfschiffahrtsgesellschaft-" * 4
    row = LedgerRow("d1", f"Of {word} today", "opinion", publisher="")
    assert word in day_text(DAY, (row,))
    assert word in rows_text(DAY, (replace(row, story="s1"),))
    assert "without a title" in day_text(DAY, (LedgerRow("", "", "no room", story="s1"),))
    older = replace(DAY, ledger=Ledger(documents=4, stories=2))
    assert "made before the ledger named every story" in day_text(older, ROWS[:1])
    assert "made before" not in day_text(DAY, ROWS)


def test_the_facts_are_the_rows() -> None:
    facts = rows_facts(DAY, ROWS)
    assert facts["edition"] == "ostra-desk/2026-03-12"
    assert [one["document"] for one in facts["reports"]] == ["d1", "d2", "d3", "d4"]
    assert facts["reports"][0] == {
        "document": "d1",
        "title": LONG,
        "publisher": "Ostra Courier",
        "url": "",
        "became": "printed in economy",
        "why": "",
        "story": "s1",
        "beside": "",
        "section": "economy",
        "probability": 0.75,
        "score": 1.5,
    }


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
    own = Document("d1", "Title of d1", "", publisher="Post")
    other = Document("d4", "Title of d4", "", url="https://x.example/d4")
    known = {one.id: one for one in (own, other)}
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
