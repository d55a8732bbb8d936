"""VERB: proves a published edition from the store alone, and reports changes of its sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from briefing.app.editions import on as edition_on
from briefing.core.model import Correction, Signature
from briefing.core.proof import Failure, Proof, prove
from briefing.press import record
from briefing.store import Store, documents, drafts, source_changes
from briefing.store.withdrawals import Withdrawal


@dataclass(frozen=True, slots=True)
class StoredProof:
    """The outcome for one stored edition."""

    #: Id of the edition.
    edition: str
    proof: Proof
    #: Changes of its sources since, whether or not an edition has printed them.
    corrections: tuple[Correction, ...]
    #: Its withdrawal; None: it was not withdrawn.
    withdrawal: Withdrawal | None = None
    #: Who has released it, or its draft, the first one first.
    released: tuple[Signature, ...] = ()
    #: Whether it is a draft that waits for its release.
    waits: bool = False


def prove_stored(store: Store, *, briefing: str, day: date) -> StoredProof:
    """Compare all that a stored edition prints with the stored texts, as of one moment.

    A draft of this day that waits for its release goes before all; if all editions of the day were
    withdrawn, it is the last one. What was signed must be what is stored.

    Args:
        store: holds the edition and, in the version that was printed, each text it cites.
        briefing: the briefing's short name, as :func:`briefing.core.edition.slug` makes it.
        day: the local date of the edition.

    Raises:
        InputError: there is no such edition, or its record cannot be read.
        StoreError: the store cannot be read, or a stored file is not what was kept.
    """
    with store.read() as tx:
        draft = drafts.of(tx, briefing)
        waits = draft is not None and draft.stored.day == day
        stored, withdrawal = (
            (draft.stored, None) if draft and waits else edition_on(tx, briefing, day)
        )
        saved = record.read(stored.record, name=stored.id)
        texts = documents.texts(tx, saved.digests)
        corrections = source_changes.changed(tx, stored.id)
        released = drafts.signed(tx, stored.id)
    proof = prove(saved.edition, sources=texts, digests=saved.digests, claimed=saved.proof)
    if saved.edition.id != stored.id:
        other = Failure(saved.edition.id, "", f"the record is not that of {stored.id}")
        proof = replace(proof, failures=(*proof.failures, other))
    if any(one.digest != drafts.digest_of(stored) for one in released):
        other = Failure(stored.id, "", "these are not the bytes that were released")
        proof = replace(proof, failures=(*proof.failures, other))
    return StoredProof(stored.id, proof, corrections, withdrawal, released, waits)
