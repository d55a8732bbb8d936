from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from briefing.core.model import Action, Choice, ChoiceOutcome, Edition, Effect, FoundStory, Ledger
from briefing.press.ledger_rows import LedgerRow
from briefing.press.reasons_of_day import day_text, rows_facts, rows_text
from tests.fakes import draft
from tests.newsday import TODAY

LONG = "Envoys of Ilvia and Tesk seek terms for a dry year beside the upper dam of Lund"
ROWS = (
    LedgerRow(
        "d1", LONG, "printed in economy", "", "s1", "", "economy", 0.75, 1.5, "Ostra Courier"
    ),
    LedgerRow("d2", "Fog in Sund", "no room", "no room", "s12"),
    LedgerRow("d3", "", "opinion", "opinion"),
    LedgerRow("d4", LONG, "copy of another report", beside="s1, printed in economy"),
)


@pytest.fixture
def edition() -> Edition:
    ledger = Ledger(documents=4, stories=2, found=(FoundStory("s1", LONG, ("d1",), "economy"),))
    return replace(draft(0, beside=False).edition, ledger=ledger)


def test_a_day_is_a_table_of_80_columns_grouped_by_what_became_of_it(edition: Edition) -> None:
    assert day_text(edition, ROWS).splitlines() == [
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


def test_each_report_is_told_with_its_reason(edition: Edition) -> None:
    assert rows_text(edition, ROWS).splitlines() == [
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


def test_a_story_in_brief_says_why_it_is_not_told(edition: Edition) -> None:
    row = LedgerRow("d2", "Fog in Sund", "in brief", "no room", "s12", section="economy")
    assert rows_text(edition, (row,)) == "Fog in Sund\n  in brief: s12, no room, economy"


def test_what_an_editor_did_to_a_story_is_told_with_it(edition: Edition) -> None:
    at = datetime(2026, 3, 12, 5, tzinfo=UTC)
    drop = Choice(1, TODAY, Action.DROP, "d2", "", "Fog in Sund", "ada", at)
    dropped = replace(edition, choices=(ChoiceOutcome(drop, Effect.MET, "s12"),))
    lines = rows_text(dropped, ROWS[1:2]).splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("  Left out by ada")


def test_an_edition_of_before_says_that_it_does_not_name_every_story(edition: Edition) -> None:
    older = replace(edition, ledger=Ledger(documents=4, stories=2))
    assert "made before the ledger named every story" in day_text(older, ROWS[:1])
    assert "made before" not in day_text(edition, ROWS)


def test_no_word_is_broken_and_nothing_is_lost(edition: Edition) -> None:
    word = "Donaudampfschiffahrtsgesellschaft-" * 4
    row = LedgerRow("d1", f"Of {word} today", "opinion", publisher="")
    assert word in day_text(edition, (row,))
    assert word in rows_text(edition, (replace(row, story="s1"),))
    blank = LedgerRow("", "", "no room", story="s1")
    assert "without a title" in day_text(edition, (blank,))


def test_the_facts_are_the_rows(edition: Edition) -> None:
    facts = rows_facts(edition, ROWS)
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
