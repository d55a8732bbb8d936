"""How long the pages of long lists take: 100,000 subscribers, and an archive of 3,000 editions."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from benchmarks.subscribers import subscribe
from benchmarks.web import ask, context, fill
from briefing.app import access
from briefing.store import Store, open_store
from briefing.store.audit import Actor
from briefing.web import make_app
from briefing.web.guard import cookie_name
from tests.store.postgres import connect, running

SUBSCRIBERS = 100_000
#: Whole answers to each page; the quickest counts, since others on the machine only slow it down.
_TIMES = 5
_PAGES = {
    "subscribers": "/admin/subscribers",
    "subscribers, page 500": "/admin/subscribers?page=500",
    "subscribers, a search": "/admin/subscribers?q=reader77",
    "subscribers, a search in vain": "/admin/subscribers?q=nobody",
    "archive": "/archive",
    "archive, a common word": "/archive?words=va",
    "archive, a rare phrase": "/archive?words=zuqo+velu",
    "archive, a search in vain": "/archive?words=nowhere",
    "archive, a common word, page 500": "/archive?words=va&page=500",
}


def bench() -> list[dict[str, Any]]:
    """Return a row for each page on SQLite and on PostgreSQL, with milliseconds by the clock."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_timed("SQLite", "desk.db", folder=Path(folder))]
        with running(durable=True) as server:
            rows += _timed("PostgreSQL", server.make_database(), folder=Path(folder))
    return rows


def _timed(name: str, url: str, *, folder: Path) -> Iterator[dict[str, Any]]:
    with open_store(url, folder=folder) as store:
        at = datetime.now(UTC)
        subscribe(store, number=SUBSCRIBERS, at=at)
        fill(store)
        if name == "PostgreSQL":
            _tidy(url)
        site = context(store, folder)
        app, headers = make_app(site), {"cookie": f"{cookie_name(site.web)}={_session(store, at)}"}
        for page, path in _PAGES.items():
            yield {"case": f"{page}, {name}", **_least(app, path, headers)}


def _tidy(url: str) -> None:
    """Do at once what a server does by itself within minutes, and may do between two measures."""
    with connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _session(store: Store, at: datetime) -> str:
    """Return the session of an operator."""
    with store.write() as tx:
        access.add_operator(tx, "ada", password=secrets.token_hex(), actor=Actor("command", at))
        return access.begin_session(tx, "ada", at=at)


def _least(app: ASGIApp, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    milliseconds = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        answer = asyncio.run(ask(app, path, headers))
        milliseconds.append(1000 * (time.perf_counter() - began))
    least = {"milliseconds": round(min(milliseconds)), "bytes": answer.bytes}
    return least if answer.status == 200 else {**least, "failed": f"status {answer.status}"}
