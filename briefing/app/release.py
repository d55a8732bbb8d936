"""Releases editions, which are published in no other way, and keeps the desk's own note.

An edition that waits for its release is a draft. Drafts have tables of their own, so that pages,
feeds, the API, the archive and deliveries know only editions. Everything happens in writing
transactions, which run one at a time, so that decisions rest on the state that is committed.
"""

from collections.abc import Callable
from datetime import date, datetime

from briefing.app.own_pages import own_editions
from briefing.core import record
from briefing.core.errors import ChoiceError, InputError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import DEADLINE, DeskNote, Edition, MailKind, Signature, desk_of
from briefing.core.schedule import Timetable, deadline
from briefing.store import Transaction, archive, deliveries, drafts, editions
from briefing.store.audit import ROUND, Actor
from briefing.store.drafts import StoredDraft

#: Records to whom an edition goes once it is released.
Addressing = Callable[[Transaction, Edition, datetime], None]
#: Asks reviewers to look at a draft, in the transaction that stores it.
Asking = Callable[[Transaction, StoredDraft, datetime], None]


@frozen
class ReleasePlan:
    """How editions of one briefing are released."""

    #: Called in the transaction that releases the edition.
    to: Addressing = lambda _tx, _edition, _at: None
    #: Called in the transaction that stores the draft.
    ask: Asking = lambda _tx, _draft, _at: None
    #: Says who must release an edition, and until when; None: no release is needed.
    timetable: Timetable | None = None

    @property
    def by(self) -> int:
        """How many operators must release an edition."""
        return self.timetable.release.by if self.timetable else 0


@frozen
class Signed:
    """The result of a release by one operator."""

    #: Who has signed, in order.
    by: tuple[Signature, ...]
    #: How many more must sign; 0: the edition is published.
    lacking: int


def admit(
    tx: Transaction,
    stored: editions.StoredEdition,
    *,
    edition: Edition,
    plan: ReleasePlan,
    recheck_at: datetime | None,
) -> StoredDraft | None:
    """Store a new edition, as a draft if it needs a release; return the draft, if any.

    It replaces any draft of its desk, which was made without knowledge of this edition.
    """
    for series in drafts.waiting(tx, desk_of(stored.briefing)):
        void(tx, series, actor=Actor(ROUND, stored.made), why="another edition was made")
    if plan.by:
        draft = drafts.put(tx, stored, recheck_at=recheck_at)
        plan.ask(tx, draft, stored.made)
        return draft
    editions.keep(tx, stored, edition=edition, own=own_editions(stored), recheck_at=recheck_at)
    plan.to(tx, edition, stored.made)
    return None


def sign(  # noqa: PLR0913  who releases what, and by which rule
    tx: Transaction, briefing: str, day: date, *, plan: ReleasePlan, actor: Actor, digest: str = ""
) -> Signed:
    """Release the draft of a day in the name of one operator; the last one needed publishes it.

    ``digest`` is that of the draft the operator has seen; empty: release whatever draft there is.

    InputError: no draft of this day waits; ChoiceError: it is not the draft that was seen;
    UsageError: the operator has released it already.
    """
    draft = drafts.of(tx, briefing)
    if draft is None or draft.stored.day != day:
        raise _missing(day)
    if digest and digest != draft.digest:
        raise ChoiceError("another draft was made since this one was shown; look at it again")
    if any(signature.who == actor.name for signature in draft.signed):
        raise UsageError(f"{actor.name} has already released the draft of {day}")
    signature = Signature(actor.name, actor.at, draft.digest)
    drafts.sign(tx, draft.stored.id, signature)
    actor.note(tx, "release edition", f"{draft.stored.id}: {draft.digest}")
    signed = (*draft.signed, signature)
    lacking = max(plan.by - len(signed), 0)
    if not lacking:
        _leave(tx, draft, plan=plan, at=actor.at)
    return Signed(signed, lacking)


def waiting(tx: Transaction, briefing: str, *, timetable: Timetable) -> date | None:
    """Return the day of the draft that waits for its release; None: there is none."""
    return drafts.day_of(tx, briefing) if timetable.release.by else None


def goes(tx: Transaction, briefing: str, *, timetable: Timetable) -> tuple[date, datetime] | None:
    """Return day and deadline of the draft that is published even without a release; else None."""
    day = waiting(tx, briefing, timetable=timetable) if timetable.release.go else None
    until = deadline(timetable, day) if day else None
    return (day, until) if day and until else None


def let_go_in_time(tx: Transaction, briefing: str, *, plan: ReleasePlan, at: datetime) -> bool:
    """Release the draft whose deadline has passed, if the rule says so; return whether it was."""
    going = goes(tx, briefing, timetable=plan.timetable) if plan.timetable else None
    draft = drafts.of(tx, briefing) if going and going[1] <= at else None
    if draft is None:
        return False
    drafts.sign(tx, draft.stored.id, Signature(DEADLINE, at, draft.digest))
    Actor(DEADLINE, at).note(tx, "release edition", f"{draft.stored.id}: {draft.digest}")
    _leave(tx, draft, plan=plan, at=at)
    return True


def drop(tx: Transaction, briefing: str, day: date, *, actor: Actor) -> str:
    """Drop the draft of a day, which was never published; return its id.

    InputError: no draft of this day waits.
    """
    dropped = void(tx, briefing, actor=actor, why="as asked", day=day)
    if not dropped:
        raise _missing(day)
    return dropped


def void(tx: Transaction, briefing: str, *, actor: Actor, why: str, day: date | None = None) -> str:
    """Drop the draft of a briefing, or of one day only, because what it was made from has changed.

    Return its id; empty if there is none. Its signatures are void, but stay in the audit log.
    """
    if day and drafts.day_of(tx, briefing) != day:
        return ""
    dropped = drafts.drop(tx, briefing)
    if dropped is None:
        return ""
    id_, made = dropped
    # Reviewers were asked when it was made; mails about other drafts in the store stay.
    deliveries.cancel_mails(
        tx, MailKind.REVIEW, asked=made, at=actor.at, reason="its draft was dropped"
    )
    actor.note(tx, "drop draft", f"{id_}: {why}")
    return id_


def _missing(day: date) -> InputError:
    return InputError(f"no draft of {day} is awaiting release; `briefing publish` makes one")


def _leave(tx: Transaction, draft: StoredDraft, *, plan: ReleasePlan, at: datetime) -> None:
    stored = draft.stored
    drafts.take(tx, stored.briefing)
    edition = record.read(stored.record, name=stored.id).edition
    own, again = own_editions(stored), draft.recheck_at
    editions.keep(tx, stored, edition=edition, own=own, recheck_at=again)
    plan.to(tx, edition, at)


def write_note(
    tx: Transaction, briefing: str, day: date, note: DeskNote | None, *, actor: Actor
) -> None:
    """Print a note on the page of a day, replacing any other; None: print none.

    A draft that waits for its release is dropped, because it was made without this note.

    UsageError: the edition is already printed, or there is no note to remove.
    """
    if archive.days(tx, briefing, first=day, last=day):
        raise UsageError("the edition of this day is already printed")
    if drafts.note_of(tx, briefing, day) == note:
        if not note:
            raise UsageError(f"the edition of {day} has no note")
        return
    void(tx, briefing, actor=actor, why="the desk's note has changed", day=day)
    drafts.put_note(tx, briefing, day, note, who=actor.name, at=actor.at)
    about = f"{day}: {note.text} ({note.signed})" if note else f"{day}"
    actor.note(tx, "write note" if note else "delete note", about)
