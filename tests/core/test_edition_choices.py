"""The whole pipeline on an invented day, as editors steer it: they choose, and no word changes."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.core.edition import Made, gauge, make_edition
from briefing.core.errors import ChoiceError, InputError
from briefing.core.model import (
    Action,
    Choice,
    ChoiceKind,
    Document,
    Edition,
    Effect,
    FoundStory,
    Material,
)
from briefing.core.proof import prove
from tests.desk import BY_ID, DAY, EDITION, FERRY, RECIPE, chosen, day_before, headlines
from tests.fakes import PlainMeasure
from tests.newsday import (
    HARBOR,
    HARBOR_AGAIN,
    NICKEL,
    ORCHIDS,
    RIVER,
    SECTIONS,
    STRAIT,
    TODAY,
    report,
)
from tests.present import present

#: One report of each story of the day, the one of no section last.
HARBOR_1, NICKEL_1, RIVER_1, STRAIT_1, ORCHIDS_1 = (
    BY_ID[name] for name in ("harbor", "nickel", "river", "strait", "orchids")
)
of_the_desk = partial(make_edition, recipe=RECIPE)


def made(
    *choices: Choice,
    documents: Sequence[Document] = DAY,
    room: float = 700.0,
    previous: Edition | None = None,
) -> Made:
    return of_the_desk(
        Material(documents, TODAY, [previous] if previous else [], choices=choices),
        measure=PlainMeasure(room=room),
    )


def order(edition: Edition) -> list[str]:
    return [brief.headline for brief in edition.briefs()]


def whys(told: Made, why: str) -> list[FoundStory]:
    return [one for one in told.edition.ledger.ranked if one.why == why]


def effects(edition: Edition) -> list[Effect]:
    return [outcome.effect for outcome in edition.choices]


def test_without_choices_the_edition_is_the_same_and_what_is_put_on_top_opens() -> None:
    assert made().edition == EDITION
    assert EDITION.choices == ()
    edition = made(chosen("top", RIVER_1)).edition
    assert present(edition.top).headline == RIVER[0]
    assert effects(edition) == [Effect.MET]


def test_what_is_dropped_is_counted_and_what_is_moved_stands_in_no_other_section() -> None:
    told = made(chosen("drop", HARBOR_1))
    assert HARBOR[0] not in order(told.edition)
    assert told.edition.ledger.dropped_stories == {
        "of no section of this briefing": 1,
        "left out by an editor": 1,
    }
    assert sum(told.edition.days[-1].stories.values()) == 3
    (left,) = whys(told, "left out by an editor")
    assert left.headline == HARBOR[0]
    edition = made(chosen("move", STRAIT_1, "diplomacy")).edition
    homes = [name for name, told in headlines(edition).items() if STRAIT[0] in told]
    assert homes == ["diplomacy"]
    story = next(brief.story for brief in edition.briefs() if brief.headline == STRAIT[0])
    assert edition.evidence[story].sections["diplomacy"] < 1  # what it is told to be stays


def test_what_is_pinned_stands_before_all_that_is_only_ranked_in_its_section() -> None:
    seized = ("Norvian coastguard seizes two berths at Port Ostra", HARBOR[1])
    told = [report(name, text) for name, text in (("n", NICKEL), ("f", FERRY), ("h", seized))]
    told.append(report("h2", HARBOR_AGAIN, publisher="Kalvik Post"))
    ranked = made(documents=told).edition
    economy = headlines(ranked)["economy"]
    last = next(one for one in told if one.title == economy[-1])
    pinned = headlines(made(chosen("pin", last), documents=told).edition)["economy"]
    assert pinned[0] == economy[-1]
    assert sorted(pinned) == sorted(economy)


def test_what_is_pinned_is_printed_even_where_room_is_short_or_it_is_of_no_section() -> None:
    short = made(room=290.0)
    left_out = {headline for _, headline, _ in short.edition.ledger.no_room}
    lost = next(one for one in DAY if one.title in left_out)
    assert lost.title in order(made(chosen("pin", lost), room=290.0).edition)
    assert ORCHIDS[0] in order(made(chosen("pin", ORCHIDS_1)).edition)
    edition = made(chosen("move", ORCHIDS_1, "economy")).edition
    assert ORCHIDS[0] in headlines(edition)["economy"]
    assert "of no section of this briefing" not in edition.ledger.dropped_stories
    (left,) = whys(made(chosen("drop", ORCHIDS_1)), "left out by an editor")
    assert left.section in SECTIONS


def test_pins_beyond_what_a_page_holds_are_refused() -> None:
    measure = PlainMeasure()
    tops = [chosen("top", RIVER_1), chosen("top", STRAIT_1)]
    with pytest.raises(ChoiceError, match="two stories are to open the page") as error:
        of_the_desk(Material(DAY, TODAY, choices=tops), measure=measure)
    assert RIVER[0] in str(error.value)
    assert STRAIT[0] in str(error.value)
    assert measure.laid_out == []
    many = [report(f"d{number}", apart(number)) for number in range(18)]
    with pytest.raises(ChoiceError, match=r"^18 stories are pinned and a page holds 15 beside"):
        made(*(chosen("pin", one) for one in many), documents=many)
    last = many[3:]
    edition = made(*(chosen("pin", one) for one in last), documents=many, room=1200.0).edition
    assert present(edition.top).headline in {one.title for one in last}
    assert {one.title for one in last} < set(order(edition))
    pins = [chosen("pin", one) for one in (HARBOR_1, NICKEL_1, RIVER_1, STRAIT_1)]
    with pytest.raises(ChoiceError, match=r"pinned \(3\) does not fit on the page; undo one"):
        made(*pins, room=180.0)


def apart(number: int) -> tuple[str, str]:
    """Tell an event that shares no word with another."""
    own = [f"{a}{chr(97 + number)}r{b}vik" for a in "bdfgklmn" for b in "aeiou"]
    text = " ".join(
        f"Armed {' '.join(own[place : place + 4])} reached {' '.join(own[place + 4 : place + 8])} "
        f"beside {' '.join(own[place + 8 : place + 10])}."
        for place in (0, 10, 20, 30)
    )
    return f"Armed {own[0]} {own[1]} reach {own[4]}", text


def test_a_choice_that_cannot_be_met_is_told_and_of_drops_alone_the_error_says_by_whom() -> None:
    edition = made(chosen("pin", report("ferry", FERRY))).edition
    assert effects(edition) == [Effect.ABSENT]
    assert replace(edition, choices=()) == EDITION
    before = day_before(report("y1", STRAIT))
    told = made(chosen("pin", STRAIT_1), previous=before)
    assert STRAIT[0] not in order(told.edition)
    assert effects(told.edition) == [Effect.WORDLESS]
    assert whys(told, "without a new sentence that can stand alone")
    drops = [chosen("drop", one) for one in (HARBOR_1, NICKEL_1, RIVER_1, STRAIT_1)]
    with pytest.raises(InputError, match="4 left out by an editor"):
        made(*drops)


def test_stories_below_the_best_of_their_section_wait() -> None:
    many = [report(f"d{number}", apart(number)) for number in range(19)]
    told = made(documents=many)
    *_, lowest = whys(told, "not important enough")
    (report_of_it,) = [one for one in many if one.id in lowest.documents]
    assert report_of_it.title in order(made(chosen("pin", report_of_it), documents=many).edition)


OPINION_1, STUB_1, HARBOR_2 = (BY_ID[name] for name in ("opinion", "stub", "again"))
#: Left out for its title alone, and about nothing that another report is about.
COLUMN = report("column", (f"Opinion: {FERRY[0]}", FERRY[1]))


@pytest.mark.parametrize("action", ["pin", "top", "move"])
def test_a_report_that_the_gate_refused_is_printed_when_an_editor_wants_it(action: str) -> None:
    day = (*DAY, COLUMN)
    assert COLUMN.id in dict(made(documents=day).edition.ledger.drops)
    section = "security" if action == "move" else ""
    edition = made(chosen(action, COLUMN, section), documents=day).edition
    assert COLUMN.title in order(edition)
    assert effects(edition) == [Effect.MET]
    assert COLUMN.id not in dict(edition.ledger.drops)
    assert edition.ledger.dropped_documents["opinion"] == 1  # the other one
    if section:
        assert COLUMN.title in headlines(edition)["security"]


def test_a_refused_report_is_printed_in_a_newer_version_but_not_its_furniture() -> None:
    old = chosen("pin", COLUMN, document="column-before-it-was-edited")
    assert COLUMN.title in order(made(old, documents=(*DAY, COLUMN)).edition)
    told = made(chosen("pin", OPINION_1)).edition
    (outcome,) = told.choices
    (story,) = [one for one in told.ledger.ranked if one.story == outcome.story]
    assert {"harbor", "opinion"} <= set(story.documents)
    assert [brief.story for brief in told.briefs()].count(outcome.story) == 1
    pages = report("pages", ("A letter of news", "Click here to read your weekly letter."))
    edition = made(
        chosen("pin", pages), chosen("drop", STUB_1, minute=1), documents=(*DAY, pages)
    ).edition
    assert effects(edition) == [Effect.WORDLESS, Effect.MET]
    assert dict(edition.ledger.drops)["pages"] == "too little text"
    assert replace(made(chosen("headline", COLUMN)).edition, choices=()) == EDITION
    day = (*DAY, COLUMN)
    both = (chosen("move", COLUMN, "security"), chosen("drop", COLUMN, minute=1))
    assert replace(made(*both, documents=day).edition, choices=()) == made(documents=day).edition


def test_a_headline_is_the_title_of_the_chosen_report_and_brings_no_story() -> None:
    plain = made().edition
    story = next(
        brief for brief in plain.briefs() if brief.headline in {HARBOR[0], HARBOR_AGAIN[0]}
    )
    other = next(one for one in (HARBOR_1, HARBOR_2) if one.title != story.headline)
    told = made(chosen("headline", other)).edition
    (brief,) = [one for one in told.briefs() if one.story == story.story]
    assert (brief.headline, brief.sources[0]) == (other.title, other.id)
    assert effects(told) == [Effect.MET]
    assert prove(told, sources=BY_ID).failures == ()
    edition = made(chosen("headline", ORCHIDS_1)).edition
    assert ORCHIDS[0] not in order(edition)
    assert edition.ledger.dropped_stories == EDITION.ledger.dropped_stories
    edition = made(chosen("headline", BY_ID["copied"])).edition
    assert effects(edition) == [Effect.UNTITLED]
    assert order(edition) == order(EDITION)


def test_single_reports_are_gauged_and_all_stories_come_with_the_edition() -> None:
    rows = gauge([COLUMN, STRAIT_1], recipe=RECIPE)
    assert set(rows) == {"column", "strait"}
    assert max(rows["strait"], key=lambda name: rows["strait"][name]) == "security"
    assert gauge([], recipe=RECIPE) == {}
    told = made(chosen("drop", HARBOR_1))
    assert set(told.topics) == {one.documents[0] for one in told.edition.ledger.ranked}
    assert {one.story.id for one in told.stories.excerpts} == {
        one.story for one in told.edition.ledger.ranked if not one.why
    }


CHOICES = st.lists(
    st.builds(
        chosen,
        st.sampled_from(Action),
        st.sampled_from(DAY),
        st.sampled_from(SECTIONS),
        minute=st.integers(0, 5),
    ),
    max_size=6,
)


@settings(max_examples=settings().max_examples // 2)
@given(CHOICES, st.sampled_from([250.0, 400.0, 700.0]))
def test_whatever_is_chosen_drops_hide_and_pins_print(choices: list[Choice], room: float) -> None:
    try:
        told = made(*choices, room=room)
    except (ChoiceError, InputError):
        return
    edition = told.edition
    stories = {brief.story for brief in edition.briefs()}
    for outcome in edition.choices:
        if outcome.effect is Effect.MET and outcome.story:
            if outcome.choice.action.kind is ChoiceKind.PLACE:
                assert (outcome.story in stories) is not (outcome.choice.action is Action.DROP)
            if outcome.choice.action is Action.TOP:
                assert present(edition.top).story == outcome.story
            if outcome.choice.action is Action.MOVE and outcome.story in stories:
                homes = [
                    section.name
                    for section in edition.sections
                    if outcome.story in {brief.story for brief in section.briefs}
                ]
                assert homes == [outcome.choice.section]
            if outcome.choice.action is Action.HEADLINE and outcome.story in stories:
                heads = [one.headline for one in edition.briefs() if one.story == outcome.story]
                assert heads[0] == outcome.choice.headline
    assert prove(edition, sources=BY_ID).failures == ()
    keys = [sentence.key for sentence in edition.sentences()]
    assert len(keys) == len(set(keys))
    assert {brief.headline for brief in edition.briefs()} <= {one.title for one in DAY}
    out = {one.story for one in edition.ledger.ranked if one.why}
    assert not out & stories
    assert made(*choices, room=room).edition == edition
