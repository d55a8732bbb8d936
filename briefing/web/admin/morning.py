"""The first morning: a page of sample news at once, then mail, then readers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from briefing.app.collect.sources import add_sources
from briefing.app.deliver.administration import ARRIVED, last_test, not_sent, relay_works
from briefing.app.editors import next_to_print
from briefing.core.errors import BriefingError
from briefing.core.messages import Translatable
from briefing.core.model import Ending, State, Step
from briefing.press.catalog import shown
from briefing.press.wording import place, say
from briefing.settings.file import ChangedMeanwhileError, Value, WrongSettingsError
from briefing.settings.reference import FIRST, RELAY
from briefing.setup.post import is_local
from briefing.setup.settings_editor import SettingsEditor
from briefing.sources.starters import LISTED, starter_lists
from briefing.store import editions, runs, sources, subscribers
from briefing.web.admin.acts import came_of, request_run
from briefing.web.admin.deliveries import tested
from briefing.web.admin.frame import AdminSession, admin_form
from briefing.web.admin.settings import fields_of, typed
from briefing.web.context import WebContext
from briefing.web.forms import sentence, zone_groups
from briefing.web.guard import SCRIPTED

PATH = "/admin/morning"
#: Seconds between automatic reloads while the page is made.
_RELOAD = 3
#: Steps that can be requested here.
_STEPS = (Step.COLLECT, Step.PUBLISH)
_MEANWHILE = Translatable(
    "Your page was changed in the meantime, perhaps in another tab. This is its current state; "
    "change it again if you like."
)
_NOWHERE = Translatable("Choose at least one region, or add sources of your own first.")
#: Setting that the relay's password changes, besides those of its form.
_PASSWORD = "mail.password_file"  # noqa: S105  the name of a setting
#: Most characters of a password that are read.
_LONGEST = 1_000
#: Publishers named for each region.
_NAMED = 5
_NOTHING: Mapping[str, Any] = {}


def morning(session: AdminSession) -> Response:  # noqa: PLR0911  each outcome has its answer
    """Show the page, what is done and what comes next; apply the action of a form."""
    do, editor = session.do, session.context.editor
    if not session.posts:
        return _page(session)
    if do == "arrived":
        session.note(ARRIVED)
        return session.back(PATH, message="arrived")
    group = {"page": FIRST, "own": FIRST, "sample": FIRST, "relay": RELAY}.get(do)
    if group is None or editor is None:
        step = next((step for step in _STEPS if step.value == do), None)
        answer = request_run(session, step, back=PATH)
        # The outcome is shown on this page.
        return session.back(PATH, message="made") if step is Step.COLLECT else answer
    values, seen = typed(group, session.fields), session.field("seen")
    if do == "sample":
        return _page(session, "name", values)
    try:
        if group is RELAY:
            password = session.field("password").strip()[:_LONGEST]
            editor.save_relay(values, password=password, seen=seen, actor=session.actor)
            session.context.wake_round()
            return session.back(PATH, message="saved")
        return _make(session, editor, values, seen)
    except ChangedMeanwhileError:
        return _page(session, wrong={"": shown(_MEANWHILE)})
    except BriefingError as error:
        wrong = error.wrong if isinstance(error, WrongSettingsError) else {"": shown(error)}
        return _page(session, group.key, values, wrong)


def _make(
    session: AdminSession, editor: SettingsEditor, values: Mapping[str, Value], seen: str
) -> Response:
    """Save name and time, add the sources of the regions, and request a collection."""
    asked = session.values("lists")
    new = [source for each in starter_lists() if each.key in asked for source in each.sources]
    known = session.look(sources.source_statuses)
    is_own = session.do == "own"
    if not new and not known and not is_own:
        wrong = {"lists": shown(_NOWHERE)}
        try:
            editor.propose(values)
        except WrongSettingsError as error:
            wrong |= error.wrong
        return _page(session, FIRST.key, values, wrong)
    file = editor.file()
    # Sent twice, from another tab or after going back, it changes nothing.
    if any(file.get(name) != value for name, value in values.items()):
        editor.save(values, seen=seen, actor=session.actor)
    if is_own:
        return session.back("/admin/sources")
    added = session.change(add_sources, new) if new else 0
    session.context.wake_round()
    if added and session.context.requests is not None:
        request_run(session, Step.COLLECT, back=PATH)
    return session.back(PATH, message="made" if added else "saved")


def _page(
    session: AdminSession,
    key: str = "",
    values: Mapping[str, Value] = _NOTHING,
    wrong: Mapping[str, str] = _NOTHING,
) -> Response:
    """Show the steps; after a refused form, also what was typed and what is wrong."""
    context, times = session.context, session.times
    with session.read() as tx:
        known = sources.source_statuses(tx)
        begun = min((status.added for status in known), default=times.now)
        last_runs = [runs.last(tx, session.briefing, step, until=times.now) for step in _STEPS]
        last = editions.current(tx, context.briefing, context.today)
        readers = subscribers.counts(tx).get(State.ACTIVE, 0)
        test, works = last_test(tx), relay_works(tx)
    # Runs that could have read a source.
    ran = {run.step: run for run in last_runs if run and (run.ended or times.now) >= begun}
    collected = ran.get(Step.COLLECT)
    is_read = collected is not None and collected.ending in {Ending.DONE, Ending.PART}
    picture, trouble = _picture(
        session, last=bool(last), is_read=is_read, typed_name=values.get("name")
    )
    forms = _forms(context, {key: (values, wrong)}, works=works)
    asked = any(act.step is Step.COLLECT for act in context.acts.listed())
    waits = (asked and collected is None) or not all(run.ended for run in ran.values())
    # Sources were read without problems, so the page is being laid out.
    is_sample = picture.startswith("/admin/settings")
    waits = waits or (is_read and is_sample and not trouble and "" in context.drafts)
    page = session.page(
        "morning",
        status=422 if wrong else 200,
        forms=forms,
        wrong=wrong,
        step=1 if is_sample else 3 if works else 2,
        place=place(session.zone),
        zones=zone_groups(context.zones, at=session.at),
        regions=starter_lists(),
        named=_NAMED,
        asked=session.fields.get("lists", () if session.posts else ("europe",)),
        listed=say().day(LISTED, say().date_of_year),
        statuses=known,
        outcome=came_of(collected) if collected and collected.ended else "",
        picture=picture,
        unprintable=trouble,
        last=last,
        readers=readers,
        reload=_RELOAD if waits and not wrong and context.requests is not None else 0,
        test=test,
        accepted=test is not None and not works and not not_sent(test),
        works=works,
        **tested(session, test),
    )
    page.headers["Content-Security-Policy"] = SCRIPTED
    return page


def _picture(
    session: AdminSession, *, last: bool, is_read: bool, typed_name: object
) -> tuple[str, str]:
    """Return the path of the page's picture, and why it does not show today's news yet."""
    context, trouble = session.context, ""
    if last:
        return "/last.png", ""
    if is_read and (drafts := context.drafts.get("")):
        with session.read() as tx:
            day, _ = next_to_print(tx, context.briefing, timetable=context.timetable, at=session.at)
        try:
            if drafts.soon(day):
                return f"/admin/tomorrow.png?at={session.at.timestamp():.0f}", ""
        except BriefingError as error:
            trouble = sentence(error)
    name = {"name": f"{typed_name or context.settings.name}"}
    return f"/admin/settings/page/page.png?{urlencode(name)}", trouble


def _forms(
    context: WebContext, sent: Mapping[str, tuple[Any, Any]], *, works: bool
) -> Mapping[str, Mapping[str, object]]:
    """Return the forms of settings by key, each with its fields and what the file says now."""
    if context.editor is None:
        return {}
    file = context.editor.file()
    # Suggest the address at which these pages are open now, which most will keep.
    is_set = file.get("web.address") or is_local(context.web)
    forms = {}
    for group in (FIRST,) if works else (FIRST, RELAY):
        values, wrong = sent.get(group.key, ({} if is_set else {"web.address": context.web}, {}))
        fields = fields_of(group, file, sent=values, wrong=wrong, more={})
        seen = file.seen([*group.names, _PASSWORD])
        forms[group.key] = {"fields": fields, "seen": seen}
    return forms


PAGES = (admin_form(PATH, morning, "change setting"),)
