from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.app.editors import ChoiceRequest
from briefing.app.publish import Preview, Waiting
from briefing.core.edition import make_edition
from briefing.core.model import Action, Brief, Choice, Document, Material
from briefing.web.admin.stories import StoryRow, read_changes, sections_of, sheet_of
from tests.choosing import chosen
from tests.desk import DAY, RECIPE
from tests.fakes import PlainMeasure
from tests.newsday import HARBOR, SECTIONS, STRAIT, TODAY

BY_ID = {one.id: one for one in DAY}
PINNED = chosen("pin", BY_ID["strait"], id=3)
MOVED = chosen("move", BY_ID["strait"], "diplomacy", id=4)
DROPPED = chosen("drop", BY_ID["harbor"], id=5)


def waiting(number: int) -> Waiting:
    return Waiting(
        "economy", f"Title {number}", f"d{number}", "", 1, "no room", story=f"s9{number}"
    )


def drafted(*choices: Choice, more: int = 0, reports: Sequence[Document] = DAY) -> Preview:
    made = make_edition(
        Material(reports, TODAY, choices=choices), recipe=RECIPE, measure=PlainMeasure()
    )
    left = tuple(
        Waiting(
            one.section,
            one.story.documents[0].title,
            one.story.documents[0].id,
            "",
            1,
            one.why,
            story=one.story.id,
        )
        for one in made.unprinted
    )
    rest = tuple(map(waiting, range(more)))
    return Preview(made.edition, b"", 1.0, (*rest, *left), datetime(2026, 3, 11, 20, tzinfo=UTC))


def rows(draft: Preview, *active: Choice) -> Iterator[StoryRow]:
    sheet = sheet_of(draft, active=active)
    for group in sheet.printed:
        yield from group.rows
    yield from sheet.waiting


def row(headline: str, draft: Preview, *active: Choice) -> StoryRow:
    (found,) = [one for one in rows(draft, *active) if one.headline == headline]
    return found


def test_the_sections_are_those_that_the_page_may_have() -> None:
    assert sections_of(drafted().edition) == SECTIONS


def test_the_top_story_stands_alone_and_the_rest_by_section() -> None:
    groups = sheet_of(drafted(), active=()).printed
    assert groups[0].name == "Top of the page"
    assert groups[0].rows[0].headline == HARBOR[0]
    assert all(", 1 printed" in group.name for group in groups[1:])


def test_a_field_is_named_by_what_stood_in_it_and_its_report() -> None:
    plain = row(STRAIT[0], drafted())
    assert (plain.place_field, plain.section_field) == ("place||strait", "section||strait")
    steered = row(STRAIT[0], drafted(PINNED, MOVED), PINNED, MOVED)
    assert steered.place_field == "place|pin|strait"
    assert steered.section_field == "section|diplomacy|strait"
    assert (steered.place, steered.moved, steered.section) == ("pin", "diplomacy", "diplomacy")
    assert [one.choice for one in steered.outcomes] == [PINNED, MOVED]


def test_a_choice_that_was_undone_since_is_not_shown() -> None:
    assert row(STRAIT[0], drafted(PINNED, MOVED), MOVED).place == ""


def test_of_two_choices_about_one_story_the_latest_is_in_the_field_and_both_are_shown() -> None:
    other = chosen("pin", BY_ID["again"], id=6, minute=9)
    steered = row(HARBOR[0], drafted(DROPPED, other), DROPPED, other)
    assert steered.place_field == "place|pin|again"
    assert len(steered.outcomes) == 2


def test_a_story_with_briefs_in_several_sections_has_one_row_in_its_own() -> None:
    draft = drafted(reports=[BY_ID["strait"]])
    homes = [section.name for section in draft.edition.sections for _ in section.briefs]
    assert len(homes) > 1
    (own,) = [
        section.name for section in draft.edition.sections for brief in section.briefs if brief.top
    ]
    assert row(STRAIT[0], draft).section == own
    elsewhere = tuple(
        replace(one, briefs=()) if one.name == own else one for one in draft.edition.sections
    )
    rest = replace(draft, edition=replace(draft.edition, sections=elsewhere))
    assert row(STRAIT[0], rest).section in homes


def test_a_page_without_a_top_story_has_rows_too() -> None:
    draft = drafted()

    def lower(brief: Brief) -> Brief:
        return replace(brief, top=False)

    sections = tuple(
        replace(one, briefs=tuple(map(lower, one.briefs))) for one in draft.edition.sections
    )
    flat = replace(draft, edition=replace(draft.edition, sections=sections))
    assert len(list(rows(flat))) == len(list(rows(draft)))
    assert sheet_of(flat, active=()).printed[0].name.startswith("Economy, ")


def test_more_stories_than_a_form_may_hold_are_counted_and_the_dropped_are_among_those_shown() -> (
    None
):
    sheet = sheet_of(drafted(DROPPED, more=200), active=[DROPPED])
    shown = sum(len(group.rows) for group in sheet.printed) + len(sheet.waiting)
    assert (shown, sheet.beyond) == (36, 201 - len(sheet.waiting))
    assert sheet.waiting[0].headline == HARBOR[0]
    assert 2 * shown + 4 <= 80  # fields that a form may have


def test_choices_without_a_row_stand_apart() -> None:
    away = chosen("pin", BY_ID["harbor"], id=8, document="gone", url="")
    new = chosen("pin", BY_ID["river"], id=9)
    sheet = sheet_of(drafted(away), active=[away, new])
    absent, unseen = sheet.others
    assert not isinstance(absent, Choice)
    assert absent.choice == away
    assert unseen == new


def test_only_what_differs_is_a_change() -> None:
    fields = {
        "form_token": ["x"],
        "place||a": ["pin"],
        "place|pin|b": ["pin"],
        "place|drop|c|d": [""],
        "section||e": ["economy", "security"],
        "section|economy|f": [""],
        "section||g": [""],
        "placed||h": ["pin"],
    }
    assert read_changes(fields) == (
        ChoiceRequest("a", Action.PIN),
        ChoiceRequest("c|d", None),
        ChoiceRequest("e", Action.MOVE, "economy", moves=True),
        ChoiceRequest("f", None, moves=True),
    )


@pytest.mark.parametrize("field", [("place||a", "move"), ("place||a", "first")])
def test_what_cannot_be_chosen_is_an_error(field: tuple[str, str]) -> None:
    name, value = field
    with pytest.raises(ValueError, match="no such"):
        read_changes({name: [value]})


@given(st.dictionaries(st.text(max_size=20), st.lists(st.text(max_size=8), max_size=2)))
def test_any_form_is_changes_or_an_error(fields: dict[str, list[str]]) -> None:
    try:
        changes = read_changes(fields)
    except ValueError:
        return
    assert len(changes) <= len(fields)


def test_a_change_is_about_a_choice_of_its_kind_and_report() -> None:
    assert ChoiceRequest("strait", None).about(PINNED)
    assert not ChoiceRequest("strait", None).about(MOVED)
    assert ChoiceRequest("strait", None, moves=True).about(MOVED)
    assert not ChoiceRequest("harbor", None).about(PINNED)
