"""500 readers with 120 distinct choices of seven sections and three watch-lists, all proved."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import combinations, islice
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from briefing.app.editions import prove_stored
from briefing.app.publish import publish
from briefing.core.edition import slug
from briefing.core.model import (
    NO_SECTIONS,
    Consent,
    Item,
    PageChoice,
    Preferences,
    State,
    Subscriber,
)
from briefing.settings import Settings
from briefing.setup.news import publish_plan
from briefing.sources.files import read
from briefing.store import Store, documents, open_store, printed_files, subscribers

READERS, CHOICES = 500, 120
_EXAMPLES = Path(__file__).parents[1] / "examples"
_DAY = date(2026, 3, 12)
_NOW = datetime(2026, 3, 12, 6, tzinfo=UTC)
#: Beside the three of which the shipped model knows.
_WORDS = {
    "transport": ("railway", "ferry", "port", "airline", "tunnel", "shipping", "freight"),
    "energy": ("gas", "oil", "power plant", "electricity", "pipeline", "nuclear"),
    "justice": ("court", "police", "judge", "arrested", "prosecutor", "sentenced"),
    "farming": ("farmers", "harvest", "cocoa", "fishing", "grain", "wheat"),
}
_LISTS = {
    "northern-europe": ("Norway", "Poland", "Lithuania", "Oslo"),
    "west-africa": ("Ghana", "Benin", "Togo"),
    "shipping": ("Suez", "tunnel", "Orsolya Star", "Palk Strait"),
}
_SETTINGS = Settings.model_validate(
    {
        "name": "World Desk",
        "web": {"address": "https://news.desk.example"},
        "publish": {"oldest_hours": 0},
        "sections": [
            *({"name": name} for name in ("economy", "security", "diplomacy")),
            *({"name": name, "words": words} for name, words in _WORDS.items()),
        ],
        "watch": [{"name": name, "words": words, "offer": True} for name, words in _LISTS.items()],
    }
)


def bench() -> list[dict[str, Any]]:
    """Return what the edition cost without readers who chose, and with them."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store("desk.db", folder=Path(folder)) as store,
    ):
        _collect(store)
        began = time.perf_counter()
        publish(store, publish_plan(_SETTINGS), day=_DAY, now=_NOW)
        alone = time.perf_counter() - began
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store("desk.db", folder=Path(folder)) as store,
    ):
        _collect(store)
        _subscribe(store)
        began = time.perf_counter()
        publish(store, publish_plan(_SETTINGS), day=_DAY, now=_NOW)
        seconds = time.perf_counter() - began
        return [{"case": "nobody chose", "seconds": round(alone, 1)}, _row(store, seconds, alone)]


def _collect(store: Store) -> None:
    with store.write() as tx:
        for folder in ("2026-03-11", "2026-03-12"):
            for document in read([str(_EXAMPLES / folder)]).documents:
                item = Item(document, keys=(f"id {document.id}",), from_page=True)
                documents.keep(tx, item, source="https://wire.example", at=_NOW)


def _choices() -> Iterator[PageChoice]:
    """Yield sections, lists alone, both, and all sections with lists, in turn."""
    sections = [PageChoice(some) for some in _some(_SETTINGS.printed)]
    lists = [*_some(tuple(_LISTS))]
    yield from (PageChoice(sections_, some) for sections_ in (NO_SECTIONS, ()) for some in lists)
    for place, document in enumerate(sections):
        yield document if place % 2 else replace(document, lists=lists[place % len(lists)])


def _some(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for count in range(1, len(names)):
        yield from combinations(names, count)


def _subscribe(store: Store) -> None:
    chosen = [*islice(_choices(), CHOICES)]
    with store.write() as tx:
        for number in range(READERS):
            page = chosen[number % CHOICES]
            preferences = Preferences(page.sections, lists=page.lists)
            address = f"reader{number}@readers.example"
            new = Subscriber(0, address, state=State.ACTIVE, preferences=preferences, since=_NOW)
            subscribers.add(tx, new, consent=Consent(_NOW, "confirmed", "form"))


def _row(store: Store, seconds: float, alone: float) -> dict[str, Any]:
    proved = prove_stored(store, briefing=slug(_SETTINGS.name), day=_DAY)
    with store.read() as tx:
        files = printed_files.others(tx, proved.edition)
    pdfs = [content for kind, content in files.items() if kind.endswith(".pdf")]
    sheets = [len(PdfReader(BytesIO(content)).pages) for content in pdfs]
    megabytes = sum(map(len, files.values())) / 1e6
    mine, others = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "case": f"{READERS} readers, {CHOICES} choices",
        "pages": proved.pages - 1,
        "of one sheet": sum(count == 1 for count in sheets),
        "passages": proved.proof.checked,
        "unverified": len(proved.proof.failures),
        "seconds": round(seconds, 1),
        "seconds a page": round((seconds - alone) / max(1, len(pdfs)), 2),
        "MB stored": round(megabytes, 1),
        "peak MB": round(mine),
        "peak MB of a further process": round(others),
    }
