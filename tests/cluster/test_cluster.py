"""Real processes on a real PostgreSQL: whatever their number, an edition and a mail are once."""

import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from briefing.core.model import Ending, Step
from briefing.store import editions, jobs
from tests.cluster.plant import DESK, Plant, plant
from tests.mail.relays import At
from tests.store.conftest import server
from tests.store.postgres import Server
from tests.waiting import PATIENCE

__all__ = ["server"]


DAYS = (date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4))
ZONES = {
    "aki@readers.example": "Asia/Tokyo",
    "bea@readers.example": "Europe/Zurich",
    "cal@readers.example": "America/New_York",
}
#: When the edition of a day is due, and the mails of each zone, UTC.
EDITION, ZURICH, NEW_YORK = "05:30", "06:00", "12:00"
#: When the week in review is due on the last day, UTC.
WEEK = "14:00"


def at(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=UTC)


@pytest.fixture
def there(server: Server, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Plant]:
    # On a machine that has more to do a worker that lives may be slow to show it.
    lost = 10 if request.node.get_closest_marker("kill") else 600
    with plant(tmp_path, server.make_database(), now=at(DAYS[0], "04:00"), lost=lost) as there:
        there.subscribe(ZONES)
        yield there


def pass_a_day(there: Plant, day: date) -> None:
    """Let a day pass, until the last mail of its edition has arrived."""
    already = len(there.mails)
    there.report(day)
    there.now = at(day, "05:00")
    before = len(there.runs(Step.COLLECT))
    there.wait_until(lambda: len(there.runs(Step.COLLECT)) > before and there.is_idle())
    for clock, mails in ((EDITION, 1), (ZURICH, 2), (NEW_YORK, 3)):
        there.now = max(there.now, at(day, clock))
        there.wait_until(lambda mails=mails: len(there.mails) == already + mails)  # type: ignore[misc]
    there.wait_until(there.is_idle)


def stop(there: Plant) -> list[int]:
    """End all processes, and return their exit codes."""
    for process in there.processes:
        process.send_signal(signal.SIGTERM)
    return [process.wait(PATIENCE) for process in there.processes]


def test_a_day_of_a_round_and_its_worker(there: Plant) -> None:
    there.start("serve", "--port=0")
    there.start("worker")
    pass_a_day(there, DAYS[0])
    assert stop(there) == [0, 0]
    assert sorted(there.mails) == [(address, DAYS[0]) for address in sorted(ZONES)]
    (published,) = there.runs(Step.PUBLISH)
    assert published.ending is Ending.DONE
    assert " does collect, publish, week, deliver\n" in there.log
    assert " has ended, after " in there.log
    assert "Traceback" not in there.log


@pytest.mark.slow
def test_two_rounds_two_webs_and_three_workers_do_each_thing_once(there: Plant) -> None:
    file = there.folder / "briefing.toml"
    file.write_text(file.read_text().replace("[schedule]", '[schedule]\nweek = "wed 15:00"'))
    for _ in range(2):
        there.start("serve", "--port=0")
        there.start("serve", "--port=0", "--no-round")
    for only in ((), ("--only=collect", "--only=publish"), ("--only=deliver",)):
        there.start("worker", *only)
    # All compete from the begin, and hear of their end.
    begun = r": served at |: worker \S+ does "
    there.wait_until(lambda: len(re.findall(begun, there.log)) == len(there.processes), ticks=0)
    for day in DAYS:
        pass_a_day(there, day)
    there.now = at(DAYS[-1], WEEK)
    there.wait_until(lambda: len(there.mails) >= len(ZONES) * (len(DAYS) + 1))
    there.wait_until(there.is_idle)
    assert stop(there) == [0] * 7
    expected = {(address, day): 1 for address in ZONES for day in DAYS}
    # The review of the week ends on the last day, and is a second mail of it.
    assert Counter(there.mails) == expected | {(address, DAYS[-1]): 2 for address in ZONES}
    (reviewed,) = there.runs(Step.WEEK)
    assert (reviewed.day, reviewed.ending) == (DAYS[-1], Ending.DONE)
    published = there.runs(Step.PUBLISH)
    assert [(run.day, run.ending) for run in published] == [(day, Ending.DONE) for day in DAYS]
    assert all(run.words.endswith(": published") for run in published)
    collected = there.runs(Step.COLLECT)
    apart = [late.began - early.began for early, late in pairwise(collected)]
    # Not once for each round: the last before an edition is minutes after the usual one at most.
    assert min(apart) > timedelta(minutes=4)
    with there.store.read() as tx:
        assert len(list(editions.records(tx, DESK, before=date.max, most=9))) == len(DAYS)
        assert jobs.open_jobs(tx, DESK) == ()
    assert "Traceback" not in there.log


@pytest.mark.kill
def test_a_worker_that_is_killed_loses_nothing(there: Plant) -> None:
    readers = {f"r{number:03}@readers.example": "Europe/Zurich" for number in range(40)}
    there.subscribe(readers)
    there.start("serve", "--port=0")
    there.report(DAYS[0])
    workers = [there.start("worker") for _ in range(2)]
    there.wait_until(lambda: bool(there.runs(Step.COLLECT)) and there.is_idle(), ticks=0)
    there.now = at(DAYS[0], EDITION)
    there.wait_until(lambda: len(there.mails) == 1)
    # How many mails are there when all workers are killed. Two may have come at once meanwhile.
    killing, kills = threading.Lock(), [12, 25]

    def fault(where: At) -> str:
        with killing:
            if where.step == "DATA" and kills and len(there.relay.taken) >= kills[0]:
                kills.pop(0)
                for worker in workers:
                    worker.kill()
                workers[:] = [there.start("worker") for _ in range(2)]
        return ""

    there.relay.fault = fault
    there.now = at(DAYS[0], ZURICH)
    wanted = {*readers, "bea@readers.example"}
    there.wait_until(lambda: wanted <= {to for to, _ in there.mails} and there.is_idle())
    assert kills == []
    count = Counter(to for to, _ in there.mails)
    doubled = sum(number - 1 for number in count.values())
    lines = [line for line in there.log.splitlines() if "a worker is lost: " in line]
    lost = sum(line.count("(deliver)") for line in lines)
    assert lost >= 2
    assert there.start("deliver", "--status", f"--date={DAYS[0]}").wait() == 0
    assert there.log.count("  worker lost ") == len(lines)
    # At most what each of its connections was just sending.
    assert doubled <= 2 * lost
