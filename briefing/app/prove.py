"""VERB: proves a published edition from the store alone, and reports changes of its sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from briefing.app.editions import on as edition_on
from briefing.core import record
from briefing.core.model import GENERAL, Correction, Document, Signature
from briefing.core.proof import Failure, Proof, prove
from briefing.core.record import Record
from briefing.press.seal import check_seal
from briefing.store import Store, documents, drafts, printed_files, source_changes
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
    #: How many pages were proved: that of all sections, and those of readers who chose some.
    pages: int = 1


def prove_stored(
    store: Store, *, briefing: str, day: date, keys: Collection[str] | None = None
) -> StoredProof:
    """Compare all that a stored edition prints with the stored texts, as of one moment.

    A draft of this day that waits for its release goes before all; if all editions of the day were
    withdrawn, it is the last one. What was signed must be what is stored.

    Args:
        store: holds the edition and, in the version that was printed, each text it cites.
        briefing: the briefing's short name, as :func:`briefing.core.edition.slug` makes it.
        day: the local date of the edition.
        keys: public keys of the desk; None: nobody gave them.

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
        if not waits:
            own = printed_files.own_files(tx, stored.id)
            stored = replace(stored, files={**stored.files, **own})
        pages = {GENERAL: stored.record, **dict(printed_files.among(stored.files))}
        saved = {key: _read(text, stored.id, key) for key, text in pages.items()}
        texts = documents.texts(
            tx, {name for one in saved.values() for name in one.edition.documents}
        )
        corrections = source_changes.changed(tx, stored.id)
        released = drafts.signed(tx, stored.id)
    proofs = [
        check_seal(_prove(one, texts, edition=stored.id), one, keys=keys) for one in saved.values()
    ]
    proof = replace(
        proofs[0],
        checked=sum(one.checked for one in proofs),
        failures=tuple(failure for one in proofs for failure in one.failures),
    )
    if any(one.digest != drafts.digest_of(stored) for one in released):
        other = Failure(stored.id, "", "these are not the bytes that were released")
        proof = replace(proof, failures=(*proof.failures, other))
    return StoredProof(stored.id, proof, corrections, withdrawal, released, waits, len(pages))


def _read(text: str, edition: str, key: str) -> Record:
    return record.read(text, name=f"{edition}/{key}" if key else edition)


def _prove(saved: Record, texts: Mapping[str, Document], *, edition: str) -> Proof:
    proof = prove(saved.edition, sources=texts, intact=saved.intact)
    if saved.edition.id == edition:
        return proof
    other = Failure(saved.edition.id, "", f"the record is not that of {edition}")
    return replace(proof, failures=(*proof.failures, other))
