"""One source: its state and what to do, its last visits, its newest reports, and its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.collect.sources import (
    ask_at_once,
    edit_source,
    faults_of,
    note_trial,
    pause_source,
    remove_source,
    resume_source,
)
from briefing.core.counting import counted
from briefing.core.errors import BriefingError, UsageError
from briefing.core.model import FetchRecord, Outcome, Source, SourceStatus, Step
from briefing.sources.discover import advice_after
from briefing.store import sources
from briefing.store.sources import SourceReport, newest_of
from briefing.web.admin.acts import Confirmation, ask
from briefing.web.admin.frame import AdminSession, Times, times_in, view
from briefing.web.admin.round import request_run
from briefing.web.admin.source_fields import (
    KINDS,
    LOOK,
    address_of,
    choices,
    fields_of,
    key_of,
    path_of,
    read_fields,
    state_of,
    title_of,
    wrong_fields,
)
from briefing.web.admin.sources import keep
from briefing.web.forms import FieldError, sentence
from briefing.web.request import ACT, SitePage

#: Visits and reports that are shown.
_VISITS, _REPORTS = 14, 20
_OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.READ: "Read",
        Outcome.UNCHANGED: "Nothing changed",
        Outcome.FAILED: "Failed",
        Outcome.WAITING: "Not fetched",
    }
)
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "added": "Added. It will be checked at the next fetch.",
        "paused": "Paused. It is not fetched until you resume it; its reports stay.",
        "resumed": "Resumed. It will be checked at the next fetch.",
        "saved": "Saved. Reports collected from now on have the new name, owner, language and "
        "kind; the weight and grade count in the next edition.",
        "other": "Nothing has changed: the source was changed in the meantime.",
        "silent": "It could not be checked now. Try again in a moment.",
    }
)
#: What to do in states that are no failure.
_ADVICE: Mapping[str, str] = MappingProxyType(
    {"Silent": "check whether it still publishes there, or remove it"}
)
_EDITED = ("name", "owner", "language", "text", "weight", "grade", "genre")


@dataclass(frozen=True, slots=True)
class _Turn:
    """A button that pauses or resumes a source."""

    label: str
    do: Callable[..., object]
    #: Key of the message shown afterwards.
    message: str


_TURNS: Mapping[str, _Turn] = MappingProxyType(
    {
        "pause": _Turn("Pause", pause_source, "paused"),
        "resume": _Turn("Resume", resume_source, "resumed"),
    }
)


def source(session: AdminSession) -> Response:
    """Show one source, or apply the action of the form."""
    status = _status(session)
    do = session.field("do") if session.request.posts else ""
    if not session.request.posts:
        return _page(session, status, status.source, ())
    if do in _TURNS:
        return _turned(session, status.source, _TURNS[do])
    if do == "save":
        return _saved(session, status)
    actions = {"remove": _removed, "collect": _collected, "check": _checked}
    if do in actions:
        return actions[do](session, status.source)
    return session.back(path_of(status.source.url))


def _status(session: AdminSession) -> SourceStatus:
    key = session.request.path["key"]
    with session.context.store.read() as tx:
        url = next((url for url in sources.addresses(tx) if key_of(url) == key), None)
        found = sources.source_status(tx, url) if url else None
    if found is None:
        raise HTTPException(404)
    return found


def _turned(session: AdminSession, source: Source, turn: _Turn) -> Response:
    try:
        session.change(turn.do, source.url)
    except UsageError:
        return session.back(path_of(source.url), message="other")
    return session.back(path_of(source.url), message=turn.message)


def _saved(session: AdminSession, status: SourceStatus) -> Response:
    wrong, source = read_fields(session, status.source)
    wrong = wrong or wrong_fields(faults_of(source))
    if wrong:
        return _page(session, status, source, wrong)
    try:
        given = {name: getattr(source, name) for name in _EDITED}
        session.change(edit_source, source.url, **given)
    except UsageError:
        return session.back("/admin/sources", message="gone")
    return session.back(path_of(source.url), message="saved")


def _removed(session: AdminSession, source: Source) -> Response:
    store, actor = session.context.store, session.actor

    def remove(at: datetime) -> str:
        with store.write() as tx:
            remove_source(tx, source.url, actor=actor, at=at)
        return "Its reports stay."

    lines = ("It is no longer fetched, and its visits are deleted. Its reports stay.",)
    title, back = f"Remove {title_of(source)}", path_of(source.url)
    return ask(session, Confirmation(title, "Remove this source", lines, back), remove)


def _collected(session: AdminSession, source: Source) -> Response:
    """Ask the round to read the sources now, this one although it waits."""
    if session.context.requests is not None:
        session.change(ask_at_once, source.url)
    return request_run(session, Step.COLLECT, back=path_of(source.url))


def _checked(session: AdminSession, source: Source) -> Response:
    trials = session.context.trials
    if trials is None or "://" not in source.url:
        return session.back(path_of(source.url))
    session.change(note_trial, source.url)
    try:
        trial = trials(source.url, known=source)
    except BriefingError:
        return session.back(path_of(source.url), message="silent")
    return session.back(f"/admin/sources/tried/{keep(session, trial)}")


def _page(
    session: AdminSession, status: SourceStatus, shown: Source, wrong: tuple[FieldError, ...]
) -> Response:
    times, url = times_in(session.zone, now=session.request.at), status.source.url
    with session.context.store.read() as tx:
        visits = sources.visits(tx, url, limit=_VISITS)
        reports = newest_of(tx, url, briefing=session.context.briefing, limit=_REPORTS)
    state, why = state_of(status, times)
    advice = advice_after(visits[0]) if visits and state == "Failing" else _ADVICE.get(state, "")
    return session.page(
        "source",
        status=422 if wrong else 200,
        path=path_of(url),
        name=title_of(status.source),
        state=state,
        bad=state in LOOK,
        # The reason of a failure begins with a host.
        why=f"{why}." if state == "Failing" else sentence(why),
        advice=sentence(advice),
        turn=("resume", "Resume") if status.paused else ("pause", "Pause"),
        can_collect=session.context.requests is not None and not status.paused,
        can_check=session.context.trials is not None and "://" in url,
        visits=[_visit(visit, times) for visit in visits],
        reports=[_report(report, times) for report in reports],
        facts=_facts(status, times),
        fields=fields_of(shown),
        choices=choices(),
        wrong=wrong,
    )


def _visit(visit: FetchRecord, times: Times) -> dict[str, object]:
    new = [counted(visit.fresh, "new report")] if visit.fresh else []
    edited = [counted(visit.edited, "new version")] if visit.edited else []
    return {
        "at": times.moment(visit.at),
        "outcome": _OUTCOMES[visit.outcome],
        "bad": visit.outcome is Outcome.FAILED,
        "reason": visit.reason,
        "status": visit.status or "",
        "listed": visit.items if visit.outcome is Outcome.READ else "",
        "brought": ", ".join(new + edited),
        "seconds": f"{visit.seconds:.1f} s",
    }


def _report(report: SourceReport, times: Times) -> dict[str, object]:
    return {
        "title": report.title or report.url or "no title",
        "language": report.language,
        "published": times.moment(report.published or report.collected),
        "day": f"{report.printed}" if report.printed else "",
        "printed": times.day(report.printed) if report.printed else "",
    }


def _facts(status: SourceStatus, times: Times) -> Mapping[str, str]:
    source = status.source
    facts = {
        "Address": address_of(source.url),
        "Kind": KINDS.get(source.kind, source.kind),
        "Moved to": address_of(status.moved_to),
        "Added": times.moment(status.added),
        "Last answer": times.moment(status.answered) or "none yet",
        "Last new report": times.moment(status.fresh_at) or "none yet",
        "Newest report": times.moment(status.newest),
    }
    return {name: value for name, value in facts.items() if value}


PAGES = (SitePage("/admin/sources/{key}", view(source, posts=True, messages=_MESSAGES), ACT),)
