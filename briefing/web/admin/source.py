"""One source: its state and what to do, its last visits, its newest reports, and its settings."""

from starlette.responses import Response

from briefing.app.collect.sources import (
    ask_at_once,
    edit_source,
    note_trial,
    pause_source,
    remove_source,
    resume_source,
)
from briefing.core.errors import BriefingError, UsageError
from briefing.core.model import GRADES, Source, SourceStatus, Step
from briefing.sources.discover import advice_after
from briefing.store import editions, sources
from briefing.store.sources import newest_of
from briefing.web.admin import source_fields
from briefing.web.admin.acts import ask
from briefing.web.admin.frame import AdminSession, required, view
from briefing.web.admin.sources import keep
from briefing.web.admin.today import request_run
from briefing.web.forms import FieldError, sentence
from briefing.web.request import ACT, SitePage

#: Visits and reports that are shown.
_VISITS, _REPORTS = 14, 20


def source(session: AdminSession) -> Response:  # noqa: PLR0911  each button has its answer
    """Show one source, or apply the action of the form."""
    key = session.request.path["key"]
    with session.read() as tx:
        url = required(
            next((url for url in sources.addresses(tx) if source_fields.key_of(url) == key), None)
        )
        status = required(sources.source_status(tx, url))
    source, do, trials = status.source, session.field("do"), session.context.trials
    path = source_fields.path_of(source.url)
    if not session.request.posts:
        return _page(session, status, source, ())
    if do in {"pause", "resume"}:
        use_case, done = (pause_source, "paused") if do == "pause" else (resume_source, "resumed")
        return session.submit(path, use_case, source.url, done=done, refused="other")
    if do == "remove":
        return ask(
            session,
            lambda at: session.run(remove_source, source.url, at=at) or "Its reports stay.",
            title=f"Remove {source_fields.title_of(source)}",
            button="Remove this source",
            lines=["It is no longer fetched, and its visits are deleted. Its reports stay."],
            back=path,
        )
    if do == "collect":
        if session.context.requests is not None:
            # This one although it waits.
            session.change(ask_at_once, source.url)
        return request_run(session, Step.COLLECT, back=path)
    if do == "check" and trials is not None and "://" in source.url:
        session.change(note_trial, source.url)
        try:
            trial = trials(source.url, known=source)
        except BriefingError:
            return session.back(path, message="silent")
        return session.back(f"/admin/sources/tried/{keep(session, trial)}")
    if do != "save":
        return session.back(path)
    wrong, source = source_fields.read_fields(session, source)
    if wrong:
        return _page(session, status, source, wrong)
    given = {name: getattr(source, name) for name in source_fields.fields_of(source)}
    try:
        session.change(edit_source, source.url, **given)
    except UsageError:
        return session.back("/admin/sources", message="gone")
    return session.back(source_fields.path_of(source.url), message="saved")


def _page(
    session: AdminSession, status: SourceStatus, shown: Source, wrong: tuple[FieldError, ...]
) -> Response:
    times, source, url = session.times, status.source, status.source.url
    with session.read() as tx:
        visits = sources.visits(tx, url, limit=_VISITS)
        reports = newest_of(tx, url, briefing=session.briefing, limit=_REPORTS)
        last = editions.last(tx, session.briefing)
    state, why = source_fields.state_of(status, times)
    advice = advice_after(visits[0]) if visits and state == "Failing" else ""
    if state == "Silent":
        advice = "check whether it still publishes there, or remove it"
    return session.page(
        "source",
        path=source_fields.path_of(url),
        name=source_fields.title_of(source),
        begins=last is None,
        state=state,
        bad=state in source_fields.LOOK,
        # The reason of a failure begins with a host.
        why=f"{why}." if state == "Failing" else sentence(why),
        advice=sentence(advice),
        paused=status.paused,
        on_web="://" in url,
        visits=visits,
        reports=reports,
        status_of=status,
        kinds=source_fields.KINDS,
        address_of=source_fields.address_of,
        fields=source_fields.fields_of(shown),
        grades=GRADES,
        wrong=wrong,
    )


PAGES = (SitePage("/admin/sources/{key}", view(source), ACT),)
