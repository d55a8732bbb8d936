import fcntl
import os
import socket
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import select, type_coerce
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import OperationalError

from briefing.core.errors import BusyError, MissingPartError, StoreError, UsageError
from briefing.core.model import State
from briefing.store import (
    Store,
    Transaction,
    copies,
    documents,
    editions,
    location,
    open_store,
    sources,
    subscribers,
)
from briefing.store.engine import translating_errors
from briefing.store.location import find_place
from briefing.store.tables import Coded, LineText, Moment, Packed
from tests.examples import examples
from tests.store.news import NOON, item, keep, publish, window
from tests.store.postgres import Server, connect
from tests.store.ready import look
from tests.store.test_sources import SOURCE, add
from tests.store.writer import BATCH, Writer, at_once
from tests.waiting import wait_for


def names(store: Store) -> list[str]:
    return [entry.source.name for entry in look(store, sources.source_statuses)]


def test_a_migration_of_a_numbered_version_is_never_changed_and_the_newest_is_the_head() -> None:
    """One that is new gets its line here with the version that has it."""
    folder = Path(copies.__file__).parent / "migrations" / "versions"
    of = {file.stem: sha256(file.read_bytes()).hexdigest() for file in folder.glob("v*.py")}
    # 0.2.0
    baseline = "a72b10a00fdca75398e2ec99294e6555aa2ce36b65fbaeb923d46e94742bd5d3"
    # 0.3.0
    genre = "4426cd569782422de305d32b2824fbdc26c450556fdf4db8ffc7b4ff4b1f9136"
    headlines = "7fb48f5a80527d753da51e9bd562efdbb74d6587f44c920766e10e044ebc0961"
    accounts = "59521af81f6e0f1ce1d07ba2a0dbacc39f69e79a5615b2e56d50e783c849c13d"
    # 0.4.0
    roles = "fb23cfd611640f2648f41ac4f57e8f5da8fae3105293e6e81e1234f9e3883210"
    links = "befc4c6f389eacab49a0c4560293264901cbe8ba9ffc6268aa255cc1eda2c690"
    spoken = "c2026d517d12cb332715cfdd20706f3ffb06991dcaf97a407d9fab2b35e858e3"
    # not numbered yet
    chosen = "c61b3a9a9dbcc5432e0f4d965c9aefd64872fd123c5eac7f0f67afce158396f9"
    own = "915dedd03389441f6966bfb901707ce94160efd44be165e22ba8c42ea0f20d10"
    muted = "2dcb7e420b885587793e234c0f5205d7fd3cfac268b9b72ff773631b725a2cc8"
    assert of == {
        "v0100_baseline": baseline,
        "v0101_genre": genre,
        "v0102_headlines": headlines,
        "v0103_operators": accounts,
        "v0104_roles": roles,
        "v0105_links": links,
        "v0106_other_languages": spoken,
        "v0107_editions": chosen,
        "v0108_own_words": own,
        "v0109_muted": muted,
    }
    folder = Path(copies.__file__).parent / "migrations"
    settings = Config()
    settings.set_main_option("script_location", str(folder))
    settings.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(settings).get_current_head() == copies.HEAD


def test_a_store_is_found_again_with_what_is_in_it(new_at: str, tmp_path: Path) -> None:
    for _ in range(2):
        store = open_store(new_at, folder=tmp_path)
        add(store, SOURCE)
        store.close()
        store.close()
    with open_store(new_at, folder=tmp_path) as store:
        assert names(store) == ["Ostra Courier"]


def test_processes_opening_a_new_store_keep_each_report_once(new_at: str, tmp_path: Path) -> None:
    writers = at_once(3, new_at, tmp_path, name="same")
    assert sum(int(str(writer.result())) for writer in writers) == 8 * BATCH
    with open_store(new_at, folder=tmp_path) as store:
        assert len({entry.title for entry in window(store)}) == len(window(store)) == 8 * BATCH


