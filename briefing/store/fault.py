"""What goes wrong in a database, told in one plain line."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from briefing.errors import StoreError
from briefing.store.place import Place, printable

#: By the begin of SQLite's name of an error (https://sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_BUSY": "another process is writing to it for too long; try again when it has ended",
    "SQLITE_LOCKED": "another process is writing to it for too long; try again when it has ended",
    "SQLITE_FULL": "its disk is full; make room and run this again, nothing is half-written",
    "SQLITE_READONLY": "it may not be written; check the permissions of file and folder",
    "SQLITE_PERM": "it may not be opened; check the permissions of file and folder",
    "SQLITE_CANTOPEN": "it cannot be opened; check that its folder exists and may be written",
    "SQLITE_IOERR": "its disk does not read or write; check the disk and make room",
}
#: The same for errors that say that the file itself is not what it should be.
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
#: By the begin of PostgreSQL's code (its manual, appendix A).
_POSTGRESQL = {
    "25006": "it may not be written here; this is a read-only transaction or server",
    "28": "it does not let this user in; check user and password (PGPASSWORD or ~/.pgpass)",
    "3D000": "there is no such database; make it with createdb",
    "42501": "this user may not do that; grant it the rights on the database",
    "40": "another process got in the way; run this again, nothing is half-written",
    "53100": "its disk is full; make room and run this again, nothing is half-written",
    "53300": "it has too many connections; end some or raise max_connections",
    "55P03": "another process is writing to it for too long; try again when it has ended",
    "57P": "it is stopping or starting; try again",
    "XX001": "its files are damaged; restore the last backup: briefing restore FILE",
}
#: By words in the message of a connection that was never made, which has no code.
_UNREACHED = {
    "failed to resolve host": "there is no such host; check its name",
    "could not translate host name": "there is no such host; check its name",
    "Name or service not known": "there is no such host; check its name",
    "password authentication failed": _POSTGRESQL["28"],
    "no password supplied": _POSTGRESQL["28"],
    "no pg_hba.conf entry": _POSTGRESQL["28"],
    "Peer authentication failed": _POSTGRESQL["28"],
    "Connection refused": "nothing answers there; check that the server runs, and host and port",
    "No such file or directory": "nothing answers there; check that the server runs",
    "timeout expired": "it does not answer in time; check host, port and network",
    "connection timeout": "it does not answer in time; check host, port and network",
    "too many clients": _POSTGRESQL["53300"],
}


@contextmanager
def plainly(place: Place) -> Iterator[None]:
    """Turn every error of a database into one line.

    Raises:
        StoreError: the database failed.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(f"{place.shown}: {_reason(error, place=place)}") from error
    except zlib.error as error:
        said = f"damaged (a stored text cannot be unpacked: {error})"
        raise StoreError(f"{place.shown}: {said}; {place.remedy}") from error


def _reason(error: Exception, *, place: Place) -> str:
    fault = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(fault, sqlite3.Error):
        name = getattr(fault, "sqlite_errorname", "")
        if name.startswith(_DAMAGED):
            return f"damaged ({_line(fault, place=place)}); {place.remedy}"
        known = _first(name, _SQLITE)
    else:
        code = getattr(fault, "sqlstate", None) or ""
        known = _first(code, _POSTGRESQL) if code else _among(str(fault), _UNREACHED)
    return known or f"the database says: {_line(fault, place=place)}"


def _first(code: str, known: dict[str, str]) -> str:
    return next((told for begin, told in known.items() if code.startswith(begin)), "")


def _among(message: str, known: dict[str, str]) -> str:
    if "database" in message and "does not exist" in message:
        return _POSTGRESQL["3D000"]
    return next((told for words, told in known.items() if words in message), "")


def _line(fault: BaseException, *, place: Place) -> str:
    """Return the first line of a message, without a password."""
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    line = lines[0]
    for word in place.passwords:
        line = line.replace(word, "***")
    return printable(line)
