import shutil
from pathlib import Path

import pytest

from briefing.core.errors import StoreError
from briefing.store import Store, identity, open_store
from briefing.store.identity import Inventory, objection
from briefing.store.location import find_place
from briefing.store.tables import METADATA
from tests.store.news import item, keep, publish, window
from tests.store.postgres import Server, connect
from tests.store.test_sources import SOURCE, add
from tests.store.writer import at_once

KNOWN = Inventory("a", 5, 3, 12, 4, "world-desk/2026-01-04")


@pytest.mark.parametrize(
    ("present", "reason"),
    [
        (KNOWN, ""),
        (Inventory("a", 9, 1, 2, 0), ""),
        (Inventory("a", 4, 3, 12, 4), "an older copy"),
        (Inventory("b", 9, 9, 99, 9), "another store"),
        (Inventory(), "it is empty"),
        (Inventory("a", 9), "it is empty"),
        (Inventory("a", 5, sources=4), "it is empty"),
    ],
)
def test_a_store_is_what_is_remembered_or_told_why_not(present: Inventory, reason: str) -> None:
    message = objection(KNOWN, present)
    assert reason in message
    assert bool(reason) == bool(message)
    assert objection(Inventory("b", 99), present) == ""


def test_what_a_store_holds_is_said_in_words() -> None:
    assert KNOWN.words == "3 editions (the last world-desk/2026-01-04), 12 readers, 4 sources"
    assert Inventory(readers=1).words == "1 reader"
    assert Inventory().words == "nothing"


def test_an_edition_is_remembered_while_the_store_is_open(store: Store) -> None:
    keep(store, item())
    publish(store, *window(store))
    held = store.remember()
    assert held.editions == 1
    assert identity.recall(store.place) == held


def test_what_a_killed_process_left_is_noted_at_opening(new_at: str, tmp_path: Path) -> None:
    with open_store(new_at, folder=tmp_path) as store:
        add(store, SOURCE)
    note = store.place.beside("identity")
    before = note.read_bytes()
    note.unlink()
    open_store(new_at, folder=tmp_path).close()
    assert note.read_bytes() == before


def test_a_note_that_cannot_be_read_refuses_nothing(desk: Store, tmp_path: Path) -> None:
    add(desk, SOURCE)
    desk.close()
    for content in (b"", b"{", b"[]", b'{"generation": "x"}', b"\xff"):
        (tmp_path / "desk.db.identity").write_bytes(content)
        open_store("desk.db", folder=tmp_path).close()
        assert identity.recall(find_place("desk.db", folder=tmp_path)) is not None


def test_an_emptied_database_is_refused(server: Server, tmp_path: Path) -> None:
    at = server.make_database()
    with open_store(at, folder=tmp_path) as store:
        add(store, SOURCE)
        keep(store, item())
        publish(store, *window(store))
    tables = ", ".join(f'"{one.name}"' for one in METADATA.sorted_tables if one.name != "identity")
    with connect(at) as connection:
        connection.execute(f"TRUNCATE {tables}".encode())
    with pytest.raises(StoreError, match=r"it is empty, but it held 1 edition .*, 1 source, last"):
        open_store(at, folder=tmp_path)
    with connect(at) as connection:
        connection.execute(f'DROP TABLE {tables}, "identity", briefing_version'.encode())
    with pytest.raises(StoreError, match=r"postgresql://.*it is empty, but it held 1 edition"):
        open_store(at, folder=tmp_path)
    open_store(at, folder=tmp_path / "elsewhere").close()


def test_two_databases_of_one_name_share_no_record(server: Server, tmp_path: Path) -> None:
    here, there = server.make_database(), server.make_database()
    for at in (here, there):
        with open_store(at, folder=tmp_path) as store:
            add(store, SOURCE)
    notes = [find_place(at, folder=tmp_path).beside("identity") for at in (here, there)]
    shutil.copy(notes[0], notes[1])
    with pytest.raises(StoreError, match="it is another store; the one that was here held 1"):
        open_store(there, folder=tmp_path)


def test_writers_and_openers_never_refuse_each_other(new_at: str, tmp_path: Path) -> None:
    with open_store(new_at, folder=tmp_path) as store:
        add(store, SOURCE)
    writers = at_once(3, new_at, tmp_path)
    for _ in range(20):
        with open_store(new_at, folder=tmp_path) as store:
            store.remember()
    for writer in writers:
        assert int(str(writer.result())) > 0
