"""What arrives, and twice, while workers die, the database restarts, and relay and clock fail."""

from __future__ import annotations

import random
import smtplib
import subprocess
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from benchmarks.desk_on_server import DESK, ServedDesk, served_desk
from benchmarks.sink import sink
from briefing.core.errors import BriefingError
from briefing.core.model import DeliveryStatus, Step
from briefing.store import deliveries, editions
from tests.store.postgres import Server, running

MAILS = 20_000
WORKERS, CONNECTIONS = 4, 2
#: Seconds: between two kills, that the relay is down, after which a worker counts as lost, and
#: after which the storm counts as endless.
EVERY, DOWN, LOST, _ENDLESS = 5.0, 60, 10, 3_600
#: Kills before the database restarts, a clock steps, the relay goes down, and the database restarts
#: again.
_RESTARTS, _STEP, _OFF = (4, 12), 6, 8
#: The seconds by which the clock of every other worker goes ahead.
AHEAD = 3_600


def bench(mails: int = MAILS) -> list[dict[str, Any]]:
    """Return how many of the mails were lost, and how many doubled."""
    with (
        running(durable=True) as server,
        sink() as relay,
        tempfile.TemporaryDirectory() as folder,
        served_desk(
            Path(folder), server.make_database(), relay=relay, connections=CONNECTIONS, lost=LOST
        ) as desk,
    ):
        desk.publish(mails)
        over = threading.Event()
        storm = _Storm(desk, server, relay, over)
        desk.wait_for_workers()
        began = perf_counter()
        storm.start()
        try:
            counts = _until_all_are_settled(desk)
        finally:
            over.set()
            storm.join()
        total, people = _taken(relay)
    sent, held = counts.get(DeliveryStatus.SENT, 0), counts.get(DeliveryStatus.HELD, 0)
    # What is held may have arrived; a person decides.
    lost, doubled = max(mails - people - held, 0), total - people
    bound = CONNECTIONS * (storm.kills + (len(_RESTARTS) + 1) * WORKERS)
    row = {"case": f"storm {mails}", "ratio": round(people / mails, 4), "lost": lost, "sent": sent}
    row |= {"held": held, "doubled": doubled, "of_at_most": bound, "kills": storm.kills}
    row["seconds"] = round(perf_counter() - began)
    if lost or doubled > bound or sent + held != mails:
        row["failed"] = "mails were lost, or doubled more often than by the rule of doubt"
    return [row]


class _Storm(threading.Thread):
    """Kills a worker now and then, and starts another."""

    def __init__(self, desk: ServedDesk, server: Server, relay: int, over: threading.Event) -> None:
        super().__init__(name="storm")
        self._desk, self._server, self._relay, self._over = desk, server, relay, over
        self._random = random.Random(7)  # noqa: S311  no secret
        self.kills = 0
        #: By which clock each worker of a machine goes.
        self._clocks = [desk.folder / "here", desk.folder / "there"]
        for clock in self._clocks:
            _put_ahead(clock, 0)
        self._machines = {self._start(number % 2): number % 2 for number in range(WORKERS)}

    def _start(self, machine: int) -> subprocess.Popen[bytes]:
        return self._desk.start("--only=deliver", clock=self._clocks[machine])

    def run(self) -> None:
        """Rage until all is over."""
        while not self._over.wait(EVERY):
            # One that does not work yet is spared: on a slow machine none would ever work.
            working = self._desk.working()
            if not working:
                continue
            worker = self._random.choice(working)
            worker.kill()
            worker.wait()
            self._desk.workers.remove(worker)
            machine = self._machines.pop(worker)
            self._machines[self._start(machine)] = machine
            self.kills += 1
            if self.kills == _STEP:
                _put_ahead(self._clocks[1], AHEAD)
            if self.kills in _RESTARTS:
                self._server.restart()
            if self.kills == _OFF:
                with smtplib.SMTP("127.0.0.1", self._relay) as relay:
                    relay.docmd(f"XOFF {DOWN}")


def _put_ahead(clock: Path, seconds: int) -> None:
    new = clock.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(clock)


def _until_all_are_settled(desk: ServedDesk) -> dict[DeliveryStatus, int]:
    """Have all delivered, again and again as a round does; return how the deliveries stand."""
    end = perf_counter() + _ENDLESS
    while True:
        try:
            desk.do(Step.DELIVER)
            with desk.store.read() as tx:
                edition = editions.current(tx, DESK, datetime.now(UTC).date())
                counts = dict(deliveries.audience(tx, edition.id).counts) if edition else {}
        except BriefingError:
            # The database restarts.
            counts = {DeliveryStatus.DUE: 1}
        if not {DeliveryStatus.DUE, DeliveryStatus.CLAIMED} & counts.keys():
            return counts
        assert perf_counter() < end, desk.log  # noqa: S101  a storm without end measures nothing
        sleep(1.0)


def _taken(relay: int) -> tuple[int, int]:
    """Return how many mails the relay took, and for how many recipients."""
    with smtplib.SMTP("127.0.0.1", relay) as asked:
        _, answer = asked.docmd("XSUM")
    total, people = answer.split()
    return int(total), int(people)
