import asyncio
import json
import multiprocessing
import resource
import shutil
import sqlite3
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from briefing.cli import FAILED, WRONG_USE, run
from briefing.core.errors import InputError
from briefing.core.model import State
from briefing.store import backup, copies, open_store, subscribers
from briefing.store.identity import Inventory
from briefing.web import make_app, serving
from tests.mail.relays import real
from tests.mailroom import ANN, BO, CEM, config, opened, publish, settings, subscribe, today
from tests.small_day import Said
from tests.small_day import told as said

STORE = "briefing.db"
DAY = str(today())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a store with an edition and two readers."""
    monkeypatch.chdir(tmp_path)
    publish(tmp_path, ANN, BO)
    return tmp_path


def wiped(folder: Path) -> Path:
    """Return an empty folder in the place of another, but for the backups."""
    for one in folder.iterdir():
        if one.name not in {"saved.tar", "saved"}:
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    return folder


def empty(folder: Path) -> None:
    """Delete what a store holds, and all that is remembered of it."""
    for one in folder.glob(f"{STORE}*"):
        if one.name != f"{STORE}.backup":
            one.unlink()


async def leave(folder: Path, url: str) -> int:
    """Unsubscribe by the link of a mail, as a mail provider does."""
    told = settings(folder)
    with open_store(told.store.at, folder=folder) as store:
        desk = serving.context_of(told, store, web=told.web.address, requests=None)
        transport = httpx2.ASGITransport(app=make_app(desk))
        async with httpx2.AsyncClient(transport=transport, base_url=told.web.address) as client:
            form = {"List-Unsubscribe": "One-Click"}
            return (await client.post(urlsplit(url).path, data=form)).status_code


def test_all_is_alive_after_the_machine_was_lost(folder: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config(folder, port=port)
        said(capsys, "deliver")
        (mail,) = [one for one in taken if one.recipient == ANN.address]
        said(capsys, "backup", "saved.tar")
        wiped(folder)
        out, err = said(capsys, "restore", "saved.tar")
        assert out == (
            "saved.tar: restored to briefing.db; briefing.secrets, briefing.toml written\n"
        )
        assert err == ""
        assert "verified" in said(capsys, "verify", DAY)[0]
        assert (folder / "briefing.secrets").stat().st_mode & 0o777 == 0o600
        for name in ("new", "cur", "tmp"):
            (folder / "returned" / name).mkdir(parents=True)
        assert said(capsys, "deliver")[0].startswith("nothing to send: all 2 of edition")
        assert len(taken) == 2
    header = mail.mail["List-Unsubscribe"]
    url = next(one for one in header.split("<") if one.startswith("https")).split(">")[0]
    assert asyncio.run(leave(folder, url)) == 200
    with opened(folder) as store, store.read() as tx:
        reader = subscribers.find(tx, ANN.address)
    assert reader is not None
    assert reader.state is State.UNSUBSCRIBED


def test_a_folder_gets_dated_backups_and_keeps_as_many_as_asked(folder: Path, capsys: Said) -> None:
    (folder / "saved").mkdir()
    (folder / "saved" / "notes.tar").write_text("mine")
    (folder / "saved" / f"{STORE}-2026-01-04T070000Z.tar.draft").write_text("half")
    for _ in range(2):
        said(capsys, "backup", "saved", "--keep", "2")
    out, _ = said(capsys, "backup", "saved", "--keep", "2")
    assert out.endswith("; 1 older backup deleted\n")
    assert "checked; 1 edition (the last ostra-desk/" in out
    kept = sorted(one.name for one in (folder / "saved").iterdir())
    assert len(kept) == 3
    assert kept[-1] == "notes.tar"
    assert all(one.startswith(f"{STORE}-20") for one in kept[:-1])
    assert f"saved/{kept[1]}" in out or f"saved/{kept[0]}" in out
    assert run(["backup", "more.tar", "--keep", "2"]) == WRONG_USE


def test_the_model_and_the_sentences_of_a_section_come_back(folder: Path, capsys: Said) -> None:
    (folder / "sections").mkdir()
    told = {"sections/sea.1.model": b"a model", "sections/sea.jsonl": b"{}"}
    for name, content in told.items():
        (folder / name).write_bytes(content)
    file = folder / "briefing.toml"
    lines = '\n[[sections]]\nname = "sea"\nmodel = "sections/sea.1.model"\n'
    file.write_text(file.read_text(encoding="utf-8") + lines, encoding="utf-8")
    said(capsys, "backup", "saved.tar")
    wiped(folder)
    said(capsys, "restore", "saved.tar")
    assert {name: (folder / name).read_bytes() for name in told} == told


def test_a_backup_says_what_is_in_it(folder: Path, capsys: Said) -> None:
    (folder / "keys").mkdir()
    (folder / "keys" / "password").write_text("hush")
    outside = folder.parent / "elsewhere"
    outside.write_text("hush")
    config(folder, more=f'password_file = "keys/password"\nbounces_password_file = "{outside}"')
    err = said(capsys, "backup", "saved.tar")[1]
    assert (
        err == f"briefing: {outside}: not included, since it is in another folder; back it up too\n"
    )
    with tarfile.open("saved.tar") as packed:
        names = packed.getnames()
        manifest = packed.extractfile("manifest.json")
        assert manifest
        told = json.loads(manifest.read())
    assert names[:2] == ["manifest.json", "store"]
    assert set(names[2:]) == {"files/briefing.toml", "files/keys/password"}
    counts = {"editions": 1, "readers": 2, "sources": 0}
    assert told["held"] == told["held"] | counts
    assert set(told["files"]) == {"briefing.toml", "keys/password"}
    assert Path("saved.tar").stat().st_mode & 0o777 == 0o600


def test_a_backup_never_shrinks_unless_it_is_forced(folder: Path, capsys: Said) -> None:
    (folder / "saved").mkdir()
    said(capsys, "backup", "saved.tar")
    said(capsys, "backup", "saved")
    before = {one: one.read_bytes() for one in (folder / "saved").iterdir()}
    empty(folder)
    for words in (("saved.tar",), ("saved",), ("saved", "--keep", "1"), ("other.tar",)):
        err = said(capsys, "backup", *words, code=FAILED)[1]
        assert "not written, since" in err
        assert "holds 0 editions, 0 readers, and the last backup more (1 edition" in err
        assert "briefing restore" in err
    (folder / f"{STORE}.backup").unlink()
    for words in (("saved.tar",), ("saved", "--keep", "1")):
        assert "not written" in said(capsys, "backup", *words, code=FAILED)[1]
    assert {one: one.read_bytes() for one in (folder / "saved").iterdir()} == before
    said(capsys, "backup", "saved.tar", "--force")
    said(capsys, "backup", "saved.tar")
    # Nor is a file replaced that is no backup.
    (folder / "thesis.tar").write_text("years of work")
    err = said(capsys, "backup", "thesis.tar", code=WRONG_USE)[1]
    assert "exists and is not a readable backup; give another name, or --force" in err
    assert (folder / "thesis.tar").read_text() == "years of work"


def test_settings_and_secrets_that_differ_are_left_unforced(folder: Path, capsys: Said) -> None:
    said(capsys, "backup", "saved.tar")
    old = Path("briefing.toml").read_text()
    Path("briefing.toml").write_text(f"{old}\n# newer\n")
    err = said(capsys, "restore", "saved.tar", "--replace")[1]
    assert "briefing.toml: differs from the backup and was left unchanged; --force" in err
    assert Path("briefing.toml").read_text().endswith("# newer\n")
    said(capsys, "restore", "saved.tar", "--replace", "--force")
    assert Path("briefing.toml").read_text() == old
    assert Path("briefing.toml.old").read_text().endswith("# newer\n")


def _flip(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-50_000])


def _climb(file: Path) -> None:
    """Let a file of it lie outside the folder."""
    told = backup.Beside(None, {"../evil": b"evil"})
    with suppress(InputError):  # it notices itself, when it is written already
        backup.pack(file, made="", store=Path(STORE), held=Inventory(), beside=told)


@pytest.mark.parametrize("spoil", [_flip, _cut, _climb])
def test_what_is_spoiled_is_none(spoil: Callable[[Path], None], folder: Path, capsys: Said) -> None:
    said(capsys, "backup", "saved.tar")
    spoil(folder / "saved.tar")
    before = (folder / STORE).read_bytes()
    err = said(capsys, "restore", "saved.tar", "--replace", "--force", code=FAILED)[1]
    assert "saved.tar: damaged (" in err
    assert err.count("\n") == 1
    assert (folder / STORE).read_bytes() == before
    assert not (folder.parent / "evil").exists()
    assert not list(folder.glob(".saved*"))


def killed_at(seconds: float, *words: str) -> bool:
    """Run a command in a process of its own; tell whether it was killed before it ended."""
    child = multiprocessing.get_context("fork").Process(target=run, args=(words,))
    child.start()
    time.sleep(seconds)
    child.kill()
    child.join()
    return child.exitcode != 0


def test_a_killed_backup_or_restore_leaves_the_old_or_new(folder: Path, capsys: Said) -> None:
    said(capsys, "backup", "saved.tar")
    with opened(folder) as store:
        subscribe(store, CEM)
    for number in range(6):
        killed_at(0.01 * 2**number, "backup", "saved.tar")
        with backup.unpacked(Path("saved.tar"), room=folder / "room") as packed:
            assert packed.manifest.held.readers in {2, 3}
        killed_at(0.01 * 2**number, "restore", "saved.tar", "--replace")
        # As old as the backup or as new as before, and nothing else.
        assert said(capsys, "subscribers", "list")[0].count("@") in {2, 3}
        assert "verified" in said(capsys, "verify", DAY)[0]
    said(capsys, "backup", "saved.tar")
    assert not list(folder.glob("*.draft*"))


#: The version of the tables now, and a migration that no version has yet.
HEAD = copies.HEAD
_NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "NEXT", "HEAD", None, None
def upgrade():
    op.create_table("later", sa.Column("number", sa.Integer(), primary_key=True))
"""


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be of the version after this one, which has one migration more."""
    migrations = tmp_path / "next" / "migrations"
    shutil.copytree(Path(copies.__file__).parent / "migrations", migrations)
    later = f"{int(copies.HEAD) + 1:04}"
    words = _NEXT.replace("HEAD", copies.HEAD).replace("NEXT", later)
    (migrations / "versions" / f"v{later}_next.py").write_text(words)
    monkeypatch.setattr(copies, "_FOLDER", migrations)
    monkeypatch.setattr(copies, "HEAD", later)


@pytest.mark.usefixtures("next_version")
def test_an_older_store_is_kept_before_it_is_changed(folder: Path, capsys: Said) -> None:
    said(capsys, "verify", DAY)
    (kept,) = folder.glob(f"{STORE}.tables-{HEAD}")
    assert kept.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(kept)) as old, closing(sqlite3.connect(STORE)) as new:
        version = "SELECT version_num FROM briefing_version"
        assert old.execute(version).fetchone() == (HEAD,)
        assert new.execute(version).fetchone() == (copies.HEAD,)
        later = "SELECT count(*) FROM sqlite_master WHERE name = 'later'"
        assert (old.execute(later).fetchone(), new.execute(later).fetchone()) == ((0,), (1,))
        assert old.execute("SELECT count(*) FROM subscriber").fetchone() == (2,)
    # Back to it, as the older version does with its own restore; and up again.
    said(capsys, "restore", str(kept), "--replace")
    assert "verified" in said(capsys, "verify", DAY)[0]
    # one copy for each version, however often it is migrated
    assert len(list(folder.glob(f"{STORE}.tables-*"))) == 1


@pytest.mark.usefixtures("next_version")
def test_no_room_and_no_change(folder: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of a module that it compiles Python would keep the part that fits, for all tests after this.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, limits[1]))
    try:
        err = said(capsys, "verify", DAY, code=FAILED)[1]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert f"tables-{HEAD}" in err
    with closing(sqlite3.connect(STORE)) as store:
        assert store.execute("SELECT * FROM briefing_version").fetchone() == (HEAD,)
