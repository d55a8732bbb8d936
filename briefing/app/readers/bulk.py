"""Many subscribers paused, resumed or removed at once, and that undone within a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from briefing.app.actor import Actor
from briefing.app.readers.administration import PAUSABLE, RESUMABLE
from briefing.app.readers.decide import PAUSED, RESUMED
from briefing.core.counting import counted
from briefing.core.errors import InputError, UsageError
from briefing.core.model import BulkAction, Consent, State
from briefing.store import Transaction, bulk, reader_list
from briefing.store.bulk import UNDO, Bulk
from briefing.store.expiry import forget_expired
from briefing.store.reader_list import Matching

_STATES: Mapping[BulkAction, frozenset[State]] = MappingProxyType(
    {
        BulkAction.PAUSE: PAUSABLE,
        BulkAction.RESUME: RESUMABLE,
        BulkAction.REMOVE: frozenset(State),
    }
)
_WORDS = MappingProxyType({BulkAction.PAUSE: PAUSED, BulkAction.RESUME: RESUMED})
#: What undoes an action, for the consent log.
_BACK = MappingProxyType({BulkAction.PAUSE: RESUMED, BulkAction.RESUME: PAUSED})


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """A request to do something with many subscribers."""

    action: BulkAction
    #: Ids of those chosen one by one; None: all that match.
    numbers: tuple[int, ...] | None
    matching: Matching = field(default_factory=Matching)
    #: With all that match: how many those were when they were chosen.
    expected: int = 0


def change_many(tx: Transaction, asked: BulkRequest, *, actor: Actor, at: datetime) -> Bulk:
    """Pause, resume or remove those chosen; the others are left as they are.

    Of those removed what undoing needs is kept until it cannot be undone any more, apart from the
    list of subscribers.

    Raises:
        UsageError: more or fewer match than were seen, or none is in a state that allows it.
    """
    forget_expired(tx, at=at)
    if asked.numbers is None and reader_list.count(tx, asked.matching) != asked.expected:
        raise UsageError("the list has changed meanwhile")
    chosen = asked.matching.condition if asked.numbers is None else reader_list.are(asked.numbers)
    consent = _consent(actor, _WORDS.get(asked.action, ""), at=at)
    states = _STATES[asked.action]
    done = bulk.change(tx, asked.action, chosen, states=states, who=actor.name, consent=consent)
    if not done.readers:
        raise UsageError("none of those chosen is in a state that allows it")
    about = f"{counted(done.readers, 'subscriber')} (action {done.number})"
    actor.note(tx, f"{asked.action} subscribers", about, at=at)
    return done


def undo_many(tx: Transaction, number: int, *, actor: Actor, at: datetime) -> int:
    """Put those back as they were before whom nobody has changed since; return how many.

    Raises:
        InputError: there is no such action.
        UsageError: it is undone already, or was too long ago.
    """
    done = bulk.get(tx, number)
    if done is None:
        raise InputError("no action has this number")
    if done.undone is not None or at >= done.at + UNDO:
        raise UsageError("it is undone already, or too long ago")
    consent = _consent(actor, _BACK.get(done.action, ""), at=at)
    restored = bulk.undo(tx, done, who=actor.name, consent=consent)
    about = f"{restored} of {counted(done.readers, 'subscriber')} (action {number})"
    actor.note(tx, f"undo {done.action} subscribers", about, at=at)
    return restored


def recent(tx: Transaction, *, at: datetime, limit: int) -> tuple[Bulk, ...]:
    """Return the last actions that can be undone, or could until they were."""
    return bulk.recent(tx, since=at - UNDO, limit=limit)


def _consent(actor: Actor, words: str, *, at: datetime) -> Consent:
    return Consent(at, "changed", "command", actor.person, words)
