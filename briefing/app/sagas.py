"""Shows sagas with their proof, and lets editors merge or split them or decline proposals."""

import re
from collections.abc import Collection

from briefing.core.errors import InputError, UsageError
from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.core.model import Document, SagaEntry
from briefing.core.text.sagas import number_of
from briefing.store import Transaction, documents, sagas
from briefing.store.audit import Actor
from briefing.store.sagas import Key, SagaProposal, StoredSaga

#: Format of an id; no saga has a longer number.
_ID = re.compile(r"s[1-9][0-9]{0,8}")


@frozen
class ProvedEntry:
    """What one edition printed of a saga, compared with the stored text."""

    entry: SagaEntry
    #: The document that the sentence is from, without its text; None: it is not stored.
    source: Document | None
    #: Whether the slice has the words that were printed.
    proved: bool


@frozen
class ShownProposal:
    """A proposal to merge two sagas, with the words to judge it by."""

    proposal: SagaProposal
    #: The newest headline of the other saga.
    other: str

    @property
    def stays(self) -> str:
        """The id that stays if the two are merged: the older one."""
        return min(self.proposal.pair, key=number_of)

    @property
    def goes(self) -> str:
        """The id of the saga that is merged into the other."""
        return max(self.proposal.pair, key=number_of)


@frozen
class ShownSaga:
    """A saga with the proof of its entries."""

    saga: StoredSaga
    entries: tuple[ProvedEntry, ...]
    #: Proposals about it that await a decision.
    proposals: tuple[ShownProposal, ...] = ()

    @property
    def last(self) -> SagaEntry:
        """Its last entry."""
        return self.entries[-1].entry


def show(tx: Transaction, briefing: str, id: str) -> ShownSaga:
    """Return a saga by its id, or the one that it was merged into.

    InputError: there is none, or it has no entries any more.
    """
    saga = _get(tx, briefing, id)
    texts = documents.texts(tx, {entry.sentence.document for entry in saga.entries})
    proved = []
    for entry in saga.entries:
        sentence, source = entry.sentence, texts.get(entry.sentence.document)
        same = source is not None and source.text[sentence.start : sentence.end] == sentence.text
        proved.append(ProvedEntry(entry, source, same))
    own = (shown for shown in proposals(tx, briefing) if saga.id in shown.proposal.pair)
    return ShownSaga(saga, tuple(proved), tuple(own))


def proposals(tx: Transaction, briefing: str) -> tuple[ShownProposal, ...]:
    """Return the proposals that await a decision, oldest first."""
    return tuple(
        ShownProposal(proposal, _head(other))
        for proposal in sagas.open_proposals(tx, briefing)
        if (other := sagas.get(tx, briefing, proposal.other)) and other.entries
    )


def join_sagas(tx: Transaction, briefing: str, id: str, into: str, *, actor: Actor) -> StoredSaga:
    """Merge a saga into another, whose id stays, and return that; later editions follow this.

    InputError: one of the two does not exist; UsageError: they are the same.
    """
    saga, other = (_get(tx, briefing, name) for name in (id, into))
    if saga.id == other.id:
        raise UsageError(
            Translatable("{saga} and {other} are already one saga", saga=id, other=into)
        )
    sagas.join(tx, briefing, saga.id, into=other.id)
    actor.note(tx, "merge sagas", f"{saga.id} into {other.id}: {_head(saga)}")
    return _get(tx, briefing, other.id)


def part_saga(
    tx: Transaction, briefing: str, id: str, keys: Collection[Key], *, actor: Actor
) -> StoredSaga:
    """Split some entries off a saga and return the new one; later editions follow this.

    InputError: the saga or the entries do not exist; UsageError: nothing would be split
    off, or nothing would be left.
    """
    saga, keys = _get(tx, briefing, id), set(keys)
    own = {(entry.edition, entry.story) for entry in saga.entries}
    if not keys <= own:
        raise InputError(
            Translatable("{saga} has changed, or has no such day; check it again", saga=saga.id)
        )
    if not keys or own <= keys:
        raise UsageError(
            Translatable("choose at least one day of {saga}, but not all", saga=saga.id)
        )
    made = _get(tx, briefing, sagas.part(tx, briefing, saga.id, keys))
    actor.note(tx, "split saga", f"{made.id} from {saga.id}: {_head(made)}")
    return made


def decline_proposal(
    tx: Transaction, briefing: str, id: str, other: str, *, actor: Actor
) -> StoredSaga:
    """Decline a proposal to merge two sagas and return the first; it is not proposed again.

    InputError: the saga or the proposal does not exist.
    """
    saga, apart = (_get(tx, briefing, name) for name in (id, other))
    pair = frozenset({saga.id, apart.id})
    if not any(each.pair == pair for each in sagas.open_proposals(tx, briefing)):
        known = " and ".join(sorted(pair))
        raise InputError(Translatable("there is no longer a proposal for {sagas}", sagas=known))
    sagas.decline_proposal(tx, briefing, pair)
    actor.note(tx, "decline proposal", f"{saga.id} is not {apart.id}: {_head(saga)}")
    return saga


def _get(tx: Transaction, briefing: str, id: str) -> StoredSaga:
    saga = sagas.get(tx, briefing, id) if _ID.fullmatch(id) else None
    if saga is None or not saga.entries:
        raise InputError(
            Translatable("{saga}: no such saga; `briefing saga` lists them", saga=repr(id[:20]))
        )
    return saga


def _head(saga: StoredSaga) -> str:
    return saga.entries[-1].headline
