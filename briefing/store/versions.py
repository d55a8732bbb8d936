"""How a document stands in the store: its words, its rows and its versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Row

from briefing.core.model import Document, Mark
from briefing.store.tables import DOCUMENT, VERSION
from briefing.store.upsert import insert_into

#: Values in one IN (...): far below what the databases allow (32,766 on SQLite).
_AT_ONCE = 1_000
#: Names tried for a version, "d…", "d…~2" and so on, before one that is surely free.
_NAMES = 9

T = TypeVar("T")
#: A row, whatever is in it.
AnyRow: TypeAlias = Row[*tuple[Any, ...]]

#: What a :class:`Document` is made of, in the order of its fields.
COLUMNS = (
    VERSION.c.id,
    VERSION.c.title,
    VERSION.c.text,
    VERSION.c.published,
    VERSION.c.publisher,
    VERSION.c.url,
    VERSION.c.language,
    VERSION.c.owner,
    VERSION.c.timed,
    VERSION.c.author,
    VERSION.c.collected,
    VERSION.c.marks,
)


def normalized(text: str) -> str:
    """Return a text with one space for every run of white space."""
    return " ".join(text.split())


def words_of(document: Document) -> tuple[bytes, int]:
    """Return the digest of title and words, however they are spaced, and how many words."""
    words = document.text.split()
    told = f"{normalized(document.title)}\n{' '.join(words)}"
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest(), len(words)


def add_version(  # noqa: PLR0913  what the caller has computed already
    tx: Connection, document: Document, *, number: int, place: int, digest: bytes, at: datetime
) -> str:
    """Add a text to a document; return its id, the document's own when nothing else has it."""
    told = version_row(document, number=number, place=place, digest=digest, at=at)
    adding = insert_into(tx, VERSION).on_conflict_do_nothing(index_elements=["id"])
    return next(
        name
        for name in _names(document.id, number=number, place=place)
        if tx.execute(adding.returning(VERSION.c.id), {**told, "id": name}).first()
    )


def version_row(
    document: Document, *, number: int, place: int, digest: bytes, at: datetime
) -> dict[str, object]:
    """Return the row of a text, under the document's own id."""
    return {
        "id": document.id,
        "document": number,
        "place": place,
        "collected": at,
        "digest": digest,
        "title": document.title,
        "text": document.text,
        "published": document.published,
        "timed": document.timed,
        "publisher": document.publisher,
        "owner": document.owner,
        "url": document.url,
        "language": document.language,
        "author": document.author,
        "marks": " ".join(document.marks),
    }


def _names(wanted: str, *, number: int, place: int) -> Iterator[str]:
    """Yield names for a version, the last surely free: NAME, NAME~2 … NAME~9, NAME~17.1."""
    yield wanted
    for again in range(2, _NAMES + 1):
        yield f"{wanted}~{again}"
    yield f"{wanted}~{number}.{place}"


def document_of(row: AnyRow) -> Document:
    """Return the document of a row that begins with :data:`COLUMNS`."""
    *told, marks = row[: len(COLUMNS)]
    told.append(tuple(Mark(mark) for mark in marks.split()))
    return Document(*told)


def newest() -> Any:  # noqa: ANN401  a join, whose type SQLAlchemy does not name
    """Return documents with their newest versions, as far as these are still there."""
    return DOCUMENT.join(VERSION, DOCUMENT.c.version == VERSION.c.id)


def in_lots(values: Sequence[T]) -> Iterator[list[T]]:
    """Yield values in lots that fit into one query."""
    rest = iter(values)
    while lot := list(islice(rest, _AT_ONCE)):
        yield lot
