"""Stores of older versions, with old rows, as they are after their tables were migrated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, inspect, text

from briefing.core.model import Consent, Preferences, State
from briefing.store import Store, migrate, open_store, reader_list, subscribers
from briefing.store import engine as engines
from briefing.store.bulk import recent, undo
from briefing.store.location import find_place
from briefing.store.mail_tables import BULK, BULK_READER, CONSENT, SUBSCRIBER
from briefing.store.reader_list import Matching, ReaderOrder

AT = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = {"Ann@town.example": "Ósé", "bo@town.example": "a\0b", "cem@town.example": ""}


@pytest.fixture
def old_at(new_at: str, tmp_path: Path) -> str:
    """Return the address of a store of the first version that has three subscribers."""
    place = find_place(new_at, folder=tmp_path)
    engine = engines.connect(place)
    settings = Config()
    settings.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    settings.set_main_option("path_separator", "os")
    with engines.writing(engine).begin() as tx:
        settings.attributes["connection"] = tx
        command.upgrade(settings, "0001")
        for address, name in PEOPLE.items():
            new = {"address": address, "key": subscribers.key(address), "name": name}
            row = {**new, "state": "active", "since": AT, "reason": "", "sections": ""}
            wishes = {"form": "pdf", "days": "0", "at": "07:00", "zone": "UTC", "language": "en"}
            old = [column for column in SUBSCRIBER.c if column.name in {*row, *wishes}]
            assert "folded" not in {column.name for column in old}
            tx.execute(insert(SUBSCRIBER).values(row | wishes))
        log = {"subscriber": 1, "at": AT, "what": "confirmed", "how": "form"}
        tx.execute(insert(CONSENT).values(log | {"origin": "", "words": ""}))
    engine.dispose()
    return new_at


def test_subscribers_of_an_older_store_are_found_by_words_in_any_case(
    old_at: str, tmp_path: Path
) -> None:
    store = open_store(old_at, folder=tmp_path)
    with store.read() as tx:
        assert migrate.version(tx) == migrate.HEAD
        for words in ("ANN", "ósé", "A\0B"):
            (found,) = reader_list.page(tx, Matching(words), limit=9)
            assert found.state is State.ACTIVE
        ordered = reader_list.page(tx, Matching(), order=ReaderOrder.ADDRESS, limit=9)
        assert [one.address for one in ordered] == list(PEOPLE)
        assert {one.preferences.lists for one in ordered} == {()}
        assert subscribers.consents(tx, 1) == (Consent(AT, "confirmed", "form"),)
        tables = set(inspect(tx).get_table_names())
        assert {"bulk", "bulk_reader", "upload"} <= tables
        assert tx.execute(text("SELECT count(*) FROM subscriber WHERE folded = ''")).scalar() == 0
    with store.write() as tx:
        subscribers.forget(tx, 3)
        consent = Consent(AT, "confirmed", "form")
        new = subscribers.add(tx, ordered[2], consent=consent)
    # Numbers are never given again, also after the tables were changed.
    assert new == 4
    store.close()


def test_code_older_than_the_lists_adds_removes_and_puts_back(store: Store) -> None:
    """It names no column that it does not know, and leaves what was chosen."""
    with store.write() as tx:
        person = subscribers.preferences_row(Preferences(("economy",)))
        del person["lists"]
        person |= {"address": "a@b.example", "key": b"k", "name": "", "state": "active"}
        person |= {"since": AT, "reason": "", "folded": "a@b.example"}
        adding = insert(SUBSCRIBER).values(person).returning(SUBSCRIBER.c.number)
        number = tx.execute(adding).scalar_one()
        bulk = {"number": 1, "at": AT, "who": "ada", "action": "remove", "undone_by": ""}
        tx.execute(insert(BULK).values(bulk | {"readers": 1, "restored": 0}))
        tx.execute(insert(BULK_READER).values({"bulk": 1, "subscriber": number, **person}))
        subscribers.forget(tx, number)
        (done,) = recent(tx, since=AT - timedelta(days=1), limit=9)
        assert undo(tx, done, who="ada", consent=Consent(AT, "changed", "command")) == 1
        again = subscribers.get(tx, number)
    assert again
    assert again.preferences == Preferences(("economy",))
