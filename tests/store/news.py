"""Invented reports and editions for the tests of the store."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from briefing.core.model import Correction, Document, Edition, Item, Ledger, Panel, Section
from briefing.sources.records import make_id
from briefing.store import Store, Transaction, documents, editions, sources
from briefing.store.editions import StoredEdition
from briefing.store.tables import DOCUMENT
from tests.fakes import brief, draft, sentences_of
from tests.store.ready import act, look

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
TODAY = NOON.date()
DAY = timedelta(days=1)
FEED = "https://courier.example/feed"

LEASE = (
    "The harbor council of Port Ostra voted on Tuesday to lease two berths to the coastguard. "
    "The lease brings in $14 million a year and leaves the grain terminal untouched."
)


def document(title: str = "Council leases two berths", text: str = LEASE) -> Document:
    return Document(
        id=make_id(title=title, text=text),
        title=title,
        text=text,
        published=NOON - timedelta(hours=3),
        publisher="Ostra Courier",
        url="https://courier.example/1",
        language="en",
    )


def item(
    *keys: str,
    title: str = "Council leases two berths",
    text: str = LEASE,
    listed: str = "",
    from_page: bool = False,
    retry_page: datetime | None = None,
) -> Item:
    return Item(
        document(title, text),
        keys or ("id one", "url https://courier.example/1"),
        listed,
        from_page=from_page,
        retry_page=retry_page,
    )


def keep(store: Store, one: Item, *, at: datetime = NOON, source: str = FEED) -> documents.Kept:
    with store.write() as tx:
        kept = documents.keep(tx, one, source=source, at=at)
        see_again(tx)
        return kept


def see_again(tx: Transaction) -> None:
    """Take for facts what was seen of reports once."""
    tx.execute(update(DOCUMENT).values(confirmed_at=DOCUMENT.seen_at))


def recall(store: Store, key: str = "id one") -> documents.Known:
    return look(store, documents.recall, [key])[key]


def window(store: Store, *, until: datetime = NOON + 9 * DAY) -> tuple[Document, ...]:
    with store.read() as tx:
        return sources.window(
            tx, since=NOON - 9 * DAY, until=until, published_since=NOON - 9 * DAY
        ).documents


def edition(*cited: Document, day: date, corrections: tuple[Correction, ...] = ()) -> Edition:
    """Make an edition that prints every sentence of its documents."""
    plain = replace(
        draft(1).edition,
        id=f"ostra-desk/{day}",
        day=day,
        panel=Panel(),
        documents={one.id: one for one in cited},
        ledger=Ledger(corrections=corrections),
    )
    briefs = tuple(
        brief(one, len(sentences_of(one)), story=f"s{place}", top=place == 1)
        for place, one in enumerate(cited, 1)
    )
    return replace(plain, sections=(Section("economy", briefs),))


def publish(
    store: Store,
    *cited: Document,
    day: date = TODAY,
    corrections: tuple[Correction, ...] = (),
    recheck_at: datetime | None = None,
) -> StoredEdition:
    made = edition(*cited, day=day, corrections=corrections)
    stored = StoredEdition(
        id=made.id,
        briefing="ostra-desk",
        day=day,
        number=3,
        made=NOON,
        since=NOON - DAY,
        until=NOON,
        record='{"schema": 1, "half": "\\ud800"}',
        files={"pdf": b"%PDF-\0", "html": b"<p>", "text": b"Ostra\n"},
    )
    act(store, editions.keep, stored, edition=made, recheck_at=recheck_at)
    return stored
