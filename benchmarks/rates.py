"""Rate limits in real time: when mails arrive at a local relay, against the limit that was set."""

from __future__ import annotations

import socketserver
import tempfile
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.subscribers import envelope, letter, release
from briefing.app.deliver import DeliveryPlan, Dispatch, deliver
from briefing.mail.relay import Rates, Relay
from briefing.mail.smtp import RelaySession
from briefing.store import open_store

#: Length of a run.
SECONDS = 20.0
CONNECTIONS = 4
#: Domains among the subscribers of :func:`benchmarks.subscribers.release`.
_DOMAINS = 50
#: Bytes of a mail.
_SIZE = 20_000
#: Seconds over which the most mails are counted.
_WINDOW = 1.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail that was taken over."""

    #: Seconds of the clock that only runs forward.
    at: float
    #: Number of the connection.
    connection: int
    domain: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit that is measured."""

    case: str
    rates: Rates
    #: Mails a second of one that is limited, and how many such there are.
    each: float
    many: int
    #: What is limited.
    key: Callable[[Arrival], object]


_LIMITS = (
    Limit("100/s over all", Rates(overall=100), 100, 1, lambda _one: "all"),
    Limit(
        "30/s by connection",
        Rates(by_connection=30),
        30,
        CONNECTIONS,
        lambda one: one.connection,
    ),
    Limit("5/s by domain", Rates(by_domain=5), 5, _DOMAINS, lambda one: one.domain),
)


def bench_rates() -> list[dict[str, Any]]:
    """Return for each limit the measured rate as a ratio to it.

    ``ratio`` is the mean over all connections or domains, ``fastest`` and ``slowest`` are single
    ones. ``fastest_second`` is the most that arrived within any one second, less the one mail that
    begins it; by design up to 1.05 over some seconds, and one mail more.
    """
    return [_measure(limit) for limit in _LIMITS]


def _measure(limit: Limit) -> dict[str, Any]:
    number = round(limit.each * limit.many * SECONDS) + limit.many
    with sink() as (port, arrivals):
        _deliver(port, limit.rates, number=number)
    times = defaultdict(list)
    for one in arrivals:
        times[limit.key(one)].append(one.at)
    found = [_rate(one) / limit.each for one in times.values()]
    second = max(_most(one) for one in times.values()) / (limit.each * _WINDOW)
    return {
        "case": limit.case,
        "ratio": round(sum(found) / len(found), 3),
        "slowest": round(min(found), 3),
        "fastest": round(max(found), 3),
        "fastest_second": round(second, 3),
        "limited": len(times),
        "mails": number,
    }


def _rate(times: Sequence[float]) -> float:
    return (len(times) - 1) / (max(times) - min(times))


def _most(times: Sequence[float]) -> int:
    """Return how many arrive after another one within a second, at most."""
    ordered = sorted(times)
    ends = (bisect_left(ordered, one + _WINDOW) for one in ordered)
    return max(end - begin - 1 for begin, end in enumerate(ends))


def _deliver(port: int, rates: Rates, *, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store("rates.db", folder=Path(folder))
        release(store, number=number)
        dispatch = Dispatch(
            letters=partial(envelope, rest=letter(size=_SIZE)),
            connect=lambda: RelaySession(
                Relay("127.0.0.1", port, security="none", renew_after=100_000)
            ),
            plan=DeliveryPlan(connections=CONNECTIONS, rates=rates),
            clock=lambda: datetime.now(UTC),
        )
        done = deliver(store, dispatch)
        store.close()
    assert done.sent == number, done  # noqa: S101  a benchmark that loses mails is none


class _Talk(socketserver.StreamRequestHandler):
    """One connection; each mail that it takes is noted when the last of it is there."""

    arrivals: list[Arrival]
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer until the client goes."""
        self._say(b"220 sink.example ESMTP")
        to = b""
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                to = line.partition(b"<")[2].partition(b">")[0]
            if verb == b"DATA":
                self._say(b"354 Go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                domain = to.partition(b"@")[2].decode("ascii")
                self.arrivals.append(Arrival(time.monotonic(), id(self), domain))
            self._say(b"250 OK")

    def _say(self, answer: bytes) -> None:
        self.wfile.write(answer + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def sink() -> Iterator[tuple[int, list[Arrival]]]:
    """Run a relay that takes everything; yield its port and what arrives, in order."""
    arrivals: list[Arrival] = []
    handler = type("_Noting", (_Talk,), {"arrivals": arrivals})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1], arrivals
        finally:
            server.shutdown()
            thread.join()
