from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from briefing.core.model import Action, Choice
from briefing.store import Store, drafts
from briefing.store.round_tables import CHOICE
from tests.store.news import DAY, NOON, TODAY
from tests.store.ready import act, look

DESK = "ostra-desk"
PIN = Choice(
    0, TODAY, Action.PIN, "d1", "https://courier.example/1", "Two berths", who="ann", at=NOON
)
MOVE = replace(PIN, action=Action.MOVE, section="security")
LATER = NOON + timedelta(hours=1)


def choose(store: Store, *wanted: Choice, briefing: str = DESK) -> list[Choice]:
    with store.write() as tx:
        return [drafts.choose(tx, briefing, choice) for choice in wanted]


def active(store: Store) -> list[Choice]:
    return list(look(store, drafts.active, DESK, TODAY))


def history(store: Store) -> list[tuple[Action, str, object]]:
    with store.read() as tx:
        rows = tx.execute(select(CHOICE).order_by(CHOICE.number))
        return [(Action(row.action), row.undone_by, row.undone_at) for row in rows]


def test_a_choice_comes_back_with_its_id(store: Store) -> None:
    hostile = replace(MOVE, headline="<b>\0\ud800'; --", section="a\nb", document="", url="")
    stored = choose(store, PIN, hostile)
    assert [replace(choice, id=0) for choice in stored] == [PIN, hostile]
    assert 0 < stored[0].id < stored[1].id
    assert active(store) == stored
    assert history(store) == [(Action.PIN, "", None), (Action.MOVE, "", None)]


@pytest.mark.parametrize("action", [Action.TOP, Action.PIN, Action.DROP])
@pytest.mark.parametrize(
    "report",
    [PIN, replace(PIN, url=""), replace(PIN, document="d2")],
    ids=["same", "same document", "same address"],
)
def test_one_choice_of_place_for_a_report(store: Store, action: Action, report: Choice) -> None:
    choose(store, PIN, MOVE)
    (stored,) = choose(store, replace(report, action=action, who="ben", at=LATER))
    assert [choice.action for choice in active(store)] == [Action.MOVE, action]
    assert active(store)[1] == stored
    assert history(store)[0] == (Action.PIN, "ben", LATER)


def test_one_move_may_stand_for_a_report(store: Store) -> None:
    choose(store, PIN, MOVE, replace(MOVE, section="economy", who="ben", at=LATER))
    assert [(choice.action, choice.section) for choice in active(store)] == [
        (Action.PIN, ""),
        (Action.MOVE, "economy"),
    ]


@pytest.mark.parametrize(
    ("choice", "other"),
    [
        (PIN, replace(PIN, document="d2", url="https://courier.example/2")),
        (PIN, replace(PIN, document="d2", url="")),
        (PIN, replace(PIN, day=TODAY + DAY)),
        (replace(PIN, url=""), replace(PIN, document="d2", url="")),
    ],
    ids=["another report", "one without address", "another day", "both without address"],
)
def test_a_choice_on_something_else_replaces_nothing(
    store: Store, choice: Choice, other: Choice
) -> None:
    stored = choose(store, choice)
    choose(store, other)
    assert stored[0] in active(store)


def test_a_briefing_has_its_own_choices(store: Store) -> None:
    (stored,) = choose(store, PIN)
    (other,) = choose(store, PIN, briefing="other-desk")
    assert active(store) == [stored]
    with store.write() as tx:
        assert drafts.undo(tx, DESK, other.id, who="ann", at=LATER) is None
        assert drafts.active(tx, "other-desk", TODAY) == (other,)


def test_a_choice_is_undone_once_and_brings_nothing_back(store: Store) -> None:
    (stored,) = choose(store, PIN)
    with store.write() as tx:
        assert drafts.undo(tx, DESK, stored.id, who="ben", at=LATER) == stored
        assert drafts.undo(tx, DESK, stored.id, who="eve", at=LATER + DAY) is None
        assert drafts.undo(tx, DESK, stored.id + 99, who="eve", at=LATER) is None
    assert active(store) == []
    assert history(store) == [(Action.PIN, "ben", LATER)]
    choose(store, PIN)
    (stored,) = choose(store, replace(PIN, action=Action.DROP))
    act(store, drafts.undo, DESK, stored.id, who="ben", at=LATER)
    assert active(store) == []
