"""Backups of a store on PostgreSQL, made and put back by its own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL

from briefing.core.errors import MissingPartError, StoreError
from briefing.store import engine as engines
from briefing.store import files, identity, migrate
from briefing.store.copies import free_name, has_content
from briefing.store.errors import plainly
from briefing.store.location import StoreLocation, printable
from briefing.store.round_tables import METADATA, PASSING

#: The version of the tables in the SQL of a dump: the line after the begin of the table's rows.
_VERSION = re.compile(
    rf"^COPY [\w.\"]{{0,80}}{migrate.VERSION_TABLE}\b[^\n]{{0,80}}\n([^\n]{{0,40}})$", re.MULTILINE
)
#: All that psql is given, in one transaction that the first error undoes.
_QUIETLY = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
#: Every table of ours: an older dump does not know the newer ones, which hang on the older.
_DROP = (
    "SET client_min_messages = warning; DROP TABLE IF EXISTS "
    + ", ".join(f'"{name}"' for name in (*METADATA.tables, migrate.VERSION_TABLE))
    + " CASCADE"
)


def dump(place: StoreLocation, to: Path) -> None:
    """Write a database into a file that pg_restore reads, and check that it does.

    Without the rows of what is passing: a session that is closed later must not be open again.

    Raises:
        StoreError: a tool failed.
        MissingPartError: the tools are not installed.
    """
    passing = [f"--exclude-table-data={table.name}" for table in PASSING]
    command = ["pg_dump", "--format=custom", "--no-owner", *passing, f"--file={to}"]
    _run([*command, *_of(place)], place=place)
    _run(["pg_restore", "--file=/dev/null", str(to)], place=place)


def put_back(source: Path, *, place: StoreLocation, shown: str, replace: bool) -> Path | None:
    """Put a dump in a database's place; return where the old content is kept, if it had any.

    Raises:
        StoreError: the dump is damaged, foreign or newer, or the database has content.
        MissingPartError: the tools are not installed.
    """
    _check(source, place=place, shown=shown)
    kept = None
    if _holds_something(place):
        if not replace:
            raise StoreError(f"{place.shown}: there is a store with content; allow to replace it")
        kept = free_name(place)
        dump(place, kept)
    script = place.beside("restore")
    try:
        script.unlink(missing_ok=True)
        files.make_private(script)
        _run(["pg_restore", "--no-owner", f"--file={script}", str(source.absolute())], place=place)
        # What is remembered is of the old one; the next that opens it makes a note.
        identity.forget(place)
        _run(
            ["psql", *_QUIETLY, f"--command={_DROP}", f"--file={script}", *_of(place)], place=place
        )
    finally:
        script.unlink(missing_ok=True)
    return kept


def _check(source: Path, *, place: StoreLocation, shown: str) -> None:
    """Refuse a dump that cannot be read whole, is not ours, or newer."""
    file = str(source.absolute())
    try:
        _run(["pg_restore", "--file=/dev/null", file], place=place)
    except StoreError as error:
        raise StoreError(f"{shown}: damaged; give another backup ({error})") from error
    only = ("--data-only", f"--table={migrate.VERSION_TABLE}")
    found = _VERSION.search(_run(["pg_restore", *only, "--file=-", file], place=place))
    if not found:
        raise StoreError(f"{shown}: a dump of something else; give one of `briefing backup`")
    if not (found[1].isdecimal() and found[1] <= migrate.HEAD):
        raise StoreError(f"{shown}: made by a newer version of Briefing; update Briefing first")


def _holds_something(place: StoreLocation) -> bool:
    engine = engines.connect(place)
    try:
        with plainly(place), engines.reading(engine).begin() as tx:
            return has_content(tx, place=place)
    finally:
        engine.dispose()


def _of(place: StoreLocation) -> list[str]:
    """Return the argument that names a database; its password goes by the environment."""
    url = place.url
    query = {name: told for name, told in url.query.items() if name != "password"}
    named = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return [f"--dbname={named.render_as_string(hide_password=False)}"]


def _run(command: list[str], *, place: StoreLocation) -> str:
    """Run a tool of PostgreSQL and return what it prints."""
    tool = shutil.which(command[0])
    if tool is None:
        raise MissingPartError(
            f"{command[0]} is not installed; install PostgreSQL's client programs, such as with: "
            "apt-get install postgresql-client"
        )
    words = place.passwords
    secret = {"PGPASSWORD": words[0]} if words else {}
    done = subprocess.run(  # noqa: S603  a tool by name, with arguments of ours
        [tool, *command[1:]],
        env={**os.environ, **secret, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise StoreError(f"{place.shown}: {_first_line(done.stderr, tool=command[0])}")
    return done.stdout


def _first_line(said: str, *, tool: str) -> str:
    lines = said.strip().splitlines() or [f"{tool} failed"]
    return printable(lines[0].removeprefix(f"{tool}: "))
