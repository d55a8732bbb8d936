"""The real `briefing serve` in a folder of its own, and clients from several addresses."""

import multiprocessing
import os
import re
import signal
import socket
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from briefing.app.readers import epoch, link
from briefing.cli import main
from briefing.core.model import Consent, Preferences, State, Subscriber
from briefing.mail.tokens import Purpose
from briefing.settings import load
from briefing.setup import clock
from briefing.setup.clock import now
from briefing.setup.post import secrets_of
from briefing.store import Store, subscribers
from tests import daytime
from tests.mail.relays import sending
from tests.store.ready import ready_store
from tests.waiting import PATIENCE, wait_for

SETTINGS = """
name = "Ostra Desk"
[publish]
oldest_hours = 0
[web]
{web}
{mail}
"""


@dataclass(frozen=True)
class Running:
    port: int
    pid: int
    folder: Path

    def store(self) -> Store:
        return ready_store("briefing.db", folder=self.folder)

    def client(self, source: str = "127.0.0.1") -> httpx2.Client:
        return httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            transport=httpx2.HTTPTransport(local_address=source),
            headers={"Connection": "close"},
            timeout=PATIENCE,
            trust_env=False,
        )

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(
            ("127.0.0.1", self.port), timeout=PATIENCE, source_address=(source, 0)
        )

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def memory(self) -> int:
        """Return the resident kilobytes of the server."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found[1])

    def path(self, purpose: Purpose, one: Subscriber) -> str:
        """Return the path of a link of a reader's mail."""
        secrets = secrets_of(load(self.folder / "briefing.toml"))
        with self.store() as store, store.read() as tx:
            begun = epoch(subscribers.consents(tx, one.id))
        return link(purpose, subscriber=one.id, epoch=begun, web="", secrets=secrets, at=now())

    def add(
        self, address: str, state: State = State.ACTIVE, preferences: Preferences | None = None
    ) -> Subscriber:
        what = "asked" if state is State.PENDING else "confirmed"
        at = now()
        new = Subscriber(
            0, address, state=state, preferences=preferences or Preferences(), since=at
        )
        with self.store() as store, store.write() as tx:
            number = subscribers.add(tx, new, consent=Consent(at, what, "form"))
            found = subscribers.get(tx, number) if number else None
        assert found
        return found

    def find(self, one: Subscriber) -> Subscriber:
        with self.store() as store, store.read() as tx:
            found = subscribers.get(tx, one.id)
        assert found
        return found


def write_settings(folder: Path, *, web: str = "", relay: int = 1) -> None:
    (folder / "briefing.toml").write_text(SETTINGS.format(web=web, mail=sending(relay)))


_FORKS = multiprocessing.get_context("forkserver")


@contextmanager
def running(
    folder: Path, *words: str, ends: Collection[int] = (0, -signal.SIGTERM)
) -> Iterator[Running]:
    """Serve the briefing of a folder, at a free port unless told, until the end.

    Its exit code must be one of ``ends``: -9 for one that the test kills.
    """
    said, log = folder / "said.txt", folder / "log.txt"
    for file in (said, log):
        file.write_text("")
    _FORKS.set_forkserver_preload([__name__, "briefing.cli.serve", "briefing.setup.serving"])
    told = words or ("--port=0", "--no-round")
    served = _FORKS.Process(target=_serve, args=(folder, told, said, log, {**os.environ}))
    served.start()
    assert served.pid
    try:
        wait_for(lambda: "served at" in said.read_text() or not served.is_alive())
        found = re.search(r"served at http://[^\s/]*:(\d+)", said.read_text())
        assert found, log.read_text()
        port = int(found[1])
        wait_for(lambda: answers(port))
        yield Running(port, served.pid, folder)
    finally:
        if served.is_alive():
            os.kill(served.pid, signal.SIGTERM)
        served.join(PATIENCE)
        assert served.exitcode in ends, log.read_text()
    assert "Traceback" not in log.read_text()


def _serve(
    folder: Path, words: tuple[str, ...], out: Path, err: Path, env: Mapping[str, str]
) -> None:
    """Be the command in a process that has imported all: that takes three seconds each time."""
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        file = os.open(path, os.O_WRONLY)
        os.dup2(file, stream.fileno())
        os.close(file)
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.update(env)
    os.chdir(folder)
    clock.run_by(daytime.now)
    sys.argv = ["briefing", "serve", *words]
    main()


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
