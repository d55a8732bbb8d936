"""Monitoring endpoints: liveness, readiness and metrics."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from ipaddress import ip_network

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from briefing.app import doctor
from briefing.app.doctor import Finding, Level, broken, dates, examine, good
from briefing.app.release import waiting
from briefing.app.rounds.alerts import HANGS, missing_edition
from briefing.core.model import Step
from briefing.core.schedule import Timetable
from briefing.setup.figures import KIND, figures
from briefing.setup.logs import redacted
from briefing.store import archive, runs
from briefing.web.context import WebContext
from briefing.web.guard import ANSWERS, CLOSED, is_passed_on
from briefing.web.request import SitePage, WebRequest, token_of

#: Networks in which machines of one operator see each other: this machine, private ones (RFC 1918,
#: RFC 4193) and link-local ones. "::/48" is the network of "::1" in a request.
_NEAR = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 ::/48 fc00::/7 "
        "fe80::/10"
    ).split()
)
#: Runs to search for an edition.
_RUNS = 300
#: How far back to look for editions.
_BACK = timedelta(days=400)
#: Collections that may be missed before the round counts as dead, and the minimum time.
_MISSED, _QUIET = 3, timedelta(minutes=15)


def healthz(_request: WebRequest) -> Response:
    """Report that the process responds; nothing else is checked."""
    return PlainTextResponse("ok\n")


def readyz(request: WebRequest) -> Response:
    """Report each check as a line of JSON; 503 if any failed."""
    _check_operator(request)
    context = request.context
    own = tuple(examine(_checks(context, request.at)))
    # Own checks are current; preflight findings are at most a minute old.
    names = {finding.name for finding in own}
    others = (finding for finding in context.preflight() if finding.name not in names)
    results = [
        {
            "check": finding.name,
            "ready": finding.mark is not Level.BROKEN,
            "words": redacted("; ".join(filter(None, (finding.words, finding.advice)))),
        }
        for finding in (*own, *others)
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in results)
    status = 200 if all(line["ready"] for line in results) else 503
    return Response(text, status, media_type="application/x-ndjson")


def metrics(request: WebRequest) -> Response:
    """Return the metrics for Prometheus."""
    _check_operator(request)
    context = request.context
    text = figures(
        context.store, briefing=context.briefing, at=request.at, beside=(ANSWERS, CLOSED)
    )
    return Response(text, headers={"Content-Type": KIND})


def _check_operator(request: WebRequest) -> None:
    """Allow only near networks and valid tokens; respond 404 to all others."""
    is_near = not is_passed_on(request.headers) and is_near_network(request.network)
    if not is_near and token_of(request) is None:
        raise HTTPException(404)


def is_near_network(network: str) -> bool:
    """Tell whether a network (:attr:`WebRequest.network`) is this machine or a private one."""
    try:
        first = ip_network(network).network_address
    except ValueError:
        return False
    return any(first in near for near in _NEAR)


def _checks(context: WebContext, at: datetime) -> dict[str, Callable[[], Finding]]:
    """Return the checks by name."""
    checks: dict[str, Callable[[], Finding]] = {
        "store": partial(_store, context),
        "disk": partial(doctor.disk, context.store.place.folder),
    }
    if context.timetable is not None:
        checks["editions"] = partial(_editions, context, context.timetable, at)
    if context.requests is not None and context.has_round:
        checks["round"] = partial(_round, context, at)
        checks["edition"] = partial(_edition, context, at)
    return checks


def _store(context: WebContext) -> Finding:
    with context.store.read() as tx:
        runs.last(tx, context.briefing, Step.PUBLISH)
    return good("answers")


def _editions(context: WebContext, timetable: Timetable, at: datetime) -> Finding:
    with context.store.read() as tx:
        days = archive.days(tx, context.briefing, first=at.date(), last=date.max)
    return dates(days, timetable=timetable, now=at)


def _round(context: WebContext, at: datetime) -> Finding:
    """Check the round by its frequent steps."""
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
    every = context.timetable.collect_every if context.timetable else timedelta()
    message = f"{last.step} ended {last.ended:%Y-%m-%d %H:%M} UTC"
    return broken(message) if at - last.ended > max(_MISSED * every, _QUIET) else good(message)


def _edition(context: WebContext, at: datetime) -> Finding:
    """Check whether the latest due edition exists."""
    if context.timetable is None:
        return good("is made by hand")
    with context.store.read() as tx:
        recent = runs.recent(tx, context.briefing, limit=_RUNS, until=at)
        printed = set(archive.days(tx, context.briefing, first=at.date() - _BACK, last=date.max))
        if draft := waiting(tx, context.briefing, timetable=context.timetable):
            printed.add(draft)
    missing = missing_edition(recent, context.timetable, at, printed=printed)
    return broken(missing.message) if missing else good("no edition is missing")


PAGES: tuple[SitePage, ...] = (
    SitePage("/healthz", healthz),
    SitePage("/readyz", readyz),
    SitePage("/metrics", metrics),
)