def test_a_transaction_is_undone_by_an_error_and_a_reader_sees_one_state(store: Store) -> None:
    def fail() -> None:
        with store.write() as tx:
            sources.add(tx, SOURCE, at=NOON)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert names(store) == []
    with store.read() as tx:
        assert sources.source_statuses(tx) == ()
        add(store, SOURCE)
        assert sources.source_statuses(tx) == ()
    assert names(store) == ["Ostra Courier"]


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be written"), store.read() as tx:
        sources.add(tx, SOURCE, at=NOON)
    add(store, SOURCE)


def test_work_is_done_by_one_and_freed_at_once(at: str, tmp_path: Path, store: Store) -> None:
    with open_store(at, folder=tmp_path) as other:
        busy = pytest.raises(BusyError, match="another process is running 'collect' on it")
        with store.alone("collect"):
            with busy, other.alone("collect"):
                pass
            with other.alone("publish"):
                keep(other, item())
        for number in range(50):
            with (store, other)[number % 2].alone("collect"):
                pass


def test_a_lost_connection_ends_work_without_another_fault(server: Server, tmp_path: Path) -> None:
    at = server.make_database()
    end = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    with open_store(at, folder=tmp_path) as store:
        with store.alone("collect"), connect(at, autocommit=True) as other:
            other.execute(end)
        with store.alone("collect"):
            keep(store, item())


def test_work_is_freed_when_its_process_dies(at: str, tmp_path: Path, store: Store) -> None:
    with Writer("hold", at, tmp_path, "collect") as holder:
        assert holder.next() == "held"
        with pytest.raises(BusyError), store.alone("collect"):
            pass
        holder.kill()
    # A server needs a moment to see that its client is gone.
    wait_for(lambda: is_free(store, "collect"))


def is_free(store: Store, work: str) -> bool:
    with suppress(BusyError), store.alone(work):
        return True
    return False


def test_killed_processes_leave_no_half_document(tmp_path: Path) -> None:
    sure: list[str] = []
    for wave in range(2):
        names = f"a{wave}", f"b{wave}", f"c{wave}"
        writers = [Writer("keep on", "desk.db", tmp_path, name) for name in names]
        for name, writer in zip(names, writers, strict=True):
            batches = [writer.next() for _ in range(1 + 5 * wave)]
            sure += [f"id {name} {batch} {place}" for batch in batches for place in range(BATCH)]
            writer.kill()
    assert_whole(tmp_path / "desk.db")
    with open_store("desk.db", folder=tmp_path) as store, store.read() as tx:
        assert set(documents.recall(tx, sure)) == set(sure)


def test_who_waits_sees_another_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ready").mkdir()
    open_store("desk.db", folder=tmp_path / "ready").close()
    # As a process that opened the store first and keeps it open.
    descriptor = location.open_lock(tmp_path / "desk.db.lock")
    location.take(descriptor, fcntl.LOCK_SH, busy="")

    def sleeping(_seconds: float) -> None:
        """Let the other make the store while this one waits; it waits once."""
        (tmp_path / "ready/desk.db").rename(tmp_path / "desk.db")

    monkeypatch.setattr("time.sleep", sleeping)
    store = open_store("desk.db", folder=tmp_path)
    assert not (tmp_path / "ready/desk.db").exists()
    keep(store, item())
    store.close()
    os.close(descriptor)


def assert_whole(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        halves = connection.execute(
            "SELECT number FROM document WHERE version NOT IN (SELECT id FROM version)"
            " OR (SELECT count(*) FROM key WHERE document = number) != 2"
        )
        assert halves.fetchall() == []
        (whole,) = connection.execute("SELECT count(*) FROM document").fetchone()
    assert whole > 0
    assert whole % BATCH == 0


def cook(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (
            lambda file: file.write_text("Not a database, but as long as one. " * 99),
            r"desk\.db: damaged .*: briefing restore FILE$",
        ),
        (cook, r"a database of something else .*'recipes'"),
        (Path.mkdir, "it cannot be opened"),
        (lambda file: file.parent.rmdir(), "check that its folder exists"),
    ],
)
def test_what_is_no_store_is_refused_with_the_remedy(
    put: Callable[[Path], object], reason: str, tmp_path: Path
) -> None:
    put(tmp_path / "desk.db")
    with pytest.raises(StoreError, match=reason):
        open_store("desk.db", folder=tmp_path)


