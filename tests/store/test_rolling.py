"""Old and new code share a database while an upgrade goes from machine to machine."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from briefing.core.errors import BusyError, StoreError
from briefing.core.model import DeliveryStatus
from briefing.store import Store, copies, engine, open_store
from tests.examples import examples
from tests.store.postgres import Server
from tests.store.readers import audience, keep_edition, release_to
from tests.store.ready import look

NOW = copies.HEAD
_SCRIPT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{revision}", "{before}", None, None
def upgrade():
    {step}
"""


@dataclass(frozen=True, slots=True)
class Later:
    """A version that is not there yet, and what its migration does."""

    oldest: int
    step: str


#: A column that old code need not know, which new code fills; then the one without the old way.
EXPAND = Later(0, 'op.add_column("subscriber", sa.Column("pronoun", sa.Text()))')
CONTRACT = Later(1, 'op.create_table("pronoun", sa.Column("word", sa.Text(), primary_key=True))')
BREAK = Later(2, 'op.drop_table("pronoun")')


class Versions:
    """Lets this process be of this version, or of one after it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch, self._folder = monkeypatch, folder / "migrations"
        shutil.copytree(Path(copies.__file__).parent / "migrations", self._folder)
        first, self._names = int(NOW.partition("_")[0]), [NOW]
        for ahead, later in enumerate((EXPAND, CONTRACT, BREAK), start=1):
            name = f"{first + ahead:04}_{first + later.oldest:04}"
            words = _SCRIPT.format(revision=name, before=self._names[-1], step=later.step)
            (self._folder / "versions" / f"v{name}.py").write_text(words)
            self._names.append(name)

    def be(self, ahead: int) -> str:
        """Be so many versions ahead of this one; return the newest tables it knows."""
        folder = self._folder.parent / f"of{ahead}" / "migrations"
        if not folder.exists():
            shutil.copytree(self._folder, folder)
            for name in self._names[ahead + 1 :]:
                (folder / "versions" / f"v{name}.py").unlink()
        self._patch.setattr(copies, "_FOLDER", folder)
        self._patch.setattr(copies, "HEAD", self._names[ahead])
        return self._names[ahead]


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    return Versions(tmp_path, monkeypatch)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    with ExitStack() as stack:

        def open_one(at: str) -> Store:
            store = open_store(at, folder=tmp_path)
            stack.callback(store.close)
            return store

        yield open_one


def test_old_code_goes_on_while_new_code_adds_to_the_tables(
    server: Server, versions: Versions, opened: Callable[[str], Store]
) -> None:
    at = server.make_database()
    old = opened(at)
    release_to(old, 3)
    expanded = versions.be(1)
    new = opened(at)
    with new.write() as tx:
        assert copies.version(tx) == expanded
        tx.execute(text("UPDATE subscriber SET pronoun = 'they'"))
    # the process that was there, and one of its version that is started again
    versions.be(0)
    for day, store in enumerate((old, opened(at)), start=1):
        keep_edition(store, day=day)
        assert audience(store, f"ostra-desk/2026-03-{12 + day}") == {DeliveryStatus.DUE: 3}
    with new.read() as tx:
        assert copies.version(tx) == expanded
        assert set(tx.scalars(text("SELECT pronoun FROM subscriber"))) == {"they"}


def test_code_that_could_not_use_the_tables_is_refused(
    new_at: str, versions: Versions, opened: Callable[[str], Store], tmp_path: Path
) -> None:
    opened(new_at).close()
    versions.be(2)
    opened(new_at).close()
    versions.be(0)
    with pytest.raises(StoreError, match="made by a newer version of Briefing"):
        open_store(new_at, folder=tmp_path)
    versions.be(1)
    with opened(new_at).read() as tx:
        assert inspect(tx).has_table("pronoun")


def test_each_version_migrates_what_the_one_before_has_left(
    new_at: str, versions: Versions, opened: Callable[[str], Store]
) -> None:
    for ahead in range(4):
        newest = versions.be(ahead)
        store = opened(new_at)
        assert look(store, copies.version) == newest
        store.close()


def test_a_file_is_migrated_when_nobody_else_has_it_open(
    versions: Versions,
    opened: Callable[[str], Store],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "WAIT", 0)
    old = opened("desk.db")
    release_to(old, 1)
    versions.be(1)
    with pytest.raises(BusyError, match="close every program that has it open"):
        open_store("desk.db", folder=tmp_path)
    old.close()
    opened("desk.db").close()
    versions.be(0)
    assert audience(opened("desk.db")) == {DeliveryStatus.DUE: 1}


@examples("version, usable")
def test_a_version_names_the_oldest_code_that_can_use_it(version: str, *, usable: bool) -> None:
    with nullcontext() if usable else pytest.raises(StoreError, match="made by a"):
        copies.refuse_unusable(version, label="a store")
