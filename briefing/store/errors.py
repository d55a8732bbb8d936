"""Turns database errors into one-line messages."""

from __future__ import annotations

import os
import sqlite3
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from traceback import walk_tb

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from briefing.core.errors import StoreError
from briefing.store.location import StoreLocation, printable

_FULL = "no space left on its disk; free some and run this again; nothing is half-written"
#: By the prefix of SQLite's name of an error (https://sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_BUSY": "another process is writing to it for too long; try again when it has ended",
    "SQLITE_LOCKED": "another process is writing to it for too long; try again when it has ended",
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": "it may not be written; check the permissions of file and folder",
    "SQLITE_PERM": "it may not be opened; check the permissions of file and folder",
    "SQLITE_CANTOPEN": "it cannot be opened; check that its folder exists and may be written",
    "SQLITE_IOERR": "its disk does not read or write; check the disk and make room",
}
#: Errors that a full or read-only disk may cause, and the bytes that SQLite needs to open a file:
#: the index of its log.
_REFUSED = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM")
_LEAST = 65_536
#: Errors of a damaged file.
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
#: By the prefix of PostgreSQL's code (its manual, appendix A).
_POSTGRESQL = {
    "25006": "it may not be written here; this is a read-only transaction or server",
    "28": "login refused; check user and password (PGPASSWORD or ~/.pgpass)",
    "3D000": "there is no such database; make it with createdb",
    "42501": "permission denied; grant this user the rights on the database",
    "40": "another process got in the way; run this again, nothing is half-written",
    "53100": _FULL,
    "53300": "it has too many connections; end some or raise max_connections",
    "55P03": "another process is writing to it for too long; try again when it has ended",
    "57P": "it is stopping or starting; try again",
    "XX001": "its files are damaged; restore the last backup: briefing restore FILE",
}
#: Modules between a stored value and our code.
_LIBRARIES = {*sys.stdlib_module_names, "sqlalchemy", "alembic"}
#: By text in the message of a failed connection, which has no code.
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
    "the database system is": _POSTGRESQL["57P"],
    "timeout expired": "it does not answer in time; check host, port and network",
    "connection timeout": "it does not answer in time; check host, port and network",
    "too many clients": _POSTGRESQL["53300"],
}


@contextmanager
def translating_errors(place: StoreLocation) -> Iterator[None]:
    """Turn every database error into a StoreError with a one-line message.

    Raises:
        StoreError: the database failed.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(f"{place.label}: {_reason(error, place=place)}") from error
    except ValueError as error:
        # An unreadable stored time or state; a ValueError from elsewhere is a bug.
        if not _is_of_store(error):
            raise
        reason = f"damaged (a stored value cannot be read: {printable(str(error))})"
        raise StoreError(f"{place.label}: {reason}; {place.remedy}") from error
    except zlib.error as error:
        reason = f"damaged (a stored text cannot be unpacked: {error})"
        raise StoreError(f"{place.label}: {reason}; {place.remedy}") from error


def _is_of_store(error: ValueError) -> bool:
    """Tell whether an error was raised while a stored value was read."""
    modules = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    own = [str(module) for module in modules if str(module).partition(".")[0] not in _LIBRARIES]
    return bool(own) and own[-1].startswith("briefing.store.")


def _reason(error: Exception, *, place: StoreLocation) -> str:
    fault = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(fault, sqlite3.Error):
        name = getattr(fault, "sqlite_errorname", "")
        if name.startswith(_DAMAGED) or "Could not decode" in str(fault):
            return f"damaged ({_line(fault, place=place)}); {place.remedy}"
        message = _of_disk(name, place=place) or _first(name, _SQLITE)
    else:
        code = getattr(fault, "sqlstate", None) or ""
        message = _first(code, _POSTGRESQL) if code else _among(str(fault), _UNREACHED)
        if not message and isinstance(error, DBAPIError) and error.connection_invalidated:
            return "the connection to it was lost; try again"
    quoted = f"the database reports: {_line(fault, place=place)}"
    return message or f"{quoted}; if this happens again, {place.remedy}"


def _of_disk(name: str, *, place: StoreLocation) -> str:
    """Return what is wrong with the disk, if an SQLite error may come from it; else empty."""
    if not name.startswith(_REFUSED):
        return ""
    with suppress(OSError):
        disk = os.statvfs(place.folder)
        if disk.f_flag & os.ST_RDONLY:
            return "its disk is mounted read-only; mount it for writing"
        if disk.f_bavail * disk.f_frsize < _LEAST or (disk.f_files and not disk.f_favail):
            return _FULL
    return ""


def _first(code: str, messages: dict[str, str]) -> str:
    return next((message for begin, message in messages.items() if code.startswith(begin)), "")


def _among(message: str, texts: dict[str, str]) -> str:
    if "database" in message and "does not exist" in message:
        return _POSTGRESQL["3D000"]
    return next((text for words, text in texts.items() if words in message), "")


def _line(fault: BaseException, *, place: StoreLocation) -> str:
    """Return the first line of a message, without a password."""
    lines = str(fault).strip().splitlines() or [type(fault).__name__]
    line = lines[0]
    for password in place.passwords:
        line = line.replace(password, "***")
    return printable(line)
