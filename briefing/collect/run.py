"""One run: every source is visited, then every page that is owed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from briefing.collect.collected import Collected, Outside, Plan, Watch
from briefing.collect.desk import Desk
from briefing.collect.revisits import Revisits
from briefing.collect.turns import in_turn
from briefing.collect.visits import Visits
from briefing.model import Visit
from briefing.ports import SourceKind
from briefing.store import Store, documents, sources

#: Sources visited at the same time; how hard one host is asked is for ``Reach`` to say.
_AT_ONCE = 32


def collect(  # noqa: PLR0913  a verb's parts
    store: Store,
    *,
    outside: Outside,
    kind: Callable[[str], SourceKind],
    plan: Plan,
    clock: Callable[[], datetime],
    watch: Watch = lambda _done, _of: None,
) -> Collected:
    """Visit every source that is due, keep what is new, and look again at what is owed.

    Every report is kept in a transaction of its own or with the others of its feed; a source's
    validators are kept last. So a run that is killed loses nothing: the next one is told the
    same things again, and knows what it has.

    Raises:
        BusyError: another process collects into this store.
        StoreError: the store cannot be written; nothing that was kept is lost.
    """
    with store.alone("collect"):
        return asyncio.run(_collect(store, outside, kind, plan, clock, watch))


async def _collect(  # noqa: PLR0913, PLR0917  as above
    store: Store,
    outside: Outside,
    kind: Callable[[str], SourceKind],
    plan: Plan,
    clock: Callable[[], datetime],
    watch: Watch,
) -> Collected:
    at = clock()
    with store.read() as tx:
        standings, hosts = sources.standings(tx), sources.hosts(tx)
    async with outside(hosts) as (reach, learned):
        desk = Desk(store, reach=reach, plan=plan, clock=clock)
        visit = Visits(desk, kind=kind).visit
        visits: list[Visit] = []
        async for ended in in_turn(map(visit, standings), at_once=_AT_ONCE):
            visits.append(ended)
            watch(len(visits), len(standings))
        owed = await Revisits(desk, {one.source.url: one.source for one in standings}).all()
    with store.write() as tx:
        for host in learned():
            sources.keep_host(tx, host)
        pruned = documents.prune(tx, before=at - plan.keep) if plan.keep else 0
        standings = sources.standings(tx)
    return replace(owed, visits=tuple(visits), standings=standings, pruned=pruned, at=at)
