"""Monitoring endpoints: liveness, readiness, and metrics read from the store."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_network
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from briefing import __version__
from briefing.app.doctor import Finding, Level, broken, examine, good
from briefing.app.rounds.alerting import slot_state
from briefing.app.rounds.alerts import HANGS, missing_edition
from briefing.core.model import DeliveryStatus, Ending, Run, SourceStatus, State, Step
from briefing.setup.logs import redacted
from briefing.store import (
    Transaction,
    audit,
    deliveries,
    editions,
    jobs,
    runs,
    sources,
    subscribers,
)
from briefing.web.context import WebContext
from briefing.web.guard import ANSWERS, CLOSED, is_passed_on
from briefing.web.request import SitePage, WebRequest, token_of

#: Networks within which the machines of an operator reach each other: this machine, private (RFC
#: 1918, RFC 4193) and link-local networks. "::/48" is the network of "::1" in a request.
_NEAR = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 ::/48 fc00::/7 "
        "fe80::/10"
    ).split()
)
#: Most runs searched for an edition.
_RUNS = 300
#: Missed collections after which the round counts as dead, and the minimum time.
_MISSED, _QUIET = 3, timedelta(minutes=15)


def healthz(_request: WebRequest) -> Response:
    """Report that the process responds; nothing else is checked."""
    return PlainTextResponse("ok\n")


def readyz(request: WebRequest) -> Response:
    """Report each check as a line of JSON; 503 if any failed."""
    _check_operator(request)
    context = request.context
    checks = {"round": _round, "edition": _edition} if context.requests else {}
    own = {name: partial(check, context, request.at) for name, check in checks.items()}
    # Own checks are current; preflight findings are at most a minute old.
    results = [
        {
            "check": finding.name,
            "ready": finding.mark is not Level.BROKEN,
            "words": redacted("; ".join(filter(None, (finding.words, finding.advice)))),
        }
        for finding in (*examine(own), *context.preflight())
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in results)
    status = 200 if all(line["ready"] for line in results) else 503
    return Response(text, status, media_type="application/x-ndjson")


def metrics(request: WebRequest) -> Response:
    """Return the metrics for Prometheus; no label contains an address."""
    _check_operator(request)
    context = request.context
    with context.store.read() as tx:
        known = [*_stored(tx, context.briefing, at=request.at)]
    free = shutil.disk_usage(context.store.place.folder).free
    known.append(_single("disk_free_bytes", "Free space on the disk of the store.", free))
    text = generate_latest(_Known([*known, *ANSWERS.collect(), *CLOSED.collect()]))
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _check_operator(request: WebRequest) -> None:
    """Allow only near networks and valid tokens; respond 404 to all others."""
    is_near = not is_passed_on(request.headers) and is_near_network(request.network)
    if not is_near and not token_of(request):
        raise HTTPException(404)


def is_near_network(network: str) -> bool:
    """Return whether a network (:attr:`WebRequest.network`) is this machine or a private one."""
    try:
        first = ip_network(network).network_address
    except ValueError:
        return False
    return any(first in near for near in _NEAR)


def _round(context: WebContext, at: datetime) -> Finding:
    """Check by its frequent steps whether the round is running."""
    if context.requests is not None and context.requests.closed:
        return broken("has ended", "start the service again")
    with context.store.read() as tx:
        latest = [
            runs.last(tx, context.briefing, step, until=at) for step in (Step.COLLECT, Step.PUBLISH)
        ]
    last = max((run for run in latest if run), key=lambda run: (run.began, run.id), default=None)
    if last is None:
        return good("has not run yet")
    if last.ended is None:
        message = f"{last.step} runs since {last.began:%Y-%m-%d %H:%M} UTC"
        return broken(message) if at - last.began > HANGS else good(message)
    every = context.timetable.collect_every
    message = f"{last.step} ended {last.ended:%Y-%m-%d %H:%M} UTC"
    return broken(message) if at - last.ended > max(_MISSED * every, _QUIET) else good(message)


def _edition(context: WebContext, at: datetime) -> Finding:
    """Check whether the latest due edition exists."""
    with context.store.read() as tx:
        recent = runs.recent(tx, context.briefing, limit=_RUNS, until=at)
        slot = slot_state(tx, context.briefing, context.timetable, at=at)
    missing = missing_edition(recent, context.timetable, at, printed=slot.printed)
    return broken(missing.message) if missing else good("no edition is missing")


PAGES = (SitePage("/healthz", healthz), SitePage("/readyz", readyz), SitePage("/metrics", metrics))


#: Sources that have failed for longer are counted separately.
_LONG = timedelta(hours=24)
_Kind = TypeVar("_Kind", State, DeliveryStatus)
#: The "ending" of a run that has not ended.
_RUNNING = "running"


class _Known(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _stored(tx: Transaction, briefing: str, *, at: datetime) -> Iterator[Metric]:
    """Yield the metrics of a briefing in the store, with help and unit."""
    yield InfoMetricFamily("briefing", "The version that runs.", {"version": __version__})
    readers = _all(State, subscribers.counts(tx))
    yield _gauge("subscribers", "Subscribers by state.", "state", readers)
    yield from _mail(tx, briefing, at)
    last = {step: runs.last(tx, briefing, step) for step in Step}
    yield from _round_metrics({step: run for step, run in last.items() if run})
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
        age = (at - edition.made).total_seconds()
        yield _single("last_edition_age_seconds", "Time since it was made.", age)
    sent = deliveries.audience(tx, edition.id).counts if edition else {}
    help_ = "Deliveries of the last edition by status."
    yield _gauge("last_edition_deliveries", help_, "fate", _all(DeliveryStatus, sent))
    due = deliveries.next_due(tx)
    late = max((at - due).total_seconds(), 0.0) if due else 0.0
    yield _single("delivery_delay_seconds", "How long the first delivery that is due waits.", late)


def _round_metrics(last: Mapping[Step, Run]) -> Iterator[Metric]:
    begun = {step.value: run.began.timestamp() for step, run in last.items()}
    yield _gauge("run_begin_timestamp_seconds", "When the last run of a step began.", "step", begun)
    took = {
        step.value: (run.ended - run.began).total_seconds()
        for step, run in last.items()
        if run.ended
    }
    yield _gauge("run_duration_seconds", "How long the last run of a step took.", "step", took)
    endings = GaugeMetricFamily(
        "briefing_run_ending", "1 for how the last run of a step ended.", labels=("step", "ending")
    )
    for step, run in last.items():
        here = run.ending.value if run.ending else _RUNNING
        for ending in (*(ending.value for ending in Ending), _RUNNING):
            endings.add_metric((step.value, ending), float(ending == here))
    yield endings


def _jobs(backlog: Mapping[Step, jobs.Backlog], at: datetime) -> Iterator[Metric]:
    numbers = GaugeMetricFamily(
        "briefing_jobs", "Jobs that have not ended.", labels=("step", "state")
    )
    for step, left in backlog.items():
        numbers.add_metric((step.value, "waiting"), left.waiting)
        numbers.add_metric((step.value, "running"), left.running)
    yield numbers
    help_ = "How long the oldest job has waited that no worker does."
    ages = {
        step.value: max((at - left.oldest).total_seconds(), 0.0) if left.oldest else 0.0
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
    """Return a count for each kind, 0 included."""
    return {kind.value: counts.get(kind, 0) for kind in kinds}


def _gauge(name: str, description: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"briefing_{name}", description, labels=(label,))
    for value, number in values.items():
        family.add_metric((value,), number)
    return family


def _single(name: str, description: str, value: float) -> Metric:
    return GaugeMetricFamily(f"briefing_{name}", description, value=value)
