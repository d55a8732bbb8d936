"""Operators: their roles, passwords, second factors and sessions."""

import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app import access, keys, second_factor
from briefing.core.errors import BusyError, InputError, UsageError
from briefing.core.messages import Translatable
from briefing.core.model import Role
from briefing.press.catalog import gettext as _
from briefing.press.catalog import ngettext, shown
from briefing.press.view import draw_qr
from briefing.store import Store, drafts, operators
from briefing.web.admin import frame
from briefing.web.admin.acts import ask
from briefing.web.admin.frame import AdminSession, admin_form, redirect
from briefing.web.admin.signin import encrypted, open_page
from briefing.web.forms import FieldError, FieldErrors, first
from briefing.web.guard import set_cookie
from briefing.web.request import ACT, SitePage, WebRequest

PATH, _PASSWORD, _FORGOTTEN = "/admin/operators", "/admin/password", "/admin/forgotten"
_SESSIONS = "/admin/sessions"
#: Path of the page for the first operator, up to the token.
_FIRST = "/admin/first/"
#: Most characters of a name that are read and shown again.
_LONGEST = 60
#: The page on which the first page is made.
_MORNING = "/admin/morning"
_NAME = Translatable(
    "Use up to 40 letters a to z, digits and hyphens; not the words command, token or unknown"
)
_SHORT = Translatable(
    "At least {least} and at most {most} characters, for example four words",
    least=access.LEAST,
    most=access.MOST,
)


def board(session: AdminSession) -> Response:  # noqa: PLR0911  each outcome has its answer
    """Show the operators; add, change or remove one, or make a link for a password."""
    if not session.posts:
        return _board(session)
    do, name = session.do, _typed(session)
    if name == session.operator and do in {"change", "remove"}:
        # Nobody can change or remove themselves, so an administrator always remains.
        return session.back(PATH, message="own")
    asked = {"role": session.field("role"), "mail": session.field("mail").strip()}
    if do == "remove":
        return _remove(session, name)
    if do == "reset":
        return session.submit(PATH, second_factor.reset, name, done="reset", refused="no-factor")
    try:
        if do == "add":
            session.run(access.add_operator, name, password=None, **asked)
        elif do == "change":
            session.run(access.change_operator, name, **asked)
            return session.back(PATH, message="changed")
        token = session.run(access.hand_link, name, secret=session.context.secrets[-1])
    except UsageError as error:
        return _board(session, wrong=_wrong(error))
    return _board(session, link=f"{session.context.web}{_PASSWORD}/{token}", whose=name)


def _board(
    session: AdminSession, *, wrong: FieldErrors = (), link: str = "", whose: str = ""
) -> Response:
    with session.read() as tx:
        listed, secured = operators.listed(tx), operators.with_factor(tx)
    return session.page(
        "operators",
        operators=listed,
        secured=secured,
        roles=[*Role],
        wrong=wrong,
        written={name: session.field(name) if wrong else "" for name in ("name", "mail")},
        link=link,
        whose=whose,
        until=session.times.moment(session.at + access.HANDED),
    )


def _remove(session: AdminSession, name: str) -> Response:
    with session.read() as tx:
        frame.required(operators.get(tx, name))
        signed = len(drafts.signed_by(tx, name))

    def remove(at: datetime) -> str:
        session.run(access.remove_operator, name, at=at)
        return Translatable("{name} can no longer sign in.", name=name)

    released = ngettext(
        "{n} release by {name} no longer counts: what is not sent is held.",
        "{n} releases by {name} no longer count: what is not sent is held.",
        signed,
        name=name,
    )
    return ask(
        session,
        remove,
        title=Translatable("Remove {name}", name=name),
        button=_("Remove operator"),
        lines=[
            _("{name} is signed out everywhere. What {name} did stays in the log.", name=name),
            *([released] if signed else []),
        ],
        back=PATH,
    )


def own_password(session: AdminSession) -> Response:
    """Change the password of the signed-in operator, who must enter the current one."""
    name, wrong = session.operator, FieldErrors()
    if session.posts:
        wrong = _unidentified(
            session, _("The current password is wrong, or there were too many attempts.")
        )
        try:
            if not wrong:
                return _set(session, name)
        except UsageError as error:
            wrong = _wrong(error)
    return session.page("password", **_about(session, name, has=True, wrong=wrong))


