"""What editors decide about the next edition, and what they undid."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from briefing.core.model import Action, Choice
from briefing.store.round_tables import CHOICE
from briefing.store.versions import AnyRow

#: Of each of the two, one choice may stand for a report: its place, and its section.
_PLACE = (Action.TOP, Action.PIN, Action.DROP)
_SECTION = (Action.MOVE,)


def choose(tx: Connection, briefing: str, choice: Choice) -> Choice:
    """Keep a choice and return it with its id.

    It replaces the standing choice of the same kind for the same report, also for another version
    of it by its address: one of TOP, PIN and DROP may stand, and one MOVE.
    """
    kind = _SECTION if choice.action in _SECTION else _PLACE
    replaced = _standing(briefing, choice.day), _same_report(choice)
    actions = CHOICE.c.action.in_([action.value for action in kind])
    undone = {"undone_by": choice.who, "undone_at": choice.at}
    tx.execute(update(CHOICE).where(*replaced[0], replaced[1], actions).values(undone))
    number: int = tx.execute(
        insert(CHOICE).returning(CHOICE.c.number), _row(briefing, choice)
    ).scalar_one()
    return replace(choice, id=number)


def undo(tx: Connection, briefing: str, id: int, *, who: str, at: datetime) -> Choice | None:
    """Let a choice stand no more, and return it; None when it does not stand.

    What it had replaced does not come back.
    """
    ours = CHOICE.c.number == id, CHOICE.c.briefing == briefing, CHOICE.c.undone_at.is_(None)
    undone = update(CHOICE).where(*ours).values(undone_by=who, undone_at=at).returning(CHOICE)
    row = tx.execute(undone).first()
    return None if row is None else _choice(row)


def source_status(tx: Connection, briefing: str, day: date) -> tuple[Choice, ...]:
    """Return the choices that stand for the edition of a day, first made first."""
    found = select(CHOICE).where(*_standing(briefing, day)).order_by(CHOICE.c.number)
    return tuple(map(_choice, tx.execute(found)))


def _standing(briefing: str, day: date) -> tuple[ColumnElement[bool], ...]:
    return CHOICE.c.briefing == briefing, CHOICE.c.day == day, CHOICE.c.undone_at.is_(None)


def _same_report(choice: Choice) -> ColumnElement[bool]:
    same = CHOICE.c.document == choice.document
    return or_(same, CHOICE.c.url == choice.url) if choice.url else same


def _row(briefing: str, choice: Choice) -> dict[str, object]:
    return {
        "briefing": briefing,
        "day": choice.day,
        "action": choice.action.value,
        "document": choice.document,
        "url": choice.url,
        "headline": choice.headline,
        "who": choice.who,
        "at": choice.at,
        "section": choice.section,
        "undone_by": "",
    }


def _choice(row: AnyRow) -> Choice:
    return Choice(
        id=row.number,
        day=row.day,
        action=Action(row.action),
        document=row.document,
        url=row.url,
        headline=row.headline,
        who=row.who,
        at=row.at,
        section=row.section,
    )
