"""The first operator and the first morning: what a new briefing still lacks."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app import access
from briefing.app.collect.sources import add_sources
from briefing.app.deliver.administration import last_test, relay_works
from briefing.core.errors import BriefingError, UsageError
from briefing.core.model import Ending, State, Step
from briefing.press.wording import place
from briefing.settings import Settings
from briefing.settings.edit import Value
from briefing.settings.file import ChangedMeanwhileError, WrongSettingsError
from briefing.settings.reference import FIRST, RELAY
from briefing.setup.post import is_local
from briefing.sources.starters import LISTED, starter_lists
from briefing.store import Store, editions, operators, runs, sources, subscribers
from briefing.web.admin import frame
from briefing.web.admin.deliveries import tested
from briefing.web.admin.frame import AdminSession, redirect, view
from briefing.web.admin.results import came_of
from briefing.web.admin.settings import fields_of, typed
from briefing.web.admin.signin import open_page, unless_encrypted
from briefing.web.admin.today import request_run
from briefing.web.context import WebContext
from briefing.web.forms import FieldError, first, zone_groups
from briefing.web.guard import is_own_post
from briefing.web.request import ACT, SitePage, WebRequest

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


#: Begin of the address of the link.
_PATH = "/admin/first/"
#: Random bytes of the link.
_BYTES = 24
#: Characters of a name that are shown again.
_LONGEST_FIRST = 60


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)


def first_link(web: str, token: str) -> str:
    """Return the link with a token to the page."""
    return f"{web}{_PATH}{token}"


def has_no_operator(store: Store) -> bool:
    """Tell whether nobody can sign in yet."""
    with store.read() as tx:
        return not operators.listed(tx)


def first_operator(request: WebRequest) -> Response:
    """Show and accept the form; without the token, or once there is an operator, 404."""
    context = request.context
    token = request.path["token"].encode("utf-8", "replace")
    is_right = context.first_token and hmac.compare_digest(token, context.first_token.encode())
    if not is_right or not has_no_operator(context.store):
        raise HTTPException(404)
    refused = unless_encrypted(request)
    if refused is not None or not request.posts:
        return refused or _form(request)
    # One-click requests of mail programs are not accepted here.
    if not is_own_post(request.headers, web=context.web):
        raise HTTPException(403)
    name = first(request.fields, "name").strip().lower()[:_LONGEST_FIRST]
    actor, password = request.actor(name), first(request.fields, "password")
    try:
        with context.store.write() as tx:
            access.add_first(tx, name, password=password, actor=actor, at=request.at)
            value = access.begin_session(tx, name, at=request.at)
    except UsageError as error:
        field = "password" if str(error).startswith("the password") else "name"
        return _form(request, name=name, wrong=(FieldError(field, str(error), str(error)),))
    return frame.set_cookie(redirect(request, PATH), value, web=context.web)


def _form(request: WebRequest, *, name: str = "", wrong: tuple[FieldError, ...] = ()) -> Response:
    status, address = 422 if wrong else 200, request.address
    return open_page(request, "first", status=status, name=name, wrong=wrong, address=address)


PAGES = (SitePage(PATH, view(morning), ACT), SitePage(f"{_PATH}{{token}}", first_operator, ACT))
