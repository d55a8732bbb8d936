"""A day of a service, minute by minute, from unit costs: what it takes, and what ends first."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

#: What one of each thing costs; ``./run bench fit`` measures them and writes the file.
COSTS = Path(__file__).with_name("unit_costs.json")
_MINUTES = 24 * 60
#: Share of a core that is planned with; the rest is for what nobody foresaw.
_USED = 0.7
#: Local time of every edition, in minutes of a day.
_DUE = 7 * 60
#: Readers by hours ahead of UTC, in percent: the world's people, rounded.
WORLD = (
    *((-8, 1), (-7, 1), (-6, 4), (-5, 5), (-4, 2), (-3, 4), (0, 5), (1, 12), (2, 8), (3, 8)),
    *((4, 2), (5, 24), (7, 7), (8, 13), (9, 3), (10, 1)),
)


@dataclass(frozen=True, slots=True)
class Costs:
    """What one of each thing costs; seconds are those of one core."""

    #: Asking a source that has nothing new.
    visit_seconds: float
    #: Taking in a report: fetching, reading, analyzing and storing it.
    report_seconds: float
    #: An edition: what it costs whatever its size, and for each of its reports.
    edition_seconds: float
    edition_report_seconds: float
    #: A mail, by the process that sends it, and by the PostgreSQL server.
    mail_seconds: float
    mail_store_seconds: float
    #: Transactions of a mail, and the seconds of a disk to make one durable. A database has one
    #: writer at a time, so they come one after the other.
    mail_commits: float
    commit_seconds: float
    #: A report, by the PostgreSQL server.
    report_store_seconds: float
    #: On the disk of the PostgreSQL server, with indexes.
    report_bytes: float
    edition_bytes: float
    delivery_bytes: float
    subscriber_bytes: float


@dataclass(frozen=True, slots=True)
class Load:
    """A service of a size."""

    subscribers: int = 10_000_000
    #: That come in during a day.
    reports: int = 1_000_000
    briefings: int = 5_000
    #: Of one briefing, and how often each is asked, in minutes.
    sources: int = 40
    every: int = 30
    #: Minutes after its time in which the last mail must be out.
    within: int = 30
    #: Mails a second that one relay takes.
    relay_rate: float = 300
    #: Days for which reports and deliveries are kept.
    keep_days: int = 90
    #: Hours ahead of UTC, and percent of the readers.
    zones: tuple[tuple[int, int], ...] = WORLD


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to carry a load."""

    #: Cores of workers.
    cores: int
    relays: int


@dataclass(frozen=True, slots=True)
class Day:
    """What came of a day."""

    #: Minutes from an edition's time to its last mail, at the worst; infinite if not that day.
    latest: float
    #: Seconds of cores that collecting, publishing and delivering took.
    collecting: float
    publishing: float
    delivering: float
    #: Mails in the busiest minute.
    most_mails: float


@dataclass(slots=True)
class _Batch:
    """Editions of one zone, and their mails."""

    due: int
    #: Seconds of publishing left, and mails left.
    publishing: float
    mails: float


#: Sizes that the plan is made for: a desk, a ministry, a service of many desks, the aim.
SIZES = (
    ("one desk", Load(10_000, 2_000, 1, zones=((0, 100),))),
    ("a ministry", Load(200_000, 50_000, 20, zones=((0, 100),))),
    ("a service", Load(1_000_000, 200_000, 500)),
    ("the aim", Load()),
)
#: Assumed prices a month in US dollars: of a core with its memory, and of a gigabyte on a disk.
_CORE, _GIGABYTE = 20.0, 0.1


def bench() -> list[dict[str, Any]]:
    """Return what each size takes, and at how many readers each part ends that there is one of."""
    cost = costs()
    sizes = [_row(name, load, plan(load, cost)) for name, load in SIZES]
    return sizes + [
        {"case": f"ends first: {name}", "readers": round(readers / 1000) * 1000}
        for name, readers in sorted(ends(Load(), cost).items(), key=lambda end: end[1])
    ]


def _row(name: str, load: Load, made: Plan) -> dict[str, Any]:
    cores = made.means.cores + made.store_cores
    return {
        "case": name,
        "readers": load.subscribers,
        "reports_a_day": load.reports,
        "briefings": load.briefings,
        "worker_cores": made.means.cores,
        "store_cores": made.store_cores,
        "relays": made.means.relays,
        "mails_a_second": round(made.day.most_mails / 60),
        "last_mail_minutes": round(made.day.latest),
        "gigabytes": round(made.gigabytes, 1),
        "gigabytes_a_day": round(made.gigabytes_a_day, 2),
        "dollars_a_month": round(cores * _CORE + made.gigabytes * _GIGABYTE),
    }


