"""Analyses, stories and editions made ahead: read from the store, or made and kept there."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from hashlib import blake2b
from pathlib import Path

import briefing
from briefing.app.workers import WORTH, ProcessPool, analyze_by, processes, unpacked
from briefing.core.edition import Prepared, cluster_reports, make_edition
from briefing.core.kept_edition import (
    edition_key,
    pack_edition,
    pack_stories,
    stories_key,
    unpack_edition,
    unpack_stories,
)
from briefing.core.model import Document, Edition, Material, Story
from briefing.core.passed import PassedReports
from briefing.core.ports import Measure, Recipe
from briefing.core.text.analysis import Analysis, AnalysisRule
from briefing.core.text.signals import SignalRule, pack_signals
from briefing.store import Store, Transaction, versions

#: Documents analyzed between two transactions: a few seconds of work, lost if the process dies.
_AT_ONCE = 500
#: Packages whose modules and tables make an edition; the manifest has a digest of the theme.
_ROOMS = ("core", "encoder", "press")
#: How long an analysis is kept: an edition reads the reports of a few days.
_KEPT = timedelta(days=7)


def known(
    tx: Transaction, documents: Sequence[Document], *, rule: AnalysisRule
) -> dict[str, Analysis]:
    """Return the stored analyses, without those by another rule or damaged ones."""
    read: dict[str, Analysis] = {}
    for start in range(0, len(documents), _AT_ONCE):
        batch = documents[start : start + _AT_ONCE]
        kept = versions.kept_analyses(tx, [each.id for each in batch], rule=rule.digest)
        read |= unpacked(batch, kept, rule=rule)
    return read


def kept_of(
    store: Store, documents: Sequence[Document], *, rule: AnalysisRule | None
) -> dict[str, Analysis]:
    """Return the stored analyses, in one transaction; none without a rule."""
    if not rule:
        return {}
    return store.look(known, documents, rule=rule)


def complete(
    store: Store, documents: Sequence[Document], *, rule: AnalysisRule, at: datetime
) -> dict[str, Analysis]:
    """Return the analyses of all documents; missing ones are made and stored."""
    every = kept_of(store, documents, rule=rule)
    unknown = [document for document in documents if document.id not in every]
    with processes(len(unknown), worth=WORTH) as pool:
        for start in range(0, len(unknown), _AT_ONCE):
            batch = unknown[start : start + _AT_ONCE]
            every |= _keep(store, batch, rule=rule, at=at, pool=pool)
    return every


def analyze_collected(  # noqa: PLR0913  by what, and what is kept with it
    store: Store,
    ids: Sequence[str],
    *,
    rule: AnalysisRule,
    signals: Callable[[], SignalRule | None] = lambda: None,
    at: datetime,
    worth: int = WORTH,
) -> int:
    """Analyze the texts that have no analysis yet; return how many.

    ``signals`` are stored with them; documents analyzed for an edition have none.

    Analyses older than a few days are deleted, as the editions that read these texts are made.
    From ``worth`` documents on, several processes share the work.

    StoreError: the store cannot be read or written; what was stored is not lost.
    """
    store.apply(versions.forget_analyses, before=at - _KEPT)
    number, kept_too = 0, signals() if ids else None
    with processes(len(ids), worth=worth) as pool:
        for start in range(0, len(ids), _AT_ONCE):
            batch = store.look(
                versions.without_analysis, ids[start : start + _AT_ONCE], rule=rule.digest
            )
            if batch:
                made = _keep(store, batch, rule=rule, signals=kept_too, at=at, pool=pool)
                number += len(made)
    return number


def _keep(  # noqa: PLR0913  by what, and where to
    store: Store,
    documents: Sequence[Document],
    *,
    rule: AnalysisRule,
    at: datetime,
    pool: ProcessPool | None,
    signals: SignalRule | None = None,
) -> dict[str, Analysis]:
    ids = [document.id for document in documents]
    made = analyze_by(pool, documents, rule=rule)
    analyses = {name: analysis for name, (analysis, _) in zip(ids, made, strict=True)}
    packed = {name: its for name, (_, its) in zip(ids, made, strict=True)}
    if signals:
        behind = pack_signals(documents, analyses, rule=signals)
        packed = {name: packed[name] + its for name, its in zip(ids, behind, strict=True)}
    store.apply(versions.keep_analyses, packed, rule=rule.digest, at=at)
    return analyses


def group_reports(
    news: PassedReports, *, window: timedelta, store: Store, keep_at: datetime | None = None
) -> tuple[Story, ...]:
    """Return the stored stories of exactly these reports, else cluster them.

    The result is then stored with the first report, like an analysis, if ``keep_at`` is given.
    """
    reports = news.documents
    key = stories_key(reports, news.analyses, window=window)
    kept = store.look(versions.kept_analyses, [report.id for report in reports[:1]], rule=key)
    read = (unpack_stories(packed, reports) for packed in kept.values())
    if stories := next(filter(None, read), None):
        return stories
    stories = cluster_reports(news, window=window)
    if keep_at:
        packed = {report.id: pack_stories(stories, reports) for report in reports[:1]}
        store.apply(versions.keep_analyses, packed, rule=key, at=keep_at)
    return stories


def prepared(
    store: Store,
    documents: Sequence[Document],
    *,
    rule: AnalysisRule | None,
    at: datetime,
    keep_at: datetime | None = None,
) -> Prepared:
    """Return what is prepared for an edition of some documents; nothing without a rule.

    Missing analyses are made and stored, and stories are stored as by :func:`group_reports`.
    """
    if not rule:
        return Prepared()
    group = partial(group_reports, store=store, keep_at=keep_at)
    return Prepared(complete(store, documents, rule=rule, at=at), group=group)


def make_ahead(  # noqa: PLR0913  what an edition is made of
    store: Store,
    material: Material,
    *,
    recipe: Recipe,
    measure: Measure,
    rule: AnalysisRule,
    earlier: bytes,
    at: datetime,
) -> None:
    """Make an edition and its stories ahead, and store them with its first report.

    Nothing is made if plug-ins take part. Raises what
    :func:`briefing.core.edition.make_edition` does.
    """
    key = edition_key(material, recipe, code=_code_of_editions(), earlier=earlier)
    if key:
        known = prepared(store, material.documents, rule=rule, at=at, keep_at=at)
        made = make_edition(material, recipe=recipe, measure=measure, known=known)
        packed = {report.id: pack_edition(made.edition) for report in material.documents[:1]}
        store.apply(versions.keep_analyses, packed, rule=key, at=at)


def made_ahead(
    store: Store, material: Material, *, recipe: Recipe, earlier: bytes
) -> Edition | None:
    """Return the edition made ahead from exactly this; None: there is none."""
    key = edition_key(material, recipe, code=_code_of_editions(), earlier=earlier)
    ids = [report.id for report in material.documents[:1]]
    kept = store.look(versions.kept_analyses, ids, rule=key).values() if key else ()
    return next((unpack_edition(packed, material) for packed in kept), None)


@lru_cache(maxsize=1)
def _code_of_editions() -> bytes:
    """Return a digest of all modules and tables that make an edition."""
    folder = Path(briefing.__file__).parent
    files = (file for room in _ROOMS for file in sorted((folder / room).rglob("*.*")))
    # Compiled modules change at any time.
    contents = (file.read_bytes() for file in files if file.parent.name != "__pycache__")
    return blake2b(b"\0".join(contents)).digest()
