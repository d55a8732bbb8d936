"""A process beside the tests that works on a store."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import TracebackType

from briefing.core.model import Document, Item
from briefing.store import Store, documents, open_store
from tests.waiting import PATIENCE

#: Items that are kept in one transaction.
BATCH = 5
_NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


class Writer:
    """Such a process, forked from one that has imported all it needs; what it tells can be read."""

    def __init__(
        self, deed: str, at: str, folder: Path, name: str = "", *, begin: Barrier | None = None
    ) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__])
        self._told, tell = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_work, args=(tell, deed, at, folder, name, begin), daemon=True
        )
        self._process.start()
        # Gone here, it could not be opened there.
        self._begin = begin
        tell.close()

    def next(self) -> object:
        """Wait for the next that it tells."""
        return self._told.recv()

    def result(self) -> object:
        """Wait for the last that it tells, until it has ended well."""
        assert self._told.poll(PATIENCE)
        told = self.next()
        self._process.join(PATIENCE)
        assert self._process.exitcode == 0
        return told

    def kill(self) -> None:
        """Kill it at once, whatever it does."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.kill()


def at_once(number: int, at: str, folder: Path, *, name: str = "") -> list[Writer]:
    """Let processes keep some items at once, all with one name or each with its own."""
    begin = get_context("forkserver").Barrier(number)
    return [
        Writer("keep once", at, folder, name or f"n{one}", begin=begin) for one in range(number)
    ]


def keep_batch(store: Store, name: str, batch: int) -> int:
    """Keep some items in one transaction; return how many are new."""
    with store.write() as tx:
        return sum(
            documents.keep(tx, _item(f"{name} {batch} {place}"), source="feed", at=_NOON) == "new"
            for place in range(BATCH)
        )


def _item(name: str) -> Item:
    words = f"Report {name} has words of its own. " * 30
    return Item(Document("d" + name.replace(" ", "-"), name, words), (f"id {name}", f"url {name}"))


def _keep_once(store: Store, name: str, tell: Connection) -> None:
    tell.send(sum(keep_batch(store, name, batch) for batch in range(8)))


def _keep_on(store: Store, name: str, tell: Connection) -> None:
    for batch in count():
        keep_batch(store, name, batch)
        tell.send(batch)


def _hold(store: Store, name: str, tell: Connection) -> None:
    with store.alone(name):
        tell.send("held")
        signal.pause()


_DEEDS: dict[str, Callable[[Store, str, Connection], None]] = {
    "keep once": _keep_once,
    "keep on": _keep_on,
    "hold": _hold,
}


def _work(  # noqa: PLR0917  of a process
    tell: Connection, deed: str, at: str, folder: Path, name: str, begin: Barrier | None
) -> None:
    if begin is not None:
        begin.wait(PATIENCE)
    _DEEDS[deed](open_store(at, folder=folder), name, tell)
