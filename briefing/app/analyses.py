"""What is known of stored documents by themselves: read where it is kept, else found out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from briefing.app.workers import WORTH, Workers, unpacked, working
from briefing.core.model import Document
from briefing.core.text.analysis import Analyses, Analysis, AnalysisRule
from briefing.store import Store, Transaction, versions

#: Documents analyzed between two transactions: a few seconds, which a killed process loses.
_AT_ONCE = 500
#: How long an analysis is kept: an edition reads the reports of a few days.
_KEPT = timedelta(days=7)


def known(
    tx: Transaction, documents: Sequence[Document], *, rule: AnalysisRule
) -> dict[str, Analysis]:
    """Return the analyses that are kept; what is of another rule, or damaged, is left out."""
    kept = versions.kept_analyses(tx, [each.id for each in documents], rule=rule.digest)
    return unpacked(documents, kept, rule=rule)


def complete(
    store: Store,
    documents: Sequence[Document],
    analyses: Analyses,
    *,
    rule: AnalysisRule,
    at: datetime,
) -> dict[str, Analysis]:
    """Return the analyses of all documents: those that are known, and new ones, which are kept."""
    every = dict(analyses)
    unknown = [document for document in documents if document.id not in analyses]
    with working(len(unknown)) as workers:
        for start in range(0, len(unknown), _AT_ONCE):
            batch = unknown[start : start + _AT_ONCE]
            every |= _keep(store, batch, rule=rule, at=at, workers=workers)
    return every


def analyze_collected(
    store: Store, ids: Sequence[str], *, rule: AnalysisRule, at: datetime, worth: int = WORTH
) -> int:
    """Analyze those of some texts that have no analysis; return how many.

    Analyses of days ago are deleted: editions that read these texts are made.

    Processes of their own do it from ``worth`` documents on.

    Raises:
        StoreError: the store cannot be read or written; what was kept is not lost.
    """
    with store.write() as tx:
        versions.forget_analyses(tx, before=at - _KEPT)
    number = 0
    with working(len(ids), worth=worth) as workers:
        for start in range(0, len(ids), _AT_ONCE):
            with store.read() as tx:
                batch = versions.without_analysis(
                    tx, ids[start : start + _AT_ONCE], rule=rule.digest
                )
            if batch:
                number += len(_keep(store, batch, rule=rule, at=at, workers=workers))
    return number


def _keep(
    store: Store,
    documents: Sequence[Document],
    *,
    rule: AnalysisRule,
    at: datetime,
    workers: Workers,
) -> dict[str, Analysis]:
    ids = (document.id for document in documents)
    packed = dict(zip(ids, workers(documents, rule=rule), strict=True))
    with store.write() as tx:
        versions.keep_analyses(tx, packed, rule=rule.digest, at=at)
    return unpacked(documents, packed, rule=rule)
