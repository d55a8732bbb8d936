from contextlib import closing
from pathlib import Path

import pytest

from briefing.core.errors import MissingPartError, StoreError
from briefing.store import open_store
from briefing.store.backup import backup, restore
from tests.store.news import NOON, item, keep
from tests.store.postgres import Server, connect
from tests.store.test_backup import titles

pytestmark = pytest.mark.usefixtures("tools")


@pytest.fixture
def dumped(server: Server, tmp_path: Path) -> tuple[str, Path]:
    """Return a database with a report, and its backup."""
    at = server.make_database()
    store = open_store(at, folder=tmp_path)
    keep(store, item())
    backup(store, tmp_path / "saved", at=NOON)
    store.close()
    return at, tmp_path / "saved"


def test_a_spoiled_dump_changes_nothing(dumped: tuple[str, Path], tmp_path: Path) -> None:
    at, saved = dumped
    saved.write_bytes(saved.read_bytes()[:-999])
    with pytest.raises(StoreError, match="saved: damaged; give another backup"):
        restore(at, folder=tmp_path, source=saved, replace=True)
    assert len(titles(at, tmp_path)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE briefing_version SET version_num = '0999'", "made by a newer version"),
        ("DROP TABLE briefing_version", "a dump of something else"),
    ],
)
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


def test_a_tool_that_fails_is_told_in_one_line(dumped: tuple[str, Path], tmp_path: Path) -> None:
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


def test_missing_tools_are_told(
    dumped: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, _ = dumped
    store = open_store(at, folder=tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPartError, match="apt-get install postgresql-client"):
        backup(store, tmp_path / "other", at=NOON)
    store.close()


def test_a_tool_that_cannot_be_started_is_told(
    dumped: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, _ = dumped
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/pg_dump").write_bytes(b"\x7fno program")
    (tmp_path / "bin/pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with (
        closing(open_store(at, folder=tmp_path)) as store,
        pytest.raises(StoreError, match=r"bin/pg_dump: cannot be started \(Exec format error\); "),
    ):
        backup(store, tmp_path / "other", at=NOON)
    assert not (tmp_path / "other").exists()