def _unidentified(
    session: AdminSession, reason: str, code: str = "", *, secrets: Sequence[bytes] = ()
) -> FieldErrors:
    """Return an error unless the password, and a code, are those of the signed-in operator."""
    try:
        access.identify(
            session.context.store,
            session.operator,
            session.field("before"),
            code,
            secrets=secrets,
            at=session.at,
            network=session.network,
        )
    except (InputError, BusyError):
        hint = _("Type it again; after five wrong ones, wait 15 minutes")
        return (FieldError("before", reason, hint),)
    return ()


def own_factor(session: AdminSession) -> Response:
    """Set up or remove the second factor of the signed-in operator, who must enter the password."""
    context = session.context
    if not session.posts:
        return _factor(session, second_factor.new_salt())
    do, salt, code = session.do, session.field("salt"), session.field("code")[:_LONGEST]
    known, away = context.secrets, do == "remove"
    reason = _("The password or the code is wrong, or there were too many attempts.")
    wrong = _unidentified(session, reason, code, secrets=known if away else ())
    if wrong:
        return _factor(session, salt, *wrong)
    if away:
        session.run(second_factor.take_away)
        return session.back(frame.SECOND_FACTOR, message="removed")
    try:
        with session.write() as tx:
            codes = second_factor.set_up(tx, salt, code, secrets=known, actor=session.actor)
            value = frame.begin_session(tx, session, session.operator)
    except UsageError:
        reason, hint = _("The code is wrong."), _("Type the six digits that the app shows now")
        return _factor(session, salt, FieldError("code", reason, hint))
    # The forms of the page must belong to the new session.
    opened = access.use_session(context.store, value, at=session.at)
    fresh = replace(session, form_token=opened.form_token if opened else "")
    answer = fresh.page("second_factor", codes=codes, has=None, wrong=(), off=False)
    return set_cookie(answer, value, web=context.web)


def _factor(session: AdminSession, salt: str, *wrong: FieldError) -> Response:
    context, name = session.context, session.operator
    has = session.look(operators.factor_of, name)
    off = context.second_factor == "off" and has is None
    about = dict[str, Any](has=has, wrong=wrong, off=off, codes=())
    if has is None and not off:
        seed = second_factor.seed_of(name, salt, secret=context.secrets[-1])
        address = second_factor.address_of(seed, name=name, briefing=context.name)
        about |= {"salt": salt, "letters": second_factor.in_letters(seed), "qr": draw_qr(address)}
    return session.page("second_factor", **about)


def sessions(session: AdminSession) -> Response:
    """Show the operator's sessions, or everybody's to administrators; end one."""
    if session.posts:
        session.change(access.end_one_session, session.field("session"))
        return session.back(_SESSIONS, message="ended")
    listed = session.look(operators.sessions, at=session.at)
    all_ = session.role.may("end session of another")
    rows = [
        (keys.id_of(key), each, key == session.key)
        for key, each in listed
        if all_ or each.operator == session.operator
    ]
    return session.page("sessions", rows=rows, browser_of=_browser_of)


#: Browsers and systems, as a user agent names them; earlier names take precedence.
_SIGNS = ("Edg OPR Firefox Chrome Safari".split(), "iPhone iPad Android Windows Mac Linux".split())
_NAMES = {"Edg": "Edge", "OPR": "Opera"}


def _browser_of(agent: str) -> str:
    """Return browser and system, or the user agent if either is unknown."""
    signs = [next((sign for sign in each if sign in agent), "") for each in _SIGNS]
    browser, system = (_NAMES.get(sign, sign) for sign in signs)
    return _("{browser} on {system}", browser=browser, system=system) if all(signs) else agent


@encrypted
def by_link(request: WebRequest) -> Response:
    """Let an operator set a password by a link that works once."""
    context = request.context
    with request.read() as tx:
        token = request.path["token"]
        operator = access.use_link(tx, token, secrets=context.secrets, at=request.at)
    if operator is None:
        return request.site.message_page(
            _("This link has expired or was used"),
            _("A link sets one password, once. Nothing has changed."),
            status=410,
            links=((_FORGOTTEN, _("Get a new link")), (frame.SIGN_IN, _("Sign in"))),
        )
    wrong: FieldErrors = ()
    try:
        if request.posts:
            return _set(request, operator.name, linked=True)
    except UsageError as error:
        wrong = _wrong(error)
    return open_page(request, "password", **_about(request, operator.name, wrong=wrong))