@pytest.mark.parametrize("part", [slice(8_192, -8_192), slice(-4_096, None)])
def test_a_damaged_file_is_refused(part: slice, desk: Store, tmp_path: Path) -> None:
    for number in range(99):
        keep(desk, item(f"id {number}", title=f"Title {number}"))
    desk.close()
    file = tmp_path / "desk.db"
    raw = bytearray(file.read_bytes())
    raw[part] = bytes(len(raw[part]))
    file.write_bytes(raw)
    with pytest.raises(StoreError, match=r"desk\.db: damaged \(.*; restore the last backup"):
        open_store("desk.db", folder=tmp_path)


def test_a_damaged_text_in_a_sound_file_is_told(desk: Store) -> None:
    keep(desk, item())
    with desk.write() as tx:
        tx.exec_driver_sql("UPDATE version SET text = x'00'")
    with pytest.raises(StoreError, match=r"damaged .*unpacked.* restore"), desk.read() as tx:
        documents.texts(tx, [item().document.id])


def test_a_store_of_a_newer_version_is_refused(new_at: str, tmp_path: Path) -> None:
    with open_store(new_at, folder=tmp_path) as store, store.write() as tx:
        tx.exec_driver_sql("UPDATE briefing_version SET version_num = '0999'")
    with pytest.raises(StoreError, match=r"made by a newer version of Briefing .*update Briefing"):
        open_store(new_at, folder=tmp_path)


def test_a_table_of_something_else_is_not_touched(server: Server, tmp_path: Path) -> None:
    at = server.make_database()
    with connect(at) as connection:
        connection.execute("CREATE TABLE source (name TEXT)")
    with pytest.raises(StoreError, match=r"a database of something else .*'source'"):
        open_store(at, folder=tmp_path)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_not_in_utf_8_is_refused(encoding: str, server: Server, tmp_path: Path) -> None:
    at = server.make_database(f"ENCODING '{encoding}' TEMPLATE template0")
    with pytest.raises(StoreError, match=f"its encoding is {encoding}; make the database again"):
        open_store(at, folder=tmp_path)


def test_a_full_disk_is_told_and_nothing_is_half_written(desk: Store) -> None:
    with desk.write() as tx:
        tx.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError, match="no space left on its disk"):
        keep(desk, item(text=" ".join(map(str, range(99_999)))))
    assert window(desk) == ()
    with desk.write() as tx:
        tx.exec_driver_sql("PRAGMA max_page_count = 99999")
    keep(desk, item())


def test_a_writer_that_waits_too_long_is_told(desk: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "desk.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with desk.read() as tx:
            tx.exec_driver_sql("PRAGMA busy_timeout = 50")
        with pytest.raises(StoreError, match="another process is writing to it for too long"):
            keep(desk, item())
    keep(desk, item())


def test_a_store_that_was_copied_by_hand_gets_its_log_again(tmp_path: Path) -> None:
    open_store("desk.db", folder=tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "desk.db")) as file:
        file.execute("PRAGMA journal_mode = DELETE")
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with open_store("desk.db", folder=tmp_path) as store, store.read() as tx:
        values = [tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    assert values == ["wal", 2, 1, 30_000]


@examples("at, reason")
def test_an_address_that_is_none_is_wrong_use(at: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=reason):
        open_store(at, folder=tmp_path)


def test_a_file_may_be_given_as_a_url(tmp_path: Path) -> None:
    open_store("sqlite:///desk.db", folder=tmp_path).close()
    assert (tmp_path / "desk.db").is_file()


def test_a_connection_lost_between_transactions_is_renewed(server: Server, tmp_path: Path) -> None:
    at = server.make_database()
    with open_store(at, folder=tmp_path) as store, store.writer() as begin:
        with begin() as tx:
            number = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with connect(at, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [number])
        with begin() as tx:
            assert tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != number
        with pytest.raises(StoreError), begin() as tx:
            tx.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid(), 10000)")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_found_by_all_its_names(server: Server, scheme: str, tmp_path: Path) -> None:
    at = server.url("none").replace("postgresql", scheme)
    with pytest.raises(StoreError, match=r"^postgresql://desk@/none: there is no such database"):
        open_store(at, folder=tmp_path)


