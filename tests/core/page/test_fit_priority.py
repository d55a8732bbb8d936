from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import ChoiceError, LayoutError
from briefing.core.model import (
    Correction,
    CorrectionBrief,
    CorrectionKind,
    Edition,
    Excerpt,
    Scale,
    Score,
    Status,
    Story,
)
from briefing.core.page.compose import compose
from briefing.core.page.fit import fit
from briefing.core.page.selection import add, additions, drop_brief, least, page_height
from briefing.core.ports import NO_STORY, Draft, Fit
from tests.fakes import PlainMeasure, ScriptedMeasure, document, draft, sentences_of


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


@pytest.mark.parametrize("count", [2, 3, 7])
def test_corrections_are_printed_before_any_brief_but_the_top_story(count: int) -> None:
    edition = printed(with_corrections(draft(15), count), room=640.0)
    assert len(edition.corrections) == count
    assert edition.top is not None
    assert edition.ledger.corrected == count
    assert edition.ledger.corrections_waiting == 0
    sentences = printed(draft(15), room=640.0).ledger.sentences_printed
    assert edition.ledger.sentences_printed < sentences


def test_of_fifty_the_first_are_printed_and_the_rest_waits_and_is_counted() -> None:
    paper = with_corrections(draft(15), 50)
    edition = printed(paper)
    count = len(edition.corrections)
    assert 1 < count < 50
    assert edition.corrections == paper.edition.corrections[:count]
    assert edition.ledger.corrections_waiting == 50 - count
    assert edition.top is not None
    assert [brief.story for brief in edition.briefs()] == [edition.top.story]
    paper = with_corrections(draft(3), 50)
    changes = tuple(
        Correction(item.old.document, "", "", "", "changed", item.noticed, item.edition)
        for item in paper.edition.corrections
    )
    ledger = replace(paper.edition.ledger, corrections=changes)
    edition = printed(replace(paper, edition=replace(paper.edition, ledger=ledger)))
    assert edition.ledger.corrections == changes[: len(edition.corrections)]


def test_an_edition_may_hold_corrections_alone_and_no_more_than_fill_a_page() -> None:
    edition = printed(alone(2))
    assert (len(edition.corrections), edition.sections, edition.top) == (2, (), None)
    assert set(edition.documents) == {"d100", "d101", "d200", "d201"}
    assert edition.ledger.printed == 0
    edition = printed(alone(50))
    assert edition.setting.scale is Scale.HEAVY
    assert 1 < len(edition.corrections) < 50
    paper = alone(2)
    heights = PlainMeasure().probe(paper, [Scale.HEAVY])[Scale.HEAVY]
    both = least(paper, Scale.HEAVY)
    item = replace(both, corrections=1)
    fewer_notes = page_height(paper, heights, replace(both, corrections=2))
    assert page_height(paper, heights, item) < fewer_notes
    assert heights.waiting > 0
    blank = alone(1).edition
    paper = compose([], edition=blank, sections=("economy",))
    assert (paper.top, paper.briefs) == (NO_STORY, ())
    assert set(paper.edition.documents) == {"d100", "d200"}


def test_the_first_correction_is_printed_without_room_and_beside_no_story() -> None:
    assert len(printed(with_corrections(draft(0), 9), room=260.0).corrections) == 1
    paper = alone(1)
    choice = least(paper, Scale.ROOMY)
    assert choice.top == 0
    assert all(add(paper, choice, item) is None for item in additions(paper, choice))


SECTIONS = ("economy", "security", "diplomacy")
BLANK = replace(draft(0).edition, days=())


def excerpt(number: int, salience: float, *sections: str, pinned: bool = False) -> Excerpt:
    """Make an excerpt of one document with a brief for each section."""
    own = document(number, title=f"Title {number}")
    lengths = tuple(sentences_of(own)[:count] for count in (1, 2))
    briefs = tuple((section, lengths) for section in sections)
    return Excerpt(Story(f"s{number}", (own,)), Status.NEW, Score(salience), briefs, pinned)