def _set(request: WebRequest, name: str, *, linked: bool = False) -> Response:
    """Set the typed password and sign in with it; raise UsageError if it cannot be set.

    A link does not replace a second factor: operators with one still have to sign in with both.
    """
    password, context = first(request.fields, "password"), request.context
    with context.store.write() as tx:
        access.change_password(tx, name, password=password, actor=request.acting(name))
        if linked and operators.factor_of(tx, name) is not None:
            return redirect(request, frame.SIGN_IN)
        value = frame.begin_session(tx, request, name)
    answer = redirect(request, f"{PATH}?message=password")
    return set_cookie(answer, value, web=context.web)


@encrypted
def forgotten(request: WebRequest) -> Response:
    """Mail a link to an operator who forgot the password, without revealing who is an operator."""
    context, name, at = request.context, _typed(request), request.at
    answer = open_page(request, "forgotten", asked=request.posts)

    def mail() -> None:
        context.store.apply(access.mail_link, name, network=request.network, at=at)
        context.wake()

    if request.posts and context.sender:
        # After the response, so that its timing reveals nothing.
        answer.background = BackgroundTask(mail)
    return answer


def first_link(web: str, token: str) -> str:
    """Return the link to the page for the first operator."""
    return f"{web}{_FIRST}{token}"


def has_no_operator(store: Store) -> bool:
    """Return whether nobody can sign in yet."""
    with store.read() as tx:
        return not operators.listed(tx)


@encrypted
def first_operator(request: WebRequest) -> Response:
    """Show and accept the form; 404 without the right token, or once there is an operator."""
    context = request.context
    token = request.path["token"].encode("utf-8", "replace")
    is_right = context.first_token and hmac.compare_digest(token, context.first_token.encode())
    if not is_right or not has_no_operator(context.store):
        raise HTTPException(404)
    if not request.posts:
        return open_page(request, "password", **_about(request))
    name, password = _typed(request), first(request.fields, "password")
    try:
        with context.store.write() as tx:
            access.add_first(tx, name, password=password, actor=request.acting(name))
            value = frame.begin_session(tx, request, name)
    except UsageError as error:
        return open_page(request, "password", **_about(request, wrong=_wrong(error)))
    return set_cookie(redirect(request, _MORNING), value, web=context.web)


def _about(
    request: WebRequest, name: str = "", *, has: bool = False, wrong: FieldErrors = ()
) -> dict[str, Any]:
    """Return what a password form shows; without a name it is for the first operator."""
    known = {"name": name, "is_first": not name, "typed": _typed(request)}
    return {**known, "has": has, "wrong": wrong, "address": request.address}


def _typed(request: WebRequest) -> str:
    return first(request.fields, "name").strip().lower()[:_LONGEST]


def _wrong(error: UsageError) -> FieldErrors:
    """Return the errors of a form, worded for the browser."""
    words = str(error)
    if words.startswith("the password"):
        return (FieldError("password", _("The password is not valid."), shown(_SHORT)),)
    if words.startswith("--mail"):
        example = _("Write it like ines@ministry.example, or leave it empty")
        return (FieldError("mail", _("The mail address cannot be used."), example),)
    taken = "already an operator" in words
    hint = _("Choose another name") if taken else shown(_NAME)
    reason = _("The name is taken.") if taken else _("The name is not valid.")
    return (FieldError("name", reason, hint),)


PAGES = (
    admin_form(PATH, board, "add operator"),
    admin_form(_SESSIONS, sessions),
    admin_form(frame.SECOND_FACTOR, own_factor),
    admin_form(_PASSWORD, own_password),
    SitePage(f"{_PASSWORD}/{{token}}", by_link, ACT),
    SitePage(_FORGOTTEN, forgotten, ACT),
    SitePage(f"{_FIRST}{{token}}", first_operator, ACT),
)
