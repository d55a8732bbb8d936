"""Corrections on the page: their space is kept before any news, and what has no room is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from briefing.core.model import Correction, CorrectionBrief, CorrectionKind, Edition, Scale
from briefing.core.page.choice import add, additions, least, page_height
from briefing.core.page.compose import compose
from briefing.core.page.fit import fit
from briefing.core.ports import NO_STORY, Draft
from tests.fakes import PlainMeasure, document, draft, sentences_of


def correction(number: int) -> CorrectionBrief:
    """Make a correction of an invented document of its own."""
    old = sentences_of(document(100 + number))[0]
    new = sentences_of(document(200 + number))[0]
    noticed = datetime(2026, 3, 12, 5, tzinfo=UTC)
    day = date(2026, 3, 11)
    return CorrectionBrief(CorrectionKind.CHANGED, old, new, f"e/{number}", day, noticed)


def with_corrections(paper: Draft, count: int) -> Draft:
    briefs = tuple(correction(number) for number in range(count))
    cited = [document(start + number) for start in (100, 200) for number in range(count)]
    documents = dict(paper.edition.documents) | {item.id: item for item in cited}
    return replace(paper, edition=replace(paper.edition, corrections=briefs, documents=documents))


def alone(count: int) -> Draft:
    """Make a draft of corrections without any story."""
    paper = with_corrections(draft(0, beside=False), count)
    return replace(paper, top=NO_STORY)


def printed(paper: Draft, *, room: float = 700.0) -> Edition:
    return fit(paper, PlainMeasure(room=room)).edition


@pytest.mark.parametrize("count", [1, 3, 7])
def test_corrections_are_printed_before_any_brief_but_the_top_story(count: int) -> None:
    edition = printed(with_corrections(draft(15), count))
    assert len(edition.corrections) == count
    assert edition.top is not None
    assert edition.ledger.corrected == count
    assert edition.ledger.corrections_waiting == 0
    sentences = printed(draft(15)).ledger.sentences_printed
    assert edition.ledger.sentences_printed < sentences


def test_of_fifty_the_first_are_printed_and_the_rest_is_counted() -> None:
    paper = with_corrections(draft(15), 50)
    edition = printed(paper)
    count = len(edition.corrections)
    assert 1 < count < 50
    assert edition.corrections == paper.edition.corrections[:count]
    assert edition.ledger.corrections_waiting == 50 - count
    assert edition.top is not None
    assert [brief.story for brief in edition.briefs()] == [edition.top.story]


def test_what_waits_is_not_told_yet() -> None:
    paper = with_corrections(draft(3), 50)
    changes = tuple(
        Correction(item.old.document, "", "", "", "changed", item.noticed, item.edition)
        for item in paper.edition.corrections
    )
    ledger = replace(paper.edition.ledger, corrections=changes)
    edition = printed(replace(paper, edition=replace(paper.edition, ledger=ledger)))
    assert edition.ledger.corrections == changes[: len(edition.corrections)]


def test_an_edition_may_hold_corrections_alone() -> None:
    edition = printed(alone(2))
    assert (len(edition.corrections), edition.sections, edition.top) == (2, (), None)
    assert set(edition.documents) == {"d100", "d101", "d200", "d201"}
    assert edition.ledger.printed == 0


def test_fifty_alone_fill_a_page_and_no_more() -> None:
    edition = printed(alone(50))
    assert edition.setting.scale is Scale.HEAVY
    assert 1 < len(edition.corrections) < 50


def test_the_first_correction_is_printed_however_little_room_there_is() -> None:
    assert len(printed(with_corrections(draft(0), 9), room=260.0).corrections) == 1


def test_nothing_can_be_added_to_a_story_that_is_not_there() -> None:
    paper = alone(1)
    choice = least(paper, Scale.ROOMY)
    assert choice.top == 0
    assert all(add(paper, choice, item) is None for item in additions(paper, choice))


def test_the_line_that_counts_the_rest_has_its_height() -> None:
    paper = alone(2)
    heights = PlainMeasure().probe(paper, [Scale.HEAVY])[Scale.HEAVY]
    both = least(paper, Scale.HEAVY)
    item = replace(both, corrections=1)
    fewer_notes = page_height(paper, heights, replace(both, corrections=2))
    assert page_height(paper, heights, item) < fewer_notes
    assert heights.waiting > 0


def test_no_stories_compose_a_draft_without_one() -> None:
    blank = alone(1).edition
    paper = compose([], edition=blank, sections=("economy",))
    assert (paper.top, paper.briefs) == (NO_STORY, ())
    assert set(paper.edition.documents) == {"d100", "d200"}
