"""The figures of a briefing for Prometheus, read from the store when they are asked for."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from briefing import __version__
from briefing.core.model import DeliveryStatus, Ending, Run, SourceStatus, State, Step
from briefing.store import (
    Store,
    Transaction,
    audit,
    deliveries,
    editions,
    jobs,
    runs,
    sources,
    subscribers,
)
from briefing.store.jobs import Backlog

#: Content type of the response.
KIND = CONTENT_TYPE_LATEST
#: Sources that have failed for so long are counted separately.
_LONG = timedelta(hours=24)
_Kind = TypeVar("_Kind", State, DeliveryStatus)
#: Ending of a run that has not ended.
_RUNNING = "running"


def figures(
    store: Store, *, briefing: str, at: datetime, beside: Iterable[Collector] = ()
) -> bytes:
    """Return all figures in the text format of Prometheus; no label holds an address.

    ``beside`` are further metrics, counted elsewhere. StoreError: the store cannot be read.
    """
    with store.read() as tx:
        metrics = [*_stored(tx, briefing, at=at)]
    free = shutil.disk_usage(store.place.folder).free
    metrics.append(_single("disk_free_bytes", "Free space on the disk of the store.", free))
    registry = CollectorRegistry()
    for collector in (_Collected(metrics), *beside):
        registry.register(collector)
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _stored(tx: Transaction, briefing: str, *, at: datetime) -> Iterator[Metric]:
    """Yield the figures of what the store holds of a briefing, with help and unit."""
    yield InfoMetricFamily("briefing", "The version that runs.", {"version": __version__})
    readers = _all(State, subscribers.counts(tx))
    yield _gauge("subscribers", "Subscribers by state.", "state", readers)
    yield from _mail(tx, briefing, at)
    last = {step: runs.last(tx, briefing, step) for step in Step}
    yield from _round({step: run for step, run in last.items() if run})
    standing = Counter(_standing(status, at) for status in sources.active(tx))
    kinds = {kind: standing[kind] for kind in ("answering", "failing", "failing_long", "new")}
    yield _gauge("sources", "Sources by how they answered last.", "standing", kinds)
    if jobs.is_used(tx) and (backlog := jobs.backlog(tx, briefing)):
        yield from _jobs(backlog, at)
    lost = len(audit.workers_lost(tx, since=at - _LONG))
    yield _single("workers_lost", "Workers lost in the last day.", lost)


def _mail(tx: Transaction, briefing: str, at: datetime) -> Iterator[Metric]:
    edition = editions.current(tx, briefing, at.date())
    if edition:
        age = _seconds(at - edition.made)
        yield _single("last_edition_age_seconds", "Time since it was made.", age)
    sent = deliveries.audience(tx, edition.id).counts if edition else {}
    help_ = "Deliveries of the last edition by status."
    yield _gauge("last_edition_deliveries", help_, "fate", _all(DeliveryStatus, sent))
    due = deliveries.next_due(tx)
    late = max(_seconds(at - due), 0.0) if due else 0.0
    yield _single("delivery_delay_seconds", "How long the first delivery that is due waits.", late)


def _round(last: Mapping[Step, Run]) -> Iterator[Metric]:
    begun = {step.value: run.began.timestamp() for step, run in last.items()}
    yield _gauge("run_begin_timestamp_seconds", "When the last run of a step began.", "step", begun)
    took = {step.value: _seconds(run.ended - run.began) for step, run in last.items() if run.ended}
    yield _gauge("run_duration_seconds", "How long the last run of a step took.", "step", took)
    endings = GaugeMetricFamily(
        "briefing_run_ending", "1 for how the last run of a step ended.", labels=("step", "ending")
    )
    for step, run in last.items():
        here = run.ending.value if run.ending else _RUNNING
        for ending in (*(ending.value for ending in Ending), _RUNNING):
            endings.add_metric((step.value, ending), float(ending == here))
    yield endings


def _jobs(backlog: Mapping[Step, Backlog], at: datetime) -> Iterator[Metric]:
    numbers = GaugeMetricFamily(
        "briefing_jobs", "Jobs that have not ended.", labels=("step", "state")
    )
    for step, left in backlog.items():
        numbers.add_metric((step.value, "waiting"), left.waiting)
        numbers.add_metric((step.value, "running"), left.running)
    yield numbers
    help_ = "How long the oldest job has waited that no worker does."
    ages = {
        step.value: max(_seconds(at - left.oldest), 0.0) if left.oldest else 0.0
        for step, left in backlog.items()
    }
    yield _gauge("jobs_oldest_seconds", help_, "step", ages)
    help_ = "Jobs that have not ended over which a worker was lost."
    retried = {step.value: float(left.retried) for step, left in backlog.items()}
    yield _gauge("jobs_retried", help_, "step", retried)


def _standing(status: SourceStatus, at: datetime) -> str:
    if status.failing_since:
        return "failing_long" if at - status.failing_since >= _LONG else "failing"
    return "answering" if status.answered else "new"


def _all(kinds: Iterable[_Kind], counts: Mapping[_Kind, int]) -> dict[str, float]:
    """Return a number for each kind, so that none is missing where there is nothing of it."""
    return {kind.value: counts.get(kind, 0) for kind in kinds}


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def _gauge(name: str, description: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"briefing_{name}", description, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _single(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(f"briefing_{name}", description, value=value)