@pytest.mark.enable_socket  # psycopg asks for the host's address
@examples("at, reason")
def test_a_silent_server_is_told_without_a_password(at: str, reason: str, tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=reason) as raised:
        open_store(at, folder=tmp_path)
    assert "hush" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_it_says_has_no_password(new_place: Callable[[], str], tmp_path: Path) -> None:
    at = new_place().replace("desk@", "desk:nosuchtable@")
    told = pytest.raises(StoreError, match="the database reports: ")
    with open_store(at, folder=tmp_path) as store, told as raised, store.read() as tx:
        tx.exec_driver_sql("SELECT * FROM nosuchtable")
    assert "\n" not in str(raised.value)
    if "://" in at:
        assert "nosuchtable" not in str(raised.value)


def test_a_store_being_restored_is_awaited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptor = location.open_lock(tmp_path / "desk.db.lock")
    location.take(descriptor, fcntl.LOCK_EX, busy="")
    waited: list[float] = []

    def sleeping(seconds: float) -> None:
        """Let the other end while this one waits."""
        waited.append(seconds)
        os.close(descriptor)

    monkeypatch.setattr("time.sleep", sleeping)
    open_store("desk.db", folder=tmp_path).close()
    assert len(waited) == 1


def test_a_missing_driver_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingPartError, match=r"pip install 'briefing\[postgres\]'"):
        open_store("postgresql://desk@localhost/desk", folder=tmp_path)


def test_nothing_stays_nothing_in_every_kind_of_column(store: Store) -> None:
    with store.read() as tx:
        for kind in (LineText, Moment, Packed, Coded(State)):
            assert tx.scalar(select(type_coerce(None, kind))) is None


def test_a_value_that_cannot_have_been_written_is_damage(tmp_path: Path) -> None:
    with open_store("desk.db", folder=tmp_path) as store:
        add(store, SOURCE)
    for value in ("2026-99-12T06:00:00.000000+00:00", "\udcff"):
        with closing(sqlite3.connect(tmp_path / "desk.db")) as raw, raw:
            raw_value = value.encode("utf-8", "surrogateescape")
            raw.execute("UPDATE source SET added = CAST(? AS TEXT)", (raw_value,))
        with (
            open_store("desk.db", folder=tmp_path) as store,
            pytest.raises(StoreError, match=r"desk\.db: damaged \(.*restore the last backup"),
        ):
            names(store)


def test_a_mistake_of_ours_is_not_called_damage(store: Store) -> None:
    with pytest.raises(ValueError, match="no number"), store.read():
        raise ValueError("no number")


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_store_with_any_page_damaged_is_refused_or_works(
    desk: Store, tmp_path: Path, step: int
) -> None:
    add(desk, SOURCE)
    for number in range(5):
        keep(desk, item(f"id {number}", title=f"Title {number}"))
    publish(desk, *window(desk))
    desk.close()
    sound = (tmp_path / "desk.db").read_bytes()
    dice = Random(20260104)  # noqa: S311  no secret
    messages = list[str]()
    for page in range(0, len(sound), step * 4_096):
        raw = bytearray(sound)
        for _ in range(8):
            raw[page + dice.randrange(4_096)] ^= dice.randrange(1, 256)
        for file in tmp_path.glob("desk.db*"):
            file.unlink()
        (tmp_path / "desk.db").write_bytes(raw)
        try:
            with open_store("desk.db", folder=tmp_path) as store, store.read() as tx:
                sources.source_statuses(tx)
                editions.last(tx, "ostra-desk")
                subscribers.counts(tx)
        except StoreError as error:
            messages.append(str(error))
    assert messages
    assert all("\n" not in message for message in messages)
    assert all("restore the last backup" in message for message in messages)


