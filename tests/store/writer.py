"""A process beside the tests that works on a store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import sleep

from briefing.core.model import Document, Item
from briefing.store import Store, documents, open_store

#: Items that are kept in one transaction.
BATCH = 5
_NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def started(deed: str, at: str, folder: Path, name: str = "") -> subprocess.Popen[str]:
    """Start such a process; what it prints can be read."""
    command = [sys.executable, "-m", __name__, deed, at, str(folder), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  ourselves


def next_line(process: subprocess.Popen[str]) -> str:
    """Wait for the next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


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


def _keep_once(store: Store, name: str) -> None:
    _print(sum(keep_batch(store, name, batch) for batch in range(8)))


def _keep_on(store: Store, name: str) -> None:
    for batch in count():
        keep_batch(store, name, batch)
        _print(batch)


def _hold(store: Store, name: str) -> None:
    with store.alone(name):
        _print("held")
        sleep(60)


def _print(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


DEEDS: dict[str, Callable[[Store, str], None]] = {
    "keep once": _keep_once,
    "keep on": _keep_on,
    "hold": _hold,
}

if __name__ == "__main__":
    deed, at, folder, name = sys.argv[1:]
    DEEDS[deed](open_store(at, folder=Path(folder)), name)
