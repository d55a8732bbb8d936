from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import ChoiceError, LayoutError
from briefing.core.model import Excerpt, Scale, Score, Status, Story
from briefing.core.page.choice import drop_brief, least
from briefing.core.page.compose import compose
from briefing.core.page.fit import fit
from briefing.core.ports import Draft, Fit
from tests.fakes import PlainMeasure, ScriptedMeasure, document, draft, sentences_of

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


def test_what_is_pinned_comes_right_after_the_story_that_opens_the_page() -> None:
    paper = composed(
        excerpt(1, 9, "economy"), excerpt(2, 8, "economy"), excerpt(3, 0.1, "economy", pinned=True)
    )
    assert ranked(paper) == [
        ("s1", "economy", False),
        ("s3", "economy", True),
        ("s2", "economy", False),
    ]


def test_a_further_brief_of_a_pinned_story_is_only_ranked() -> None:
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


def test_where_room_is_short_what_is_pinned_stays() -> None:
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


def test_a_page_is_fitted_around_its_pins() -> None:
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


def test_pins_that_a_real_layout_shows_to_be_too_high_are_refused() -> None:
    over = Fit(pages=1, fill=1.2, free=-300.0, side_free=0.0)
    paper = draft(7)
    with pytest.raises(LayoutError, match="no page stands"):
        fit(paper, ScriptedMeasure(over))
    with pytest.raises(ChoiceError, match="does not fit on the page"):
        fit(pinned_at(paper, *range(7)), ScriptedMeasure(over))
