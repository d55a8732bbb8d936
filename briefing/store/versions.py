"""Rows and versions of documents, and the stored analyses of their texts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, join, select

from briefing.core.model import Document, Mark, Sentence, digest
from briefing.store.engine import AnyRow, delete_rows, in_batches, insert_into, rows_in
from briefing.store.tables import ANALYSIS, DOCUMENT, VERSION

#: Number of ids tried for a version ("d…", "d…~2" and so on) before one that is certainly unused.
_NAMES = 9

#: Columns of a :class:`Document`, in the order of its fields.
COLUMNS = tuple(
    VERSION[name]
    for name in (
        "id title text published publisher url language owner timed author collected marks"
    ).split()
)


def normalized(text: str) -> str:
    """Return a text with every run of white space replaced by one space."""
    return " ".join(text.split())


def words_of(document: Document) -> tuple[bytes, int]:
    """Return the digest of title and text, ignoring spacing, and the number of words."""
    words = document.text.split()
    content = f"{normalized(document.title)}\n{' '.join(words)}"
    return bytes.fromhex(digest(content)), len(words)


def add_version(  # noqa: PLR0913  values that the caller has already computed
    tx: Connection, document: Document, *, number: int, place: int, digest: bytes, at: datetime
) -> str:
    """Add a version to a document; return its id, which is the document's unless that is taken."""
    row = version_row(document, number=number, place=place, digest=digest, at=at)
    adding = insert_into(tx, VERSION).on_conflict_do_nothing(index_elements=["id"])
    # The last is certainly unused.
    again = (f"{document.id}~{copy}" for copy in range(2, _NAMES + 1))
    return next(
        name
        for name in (document.id, *again, f"{document.id}~{number}.{place}")
        if tx.execute(adding.returning(VERSION.id), {**row, "id": name}).first()
    )


def version_row(
    document: Document, *, number: int, place: int, digest: bytes, at: datetime
) -> dict[str, object]:
    """Return the row of a version, with the document's own id."""
    row: dict[str, object] = {column.name: getattr(document, column.name) for column in COLUMNS}
    own = {"document": number, "place": place, "collected": at, "digest": digest}
    return row | own | {"marks": " ".join(document.marks)}


def document_of(row: AnyRow, *, weight: float = 1.0, grade: str = "") -> Document:
    """Return the document of a row that begins with :data:`COLUMNS`."""
    *values, marks = row[: len(COLUMNS)]
    values += [tuple(Mark(mark) for mark in marks.split()), weight, grade]
    return Document(*values)


def slice_row(sentence: Sentence) -> dict[str, object]:
    """Return the columns of a slice that is stored with its words."""
    start, stop = sentence.start, sentence.end
    return {"sentence": sentence.text, "version": sentence.document, "start": start, "stop": stop}


def sentence_of(row: AnyRow) -> Sentence:
    """Return the slice in the columns of :func:`slice_row`."""
    return Sentence(row.version, row.start, row.stop, row.sentence)


def newest() -> Any:  # noqa: ANN401  a join, whose type SQLAlchemy does not name
    """Join documents with their newest versions, if these are still stored."""
    return join(DOCUMENT, VERSION, DOCUMENT.version == VERSION.id)


def kept_analyses(tx: Connection, ids: Iterable[str], *, rule: bytes) -> dict[str, bytes]:
    """Return the stored analyses made by a rule, by version id; missing ones are left out."""
    query = select(ANALYSIS.version, ANALYSIS.content).where(ANALYSIS.rule == rule)
    return dict(map(tuple, rows_in(tx, query, ANALYSIS.version, ids)))


def keep_analyses(tx: Connection, made: Mapping[str, bytes], *, rule: bytes, at: datetime) -> None:
    """Store analyses by version id, replacing those of the same rule.

    Versions deleted in the meantime are skipped.
    """
    adding = insert_into(tx, ANALYSIS)
    changed = {"content": adding.excluded.content, "made": adding.excluded.made}
    adding = adding.on_conflict_do_update(index_elements=["version", "rule"], set_=changed)
    for batch in in_batches(made):
        there = set(tx.scalars(select(VERSION.id).where(VERSION.id.in_(batch))))
        rows = [
            {"version": name, "rule": rule, "made": at, "content": made[name]}
            for name in batch
            if name in there
        ]
        if rows:
            tx.execute(adding, rows)


def without_analysis(tx: Connection, ids: Sequence[str], *, rule: bytes) -> tuple[Document, ...]:
    """Return those of these versions that are the newest and have no analysis, in order of id.

    ``ids`` must fit into one query.
    """
    has_one = exists().where(ANALYSIS.version == VERSION.id, ANALYSIS.rule == rule)
    query = select(*COLUMNS).select_from(newest()).where(VERSION.id.in_(ids))
    rows = tx.execute(query.where(DOCUMENT.same_as.is_(None), ~has_one).order_by(VERSION.id))
    return tuple(map(document_of, rows))


def forget_analyses(tx: Connection, *, before: datetime) -> None:
    """Delete the analyses made before a time."""
    delete_rows(tx, ANALYSIS, ANALYSIS.made < before)
