"""Lists published editions, finds them by day, proves them from the store, withdraws them."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from briefing.app.release import void
from briefing.core import record
from briefing.core.edition import slug
from briefing.core.errors import InputError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import (
    MEMORY,
    WEEK,
    Correction,
    Signature,
    option_of,
    series_of,
    slot_title,
    weekly,
)
from briefing.core.proof import Failure, Proof, prove
from briefing.core.schedule import Timetable, ahead_words, dated_ahead
from briefing.press.seal import check_seal
from briefing.press.wording import _, in_each, long_date
from briefing.store import (
    Store,
    Transaction,
    archive,
    documents,
    drafts,
    editions,
    printed_files,
    withdrawals,
)
from briefing.store import corrections as source_changes
from briefing.store.audit import Actor
from briefing.store.editions import StoredEdition
from briefing.store.versions import normalized
from briefing.store.withdrawals import LONGEST_REASON, CatalogEntry, Withdrawal, catalog


def of_day(tx: Transaction, briefing: str, day: date) -> tuple[CatalogEntry, ...]:
    """Return the editions of a day: the current one, then withdrawn ones.

    InputError: there is none.
    """
    editions = catalog(tx, briefing, day=day)
    if not editions:
        raise not_published(briefing, day)
    return editions


def not_published(briefing: str, day: date) -> InputError:
    """Return the error for a day that has and had no edition."""
    return InputError(
        f"no edition of {briefing} was published on {day}; `briefing editions list` shows all"
    )


def on(tx: Transaction, briefing: str, day: date) -> tuple[StoredEdition, Withdrawal | None]:
    """Return the current edition of a day, or the last withdrawn one with its withdrawal.

    InputError: there is neither.
    """
    stored, withdrawal = editions.on(tx, briefing, day), None
    if stored is None and (gone := withdrawals.on(tx, briefing, day)):
        withdrawal = gone[0]
        stored = editions.get(tx, withdrawal.edition)
    if stored is None:
        raise InputError(
            f"no edition of {briefing} was published on {day}; name another day, or make it with "
            "`briefing publish`"
        )
    return stored, withdrawal


def published(
    tx: Transaction, briefing: str, *, day: date | None, today: date
) -> StoredEdition | None:
    """Return the edition of a day, by default the current one; None if it does not exist now."""
    return editions.on(tx, briefing, day) if day else editions.current(tx, briefing, today)


def to_send(tx: Transaction, briefing: str, *, day: date | None, today: date) -> StoredEdition:
    """Return the edition of a day, by default the current one, unless it was withdrawn.

    InputError: there is none.
    """
    stored = published(tx, briefing, day=day, today=today)
    if stored is not None:
        return stored
    if day and (gone := withdrawals.on(tx, briefing, day)):
        raise InputError(f"the edition of {day} was {gone[0].words}")
    when = f" on {day}" if day else " yet"
    raise InputError(f"no edition of {briefing} was published{when}; run `briefing publish`")


def faults_of_dates(
    tx: Transaction, briefing: str, *, timetable: Timetable, at: datetime
) -> tuple[str, ...]:
    """Return a line for each edition that is dated ahead, with the remedy."""
    days = archive.days(tx, briefing, first=at.date(), last=date.max)
    return tuple(map(ahead_words, dated_ahead(timetable, days, now=at)))


@frozen
class StoredProof:
    """The proof of one stored edition."""

    #: Id of the edition.
    edition: str
    proof: Proof
    #: Changes of its sources since it was printed, whether or not an edition has corrected them.
    corrections: tuple[Correction, ...]
    #: Its withdrawal; None: it was not withdrawn.
    withdrawal: Withdrawal | None = None
    #: Who released it or its draft, in order.
    released: tuple[Signature, ...] = ()
    #: Whether it is a draft that waits for its release.
    waits: bool = False
    #: Number of pages proved: that of all sections, and own pages.
    pages: int = 1


def prove_stored(
    store: Store, *, briefing: str, day: date, keys: Collection[str] | None = None
) -> StoredProof:
    """Compare everything that a stored edition prints with the stored texts, as of one moment.

    A draft of the day that waits for its release is proved rather than an edition; if all editions
    of the day were withdrawn, the last one is proved. What was signed must be what is stored.

    ``keys`` are the public keys of the desk; None: none were given, so any key is accepted.

    InputError: no such edition, or its record cannot be read; StoreError: the store cannot be read,
    or a stored file has changed.
    """
    with store.read() as tx:
        draft = drafts.of(tx, briefing)
        waits = draft is not None and draft.stored.day == day
        stored, withdrawal = (draft.stored, None) if draft and waits else on(tx, briefing, day)
        if not waits:
            others = printed_files.others(tx, stored.id)
            stored = replace(stored, files={**stored.files, **others})
        pages = {stored.id: stored.record}
        for key, text in printed_files.among(stored.files):
            pages[f"{stored.id}/{key}"] = text
        saved = [record.read(text, name=name) for name, text in pages.items()]
        texts = documents.texts(tx, {name for page in saved for name in page.edition.documents})
        corrections = source_changes.changed(tx, stored.id)
        released = drafts.signed(tx, stored.id)
    proofs: list[Proof] = []
    for page in saved:
        proof = prove(page.edition, sources=texts, intact=page.intact)
        if page.edition.id != stored.id:
            other = Failure(page.edition.id, "", f"the record is not that of {stored.id}")
            proof = replace(proof, failures=(*proof.failures, other))
        proofs.append(check_seal(proof, page, keys=keys))
    failures = [failure for proof in proofs for failure in proof.failures]
    if any(signature.digest != drafts.digest_of(stored) for signature in released):
        failures.append(Failure(stored.id, "", "these are not the bytes that were released"))
    checked = sum(proof.checked for proof in proofs)
    proof = replace(proofs[0], checked=checked, failures=tuple(failures))
    return StoredProof(stored.id, proof, corrections, withdrawal, released, waits, len(pages))


#: How long a notice of withdrawal is worth sending.
_LIFE = timedelta(days=3)


@frozen
class Withdraw:
    """A request to withdraw an edition."""

    #: Name of the briefing, as on the nameplate.
    name: str
    #: The local date of the edition.
    day: date
    #: One line, shown to readers; may be empty.
    reason: str = ""
    #: Whether its recipients are mailed a notice.
    tell_readers: bool = False
    #: Name of the edition among those of its day, or :data:`WEEK`; empty: the first.
    edition: str = ""


@frozen
class Withdrawn:
    """The result of a withdrawal."""

    withdrawal: Withdrawal
    #: Number of deliveries canceled.
    canceled: int
    #: Number of readers who get the notice.
    notices: int
    #: Last days of the weeks in review that print from it; these stay.
    reviews: tuple[date, ...] = ()


def withdraw(tx: Transaction, asked: Withdraw, *, actor: Actor) -> Withdrawn:
    """Withdraw the edition of a day and record it in the audit log.

    Its reports become available to the next edition, and its day may have another edition. Mails
    that the relay has accepted cannot be recalled.

    InputError: there is no edition of this day; UsageError: it is withdrawn already.
    """
    desk, day = slug(asked.name), asked.day
    briefing, week = series_of(desk, asked.edition), asked.edition == WEEK
    stored = editions.on(tx, briefing, day)
    if stored is None:
        if before := withdrawals.on(tx, briefing, day):
            raise UsageError(f"the edition of {day} was {before[0].words}; nothing is left to do")
        if drafts.day_of(tx, briefing) == day:
            raise UsageError(
                f"the edition of {day} has not been published, so there is nothing to withdraw; "
                f"to drop its draft: briefing editions drop {day}{option_of(asked.edition)}"
            )
        raise not_published(briefing, day)
    reason = normalized(asked.reason)[:LONGEST_REASON]
    withdrawal = Withdrawal(stored.id, briefing, stored.day, actor.at, actor.name, reason)
    withdrawals.put(tx, withdrawal)
    for series in (*(() if week else drafts.waiting(tx, desk)), weekly(desk)):
        void(tx, series, actor=actor, why=f"the edition of {stored.day} was withdrawn")
    canceled = withdrawals.cancel(tx, stored.id, at=actor.at, reason="the edition was withdrawn")
    notices = 0
    if asked.tell_readers:
        words = in_each(partial(_notice, asked, withdrawal))
        notices = withdrawals.announce(tx, stored, words, at=actor.at, life=_LIFE)
    actor.note(tx, "withdraw edition", f"{stored.id}: {reason}" if reason else stored.id)
    reviews = () if week else tuple(_reviews_of(tx, desk, stored))
    return Withdrawn(withdrawal, canceled, notices, reviews)


def _reviews_of(tx: Transaction, briefing: str, stored: StoredEdition) -> Iterator[date]:
    """Yield the last day of each week in review made from an edition."""
    series, last = weekly(briefing), stored.day + MEMORY
    for day in archive.days(tx, series, first=stored.day, last=last):
        review = editions.on(tx, series, day)
        week = record.read(review.record, name=review.id).edition.week if review else None
        if week and stored.id in week.editions:
            yield day


def _notice(asked: Withdraw, withdrawal: Withdrawal) -> str:
    """Return the subject and, after a line break, the text of the mail."""
    name, day = asked.name, long_date(withdrawal.day)
    when = f"{slot_title(asked.edition)}{day}"
    if asked.edition == WEEK:
        when = _("the week to {day}", day=day)
    text = _(
        "The edition of {name} of {when} was withdrawn on {day}. Please do not rely on it.",
        name=name,
        when=when,
        day=long_date(withdrawal.at.date()),
    )
    why = _("Reason: {reason}", reason=withdrawal.reason) + "\n" if withdrawal.reason else ""
    return f"{_('Withdrawn: {name}, {when}', name=name, when=when)}\n{text}\n{why}"
