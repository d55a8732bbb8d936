"""VERB: what the desk says in its own name on the next page; it is written, or taken back."""

from __future__ import annotations

from datetime import date, datetime

from briefing.app.actor import Actor
from briefing.app.release import void
from briefing.core.errors import UsageError
from briefing.core.model import DeskNote
from briefing.store import Transaction, archive, desk_notes


def write_note(  # noqa: PLR0913  one audited action
    tx: Transaction, briefing: str, day: date, note: DeskNote | None, *, actor: Actor, at: datetime
) -> None:
    """Have a note printed on the page of a day, in place of any other; None: have none printed.

    A draft that waits for its release is dropped: it was made without this note.

    Raises:
        UsageError: the edition is already printed, or there is no note to take back.
    """
    if archive.days(tx, briefing, first=day, last=day):
        raise UsageError("the edition of this day is already printed")
    if desk_notes.of(tx, briefing, day) == note:
        if note is None:
            raise UsageError(f"the page of {day} has no note")
        return
    void(tx, briefing, actor=actor, at=at, why="the desk's note has changed", day=day)
    if note is None:
        desk_notes.remove(tx, briefing, day)
        actor.note(tx, "take note back", f"{day}", at=at)
        return
    desk_notes.put(tx, briefing, day, note, who=actor.name, at=at)
    actor.note(tx, "write note", f"{day}: {note.text} ({note.signed})", at=at)
