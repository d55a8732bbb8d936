from __future__ import annotations

from datetime import UTC, datetime

import pytest

from briefing.core.counting import counted
from briefing.core.model import Correction, Ledger
from briefing.press.ledger import ledger_text, lost_text


def test_the_ledger_says_one_and_many() -> None:
    ledger = Ledger(documents=1, publishers=1, stories=1, printed=1, failed=(("a", "b"),))
    assert ledger_text(ledger) == "1 source, 1 report, 1 story, 1 printed; 1 input failed"
    many = Ledger(
        documents=143, publishers=12, stories=38, printed=12, failed=(("a", "b"), ("c", "d"))
    )
    assert ledger_text(many) == "12 sources, 143 reports, 38 stories, 12 printed; 2 inputs failed"


def test_the_ledger_says_that_nothing_failed() -> None:
    assert ledger_text(Ledger()) == "0 sources, 0 reports, 0 stories, 0 printed; nothing failed"


@pytest.mark.parametrize(
    ("undated", "told", "said"),
    [
        (1, 0, "4 reports (1 undated)"),
        (0, 2, "4 reports (2 dated by their words)"),
        (1, 1, "4 reports (1 undated, 1 dated by its words)"),
        (0, 0, "4 reports"),
    ],
)
def test_the_ledger_says_which_reports_came_without_a_date(
    undated: int, told: int, said: str
) -> None:
    ledger = Ledger(documents=4, undated=undated, dated_by_words=told)
    assert ledger_text(ledger).startswith(f"0 sources, {said}, 0 stories")


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [(1, "story", "1 story"), (0, "story", "0 stories"), (2, "report", "2 reports")],
)
def test_things_are_counted(number: int, noun: str, expected: str) -> None:
    assert counted(number, noun) == expected


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        (1, "1 printed sentence no longer stands there"),
        (3, "3 printed sentences no longer stand there"),
    ],
)
def test_lost_sentences_are_counted(lost: int, expected: str) -> None:
    assert lost_text(lost) == expected


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
def test_the_ledger_says_what_has_become_of_printed_sources(
    corrections: tuple[Correction, ...], expected: str
) -> None:
    text = ledger_text(Ledger(corrections=corrections))
    assert text == f"{ledger_text(Ledger())}; {expected}"
