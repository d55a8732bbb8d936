"""What every numbered version left behind is opened by this one: nothing is lost, links work."""

import asyncio
import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from briefing.cli import run
from briefing.settings import load
from briefing.store import copies, open_store, subscribers
from briefing.store.tables import METADATA
from tests.cli.test_backup import leave
from tests.mailroom import config
from tests.small_day import Said
from tests.store.postgres import Server

HERE = Path(__file__).parent
EXHIBITS = sorted(path.name.removesuffix(".tar.gz") for path in HERE.glob("*.tar.gz"))


@pytest.fixture(params=EXHIBITS)
def exhibit(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, dict[str, Any]]:
    """Return a folder in which an exhibit is restored, and what must be found in it."""
    monkeypatch.chdir(tmp_path)
    name: str = request.param
    saved = tmp_path / "saved.tar"
    saved.write_bytes(gzip.decompress((HERE / f"{name}.tar.gz").read_bytes()))
    if name.endswith("-postgresql"):
        server: Server = request.getfixturevalue("server")
        monkeypatch.setenv("PATH", str(server.programs), prepend=":")
        config(tmp_path, more=f'[store]\nat = "{server.make_database()}"')
    else:
        config(tmp_path)
    assert run(["restore", str(saved)]) == 0
    facts: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return tmp_path, facts


def test_an_exhibit_is_there_for_this_version() -> None:
    assert {"0.2.0", "0.2.0-postgresql"} <= {*EXHIBITS}


def test_its_edition_and_links_hold(exhibit: tuple[Path, dict[str, Any]], capsys: Said) -> None:
    folder, facts = exhibit
    assert run(["verify", facts["day"]]) == 0
    assert "passages verified" in capsys.readouterr().out
    assert asyncio.run(leave(folder, facts["leave"])) == 200
    told = load(folder / "briefing.toml")
    with open_store(told.store.at, folder=folder) as store, store.read() as tx:
        assert copies.version(tx) == copies.HEAD
        states = {
            address: one.state.value
            for address in facts["readers"]
            if (one := subscribers.find(tx, address))
        }
    assert list(states.values()) == ["unsubscribed", "active"]


def test_the_migrated_tables_are_those_of_the_code(exhibit: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = exhibit
    own = load(folder / "briefing.toml")
    with open_store(own.store.at, folder=folder) as store, store.read() as tx:
        settings = {"version_table": copies.VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(tx, opts=settings), METADATA) == []
        assert {one.preferences.own_words for one in subscribers.listed(tx)} == {()}


def test_a_page_of_schema_1_verifies_by_its_passages(capsys: Said) -> None:
    assert run(["verify", str(HERE / "schema-1.pdf")]) == 0
    out = capsys.readouterr().out
    assert "74 passages verified" in out
    assert "the rest was not compared" in out


def test_a_store_of_the_25th_of_november_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    """It was made before 0.2.0, by the code of that day."""
    monkeypatch.chdir(tmp_path)
    config(tmp_path)
    content = gzip.decompress((HERE / "2026-11-25.db.gz").read_bytes())
    store = tmp_path / "briefing.db"
    store.write_bytes(content)
    for _ in range(3):
        assert run(["editions", "list"]) == 1
        error = capsys.readouterr().err
        assert "made by a version of Briefing before 0.2.0" in error
        assert "briefing subscribers export" in error
        assert error.count("\n") == 1
    assert list(tmp_path.glob("briefing.db.tables-*")) == []
    with closing(sqlite3.connect(store)) as old:
        assert old.execute("SELECT count(*) FROM subscriber").fetchone() == (1,)