def test_workers_compete_for_a_host_and_a_dead_one_has_none(server: Server, tmp_path: Path) -> None:
    at = server.make_database()
    with open_store(at, folder=tmp_path) as store, store.host_locks() as ann:
        with store.host_locks() as bo:
            assert ann.take("a.example") is True
            assert bo.take("a.example") is False
            assert bo.take("b.example") is True
            ann.free("a.example")
            assert bo.take("a.example") is True
            # what one does not hold, one does not free
            ann.free("b.example")
            assert ann.take("b.example") is False
        assert ann.take("a.example") is True
        with store.alone("a.example"):
            pass


def test_a_store_that_lost_its_locks_closes_without_a_fault(server: Server, tmp_path: Path) -> None:
    at = server.make_database()
    end = "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
    store = open_store(at, folder=tmp_path)
    with store.host_locks() as ann:
        assert ann.take("a.example")
        assert store.leads("alerts")
        with connect(at, autocommit=True) as other:
            other.execute(end)
        # Noticed by whoever asks first; what else there is to do goes on.
        ann.free("a.example")
        with pytest.raises(StoreError):
            store.leads("alerts")
    store.close()
    with open_store(at, folder=tmp_path) as again:
        assert again.leads("alerts")


def test_a_store_in_a_file_has_no_workers(desk: Store) -> None:
    told = pytest.raises(StoreError, match=r"desk.db: a store in a file has no workers")
    with told, desk.host_locks():
        pass


def test_the_two_hours_of_a_clock_that_goes_back_are_kept_apart() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Zurich"))
    kept = [
        Moment().process_bind_param(first.replace(fold=fold), sqlite.dialect()) for fold in (0, 1)
    ]
    assert kept == ["2026-10-25T00:30:00.000000+00:00", "2026-10-25T01:30:00.000000+00:00"]


def test_a_machine_that_vanishes_is_noticed_on_both_sides(server: Server, tmp_path: Path) -> None:
    at = f"{server.make_database()}&keepalives_count=5"
    asked = "SELECT source FROM pg_settings WHERE name LIKE 'tcp_keepalives_%%'"
    with open_store(at, folder=tmp_path) as store, store.read() as tx:
        # On the socket of this machine they are of no effect, and so read 0.
        assert tx.exec_driver_sql(asked).scalars().all() == ["session"] * 3
        line = tx.connection.driver_connection
        assert line is not None
        told = line.info.get_parameters()
    assert (told["connect_timeout"], told["keepalives_idle"]) == ("10", "30")
    assert told["keepalives_count"] == "5"


@pytest.mark.enable_socket
def test_a_lost_connection_is_no_reason_to_restore_a_backup(server: Server, tmp_path: Path) -> None:
    with open_store(server.make_database(), folder=tmp_path) as store:
        with pytest.raises(StoreError) as raised, store.read() as tx:
            ask_nobody(tx)
        assert str(raised.value).endswith(": the connection to it was lost; try again")


def ask_nobody(tx: Transaction) -> None:
    """Ask a server that ends the connection without a word."""
    line = tx.connection.driver_connection
    assert line is not None
    with socket.socket(fileno=os.dup(line.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)
    tx.exec_driver_sql("SELECT 1")


def test_a_server_that_stops_is_told_from_one_that_is_damaged(tmp_path: Path) -> None:
    place = find_place("postgresql://desk@db.example/desk", folder=tmp_path)
    psycopg = pytest.importorskip("psycopg")
    fault = psycopg.OperationalError("FATAL:  the database system is starting up")
    told = pytest.raises(StoreError, match=r"it is stopping or starting; try again$")
    with told, translating_errors(place):
        raise OperationalError("", {}, fault)
