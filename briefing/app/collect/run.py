"""One collection run: fetch every source, then every page that is due again."""

import asyncio
import logging
from collections.abc import Callable, Set
from dataclasses import replace
from datetime import datetime, timedelta

from briefing.app.analyses import analyze_collected
from briefing.app.collect.fetches import Revisits, Visits, settle
from briefing.app.collect.plan import (
    Begin,
    CollectContext,
    Collected,
    CollectPart,
    CollectPlan,
    Watch,
    in_turn,
)
from briefing.core.errors import StoreError
from briefing.core.model import FetchRecord
from briefing.store import Store, Transaction, documents, facts, runs, sources
from briefing.store.reader_list import forget_expired

LOG = logging.getLogger("briefing.collect")

#: Sources fetched concurrently; the crawl policy limits the requests to each host.
_AT_ONCE = 32


def collect(
    store: Store,
    plan: CollectPlan,
    *,
    clock: Callable[[], datetime],
    watch: Watch = lambda _done, _of: None,
    part: CollectPart | None = None,
) -> Collected:
    """Fetch every source that is due, store what is new, and fetch pages that are due again.

    Every report is stored in a transaction of its own or with others of its feed, and a source's
    validators with the last of them. So a killed run loses nothing: the next one gets the same
    listing again, and recognizes what is stored.

    With a ``part``, this is one of several workers, and :func:`finish` must follow.

    BusyError: another process collects into this store; StoreError: the store cannot be written;
    nothing that was stored is lost.
    """
    with store.alone("collect", shared=part is not None):
        # Closed only when no thread writes any more, however the event loop ends.
        with store.writer() as begin:
            done = asyncio.run(_collect(store, begin, plan, clock, watch, part))
        if plan.rule:
            try:
                analyze_collected(
                    store, done.brought, rule=plan.rule, signals=plan.signals, at=done.at or clock()
                )
            except StoreError as error:
                # An edition can do what fails here, and nothing is lost.
                LOG.warning("new reports are analyzed when an edition is made: %s", error)
        if part:
            return done
        with store.write() as tx:
            asked = done.answered, done.failed, done.gone
            vanished, pruned = finish(tx, *asked, keep=plan.keep, at=done.at or clock())
            statuses = sources.active(tx)
            return replace(done, source_statuses=statuses, vanished=vanished, pruned=pruned)


async def _collect(  # noqa: PLR0913, PLR0917  a run's parts
    store: Store,
    begin: Begin,
    plan: CollectPlan,
    clock: Callable[[], datetime],
    watch: Watch,
    part: CollectPart | None,
) -> Collected:
    at = clock()
    with begin() as tx:
        runs.set_right(tx, at=at)
        newest = runs.newest_report(tx, at=at)
        known, hosts = sources.source_statuses(tx), sources.hosts(tx)
        in_doubt = facts.sources_in_doubt(tx, at=at)
    source_statuses = [
        status
        for status in known
        if status.paused is None and (not part or status.source.url in part.sources)
    ]
    async with plan.outside(hosts) as (gateway, learned):
        context = CollectContext(
            store, begin=begin, gateway=gateway, plan=plan, clock=clock, newest=newest
        )
        asked = Visits(context, in_doubt)
        visits: list[FetchRecord] = []
        async for ended in in_turn(map(asked.visit, source_statuses), at_once=_AT_ONCE):
            visits.append(ended)
            watch(len(visits), len(source_statuses))
        owed = Collected((), ())
        if not part or part.owed:
            # Pages of stored reports are fetched again even if their source is paused.
            by_url = {status.source.url: status.source for status in known}
            owed = await Revisits(context, by_url).all()
    with begin() as tx:
        for host in learned():
            sources.keep_host(tx, host)
        remaining = sources.active(tx)
    return replace(
        owed,
        visits=tuple(visits),
        source_statuses=remaining,
        failed=frozenset(asked.failed),
        gone=frozenset(asked.gone),
        at=at,
        brought=tuple(context.brought),
    )


def finish(  # noqa: PLR0913  how the sources of a run ended
    tx: Transaction,
    answered: int,
    failed: Set[str],
    gone: Set[str],
    *,
    keep: timedelta | None,
    at: datetime,
) -> tuple[int, int]:
    """Conclude a whole run, and delete old texts.

    Return how many reports are newly gone, and how many texts were deleted.

    ``answered`` is the number of sources that responded. ``failed`` and ``gone`` gave no time for
    a retry and have been failing for less than a day, or for longer. Texts that were never printed
    are deleted after ``keep``; None: never. ``at`` is when the run began.
    """
    # If all sources fail at once, the fault is ours, and none is made to wait for it.
    if not answered:
        sources.let_retry(tx, failed | gone)
    elif answered < len(failed):
        sources.let_retry(tx, failed)
    vanished = settle(tx, at=at)
    # Keep old texts if the clock may be wrong.
    prunes = keep and runs.is_trusted(tx, at=at, back=keep)
    pruned = documents.prune(tx, before=at - keep) if keep and prunes else 0
    forget_expired(tx, at=at)
    return vanished, pruned