def ends(load: Load, cost: Costs) -> dict[str, float]:
    """Return for each part how many readers of one briefing it can serve in time, alone.

    All have their morning at the same time.
    """
    seconds = load.within * 60
    return {
        "one relay": load.relay_rate * seconds,
        "one core of a worker": _USED / cost.mail_seconds * seconds,
        "one core of the store": _USED / cost.mail_store_seconds * seconds,
        "one database, which has one writer": seconds
        / (cost.mail_store_seconds + cost.mail_commits * cost.commit_seconds),
    }


def costs() -> Costs:
    """Return the unit costs as they were measured last."""
    measured = json.loads(COSTS.read_text("utf-8"))
    return Costs(**{field.name: measured[field.name] for field in fields(Costs)})


def simulate(load: Load, means: Means, cost: Costs) -> Day:
    """Run a day of a load with these means, in steps of a minute.

    Publishing goes before delivering, and both before collecting, which can wait. Zones come in
    the order of their morning, each served to its end before the next, as leased rows are.
    """
    arriving = _batches(load, cost)
    waiting: deque[_Batch] = deque()
    collecting = (
        load.reports * cost.report_seconds
        + load.briefings * load.sources * (_MINUTES / load.every) * cost.visit_seconds
    )
    latest = delivering = most = 0.0
    for minute in range(2 * _MINUTES):
        waiting.extend(batch for batch in arriving if batch.due == minute)
        room, mails = means.cores * 60 * _USED, means.relays * load.relay_rate * 60
        for batch in waiting:
            done = min(batch.publishing, room)
            batch.publishing -= done
            room -= done
        sent = _send(waiting, at_most=min(mails, room / cost.mail_seconds))
        delivering += sent * cost.mail_seconds
        most = max(most, sent)
        while waiting and waiting[0].mails < 1:
            latest = max(latest, minute + 1 - waiting.popleft().due)
    publishing = sum(batch.publishing for batch in _batches(load, cost))
    return Day(math.inf if waiting else latest, collecting, publishing, delivering, most)


def _send(waiting: deque[_Batch], *, at_most: float) -> float:
    """Send of what is published, first come first served; return the number of mails."""
    left = at_most
    for batch in waiting:
        if batch.publishing > 0:
            break
        sent = min(batch.mails, left)
        batch.mails -= sent
        left -= sent
    return at_most - left


def _batches(load: Load, cost: Costs) -> list[_Batch]:
    each = load.reports / load.briefings
    edition = cost.edition_seconds + each * cost.edition_report_seconds
    return sorted(
        (
            _Batch(
                (_DUE - 60 * ahead) % _MINUTES,
                load.briefings * percent / 100 * edition,
                load.subscribers * percent / 100,
            )
            for ahead, percent in load.zones
        ),
        key=lambda batch: batch.due,
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The least that carries a load."""

    means: Means
    day: Day
    #: Cores of PostgreSQL servers in the busiest minute.
    store_cores: int
    #: On their disks, in gigabytes: all of it, and what one day adds.
    gigabytes: float
    gigabytes_a_day: float


def plan(load: Load, cost: Costs) -> Plan:
    """Return the least relays, then the least cores, with which every mail is out in time."""

    def in_time(means: Means) -> bool:
        return simulate(load, means, cost).latest <= load.within

    relays = _least(lambda number: in_time(Means(1_000_000, number)))
    cores = _least(lambda number: in_time(Means(number, relays)))
    day = simulate(load, Means(cores, relays), cost)
    cores = max(cores, math.ceil(_busy(day) / _USED))
    busiest = day.most_mails / 60 * cost.mail_store_seconds
    evenly = load.reports * cost.report_store_seconds / (_MINUTES * 60)
    daily = (
        load.reports * cost.report_bytes
        + load.briefings * cost.edition_bytes
        + load.subscribers * cost.delivery_bytes
    )
    # editions are kept for good, here for as long as everything else
    whole = daily * load.keep_days + load.subscribers * cost.subscriber_bytes
    return Plan(
        Means(cores, relays), day, math.ceil((busiest + evenly) / _USED), whole / 1e9, daily / 1e9
    )


def _busy(day: Day) -> float:
    """Return the cores that a day keeps busy on average."""
    return (day.collecting + day.publishing + day.delivering) / (_MINUTES * 60)


def _least(enough: Callable[[int], bool]) -> int:
    """Return the least number from 1 that is enough, which all above it are."""
    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
