"""A desk on a real PostgreSQL with an edition, for measuring what workers do together."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.subscribers import subscribe
from briefing.app.rounds.runs import RoundTask
from briefing.core.model import Run, Step
from briefing.settings import Settings, load
from briefing.setup.cluster import engine_of
from briefing.setup.daily import run_log_of
from briefing.setup.news import publish_edition
from briefing.store import Store, deliveries, open_store, runs
from tests.publishing import FIRST, Desk

DESK = "ostra-desk"
_SETTINGS = """
name = "Ostra Desk"
[engine]
kind = "procrastinate"
lost_seconds = {lost}
[publish]
oldest_hours = 0
[store]
at = "{at}"
[collect]
allow_hosts = ["127.0.0.0/8"]
allow_ports = [{feeds}]
delay = 0.0
[web]
address = "https://desk.example"
[mail]
sender = "news@desk.example"
host = "127.0.0.1"
port = {relay}
security = "none"
connections = {connections}
"""
_ROOT = Path(__file__).parents[1]
_SCRIPT = Path(sys.executable).with_name("briefing")
#: Seconds until a worker that does not say that it works counts as broken.
_PATIENCE = 300


@dataclass
class ServedDesk:
    """A desk and its workers."""

    folder: Path
    store: Store
    settings: Settings
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def publish(self, number: int) -> None:
        """Publish an edition of today for so many subscribers, whose mails are due at once."""
        at = datetime.now(UTC)
        Desk(self.store).keep(*FIRST, when=at)
        stored = publish_edition(self.store, settings=self.settings, day=at.date()).stored
        subscribe(self.store, number=number, at=at)
        with self.store.write() as tx:
            life = timedelta(hours=12)
            deliveries.release(tx, stored.id, at=at, life=life, due=lambda _: at)

    def start(self, *words: str, clock: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a worker, by the clock of a file (:mod:`benchmarks.stepped`) or of this machine."""
        command = [sys.executable, "-m", "benchmarks.stepped", clock] if clock else [_SCRIPT]
        with (self.folder / "log").open("ab") as log:
            worker = subprocess.Popen(  # noqa: S603  our own words
                [*command, "worker", *words, f"--config={self.folder / 'briefing.toml'}"],
                cwd=_ROOT,
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    @property
    def log(self) -> str:
        """What the workers have said."""
        return (self.folder / "log").read_text()

    def working(self) -> list[subprocess.Popen[bytes]]:
        """Return the workers that have begun to work."""
        log = self.log
        return [worker for worker in self.workers if re.search(rf"/{worker.pid}/\w+ does ", log)]

    def wait_for_workers(self) -> None:
        """Wait until all workers that were started work."""
        end = perf_counter() + _PATIENCE
        while len(self.working()) < len(self.workers):
            alive = all(worker.poll() is None for worker in self.workers)
            assert alive and perf_counter() < end, self.log  # noqa: S101, PT018  nothing to measure
            sleep(0.1)
        # They look for messages every second.
        sleep(1.0)

    def stop(self) -> None:
        """Let all workers end."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait()
        self.workers.clear()
        (self.folder / "log").write_text("")

    def do(self, step: Step) -> tuple[Run, float]:
        """Have the workers do a run; return it, and the seconds that it took."""
        settings, folder = self.settings, self.folder
        with engine_of(self.store, settings.within(folder), stop=lambda: False) as engine:
            made = engine(run_log_of(self.store, settings=settings.within(folder)), settings)
            assert made is not None  # noqa: S101  the settings ask for workers
            with self.store.read() as tx:
                seen = runs.newest(tx, DESK, step)
            began = perf_counter()
            run, _ = made.do(RoundTask(step), seen=seen)
            return run, perf_counter() - began


@contextmanager
def served_desk(  # noqa: PLR0913  a desk's parts
    folder: Path, at: str, *, relay: int = 1, feeds: int = 1, connections: int = 2, lost: int = 60
) -> Iterator[ServedDesk]:
    """Make a desk; its workers are ended with it."""
    facts = {"at": at, "relay": relay, "feeds": feeds, "connections": connections, "lost": lost}
    (folder / "briefing.toml").write_text(_SETTINGS.format(**facts))
    (folder / "log").touch()
    with open_store(at, folder=folder) as store:
        desk = ServedDesk(folder, store, load(folder / "briefing.toml"))
        try:
            yield desk
        finally:
            for worker in desk.workers:
                worker.kill()
                worker.wait()
