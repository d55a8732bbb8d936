"""VERB: what editors decide about the next edition, as one person or program asks for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from briefing.app.actor import Actor
from briefing.core.errors import InputError, UsageError
from briefing.core.model import Action, Choice, ChoiceOutcome
from briefing.core.schedule import Timetable, next_edition
from briefing.core.text.choices import refuse_two_tops
from briefing.store import Transaction, archive, choices, documents

#: Further than two clocks differ in their date.
_NEAR = timedelta(days=2)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EditorDesk:
    """The edition that is decided about, and what is known of it."""

    briefing: str
    day: date
    #: Sections that it may have.
    sections: Collection[str]
    #: What the last draft made of the choices; empty without one.
    outcomes: Sequence[ChoiceOutcome] = ()

    @property
    def stories(self) -> Mapping[str, str]:
        """The story of each report that was chosen before, by id."""
        return {outcome.choice.document: outcome.story for outcome in self.outcomes}


@dataclass(frozen=True, slots=True)
class ChoiceRequest:
    """What is asked about the story of one report."""

    #: Id of the report.
    document: str
    #: None: undo the current choice.
    action: Action | None
    #: For MOVE: where to.
    section: str = ""
    #: Whether it is about the section, not the place.
    moves: bool = False

    def about(self, choice: Choice) -> bool:
        """Tell whether a choice is the one that this request replaces or undoes."""
        same_kind = (choice.action is Action.MOVE) is self.moves
        return same_kind and choice.document == self.document


def next_to_print(
    tx: Transaction, briefing: str, *, timetable: Timetable | None, at: datetime
) -> tuple[date, datetime | None]:
    """Return the next edition that is not printed yet, and when it is due.

    By the timetable; without one today's or tomorrow's, due at no time. An edition that was printed
    before its time is passed over.
    """
    there = archive.days(tx, briefing, first=at.date() - _NEAR, last=date.max)
    if timetable is None:
        day = at.date()
        while day in there:
            day += _ONE_DAY
        return day, None
    day, moment = next_edition(timetable, after=at)
    while day in there:
        day, moment = next_edition(timetable, after=moment)
    return day, moment


def choose(
    tx: Transaction,
    asked: Sequence[ChoiceRequest],
    *,
    desk: EditorDesk,
    actor: Actor,
    at: datetime,
) -> tuple[Choice, ...]:
    """Store choices, each replacing the one for the same report; return the new ones.

    Raises:
        InputError: a report is not stored, or a section is not printed.
        UsageError: the edition is already printed.
        ChoiceError: two stories would open the page, which could not be laid out.
    """
    _check_open(tx, desk)
    outcomes = [_choose(tx, choice, desk=desk, actor=actor, at=at) for choice in asked]
    active, stories = choices.active(tx, desk.briefing, desk.day), desk.stories
    tops = (choice for choice in active if choice.action is Action.TOP)
    refuse_two_tops(
        {stories.get(choice.document) or choice.document: choice for choice in tops}.values()
    )
    return tuple(outcome for outcome in outcomes if outcome is not None)


def undo(tx: Transaction, number: int, *, desk: EditorDesk, actor: Actor, at: datetime) -> Choice:
    """Undo a choice.

    Raises:
        InputError: it is not active for this edition.
        UsageError: the edition is already printed.
    """
    _check_open(tx, desk)
    active = {choice.id for choice in choices.active(tx, desk.briefing, desk.day)}
    if number not in active:
        raise InputError("this day has no such choice")
    return _undo(tx, number, desk=desk, actor=actor, at=at, what="undo")


def put_back(
    tx: Transaction, before: Sequence[Choice], *, desk: EditorDesk, actor: Actor, at: datetime
) -> None:
    """Restore the choices as they were before a change at a given time."""
    stood = {choice.id for choice in before}
    now = choices.active(tx, desk.briefing, desk.day)
    for choice in now:
        if choice.who == actor.name and choice.at == at and choice.id not in stood:
            _undo(tx, choice.id, desk=desk, actor=actor, at=at, what="take back")
    still = {choice.id for choice in now}
    for choice in before:
        if choice.id not in still:
            choices.choose(tx, desk.briefing, replace(choice, id=0))


def _check_open(tx: Transaction, desk: EditorDesk) -> None:
    """Refuse to choose for an edition that is printed: it would change nothing but the record."""
    if archive.days(tx, desk.briefing, first=desk.day, last=desk.day):
        raise UsageError("the edition of this day is already printed")


def _choose(
    tx: Transaction, asked: ChoiceRequest, *, desk: EditorDesk, actor: Actor, at: datetime
) -> Choice | None:
    if asked.action is None:
        for choice in choices.active(tx, desk.briefing, desk.day):
            if asked.about(choice):
                _undo(tx, choice.id, desk=desk, actor=actor, at=at, what="undo")
        return None
    if asked.section and asked.section not in desk.sections:
        raise InputError(f"section: unknown; known: {', '.join(desk.sections)}")
    report = documents.texts(tx, [asked.document]).get(asked.document)
    if report is None:
        raise InputError("document: no such report is stored")
    new = Choice.about(
        report, asked.action, day=desk.day, who=actor.name, at=at, section=asked.section
    )
    where = f" to {asked.section}" if asked.section else ""
    about = f"{desk.day}: {report.headline or report.id}"
    actor.note(tx, f"{asked.action} story{where}", about, at=at)
    return choices.choose(tx, desk.briefing, new)


def _undo(  # noqa: PLR0913  one audited action
    tx: Transaction, number: int, *, desk: EditorDesk, actor: Actor, at: datetime, what: str
) -> Choice:
    undone = choices.undo(tx, desk.briefing, number, who=actor.name, at=at)
    assert undone is not None  # noqa: S101  checked by the caller in this transaction
    about = f"{desk.day}: {undone.headline or undone.document}"
    actor.note(tx, f"{what} {undone.action}", about, at=at)
    return undone
