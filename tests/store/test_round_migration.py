"""A store of the version before is brought up with its editions to be found."""

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.types import LargeBinary, TypeEngine

from briefing.core.model import Edition
from briefing.press import record
from briefing.store import Store, archive, migrate, open_store
from briefing.store import engine as engines
from briefing.store.archive import Question
from briefing.store.location import find_place
from briefing.store.migrations.versions import v0003_round
from briefing.store.round_tables import PRINTED, PUBLISHER
from briefing.store.tables import EDITION
from tests.store.archives import DESK, edition, insert_edition, report
from tests.store.news import DAY, TODAY

HOSTILE = report(
    1, "Zürich \0 “head” \ud800", "A%_ text\x1a. It’s \udfff more.", publisher=" A\nB\0 " * 99
)
PLAIN = report(2)
#: A record with a name of a section and a headline.
_BRIEF = (
    b'{"sections": [{"name": %b, "briefs": [{"sources": [], "headline": %b, "status": "new", '
    b'"sentences": [{"text": "t"}]}]}], "documents": {}}'
)
_BYTES: TypeEngine[Any] = LargeBinary()


def older(at: str, folder: Path) -> Store:
    """Return a store whose tables are of the version before."""
    place = find_place(at, folder=folder)
    engine = engines.connect(place)
    with engines.writing(engine).begin() as tx:
        settings = Config(attributes={"connection": tx})
        migrations = Path(migrate.__file__).parent / "migrations"
        settings.set_main_option("script_location", str(migrations))
        settings.set_main_option("path_separator", "os")
        command.upgrade(settings, "0002")
    return Store(place, engine, None)


def insert_record(store: Store, made: Edition, *, packed: bytes | None = None) -> None:
    """Keep an edition as the version before did, or with another record."""
    with store.write() as tx:
        id_ = insert_edition(tx, made, record=record.write(made))
        if packed is not None:
            broken = update(EDITION).where(EDITION.c.id == id_)
            column = EDITION.c.record
            tx.execute(broken.values({column: _raw(packed)}))


def _raw(packed: bytes) -> Any:  # noqa: ANN401  a parameter that is not packed again
    return bindparam(None, packed, type_=_BYTES)


def rows(store: Store) -> list[tuple[object, ...]]:
    with store.read() as tx:
        printed = select(PRINTED).order_by(PRINTED.c.edition, PRINTED.c.place)
        publishers = select(PUBLISHER).order_by(PUBLISHER.c.name)
        return [tuple(row) for asked in (printed, publishers) for row in tx.execute(asked)]


def test_kept_editions_are_found_as_if_they_were_kept_now(
    new_place: Callable[[], str], tmp_path: Path
) -> None:
    first = edition([HOSTILE, PLAIN], [PLAIN], sections=("economy", "security\0"))
    second = edition([PLAIN], [replace(HOSTILE, publisher="")], day=TODAY + DAY)
    at = new_place()
    store = older(at, tmp_path)
    for one in (first, second):
        insert_record(store, one)
    store.close()
    store = open_store(at, folder=tmp_path)
    migrated = rows(store)
    assert len(migrated) == 8 + 2
    with store.write() as tx:
        tx.execute(delete(PRINTED))
        tx.execute(delete(PUBLISHER))
        for one in (first, second):
            archive.put(tx, DESK, one.id, one)
    assert rows(store) == migrated
    with store.read() as tx:
        assert archive.search(tx, DESK, Question('zurich "head"'), limit=9).total == 2
    store.close()


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"no zlib",
        zlib.compress(b"{}")[:-3],
        zlib.compress(b"\xff"),
        zlib.compress(b"no json"),
        zlib.compress(b"[" * 99_999),
        *(
            zlib.compress(told)
            for told in (
                b"null",
                b"[]",
                b'{"schema": 1}',
                b'{"sections": null, "documents": {}}',
                b'{"sections": [{"name": 1, "briefs": []}]}',
                b'{"sections": [{"name": "a", "briefs": [null]}], "documents": {}}',
                b'{"sections": [%b], "documents": {"d": {"publisher": null}}}'
                % b'{"name": "a", "briefs": [{"sources": ["d"], "sentences": []}]}',
                _BRIEF % (b"7", b'"h"'),
                _BRIEF % (b'"a"', b"7"),
            )
        ),
    ],
)
def test_a_damaged_record_is_left_out_and_stops_nothing(packed: bytes, tmp_path: Path) -> None:
    store = older("desk.db", tmp_path)
    insert_record(store, edition([PLAIN]), packed=packed)
    insert_record(store, edition([HOSTILE], day=TODAY + DAY))
    store.close()
    store = open_store("desk.db", folder=tmp_path)
    with store.read() as tx:
        found = archive.search(tx, DESK, Question(), limit=9)
    assert [hit.headline for hit in found.hits] == [HOSTILE.title]
    store.close()


def test_a_store_without_editions_is_brought_up(
    new_place: Callable[[], str], tmp_path: Path
) -> None:
    at = new_place()
    older(at, tmp_path).close()
    store = open_store(at, folder=tmp_path)
    assert rows(store) == []
    store.close()


@given(st.text(st.characters()))
def test_the_migration_folds_a_text_as_the_archive_does(text: str) -> None:
    assert v0003_round._fold(text) == archive.fold(text)
