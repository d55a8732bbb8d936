"""The first operator and the first morning: what a new briefing still lacks."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from briefing.app.collect.sources import add_sources
from briefing.app.deliver.administration import last_test, relay_works
from briefing.core.errors import BriefingError
from briefing.core.model import Ending, State, Step
from briefing.press.wording import place
from briefing.settings import Settings
from briefing.settings.edit import Value
from briefing.settings.file import ChangedMeanwhileError, WrongSettingsError
from briefing.settings.reference import FIRST, RELAY
from briefing.setup.post import is_local
from briefing.sources.starters import LISTED, starter_lists
from briefing.store import editions, runs, sources, subscribers
from briefing.web.admin.deliveries import tested
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.results import came_of
from briefing.web.admin.round import request_run
from briefing.web.admin.settings import fields_of, typed
from briefing.web.context import WebContext
from briefing.web.forms import zone_groups
from briefing.web.request import ACT, SitePage

PATH = "/admin/morning"
#: Seconds between automatic reloads while a step runs.
_RELOAD = 3
#: Steps that can be asked for here.
_STEPS = (Step.COLLECT, Step.PUBLISH)


_MEANWHILE = "Somebody else changed this meanwhile. It is shown as it is now."
#: Settings that the password of the relay changes beside its form.
_PASSWORD = "mail.password_file"  # noqa: S105  the name of a setting
#: Characters of a password that are read.
_LONGEST = 1_000
_NOTHING: Mapping[str, Any] = {}


def morning(session: AdminSession) -> Response:
    """Show what is done and what comes next; do what was asked."""
    do, editor = session.field("do"), session.context.settings
    if not session.request.posts:
        return _page(session)
    if do == "sources":
        asked = session.request.fields.get("lists", ())
        new = [source for each in starter_lists() if each.key in asked for source in each.sources]
        added = session.change(add_sources, new) if new else 0
        return session.back(PATH, message="added" if added else "none")
    group = next((group for group in (FIRST, RELAY) if group.key == do), None)
    if group is None or editor is None:
        step = next((step for step in _STEPS if step.value == do), None)
        return request_run(session, step, back=PATH)
    values, seen = typed(group, session.request.fields), session.field("seen")
    try:
        if group is FIRST:
            editor.save(values, seen=seen, **session.stamp)
        else:
            password = session.field("password").strip()[:_LONGEST]
            editor.save_relay(values, password=password, seen=seen, **session.stamp)
    except ChangedMeanwhileError:
        return _page(session, wrong={"": _MEANWHILE})
    except BriefingError as error:
        wrong = error.wrong if isinstance(error, WrongSettingsError) else {"": str(error)}
        return _page(session, group.key, values, wrong)
    session.context.wake_round()
    return session.back(PATH, message="saved")


def _page(
    session: AdminSession,
    key: str = "",
    values: Mapping[str, Value] = _NOTHING,
    wrong: Mapping[str, str] = _NOTHING,
) -> Response:
    """Show the steps; of a form of settings that was refused, what was typed and what is wrong."""
    context, times = session.context, session.times
    with session.read() as tx:
        known = sources.source_statuses(tx)
        begun = min((status.added for status in known), default=times.now)
        last_runs = [runs.last(tx, session.briefing, step, until=times.now) for step in _STEPS]
        last = editions.current(tx, context.briefing, context.today)
        readers = subscribers.counts(tx).get(State.ACTIVE, 0)
        test, works = last_test(tx), relay_works(tx)
    # Those that could have read a source.
    ran = {run.step: run for run in last_runs if run and (run.ended or times.now) >= begun}
    collected = ran.get(Step.COLLECT)
    return session.page(
        "morning",
        status=422 if wrong else 200,
        forms=_forms(context, {key: (values, wrong)}, works=works),
        trouble=wrong.get("", ""),
        is_new=key == FIRST.key or context.name == Settings().name,
        place=place(session.zone),
        zones=zone_groups(context.zones, at=session.request.at),
        lists=starter_lists(),
        listed=LISTED,
        statuses=known,
        ran={"collect": "", "publish": ""}
        | {step.value: came_of(run) if run.ended else "Running" for step, run in ran.items()},
        collected=collected is not None and collected.ending in {Ending.DONE, Ending.PART},
        last=last,
        readers=readers,
        reload=0 if all(run.ended for run in ran.values()) else _RELOAD,
        test=test,
        works=works,
        **tested(session, test),
    )


def _forms(
    context: WebContext, sent: Mapping[str, tuple[Any, Any]], *, works: bool
) -> Mapping[str, Mapping[str, object]]:
    """Return the forms of settings by key, each with its fields and what the file says now."""
    if context.settings is None:
        return {}
    file = context.settings.file()
    # Where these pages are open now is what most will write.
    is_set = file.get("web.address") or is_local(context.web)
    forms = {}
    for group in (FIRST,) if works else (FIRST, RELAY):
        values, wrong = sent.get(group.key, ({} if is_set else {"web.address": context.web}, {}))
        fields = fields_of(group, file, sent=values, wrong=wrong, more={})
        seen = file.seen([*group.names, _PASSWORD])
        forms[group.key] = {"fields": fields, "seen": seen}
    return forms


PAGES = (SitePage(PATH, view(morning), ACT),)
