"""The form of a story: what an editor asks about it, kept, and the draft laid out again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from starlette.exceptions import HTTPException

from briefing.app.editors import (
    ChoiceRequest,
    OpenEdition,
    choose,
    print_in,
    put_back,
    undo,
)
from briefing.app.publish import Preview
from briefing.core.errors import BriefingError, ChoiceError, InputError
from briefing.core.model import Action
from briefing.store import Transaction
from briefing.web.admin.frame import AdminSession
from briefing.web.context import WebContext

#: Buttons that are a choice as they are, by value.
_PLACES = {"lead": Action.TOP, "drop": Action.DROP}
#: Ids of choices as a field has them.
_IDS = re.compile(r"(?:\d{1,18}(?:\.\d{1,18}){0,40})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Steered:
    """What came of a form."""

    #: Key of the message.
    message: str
    #: Ids of the new choices.
    done: tuple[int, ...] = ()


def edition_of(context: WebContext, day: date, draft: Preview | None) -> OpenEdition:
    """Return the edition of a day to decide about, as its last draft shows it."""
    if draft is None:
        return OpenEdition(context.briefing, day, context.sections)
    return OpenEdition.of(context.briefing, draft.edition)


def steer(session: AdminSession, edition: OpenEdition) -> Steered:
    """Keep what the form asks, then have the draft laid out again.

    Choices with which no page can be laid out are taken back.

    Raises:
        HTTPException: a value is not valid (400).
        BriefingError: it cannot be kept, or no page can be laid out; the choices are as before.
    """
    drafts, request = session.context.drafts, session.request
    assert drafts is not None  # noqa: S101  checked by the caller
    with session.context.store.write() as tx:
        steered = _keep(tx, session, edition)

    def take_back(error: BriefingError) -> None:
        if isinstance(error, ChoiceError):
            with session.context.store.write() as tx:
                put_back(tx, edition=edition, actor=session.actor, at=request.at)

    made = drafts.soon(edition.day, failed=take_back)
    return steered if made or steered.message == "gone" else Steered("later", steered.done)


def ids_in(text: str) -> tuple[int, ...]:
    """Return the ids of choices in a field.

    Raises:
        ValueError: it has something else.
    """
    if _IDS.fullmatch(text) is None:
        raise ValueError("no ids of choices")
    return tuple(map(int, text.split("."))) if text else ()


def _keep(tx: Transaction, session: AdminSession, edition: OpenEdition) -> Steered:
    try:
        undone = ids_in(session.field("undo"))
        if undone:
            return Steered(_undo(tx, undone, session, edition))
        kept = _choose(tx, session, edition)
    except (ValueError, InputError) as error:
        raise HTTPException(400) from error
    return Steered("kept" if kept else "laid", kept)


def _undo(
    tx: Transaction, undone: tuple[int, ...], session: AdminSession, edition: OpenEdition
) -> str:
    """Undo choices; return the key of the message, which says when none was active any more."""
    active = 0
    for number in undone:
        try:
            undo(tx, number, edition=edition, actor=session.actor, at=session.request.at)
        except InputError:
            continue
        active += 1
    return "undone" if active else "gone"


def _choose(tx: Transaction, session: AdminSession, edition: OpenEdition) -> tuple[int, ...]:
    """Keep the choice of the button that was pressed; return its ids.

    Raises:
        ValueError: there is no such button.
    """
    actor, at, seen = session.actor, session.request.at, ids_in(session.field("seen"))
    if session.field("do") == "print":
        document, section = session.field("document"), session.field("section")
        kept = print_in(tx, document, section, edition=edition, actor=actor, at=at, seen=seen)
    else:
        top = ids_in(session.field("top")) if session.field("do") == "lead" else ()
        asked = _asked(session)
        kept = choose(tx, asked, edition=edition, actor=actor, at=at, seen=(*seen, *top))
    return tuple(choice.id for choice in kept)


def _asked(session: AdminSession) -> list[ChoiceRequest]:
    """Return what the button that was pressed asks; nothing for that of the whole page."""
    button, document = session.field("do"), session.field("document")
    if headline := session.field("headline"):
        return [ChoiceRequest(headline, Action.HEADLINE)]
    if button in _PLACES:
        return [ChoiceRequest(document, _PLACES[button])]
    if button or document:
        raise ValueError("no such button")
    return []
