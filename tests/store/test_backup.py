import json
import os
import resource
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from briefing.core.errors import (
    BusyError,
    InputError,
    MissingPartError,
    OutputError,
    StoreError,
    UsageError,
)
from briefing.core.model import Host
from briefing.store import Store, copies, editions, identity, open_store, sources
from briefing.store.backup import restore
from briefing.store.location import StoreLocation
from tests.examples import examples
from tests.store.news import NOON, TODAY, item, keep, publish, window
from tests.store.postgres import Server, connect
from tests.store.ready import act, backup
from tests.store.test_store import assert_whole
from tests.store.writer import BATCH, Writer, keep_batch

pytestmark = pytest.mark.usefixtures("tools")


def titles(at: str, folder: Path) -> list[str]:
    with open_store(at, folder=folder) as store:
        return sorted(entry.title for entry in window(store))


@pytest.fixture
def saved(store: Store, tmp_path: Path) -> Path:
    keep(store, item())
    publish(store, *window(store))
    file = tmp_path / "saved.backup"
    backup(store, file, at=NOON)
    keep(store, item("id later", title="Later"))
    return file


def everything(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder but locks and logs."""
    return {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.suffix != ".lock" and not file.name.endswith(("-wal", "-shm"))
    }


def test_makes_a_store(saved: Path, at: str, new_place: Callable[[], str], tmp_path: Path) -> None:
    new = new_place()
    if ("://" in at) != ("://" in new):
        with pytest.raises(StoreError, match="a backup of a store on"):
            restore(new, folder=tmp_path / "new", source=saved, replace=False)
        return
    (tmp_path / "new").mkdir()
    assert restore(new, folder=tmp_path / "new", source=saved, replace=False) is None
    assert titles(new, tmp_path / "new") == ["Council leases two berths"]


def test_a_store_is_replaced_whole_if_allowed(
    saved: Path, at: str, store: Store, tmp_path: Path
) -> None:
    store.close()
    with pytest.raises(StoreError, match="there is a store with content"):
        restore(at, folder=tmp_path, source=saved, replace=False)
    assert len(titles(at, tmp_path)) == 2
    old = restore(at, folder=tmp_path, source=saved, replace=True)
    assert old is not None
    assert titles(at, tmp_path) == ["Council leases two berths"]
    with open_store(at, folder=tmp_path) as again, again.read() as tx:
        edition = editions.on(tx, "ostra-desk", TODAY)
        assert copies.version(tx) == copies.HEAD
    assert edition is not None
    assert edition.files["pdf"] == b"%PDF-\0"
    assert restore(at, folder=tmp_path, source=old, replace=True) != old
    assert len(titles(at, tmp_path)) == 2


def test_a_backup_is_noted_for_the_day_the_store_is_damaged(saved: Path, store: Store) -> None:
    (last,) = json.loads(store.place.beside("backup").read_text())["backups"]
    assert (last["file"], last["at"]) == (str(saved), "2026-03-12 12:00 UTC")
    assert store.place.remedy == (
        f"restore the last backup (2026-03-12 12:00 UTC): briefing restore {saved} --replace"
    )
    backup(store, saved.with_name("newer"), at=NOON)
    assert store.place.remedy.endswith(f"briefing restore {saved.with_name('newer')} --replace")
    saved.with_name("newer").unlink()
    assert store.place.remedy.endswith(f"briefing restore {saved} --replace")
    store.place.beside("backup").write_text(json.dumps({"file": str(saved), "at": "long ago"}))
    assert "(long ago)" in store.place.remedy


def test_a_backup_is_whole_and_made_alone(store: Store, tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "file", Path("/dev/full/saved")):
        with pytest.raises(OutputError, match=f"{path}: cannot be written"):
            backup(store, path, at=NOON)
    assert not list(tmp_path.rglob("*.draft"))
    with store.alone("backup"), pytest.raises(BusyError):
        backup(store, tmp_path / "saved", at=NOON)


def test_a_backup_made_while_others_write_is_whole(store: Store, at: str, tmp_path: Path) -> None:
    names = [f"saved{number}" for number in range(3 if store.place.file else 1)]
    with Writer("keep on", at, tmp_path, "busy") as writer:
        for name in names:
            writer.next()
            backup(store, tmp_path / name, at=NOON)
    store.close()
    for name in names:
        if "://" not in at:
            assert_whole(tmp_path / name)
        restore(at, folder=tmp_path, source=tmp_path / name, replace=True)
        kept = titles(at, tmp_path)
        assert kept
        assert len(kept) % BATCH == 0


def test_a_store_in_use_or_itself_is_not_replaced(desk: Store, tmp_path: Path) -> None:
    backup(desk, tmp_path / "saved", at=NOON)
    with pytest.raises(BusyError, match="in use; close every program that has it open"):
        restore("desk.db", folder=tmp_path, source=tmp_path / "saved", replace=True)
    keep_batch(desk, "still", 1)
    for name in ("desk.db", "desk.db.lock"):
        with pytest.raises(UsageError, match="the store itself"):
            backup(desk, tmp_path / name, at=NOON)
    desk.close()
    with pytest.raises(UsageError, match="the store itself"):
        restore("desk.db", folder=tmp_path, source=tmp_path / "desk.db", replace=True)
    os.mkfifo(tmp_path / "pipe")
    for source in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(InputError, match="not a backup"):
            restore("desk.db", folder=tmp_path, source=source, replace=True)


def test_any_row_counts_as_content(store: Store, at: str, tmp_path: Path) -> None:
    backup(store, tmp_path / "saved", at=NOON)
    act(store, sources.keep_host, Host("courier.example"))
    store.close()
    with pytest.raises(StoreError, match="there is a store with content"):
        restore(at, folder=tmp_path, source=tmp_path / "saved", replace=False)


def test_a_full_disk_is_told(desk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of a module that it compiles Python would keep the part that fits, for all tests after this.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    keep(desk, item())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"saved: cannot be written .*; make room there"):
            backup(desk, tmp_path / "saved", at=NOON)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.glob("saved*"))
    keep(desk, item("id later", title="Later"))


def test_an_empty_store_gives_way_and_its_permissions_stay(desk: Store, tmp_path: Path) -> None:
    backup(desk, tmp_path / "saved", at=NOON)
    desk.close()
    (tmp_path / "desk.db").chmod(0o640)
    assert restore("desk.db", folder=tmp_path, source=tmp_path / "saved", replace=False) is None
    assert (tmp_path / "desk.db").stat().st_mode & 0o777 == 0o640
    with pytest.raises(StoreError, match=r"cannot be opened .* check that its folder exists"):
        restore("none/desk.db", folder=tmp_path, source=tmp_path / "saved", replace=True)


def test_a_damaged_store_is_replaced_and_kept_with_its_log(desk: Store, tmp_path: Path) -> None:
    keep(desk, item())
    backup(desk, tmp_path / "saved", at=NOON)
    desk.close()
    (tmp_path / "desk.db").write_bytes(b"no database" * 999)
    (tmp_path / "desk.db-wal").write_bytes(b"a log")
    with pytest.raises(StoreError, match=r"damaged .*: briefing restore .*saved --replace$"):
        open_store("desk.db", folder=tmp_path)
    with pytest.raises(StoreError, match="with content"):
        restore("desk.db", folder=tmp_path, source=tmp_path / "saved", replace=False)
    (tmp_path / "desk.db-wal").write_bytes(b"a log")
    old_copy = restore("desk.db", folder=tmp_path, source=tmp_path / "saved", replace=True)
    assert old_copy == tmp_path / "desk.db.old"
    assert old_copy.read_bytes() == b"no database" * 999
    assert (tmp_path / "desk.db.old-wal").read_bytes() == b"a log"
    assert len(titles("desk.db", tmp_path)) == 1


def test_one_restores(saved: Path, at: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.close()
    forget, refused = identity.forget, list[str]()

    def in_between(place: StoreLocation) -> None:
        """Try to restore it once more when the copy of the first is verified."""
        with pytest.raises(BusyError) as raised:
            restore(at, folder=saved.parent, source=saved, replace=True)
        refused.append(str(raised.value))
        forget(place)

    monkeypatch.setattr(identity, "forget", in_between)
    restore(at, folder=saved.parent, source=saved, replace=True)
    assert [line.partition(": ")[2] for line in refused] == [
        "another process is restoring it; wait until it ends"
    ]


def _blot(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[8_192:40_960] = bytes(len(raw[8_192:40_960]))
    file.write_bytes(raw)


def _sql(*statements: str, anew: bool = False) -> Callable[[Path], object]:
    """Return what changes a file by statements, or makes another of its name."""

    def spoil(file: Path) -> None:
        if anew:
            file.unlink()
        with closing(sqlite3.connect(file)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda file: file.write_bytes(file.read_bytes()[:-5_000]), "damaged"),
        (_blot, "damaged"),
        (_sql("UPDATE key SET document = 99"), "a row of key belongs to nothing"),
        (_sql("UPDATE briefing_version SET version_num = '0999'"), "made by a newer version"),
        (_sql("CREATE TABLE x (y)", "DROP TABLE x", anew=True), "an empty database"),
        (_sql("CREATE TABLE recipes (name)", anew=True), "a database of something else"),
        (lambda file: file.with_name("saved-wal").write_bytes(b""), "a store in use, not a backup"),
        (lambda file: file.write_bytes(b"PGDMP00"), "a backup of a store on PostgreSQL"),
        (lambda file: file.write_text("not a backup"), "not a backup"),
        (Path.unlink, "cannot be opened"),
    ],
)
def test_a_file_that_is_no_sound_backup_changes_nothing(
    spoil: Callable[[Path], object], reason: str, desk: Store, tmp_path: Path
) -> None:
    for number in range(30):
        keep(desk, item(f"id {number}", title=f"Title {number}"))
    backup(desk, tmp_path / "saved", at=NOON)
    desk.close()
    spoil(tmp_path / "saved")
    before = everything(tmp_path)
    with pytest.raises((StoreError, InputError), match=rf"saved: .*{reason}") as raised:
        restore("desk.db", folder=tmp_path, source=tmp_path / "saved", replace=True)
    assert "\n" not in str(raised.value)
    assert everything(tmp_path) == before


def test_a_damaged_store_gives_no_backup(desk: Store, tmp_path: Path) -> None:
    for number in range(30):
        keep(desk, item(f"id {number}", title=f"Title {number}"))
    desk.close()
    store = open_store("desk.db", folder=tmp_path)
    for damage in (_blot, lambda file: file.write_bytes(b"no database" * 999)):
        damage(tmp_path / "desk.db")
        with pytest.raises(StoreError, match=r"desk\.db: damaged"):
            backup(store, tmp_path / "saved", at=NOON)
    store.close()
    assert not (tmp_path / "saved").exists()


@pytest.fixture
def dumped(server: Server, tmp_path: Path) -> tuple[str, Path]:
    """Return a database with a report, and its backup."""
    at = server.make_database()
    store = open_store(at, folder=tmp_path)
    keep(store, item())
    backup(store, tmp_path / "saved", at=NOON)
    store.close()
    return at, tmp_path / "saved"


@examples("change, reason")
def test_a_foreign_or_newer_dump_changes_nothing(
    server: Server, dumped: tuple[str, Path], tmp_path: Path, change: str, reason: str
) -> None:
    at, _ = dumped
    other = server.make_database()
    store = open_store(other, folder=tmp_path)
    with connect(other) as connection:
        connection.execute(change.encode())
    backup(store, tmp_path / "other", at=NOON)
    store.close()
    with pytest.raises(StoreError, match=f"other: .*{reason}"):
        restore(at, folder=tmp_path, source=tmp_path / "other", replace=True)
    assert len(titles(at, tmp_path)) == 1


def test_a_failing_tool_and_a_spoiled_dump_are_told(
    dumped: tuple[str, Path], tmp_path: Path
) -> None:
    at, _ = dumped
    store = open_store(at, folder=tmp_path)
    with connect(at) as connection:
        connection.execute("CREATE ROLE stranger LOGIN")
        connection.execute(
            "GRANT SELECT ON briefing_version, identity, edition, subscriber, source TO stranger"
        )
    stranger = open_store(at.replace("desk@", "stranger:hush@"), folder=tmp_path)
    with pytest.raises(StoreError, match="permission denied") as raised:
        backup(stranger, tmp_path / "other", at=NOON)
    assert "hush" not in str(raised.value)
    assert not (tmp_path / "other").exists()
    stranger.close()
    store.close()
    at, saved = dumped
    saved.write_bytes(saved.read_bytes()[:-999])
    with pytest.raises(StoreError, match="saved: damaged; give another backup"):
        restore(at, folder=tmp_path, source=saved, replace=True)
    assert len(titles(at, tmp_path)) == 1


@pytest.mark.parametrize(
    ("program", "fault", "reason"),
    [
        (b"", MissingPartError, "apt-get install postgresql-client"),
        (b"\x7fno program", StoreError, r"bin/pg_dump: cannot be started \(Exec format error\); "),
    ],
)
def test_a_tool_that_is_missing_or_cannot_be_started_is_told(
    dumped: tuple[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    program: bytes,
    fault: type[Exception],
    reason: str,
) -> None:
    (tmp_path / "bin").mkdir()
    if program:
        (tmp_path / "bin/pg_dump").write_bytes(program)
        (tmp_path / "bin/pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with open_store(dumped[0], folder=tmp_path) as store, pytest.raises(fault, match=reason):
        backup(store, tmp_path / "other", at=NOON)
    assert not (tmp_path / "other").exists()
