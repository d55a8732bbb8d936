"""The files of an edition, including own pages, which are kept and withdrawn with it."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, func, insert, select

from briefing.core.errors import StoreError
from briefing.core.frozen import frozen
from briefing.store.engine import AnyRow, insert_rows
from briefing.store.tables import FILE

#: Prefix of the kinds of an own page, and suffixes of its PDF and its compressed JSON.
_OWN, _PDF, _RECORD = "own/", ".pdf", ".json"
_IS_OWN = FILE.kind.startswith(_OWN)
#: The MP3 is larger than all other files together, and is rarely requested.
_SPOKEN = "spoken"
_IS_SPOKEN = FILE.kind == _SPOKEN


@frozen
class OwnPage:
    """The page of all readers with the same choice."""

    #: As :func:`briefing.core.model.page_key` returns it.
    key: str
    #: Its JSON.
    record: str
    pdf: bytes

    @property
    def files(self) -> Mapping[str, bytes]:
        """The files of the edition in which it is stored, by kind."""
        packed = zlib.compress(self.record.encode("utf-8", "surrogatepass"))
        return {f"{_OWN}{self.key}{_PDF}": self.pdf, f"{_OWN}{self.key}{_RECORD}": packed}


def put(tx: Connection, edition: str, files: Mapping[str, bytes]) -> None:
    """Store files of an edition by kind."""
    rows = [
        {"kind": kind, "content": content, "sha256": hashlib.sha256(content).hexdigest()}
        for kind, content in files.items()
    ]
    insert_rows(tx, insert(FILE).values(edition=edition), rows)


def of(tx: Connection, edition: str) -> dict[str, bytes]:
    """Return the files of an edition by kind, without own pages, which are many, and MP3."""
    return _files(tx, edition, ~_IS_OWN & ~_IS_SPOKEN)


def is_spoken(tx: Connection, edition: str) -> bool:
    """Tell whether an edition has an MP3."""
    query = select(FILE.kind).where(FILE.edition == edition, _IS_SPOKEN)
    return tx.scalar(query) is not None


def among(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield key and record of each own page among files, in order of keys."""
    return ((key, _unpacked(content)) for key, content in _by_key(files, _RECORD))


def own_pdfs(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the PDF of each own page among files, by key."""
    return dict(_by_key(files, _PDF))


def _by_key(files: Mapping[str, bytes], ending: str) -> Iterator[tuple[str, bytes]]:
    for kind in sorted(files):
        if kind.startswith(_OWN) and kind.endswith(ending):
            yield kind.removeprefix(_OWN).removesuffix(ending), files[kind]


def others(tx: Connection, edition: str) -> dict[str, bytes]:
    """Return the files of an edition that :func:`of` leaves out, by kind."""
    return _files(tx, edition, _IS_OWN | _IS_SPOKEN)


def keys(tx: Connection, edition: str) -> frozenset[str]:
    """Return the keys of the own pages of an edition."""
    kinds = tx.scalars(select(FILE.kind).where(FILE.edition == edition, _IS_OWN))
    return frozenset(kind.removeprefix(_OWN).rpartition(".")[0] for kind in kinds)


def get(tx: Connection, edition: str, key: str) -> OwnPage | None:
    """Return an own page of an edition; None if there is none."""
    kinds = (f"{_OWN}{key}{_PDF}", f"{_OWN}{key}{_RECORD}")
    files = _files(tx, edition, FILE.kind.in_(kinds))
    if len(files) < len(kinds):
        return None
    return OwnPage(key, _unpacked(files[kinds[1]]), files[kinds[0]])


def records(
    tx: Connection, editions: Iterable[str], *, only: str = ""
) -> dict[str, dict[str, str]]:
    """Return the records of the own pages of some editions, or of one key, by edition and key."""
    kind = FILE.kind
    is_asked = kind == f"{_OWN}{only}{_RECORD}" if only else _IS_OWN & kind.endswith(_RECORD)
    query = select(FILE).where(FILE.edition.in_(sorted(set(editions))), is_asked)
    by_edition: dict[str, dict[str, str]] = {}
    for row in tx.execute(query.order_by(FILE.edition, kind)):
        by_edition.setdefault(row.edition, {}).update(among({row.kind: _sound(row)}))
    return by_edition


def spoken(tx: Connection, edition: str) -> bytes | None:
    """Return the MP3 of an edition; None if it has none."""
    return _files(tx, edition, _IS_SPOKEN).get(_SPOKEN)


def spoken_sizes(
    tx: Connection, editions: Iterable[str], *, head: int
) -> dict[str, tuple[bytes, int]]:
    """Return the first bytes and the size of the MP3 of each edition that has one."""
    content = func.substr(FILE.content, 1, head), func.length(FILE.content)
    query = select(FILE.edition, *content).where(_IS_SPOKEN)
    rows = tx.execute(query.where(FILE.edition.in_(sorted(editions))))
    return {edition: (bytes(begin), size) for edition, begin, size in rows}


def _files(tx: Connection, edition: str, which: ColumnElement[bool]) -> dict[str, bytes]:
    query = select(FILE).where(FILE.edition == edition, which).order_by(FILE.kind)
    return {row.kind: _sound(row) for row in tx.execute(query)}


def _unpacked(content: bytes) -> str:
    return zlib.decompress(content).decode("utf-8", "surrogatepass")


def _sound(row: AnyRow) -> bytes:
    """Return the content of a file; StoreError if it is not what was stored."""
    content: bytes = row.content
    if hashlib.sha256(content).hexdigest() != row.sha256:
        raise StoreError(
            f"edition {row.edition}: its {row.kind} is damaged in the store; restore the last "
            "backup: briefing restore FILE"
        )
    return content
