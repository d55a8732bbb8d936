"""What editors decide, whichever door they come in by."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from briefing.app.actor import Actor
from briefing.app.editors import (
    ChoiceRequest,
    OpenEdition,
    choose,
    next_to_print,
    print_in,
    put_back,
    stories_of,
    undo,
)
from briefing.core.errors import ChoiceError, InputError
from briefing.core.model import Action, AuditEvent, Choice, ChoiceOutcome, Effect
from briefing.core.schedule import Timetable
from briefing.store import Store, audit, choices
from tests.choosing import chosen
from tests.desk import EDITION
from tests.publishing import FIRST as REPORTS
from tests.publishing import Desk as Newsroom
from tests.publishing import at, open_at

FIRST, SECOND, _ = REPORTS
TODAY = date(2026, 3, 14)
NOON = at(TODAY, 12)
DESK = OpenEdition("ostra-desk", TODAY, ("economy", "security"))
ADA = Actor("ada", "203.0.113.0/24")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_at(tmp_path)
    Newsroom(store).keep(*REPORTS, when=NOON - timedelta(hours=1))
    yield store
    store.close()


def ask(
    store: Store,
    *asked: ChoiceRequest,
    edition: OpenEdition = DESK,
    when: datetime = NOON,
    seen: Collection[int] | None = None,
) -> tuple[Choice, ...]:
    with store.write() as tx:
        return choose(tx, asked, edition=edition, actor=ADA, at=when, seen=seen)


def standing(store: Store) -> list[tuple[Action, str]]:
    with store.read() as tx:
        return [(one.action, one.document) for one in choices.active(tx, DESK.briefing, DESK.day)]


def events(store: Store) -> list[AuditEvent]:
    with store.read() as tx:
        return list(audit.recent(tx))


def top(document: str) -> ChoiceRequest:
    return ChoiceRequest(document, Action.TOP)


def test_a_choice_is_kept_with_a_line_of_the_audit_log(store: Store) -> None:
    move = ChoiceRequest(FIRST.id, Action.MOVE, "security")
    (kept,) = ask(store, move)
    assert (kept.who, kept.section, kept.at) == ("ada", "security", NOON)
    (event,) = events(store)
    assert (event.who, event.origin) == ("ada", "203.0.113.0/24")
    assert event.what == "move story to security"
    assert event.about == f"{TODAY}: {FIRST.headline}"


def test_two_stories_at_the_top_are_refused_and_nothing_is_kept(store: Store) -> None:
    ask(store, top(FIRST.id))
    with pytest.raises(ChoiceError, match="two stories are to open the page") as error:
        ask(store, top(SECOND.id))
    assert all(one.headline in str(error.value) for one in (FIRST, SECOND))
    assert standing(store) == [(Action.TOP, FIRST.id)]
    assert len(events(store)) == 1


#: The desk as a draft shows it: both reports are of one story.
DRAFTED = replace(DESK, stories={FIRST.id: "s1", SECOND.id: "s1"})


def test_a_choice_about_another_report_of_a_story_replaces_that_of_its_kind(store: Store) -> None:
    ask(store, top(FIRST.id), ChoiceRequest(FIRST.id, Action.HEADLINE))
    ask(store, ChoiceRequest(SECOND.id, Action.PIN), edition=DRAFTED)
    assert standing(store) == [(Action.HEADLINE, FIRST.id), (Action.PIN, SECOND.id)]
    ask(store, ChoiceRequest(SECOND.id, Action.HEADLINE), edition=DRAFTED)
    assert standing(store) == [(Action.PIN, SECOND.id), (Action.HEADLINE, SECOND.id)]
    assert [one.what for one in events(store)][:2] == ["choose headline", "pin story"]


def test_the_top_is_given_to_another_story_by_whoever_saw_which_one_had_it(store: Store) -> None:
    (first,) = ask(store, top(FIRST.id))
    ask(store, top(SECOND.id), seen=[first.id])
    assert standing(store) == [(Action.TOP, SECOND.id)]
    assert [one.what for one in events(store)][:2] == ["top story", "undo top"]
    with pytest.raises(ChoiceError, match="two stories are to open the page"):
        ask(store, top(FIRST.id), seen=[])
    assert standing(store) == [(Action.TOP, SECOND.id)]


def test_a_choice_made_on_an_old_list_is_refused_and_says_why(store: Store) -> None:
    (drop,) = ask(store, ChoiceRequest(SECOND.id, Action.DROP))
    asked = ChoiceRequest(FIRST.id, Action.HEADLINE)
    with pytest.raises(ChoiceError, match="after the list was shown: Left out by ada"):
        ask(store, asked, edition=DRAFTED, seen=[])
    (headline,) = ask(store, asked, edition=DRAFTED, seen=[drop.id])
    with store.write() as tx:
        undo(tx, drop.id, edition=DESK, actor=ADA, at=LATER)
    with pytest.raises(ChoiceError, match="undone or replaced meanwhile"):
        ask(store, asked, edition=DRAFTED, seen=[drop.id, headline.id])
    ask(store, ChoiceRequest(SECOND.id, Action.PIN), seen=[])  # known to be another story
    assert standing(store) == [(Action.HEADLINE, FIRST.id), (Action.PIN, SECOND.id)]


def test_what_is_to_be_printed_in_a_section_is_moved_and_pinned_but_stays_on_top(
    store: Store,
) -> None:
    def print_it(document: str) -> None:
        with store.write() as tx:
            print_in(tx, document, "security", edition=DRAFTED, actor=ADA, at=NOON)

    print_it(FIRST.id)
    assert standing(store) == [(Action.MOVE, FIRST.id), (Action.PIN, FIRST.id)]
    ask(store, top(FIRST.id), edition=DRAFTED)
    print_it(SECOND.id)
    assert standing(store) == [(Action.TOP, FIRST.id), (Action.MOVE, SECOND.id)]


def test_the_title_of_a_report_that_cannot_be_set_is_refused(store: Store) -> None:
    Newsroom(store).keep(replace(FIRST, id="slug", url="", title="BC-HARBOR-LEASE"), when=NOON)
    with pytest.raises(InputError, match="cannot be set as a headline"):
        ask(store, ChoiceRequest("slug", Action.HEADLINE))


def test_the_stories_of_a_draft_are_known_by_all_reports_and_by_what_was_chosen() -> None:
    old = ChoiceOutcome(chosen("pin", FIRST, document="an older version"), Effect.MET, "s7")
    stories = stories_of(replace(EDITION, choices=(old,)))
    assert stories["an older version"] == "s7"
    assert stories["harbor"] == stories["again"] == stories["copied"] != stories["strait"]
    desk = replace(DESK, stories=stories)
    assert (desk.story("again"), desk.story("x")) == (stories["harbor"], "x")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (ChoiceRequest("unknown", Action.PIN), "no such report is stored"),
        (ChoiceRequest(FIRST.id, Action.MOVE, "sport"), "known: economy, security"),
    ],
)
def test_what_cannot_be_chosen_is_refused(store: Store, asked: ChoiceRequest, said: str) -> None:
    with pytest.raises(InputError, match=said):
        ask(store, ChoiceRequest(SECOND.id, Action.DROP), asked)
    assert standing(store) == []


def test_only_what_stands_can_be_undone(store: Store) -> None:
    (kept,) = ask(store, top(FIRST.id))
    for _ in range(2):
        with store.write() as tx:
            assert undo(tx, kept.id, edition=DESK, actor=ADA, at=LATER).document == FIRST.id
        with pytest.raises(InputError, match="no such choice"), store.write() as tx:
            undo(tx, kept.id, edition=DESK, actor=ADA, at=LATER)
        (kept,) = ask(store, top(FIRST.id))


def test_what_could_not_be_laid_out_is_taken_back(store: Store) -> None:
    ask(store, ChoiceRequest(FIRST.id, Action.PIN), ChoiceRequest(SECOND.id, Action.HEADLINE))
    ask(store, ChoiceRequest(FIRST.id, Action.DROP), top(SECOND.id), when=LATER)
    with store.write() as tx:
        active = choices.active(tx, DESK.briefing, DESK.day)
        (headline,) = [one for one in active if one.action is Action.HEADLINE]
        undo(tx, headline.id, edition=DESK, actor=Actor("eva", ""), at=LATER)
        put_back(tx, edition=DESK, actor=ADA, at=LATER)
    # What somebody else undid meanwhile stays undone.
    assert standing(store) == [(Action.PIN, FIRST.id)]
    assert [one.what for one in events(store)][:2] == ["take back top", "take back drop"]


def test_the_next_edition_is_that_of_the_timetable_or_of_today(store: Store) -> None:
    with store.read() as tx:
        assert next_to_print(tx, DESK.briefing, timetable=None, at=NOON) == (NOON.date(), None)
        printed = next_to_print(tx, DESK.briefing, timetable=Timetable(time(18), "UTC"), at=NOON)
    assert printed == (TODAY, at(TODAY, 18))
