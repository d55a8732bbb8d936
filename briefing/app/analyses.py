"""What is known of stored documents by themselves: read where it is kept, else found out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from briefing.core.model import Document
from briefing.core.text.analysis import Analyses, Analysis, Rule, analyze, pack, unpack
from briefing.store import Store, Transaction, analyses

#: Documents analyzed between two transactions: a few seconds, which a killed process loses.
_AT_ONCE = 500
#: How long an analysis is kept: an edition reads the reports of a few days.
_KEPT = timedelta(days=7)


def known(tx: Transaction, documents: Sequence[Document], *, rule: Rule) -> dict[str, Analysis]:
    """Return the analyses that are kept; what is of another rule, or damaged, is left out."""
    kept = analyses.kept(tx, [one.id for one in documents], rule=rule.digest)
    read = (
        (one.id, unpack(kept[one.id], key=rule.key(one), document=one))
        for one in documents
        if one.id in kept
    )
    return {name: analysis for name, analysis in read if analysis is not None}


def complete(
    store: Store, documents: Sequence[Document], found: Analyses, *, rule: Rule, at: datetime
) -> dict[str, Analysis]:
    """Return the analyses of all documents: those that are known, and new ones, which are kept.

    Raises:
        StoreError: the store cannot be written.
    """
    every = dict(found)
    unknown = (one for one in documents if one.id not in found)
    while batch := list(islice(unknown, _AT_ONCE)):
        every |= _keep(store, batch, rule=rule, at=at)
    return every


def analyze_collected(store: Store, *, rule: Rule, since: datetime) -> int:
    """Analyze the texts collected since a time that have no analysis; return how many.

    Analyses of days ago are deleted: editions that read these texts are made.

    Raises:
        StoreError: the store cannot be read or written; what was kept is not lost.
    """
    with store.write() as tx:
        analyses.forget(tx, before=since - _KEPT)
    batches = _missing(store, rule, since)
    return sum(len(_keep(store, batch, rule=rule, at=since)) for batch in batches)


def _missing(store: Store, rule: Rule, since: datetime) -> Iterator[Sequence[Document]]:
    while True:
        with store.read() as tx:
            batch = analyses.missing(tx, rule=rule.digest, since=since, limit=_AT_ONCE)
        if not batch:
            return
        yield batch


def _keep(
    store: Store, documents: Sequence[Document], *, rule: Rule, at: datetime
) -> dict[str, Analysis]:
    made = {one.id: analyze(one, language=rule.language) for one in documents}
    packed = {one.id: pack(made[one.id], key=rule.key(one)) for one in documents}
    with store.write() as tx:
        analyses.keep(tx, packed, rule=rule.digest, at=at)
    return made
