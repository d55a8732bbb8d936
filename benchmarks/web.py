"""Requests a second of the readers' pages, against a template in a bare Starlette application."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from jinja2 import Environment
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from benchmarks.news import make_documents
from briefing.app.publish import publish
from briefing.core.model import Item
from briefing.settings import Settings
from briefing.setup.news import publish_plan
from briefing.store import Store, archive, documents, open_store
from briefing.store.archive import Question, fold
from briefing.store.round_tables import PRINTED
from briefing.store.tables import EDITION
from briefing.web import make_app
from briefing.web.context import WebContext
from briefing.web.serving import context_of

#: Reports of the edition that is read, and older editions in the archive.
_REPORTS, EDITIONS = 60, 3_000
#: CPU seconds for each case, after requests that are not counted.
_SECONDS, _WARM = 1.0, 3
_DAY = date(2026, 3, 12)
_NOW = datetime(2026, 3, 12, 7, tzinfo=UTC)
#: The bare page: as many lines as an edition has sentences.
_TEMPLATE = (
    "<!doctype html><title>{{ name }}</title><h1>{{ name }}</h1>"
    "<ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>"
)
_LINES = [f"Sentence {number} of a page that nobody prints, to be escaped." for number in range(50)]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went out."""

    status: int
    headers: Mapping[str, str]
    bytes: int


def bench() -> list[dict[str, Any]]:
    """Return a row for each page: its rate against the bare page, and its size."""
    with tempfile.TemporaryDirectory() as folder, closing(_opened(Path(folder))) as store:
        fill(store)
        app = make_app(context(store, Path(folder)))
        bare = _rate(_bare(), "/")
        rows = [{"case": "bare template", "ratio": 1.0, "requests_per_second": round(bare)}]
        for path in (
            "/",
            f"/{_DAY}.pdf",
            f"/{_DAY}.json",
            "/archive",
            "/archive?words=va",
        ):
            rows += _page(app, path, bare=bare)
        return rows + list(_searches(store))


def _page(app: ASGIApp, path: str, *, bare: float) -> Iterator[dict[str, Any]]:
    first = asyncio.run(ask(app, path, {}))
    kinds = {"": {}, " gzip": {"accept-encoding": "gzip"}}
    if "etag" in first.headers:
        kinds[" 304"] = {"if-none-match": first.headers["etag"]}
    for kind, headers in kinds.items():
        answer = asyncio.run(ask(app, path, headers))
        rate = _rate(app, path, headers)
        yield {
            "case": f"{path}{kind}",
            "ratio": round(rate / bare, 4),
            "requests_per_second": round(rate, 1),
            "status": answer.status,
            "bytes": answer.bytes,
        }


def _bare() -> Starlette:
    template = Environment(autoescape=True).from_string(_TEMPLATE)

    def page(_request: Request) -> Response:
        return HTMLResponse(template.render(name="World Desk", lines=_LINES))

    return Starlette(routes=[Route("/", page)])


def _rate(app: ASGIApp, path: str, headers: Mapping[str, str] | None = None) -> float:
    """Return requests a second of CPU, so that others on the machine do not count."""
    return asyncio.run(_timed(app, path, headers or {}))


async def _timed(app: ASGIApp, path: str, headers: Mapping[str, str]) -> float:
    for _ in range(_WARM):
        await ask(app, path, headers)
    count, began = 0, time.process_time()
    while (taken := time.process_time() - began) < _SECONDS:
        await ask(app, path, headers)
        count += 1
    return count / taken


async def ask(app: ASGIApp, path: str, headers: Mapping[str, str]) -> Answer:
    """Ask an application for a path, as a server would."""
    place, _, query = path.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": place,
        "raw_path": place.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("203.0.113.7", 1),
        "server": ("desk.example", 443),
        "root_path": "",
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    decoded = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], decoded, sum(len(each.get("body", b"")) for each in sent))


def _searches(store: Store) -> Iterator[dict[str, Any]]:
    """Yield the CPU milliseconds of searches: of everything, of a common, a rare and no word."""
    for words in ("", "va", "zuqo velu", "nowhere"):
        least = min(_searched(store, words) for _ in range(3))
        case = f"search {words!r}, {EDITIONS} editions"
        yield {"case": case, "milliseconds": round(1000 * least)}


def _searched(store: Store, words: str) -> float:
    began = time.process_time()
    with store.read() as tx:
        archive.search(tx, "world-desk", Question(words), limit=20)
    return time.process_time() - began


def _opened(folder: Path) -> Store:
    return open_store("desk.db", folder=folder)


def context(store: Store, folder: Path) -> WebContext:
    """Return what the web serves of a store."""
    settings = Settings(name="World Desk")
    return context_of(settings.within(folder), store, web="https://desk.example")


def fill(store: Store) -> None:
    """Keep an edition made of invented reports, and many before it."""
    with store.write() as tx:
        for report in make_documents(_REPORTS):
            item = Item(report, keys=(f"url {report.url}",), from_page=True)
            documents.keep(tx, item, source="https://courier.example", at=_NOW)
    publish(store, publish_plan(Settings(name="World Desk")), day=_DAY, now=_NOW)
    with store.write() as tx:
        chance = Random(1)  # noqa: S311  no secret
        for ago in range(1, EDITIONS + 1):
            _keep_old(tx, _DAY - timedelta(days=ago), chance=chance)


def _keep_old(tx: Any, day: date, *, chance: Random) -> None:  # noqa: ANN401  a transaction
    at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    edition = f"world-desk/{day}"
    times = {"made": at, "since": at, "until": at}
    number = 100_000 - (_DAY - day).days
    row = {"id": edition, "briefing": "world-desk", "day": day, "number": number, "record": "{}"}
    tx.execute(insert(EDITION), row | times)
    rows = []
    for place in range(28):
        headline, sentence = _words(8, chance), _words(26, chance)
        columns = {"headline": headline, "sentence": sentence, "publishers": "\nOstra Courier\n"}
        kinds = {"section": "economy", "status": "new", "kind": "sentence", "beside": ""}
        sought = {"sought": fold(f"{headline}\n{sentence}")}
        rows.append(
            {"edition": edition, "place": place, "brief": place // 2} | columns | kinds | sought
        )
    tx.execute(insert(PRINTED), rows)


def _words(count: int, chance: Random) -> str:
    """Return words of two or three syllables; short parts of them are common, whole ones rare."""
    syllables = [f"{each}{other}" for each in "bdfglmnprstvz" for other in "aeiou"] + ["qo", "xi"]
    return " ".join(
        "".join(chance.choices(syllables, k=chance.randint(2, 3))) for _ in range(count)
    )
