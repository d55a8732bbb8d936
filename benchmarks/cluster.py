"""Workers on a real PostgreSQL: what four do against what one does."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.desk_on_server import ServedDesk, served_desk
from benchmarks.feedserver import serve_feeds
from benchmarks.sink import sink
from briefing.core.model import DeliveryStatus, Ending, Source, Step
from briefing.store import deliveries, editions, sources
from tests.store.postgres import Server, running

#: Mails of a run, the seconds that the relay takes for each, and the connections of a worker.
MAILS, TAKES, CONNECTIONS = 1_500, 0.02, 1
#: The same of a small desk.
READERS, SMALL = 200, 0.05
#: Feeds of a run, each on a host of its own, and the seconds that each takes to answer. With the
#: first, processors bound a run on a small machine; with the other only waiting counts.
FEEDS, SLOW, SLOWEST = 100, 2.0, 5.0
_WORKERS = (1, 4)


def bench(mails: int = MAILS) -> list[dict[str, Any]]:
    """Return how many times as fast four workers are as one."""
    with running(durable=True) as server:
        mail, few = (
            {number: _deliver(server, number, mails=each, takes=takes) for number in _WORKERS}
            for each, takes in ((mails, TAKES), (READERS, SMALL))
        )
        slow, slowest = (
            {number: _collect(server, number, answers=answers) for number in _WORKERS}
            for answers in (SLOW, SLOWEST)
        )
    collect = "collect 4 workers / 1"
    return [
        _row("deliver 4 workers / 1", mail, mails, "mails_per_second") | {"takes_seconds": TAKES},
        _row(f"deliver 4 workers / 1, {READERS} readers", few, READERS, "mails_per_second")
        | {"takes_seconds": SMALL},
        _row(collect, slow, FEEDS, "feeds_per_second") | {"takes_seconds": SLOW},
        _row(f"{collect}, {SLOWEST:g} s", slowest, FEEDS, "feeds_per_second")
        | {"takes_seconds": SLOWEST},
    ]


def _row(case: str, seconds: dict[int, float], count: int, unit: str) -> dict[str, Any]:
    single, four = (round(count / seconds[number], 1) for number in _WORKERS)
    return {"case": case, "ratio": round(seconds[1] / seconds[4], 2), unit: four, "one": single}


def _deliver(server: Server, workers: int, *, mails: int, takes: float) -> float:
    with sink(seconds=takes) as relay:

        def work(desk: ServedDesk) -> float:
            desk.publish(mails)
            run, seconds = _measured(desk, Step.DELIVER, workers)
            assert run.get("sent") == mails, run  # noqa: S101  who loses mails is not fast
            with desk.store.read() as tx:
                edition = editions.current(tx, "ostra-desk", datetime.now(UTC).date())
                assert edition is not None  # noqa: S101  just published
                counts = deliveries.audience(tx, edition.id).counts
            assert counts == {DeliveryStatus.SENT: mails}, counts  # noqa: S101  as above
            return seconds

        return _with_desk(server, work, relay=relay, connections=CONNECTIONS)


def _collect(server: Server, workers: int, *, answers: float) -> float:
    hosts = [f"127.0.1.{number}" for number in range(1, FEEDS + 1)]
    with serve_feeds(items=2, hosts=hosts, seconds=answers) as first:
        port = urlsplit(first).port or 0

        def work(desk: ServedDesk) -> float:
            with desk.store.write() as tx:
                for number, host in enumerate(hosts):
                    url = f"http://{host}:{port}/{number}"
                    sources.add(tx, Source(url), at=datetime.now(UTC))
            run, seconds = _measured(desk, Step.COLLECT, workers)
            assert run.get("fresh") == 2 * FEEDS, run  # noqa: S101  who reads less is not fast
            return seconds

        return _with_desk(server, work, feeds=port)


def _measured(desk: ServedDesk, step: Step, workers: int) -> tuple[dict[str, int], float]:
    for _ in range(workers):
        desk.start(f"--only={step}")
    desk.wait_for_workers()
    run, seconds = desk.do(step)
    desk.stop()
    assert run.ending is Ending.DONE, run  # noqa: S101  what fails is not fast
    return dict(run.figures), seconds


def _with_desk(server: Server, work: Callable[[ServedDesk], float], **where: int) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        served_desk(Path(folder), server.make_database(), **where) as desk,
    ):
        return work(desk)
