"""A store that an older version made holds, once it is opened, what a new one would."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Column, Connection, Integer, MetaData, Row, Table, insert, select

from briefing.core import record
from briefing.core.model import Evidence, Score
from briefing.store import Store, catalog, migrate, open_store, sources
from briefing.store import engine as engines
from briefing.store.archive import PassageKind
from briefing.store.columns import LineText
from briefing.store.location import find_place
from briefing.store.round_tables import PRINTED
from briefing.store.tables import DOCUMENT as DOCUMENTS
from briefing.store.tables import FIRST
from briefing.store.tables import SOURCE as SOURCES
from briefing.store.tables import VERSION as VERSIONS
from briefing.store.tables import VISIT as VISITS
from briefing.store.versions import version_row
from tests.store.archives import DESK, edition, insert_edition, put
from tests.store.news import DAY, FEED, NOON, TODAY
from tests.store.ready import ready_store
from tests.store.test_archive import LEASE, RATE, TOLL, with_panel
from tests.store.test_sources import READ, SOURCE

#: Of a passage, before it was told which are sentences.
COLUMNS = tuple("edition place brief section status headline sentence publishers sought".split())
_LINKS = ((RATE.id, 1.0), (TOLL.id, 0.7))
MADE = replace(
    with_panel(edition([LEASE], [RATE])),
    evidence={"s2": Evidence(_LINKS, {"economy": 1.0}, Score(1.0), ())},
)
DAMAGED = replace(MADE, day=TODAY + DAY)


def migrated_to(version: str, at: str, *, folder: Path) -> Store:
    """Return a new store whose tables are those of an older version, for the tests' own rows."""
    place = find_place(at, folder=folder)
    engine = engines.connect(place)
    with engines.writing(engine).begin() as connection:
        settings = Config(attributes={"connection": connection})
        settings.set_main_option(
            "script_location", str(Path(migrate.__file__).parent / "migrations")
        )
        settings.set_main_option("path_separator", "os")
        command.upgrade(settings, version)
    return Store(place, engine, None)


def passages(tx: Connection) -> Sequence[Row[Any]]:
    return tx.execute(select(PRINTED).order_by(PRINTED.c.edition, PRINTED.c.place)).all()


def _column(name: str) -> Column[Any]:
    return Column(name, Integer if name in {"place", "brief"} else LineText)


def test_what_stands_beside_the_news_of_older_editions_is_found(
    new_at: str, tmp_path: Path
) -> None:
    with closing(ready_store("new.db", folder=tmp_path)) as new, new.write() as tx:
        put(tx, MADE)
        expected = passages(tx)
    assert {row.kind for row in expected} == set(PassageKind)
    sentences = [row._mapping for row in expected if row.kind == PassageKind.SENTENCE]
    old = Table("printed", MetaData(), *map(_column, COLUMNS))
    with closing(migrated_to("0001", new_at, folder=tmp_path)) as store, store.write() as tx:
        for made, kept in ((MADE, record.write(MADE)), (DAMAGED, '{"figures": 3')):
            own = {"edition": insert_edition(tx, made, record=kept)}
            rows = [{name: row[name] for name in COLUMNS} | own for row in sentences]
            tx.execute(insert(old), rows)
    with closing(open_store(new_at, folder=tmp_path)) as store, store.read() as tx:
        migrated = passages(tx)
        assert [row for row in migrated if row.edition == MADE.id] == expected
        assert len(migrated) == len(expected) + len(sentences)
        counts = [entry.sentences for entry in catalog.catalog(tx, DESK)]
        assert counts == [len(sentences)] * 2


def test_an_older_store_keeps_its_sources_and_visits(new_at: str, tmp_path: Path) -> None:
    with closing(ready_store("new.db", folder=tmp_path)) as new, new.write() as tx:
        sources.add(tx, SOURCE, at=NOON)
        sources.record(tx, READ)
        kept = {table: tx.execute(select(table)).one()._mapping for table in (SOURCES, VISITS)}
    with closing(migrated_to("0001", new_at, folder=tmp_path)) as store, store.write() as tx:
        for table, row in kept.items():
            names = [one.name for one in table.c if one.name not in {"weight", "paused", "grade"}]
            columns = (Column(name, table.c[name].type) for name in names)
            old = Table(table.name, MetaData(), *columns)
            tx.execute(insert(old), [{name: row[name] for name in names}])
    with closing(open_store(new_at, folder=tmp_path)) as store, store.read() as tx:
        (status,) = sources.source_statuses(tx)
        assert (status.source, status.paused) == (SOURCE, None)
        assert sources.visits(tx, FEED, limit=9) == (READ,)


def test_the_first_publishers_of_older_editions_are_found(new_at: str, tmp_path: Path) -> None:
    with closing(migrated_to("0011_0010", new_at, folder=tmp_path)) as store, store.write() as tx:
        for number, one in enumerate((replace(RATE, published=NOON), TOLL), 1):
            document = replace(one, published=NOON - DAY if one is TOLL else NOON, publisher=one.id)
            tx.execute(insert(DOCUMENTS), document_row(number, one.id))
            tx.execute(
                insert(VERSIONS), version_row(document, number=number, place=1, digest=b"", at=NOON)
            )
        for made, kept in ((MADE, record.write(MADE)), (DAMAGED, '{"evidence": {"s1": {}}}')):
            insert_edition(tx, made, record=kept)
    with closing(open_store(new_at, folder=tmp_path)) as store, store.read() as tx:
        rows = tx.execute(select(FIRST)).all()
        assert [tuple(row) for row in rows] == [(MADE.id, "s2", TOLL.id)]
        assert [one.source.grade for one in sources.source_statuses(tx)] == []


def document_row(number: int, version: str) -> dict[str, Any]:
    empty = dict.fromkeys(("source", "listed", "file"), "")
    counts = {"versions": 1, "words": 9, "tries": 0}
    return {
        **empty,
        **counts,
        "number": number,
        "version": version,
        "digest": b"",
        "from_page": False,
    }