def ranked(paper: Draft) -> list[tuple[str, str, bool]]:
    everything = sorted((paper.top, *paper.briefs), key=lambda candidate: candidate.rank)
    return [
        (candidate.lengths[0].story, candidate.section, candidate.pinned)
        for candidate in everything
    ]


def composed(*excerpts: Excerpt, most: int = 16) -> Draft:
    return compose(excerpts, edition=BLANK, sections=SECTIONS, most=most)


def test_a_pin_comes_right_after_the_opening_and_a_further_brief_of_it_is_only_ranked() -> None:
    paper = composed(
        excerpt(1, 9, "economy"), excerpt(2, 8, "economy"), excerpt(3, 0.1, "economy", pinned=True)
    )
    assert ranked(paper) == [
        ("s1", "economy", False),
        ("s3", "economy", True),
        ("s2", "economy", False),
    ]
    paper = composed(
        excerpt(1, 9, "economy"),
        excerpt(2, 8, "economy"),
        excerpt(3, 0.1, "economy", "security", pinned=True),
    )
    assert ranked(paper)[1:] == [
        ("s3", "economy", True),
        ("s2", "economy", False),
        ("s3", "security", False),
    ]


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_no_pin_is_left_out_while_there_are_as_many_places(pins: list[bool]) -> None:
    excerpts = [
        excerpt(number, 30 - number, SECTIONS[number % 3], pinned=pinned)
        for number, pinned in enumerate(pins, 1)
    ]
    paper = composed(*excerpts, most=1 + sum(pins[1:]))
    stories = {story for story, _, _ in ranked(paper)}
    assert stories == {"s1"} | {f"s{place}" for place, pin in enumerate(pins, 1) if pin}


def pinned_at(paper: Draft, *numbers: int) -> Draft:
    briefs = tuple(
        replace(candidate, pinned=number in numbers)
        for number, candidate in enumerate(paper.briefs)
    )
    return replace(paper, briefs=briefs)


@pytest.mark.parametrize(("room", "lengths"), [(1500.0, [5, 3, 3]), (370.0, [3, 1, 1])])
def test_what_is_no_news_of_an_event_only_fills_white(room: float, lengths: list[int]) -> None:
    whole = draft(2, beside=False)
    briefs = tuple(replace(each, asides=len(each.lengths) - 1) for each in whole.briefs)
    paper = replace(whole, top=replace(whole.top, asides=2), briefs=briefs)
    edition = printed(paper, room=room)
    assert [len(brief.sentences) for brief in edition.briefs()] == lengths


def test_a_page_is_fitted_around_its_pins_which_stay_where_room_is_short() -> None:
    paper = pinned_at(draft(7), 4)  # the lowest of the longest section
    choice = least(paper, Scale.HEAVY)
    dropped = []
    while (shorter := drop_brief(paper, choice)) is not None:
        (gone,) = [
            number
            for number, counts in enumerate(zip(choice.briefs, shorter.briefs, strict=True))
            if counts[0] != counts[1]
        ]
        dropped.append(gone)
        choice = shorter
    assert choice.briefs == (0, 0, 0, 0, 1, 0, 0)
    assert dropped[0] == 3
    for room in (230.0, 300.0, 400.0):
        paper = pinned_at(draft(11), 10)
        fitted = fit(paper, PlainMeasure(room=room))
        printed = {brief.story for brief in fitted.edition.briefs()}
        assert paper.briefs[10].lengths[0].story in printed


def test_pins_without_room_are_refused_and_the_lowest_is_named() -> None:
    paper = pinned_at(draft(7), *range(7))
    lowest = max(paper.briefs, key=lambda candidate: candidate.rank).lengths[0].headline
    with pytest.raises(ChoiceError) as error:
        fit(paper, PlainMeasure(room=220.0))
    assert str(error.value) == (
        f"what is pinned (7) does not fit on the page; undo one pin, such as {lowest!r}"
    )
    over = Fit(pages=1, fill=1.2, free=-300.0, side_free=0.0)
    paper = draft(7)
    with pytest.raises(LayoutError, match="no page stands"):
        fit(paper, ScriptedMeasure(over))
    with pytest.raises(ChoiceError, match="does not fit on the page"):
        fit(pinned_at(paper, *range(7)), ScriptedMeasure(over))
