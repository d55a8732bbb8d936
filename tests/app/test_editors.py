"""What editors decide, whichever door they come in by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from briefing.app.actor import Actor
from briefing.app.editors import (
    ChoiceRequest,
    EditorDesk,
    choose,
    next_to_print,
    put_back,
    undo,
)
from briefing.core.errors import ChoiceError, InputError
from briefing.core.model import Action, AuditEvent, Choice, ChoiceOutcome, Effect
from briefing.core.schedule import Timetable
from briefing.store import Store, audit, choices
from tests.publishing import FIRST as REPORTS
from tests.publishing import Desk as Newsroom
from tests.publishing import at, open_at

FIRST, SECOND, _ = REPORTS
TODAY = date(2026, 3, 14)
NOON = at(TODAY, 12)
DESK = EditorDesk("ostra-desk", TODAY, ("economy", "security"))
ADA = Actor("ada", "203.0.113.0/24")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_at(tmp_path)
    Newsroom(store).keep(*REPORTS, when=NOON - timedelta(hours=1))
    yield store
    store.close()


def ask(
    store: Store, *asked: ChoiceRequest, desk: EditorDesk = DESK, when: datetime = NOON
) -> tuple[Choice, ...]:
    with store.write() as tx:
        return choose(tx, asked, desk=desk, actor=ADA, at=when)


def standing(store: Store) -> list[tuple[Action, str]]:
    with store.read() as tx:
        return [(one.action, one.document) for one in choices.active(tx, DESK.briefing, DESK.day)]


def events(store: Store) -> list[AuditEvent]:
    with store.read() as tx:
        return list(audit.recent(tx))


def top(document: str) -> ChoiceRequest:
    return ChoiceRequest(document, Action.TOP)


def test_a_choice_is_kept_with_a_line_of_the_audit_log(store: Store) -> None:
    move = ChoiceRequest(FIRST.id, Action.MOVE, "security", moves=True)
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


def test_two_reports_of_one_story_may_both_be_at_the_top(store: Store) -> None:
    (one,) = ask(store, top(FIRST.id))
    with store.write() as tx:
        (two,) = choose(tx, [ChoiceRequest(SECOND.id, Action.PIN)], desk=DESK, actor=ADA, at=NOON)
    outcomes = tuple(ChoiceOutcome(each, Effect.MET, "s1") for each in (one, two))
    drafted = EditorDesk(DESK.briefing, DESK.day, DESK.sections, outcomes)
    ask(store, top(SECOND.id), desk=drafted)
    assert standing(store) == [(Action.TOP, FIRST.id), (Action.TOP, SECOND.id)]


def test_the_top_can_be_given_to_another_story_in_one_step(store: Store) -> None:
    ask(store, top(FIRST.id))
    ask(store, top(SECOND.id), ChoiceRequest(FIRST.id, None))
    assert standing(store) == [(Action.TOP, SECOND.id)]
    assert events(store)[0].what == "undo top"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (ChoiceRequest("unknown", Action.PIN), "no such report is stored"),
        (ChoiceRequest(FIRST.id, Action.MOVE, "sport", moves=True), "known: economy, security"),
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
            assert undo(tx, kept.id, desk=DESK, actor=ADA, at=LATER).document == FIRST.id
        with pytest.raises(InputError, match="no such choice"), store.write() as tx:
            undo(tx, kept.id, desk=DESK, actor=ADA, at=LATER)
        (kept,) = ask(store, top(FIRST.id))


def test_what_could_not_be_laid_out_is_taken_back(store: Store) -> None:
    ask(store, ChoiceRequest(FIRST.id, Action.PIN))
    with store.read() as tx:
        before = choices.active(tx, DESK.briefing, DESK.day)
    ask(store, ChoiceRequest(FIRST.id, Action.DROP), top(SECOND.id), when=LATER)
    with store.write() as tx:
        put_back(tx, before, desk=DESK, actor=ADA, at=LATER)
    assert standing(store) == [(Action.PIN, FIRST.id)]
    assert [one.what for one in events(store)][:2] == ["take back top", "take back drop"]


def test_the_next_edition_is_that_of_the_timetable_or_of_today(store: Store) -> None:
    with store.read() as tx:
        assert next_to_print(tx, DESK.briefing, timetable=None, at=NOON) == (NOON.date(), None)
        printed = next_to_print(tx, DESK.briefing, timetable=Timetable(time(18), "UTC"), at=NOON)
    assert printed == (TODAY, at(TODAY, 18))
