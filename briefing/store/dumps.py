"""Backups of a store on PostgreSQL, made and restored by its own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL

from briefing.core.errors import MissingPartError, StoreError, reason_of
from briefing.store import engine as engines
from briefing.store import files, identity, migrate
from briefing.store.copies import free_name, has_content
from briefing.store.errors import translating_errors
from briefing.store.location import StoreLocation, printable
from briefing.store.round_tables import METADATA, PASSING

#: The version of the tables in the SQL of a dump: the first row of the version table.
_VERSION = re.compile(
    rf"^COPY [\w.\"]{{0,80}}{migrate.VERSION_TABLE}\b[^\n]{{0,80}}\n([^\n]{{0,40}})$", re.MULTILINE
)
#: Options of psql: one transaction, rolled back by the first error.
_QUIETLY = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
#: Drops all our tables: an older dump does not know the newer ones, which reference the older.
_DROP = (
    "SET client_min_messages = warning; DROP TABLE IF EXISTS "
    + ", ".join(f'"{name}"' for name in (*METADATA.tables, migrate.VERSION_TABLE))
    + " CASCADE"
)


def dump(place: StoreLocation, to: Path) -> None:
    """Write a database into a file for pg_restore, and verify it.

    Without sessions: one closed later must not be open again after a restore. Without the messages
    to workers either, which are sent again.

    Raises:
        StoreError: a tool failed.
        MissingPartError: the tools are not installed.
    """
    passing = [f"--exclude-table-data={table.name}" for table in PASSING]
    passing.append("--exclude-schema=procrastinate_*")
    command = ["pg_dump", "--format=custom", "--no-owner", *passing, f"--file={to}"]
    _run([*command, *_of(place)], place=place)
    _run(["pg_restore", "--file=/dev/null", str(to)], place=place)


def put_back(source: Path, *, place: StoreLocation, label: str, replace: bool) -> Path | None:
    """Replace a database with a dump; return where the old content is kept, if it had any.

    Raises:
        StoreError: the dump is damaged, foreign or newer, or the database has content.
        MissingPartError: the tools are not installed.
    """
    _check(source, place=place, label=label)
    old_copy = None
    if _has_content(place):
        if not replace:
            raise StoreError(f"{place.label}: there is a store with content; allow to replace it")
        old_copy = free_name(place)
        dump(place, old_copy)
    script = place.beside("restore")
    try:
        script.unlink(missing_ok=True)
        files.make_private(script)
        _run(["pg_restore", "--no-owner", f"--file={script}", str(source.absolute())], place=place)
        # The recorded inventory is that of the old store; the next open records a new one.
        identity.forget(place)
        _run(
            ["psql", *_QUIETLY, f"--command={_DROP}", f"--file={script}", *_of(place)], place=place
        )
    finally:
        script.unlink(missing_ok=True)
    return old_copy


def _check(source: Path, *, place: StoreLocation, label: str) -> None:
    """Refuse a dump that is damaged, foreign or of a newer version."""
    file = str(source.absolute())
    try:
        _run(["pg_restore", "--file=/dev/null", file], place=place)
    except StoreError as error:
        raise StoreError(f"{label}: damaged; give another backup ({error})") from error
    only = ("--data-only", f"--table={migrate.VERSION_TABLE}")
    match = _VERSION.search(_run(["pg_restore", *only, "--file=-", file], place=place))
    if not match:
        raise StoreError(f"{label}: a dump of something else; give one of `briefing backup`")
    migrate.refuse_unusable(match[1], label=label)


def _has_content(place: StoreLocation) -> bool:
    engine = engines.connect(place)
    try:
        with translating_errors(place), engines.reading(engine).begin() as tx:
            return has_content(tx, place=place)
    finally:
        engine.dispose()


def _of(place: StoreLocation) -> list[str]:
    """Return the argument that names a database; its password goes into the environment."""
    url = place.url
    query = {name: value for name, value in url.query.items() if name != "password"}
    location = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return [f"--dbname={location.render_as_string(hide_password=False)}"]


def _run(command: list[str], *, place: StoreLocation) -> str:
    """Run a tool of PostgreSQL and return what it prints."""
    tool = shutil.which(command[0])
    if tool is None:
        raise MissingPartError(
            f"{command[0]} is not installed; install PostgreSQL's client programs, such as with: "
            "apt-get install postgresql-client"
        )
    passwords = place.passwords
    secret = {"PGPASSWORD": passwords[0]} if passwords else {}
    try:
        process = subprocess.run(  # noqa: S603  a tool by name, with arguments of ours
            [tool, *command[1:]],
            env={**os.environ, **secret, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise StoreError(
            f"{tool}: cannot be started ({reason_of(error)}); free memory, or install it again"
        ) from error
    if process.returncode:
        raise StoreError(f"{place.label}: {_first_line(process.stderr, tool=command[0])}")
    return process.stdout


def _first_line(output: str, *, tool: str) -> str:
    lines = output.strip().splitlines() or [f"{tool} failed"]
    return printable(lines[0].removeprefix(f"{tool}: "))
