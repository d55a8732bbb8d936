import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, run
from briefing.store import open_store
from tests.mailroom import ANN, BO, CEM, config, opened, publish, subscribe, today
from tests.small_day import Said, told

STORE = "briefing.db"
#: Every kind of command that opens the store.
COMMANDS = (
    ("collect",),
    ("publish", "--date", "2026-03-12"),
    ("deliver",),
    ("run",),
    ("serve", "--port", "0"),
    ("verify", str(today())),
    ("sources", "list"),
    ("subscribers", "list"),
    ("operators", "list"),
    ("backup", "saved.tar"),
    ("doctor",),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a store with an edition and two readers, which was saved."""
    monkeypatch.chdir(tmp_path)
    publish(tmp_path, ANN, BO)
    assert run(["backup", "saved.tar", config(tmp_path)]) == DONE
    return tmp_path


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _renew(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as new:
        new.execute("CREATE TABLE x (y)")
        new.execute("DROP TABLE x")


def _exchange(file: Path) -> None:
    """Put a new store there, with tables and a reader of its own."""
    with open_store("other.db", folder=file.parent) as other:
        subscribe(other, CEM)
    (file.parent / "other.db").replace(file)


def _clear(file: Path) -> None:
    with closing(sqlite3.connect(file)) as store, store:
        for table in ("edition", "subscriber", "source"):
            store.execute(f"DELETE FROM {table}")  # noqa: S608  a name of ours


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:10_000])


def _zero(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


#: What may happen to a store, and what is said then.
LOSSES: dict[Callable[[Path], None], str] = {
    _empty: "it is empty, but it held 1 edition (the last ostra-desk/",
    _renew: "it is empty, but it held 1 edition (the last ostra-desk/",
    Path.unlink: "it is empty, but it held 1 edition (the last ostra-desk/",
    _clear: "it is empty, but it held 1 edition (the last ostra-desk/",
    _exchange: "it is another store; the one that was here held 1 edition (the last ostra-desk/",
    _cut: "damaged (database disk image is malformed)",
    _zero: "damaged (file is not a database)",
    _folder: "there is a folder with its name",
}


@pytest.mark.parametrize("lose", LOSSES)
def test_a_lost_store_is_refused(lose: Callable[[Path], None], folder: Path, capsys: Said) -> None:
    lose(folder / STORE)
    before = (folder / "saved.tar").read_bytes()
    for words in COMMANDS:
        capsys.readouterr()
        assert run([*words, config(folder)]) == FAILED, words
        out, err = capsys.readouterr()
        (line,) = [one for one in (out + err).splitlines() if "briefing restore" in one]
        assert LOSSES[lose] in line, words
        assert f"briefing restore {folder / 'saved.tar'} --replace --config" in line
    assert (folder / "saved.tar").read_bytes() == before
    if (folder / STORE).is_dir():
        (folder / STORE).rmdir()
    assert run(["restore", "saved.tar", "--replace", config(folder)]) == DONE
    assert run(["verify", str(today()), config(folder)]) == DONE
    assert run(["backup", "saved.tar", config(folder)]) == DONE


def test_an_older_copy_that_was_put_there_by_hand_is_refused(folder: Path, capsys: Said) -> None:
    shutil.copy(folder / STORE, folder / "copy.db")
    with opened(folder) as store:
        subscribe(store, CEM)
    (folder / "copy.db").replace(folder / STORE)
    said = told(capsys, "subscribers", "list", config(folder), code=FAILED)[1]
    assert "it is an older copy; the store that was here held 1 edition" in said
    assert "3 readers" in said
    assert said.endswith("or, to go on with what is there, delete briefing.db.identity\n")
    (folder / "briefing.db.identity").unlink()
    assert run(["subscribers", "list", config(folder)]) == DONE


def test_a_new_desk_begins_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run(["sources", "list", config(tmp_path)]) == DONE
        (tmp_path / STORE).unlink()


def test_what_was_sent_is_enough_to_know_of_a_store(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / f"{STORE}.sent").write_text('{"claims": 3, "edition": "ostra-desk/2026-01-04"}')
    said = told(capsys, "sources", "list", config(tmp_path), code=FAILED)[1]
    assert "it is empty, but it held 1 edition (the last ostra-desk/2026-01-04)" in said
    assert "delete briefing.db.sent" in said


def test_a_log_that_is_all_that_is_left_is_not_deleted(folder: Path, capsys: Said) -> None:
    (folder / "briefing.db.identity").unlink()
    _empty(folder / STORE)
    (folder / f"{STORE}-wal").write_bytes(b"a log" * 999)
    assert run(["sources", "list", config(folder)]) == FAILED
    assert "its log briefing.db-wal is not" in capsys.readouterr().err
    assert (folder / f"{STORE}-wal").read_bytes() == b"a log" * 999


def test_the_log_of_another_store_is_refused_unchanged(folder: Path, capsys: Said) -> None:
    other = open_store("other.db", folder=folder)
    subscribe(other, CEM)
    shutil.copy(folder / "other.db-wal", folder / f"{STORE}-wal")
    other.close()
    before = (folder / STORE).read_bytes()
    assert "briefing restore" in told(capsys, "backup", "more.tar", config(folder), code=FAILED)[1]
    assert (folder / STORE).read_bytes() == before
    assert run(["restore", "saved.tar", "--replace", config(folder)]) == DONE
    assert run(["verify", str(today()), config(folder)]) == DONE


def test_a_store_that_is_deleted_under_its_user_takes_nothing_more(folder: Path) -> None:
    from briefing.core.errors import StoreError  # noqa: PLC0415

    with opened(folder) as store:
        (folder / STORE).unlink()
        with pytest.raises(StoreError, match="deleted, emptied or replaced while in use"):
            subscribe(store, CEM)
    assert not (folder / STORE).exists()


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_the_store_is_private(mask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = os.umask(mask)
    try:
        store = open_store(STORE, folder=tmp_path)
        subscribe(store, ANN)
        open_now = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
        store.close()
        (tmp_path / "saved").mkdir()
        for target in ("saved", "saved.tar"):
            assert run(["backup", target, config(tmp_path)]) == DONE
        (tmp_path / STORE).unlink()
        assert run(["restore", "saved.tar", config(tmp_path)]) == DONE
    finally:
        os.umask(before)
    assert {f"{STORE}-wal", f"{STORE}-shm", f"{STORE}.lock"} < set(open_now)
    kept = [*tmp_path.glob(f"{STORE}*"), *tmp_path.glob("saved*/*.tar"), tmp_path / "saved.tar"]
    modes = {one.name: one.stat().st_mode & 0o777 for one in kept}
    assert set(open_now.values()) | set(modes.values()) == {0o600}
