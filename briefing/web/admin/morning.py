"""The first morning: what a new briefing lacks until its first page is with its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from starlette.responses import Response

from briefing.app.collect.sources import add_sources
from briefing.app.rounds.requests import order
from briefing.core.model import Ending, Run, SourceStatus, State, Step
from briefing.sources.starters import LISTED, starter_lists
from briefing.store import Transaction, editions, runs, sources, subscribers
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.run_results import came_of
from briefing.web.admin.times import times_in
from briefing.web.page import ACT, SitePage

PATH = "/admin/morning"
#: Seconds between automatic reloads while a step runs.
_RELOAD = 3
#: Steps that can be asked for here.
_STEPS = (Step.COLLECT, Step.PUBLISH)
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "added": "Added. Collect now: their reports are read in a minute or two.",
        "none": "Nothing was added. Choose a list.",
        "asked": "Requested. It starts in a moment.",
    }
)


def morning(session: AdminSession) -> Response:
    """Show what is done and what comes next; do what was asked."""
    if session.request.posts:
        return _act(session)
    context, times = session.context, times_in(session.zone, now=session.request.at)
    with context.store.read() as tx:
        known = sources.source_statuses(tx)
        ran = {step: _last(tx, context.briefing, step, known, at=times.now) for step in _STEPS}
        last = editions.current(tx, context.briefing, context.today)
        readers = _readers(tx)
    running = any(run is not None and run.ended is None for run in ran.values())
    begun = session.request.query.get("message") == "asked"
    return session.page(
        "morning",
        lists=starter_lists(),
        listed=LISTED,
        known=len(known),
        answered=sum(one.answered is not None for one in known),
        failing=sum(one.failing_since is not None for one in known),
        ran={step.value: _came(run) for step, run in ran.items()},
        collected=_is_done(ran[Step.COLLECT]),
        last=last,
        readers=readers,
        round=context.requests is not None,
        reload=_RELOAD if running or begun else 0,
    )


def _act(session: AdminSession) -> Response:
    if session.field("do") == "sources":
        return _add_lists(session)
    requests = session.context.requests
    step = next((one for one in _STEPS if one.value == session.field("do")), None)
    if requests is None or step is None:
        return session.back(PATH)
    session.change(order, step, timetable=session.context.timetable)
    requests.give(step)
    return session.back(PATH, message="asked")


def _add_lists(session: AdminSession) -> Response:
    asked = session.request.fields.get("lists", ())
    new = [source for one in starter_lists() if one.key in asked for source in one.sources]
    added = session.change(add_sources, new) if new else 0
    return session.back(PATH, message="added" if added else "none")


def _last(
    tx: Transaction, briefing: str, step: Step, known: Sequence[SourceStatus], *, at: datetime
) -> Run | None:
    """Return the last run of a step that could have found a source."""
    run = runs.last(tx, briefing, step, until=at)
    first = min((one.added for one in known), default=at)
    return run if run is not None and (run.ended or at) >= first else None


def _readers(tx: Transaction) -> int:
    return subscribers.counts(tx).get(State.ACTIVE, 0)


def _is_done(run: Run | None) -> bool:
    return run is not None and run.ending in {Ending.DONE, Ending.PART}


def _came(run: Run | None) -> str:
    if run is None:
        return ""
    return came_of(run) if run.ended else "Running"


PAGES = (SitePage(PATH, view(morning, posts=True, messages=_MESSAGES), ACT),)
