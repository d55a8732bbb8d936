"""Operators: how they sign in; their roles, passwords, second factors, sessions and language.

A provider identifies operators by their mail addresses. Failed attempts on unknown devices lock out
unknown devices only: each known device has its own count.

References:
    OWASP, Slow Down Online Guessing Attacks with Device Cookies.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from briefing.app import access, keys, second_factor
from briefing.core.errors import BusyError, InputError, UsageError
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable
from briefing.core.model import Operator, Role
from briefing.press.catalog import _, ngettext, shown
from briefing.press.view import draw_qr
from briefing.press.wording import moment
from briefing.store import Store, drafts, operators
from briefing.web.admin.acts import ask
from briefing.web.admin.frame import (
    SECOND_FACTOR,
    SIGN_IN,
    SIGN_OUT,
    AdminSession,
    admin_form,
    begin_session,
    browser_of,
    current,
    local,
    redirect,
    required,
    view,
)
from briefing.web.context import WebContext
from briefing.web.forms import FieldError, FieldErrors, first
from briefing.web.guard import cookie_name, delete_cookie, is_plain, log_failure, set_cookie
from briefing.web.request import ACT, ONLY_ACT, SitePage, View, WebRequest

_BUSY = Translatable("Too many sign-ins at the moment. Try again in a minute.")
_PROVIDER = "/admin/provider"
_BACK = f"{_PROVIDER}/back"
#: Seconds that signing in at the provider may take.
_PATIENCE = 600


def encrypted(handler: View) -> View:
    """Return a view that refuses passwords unless they are encrypted or stay on this machine."""

    @wraps(handler)
    def answer(request: WebRequest) -> Response:
        web = request.context.web
        if request.secure and (web.startswith("https://") or is_plain(web)):
            return handler(request)
        return request.site.message_page(
            _("HTTPS required"),
            _("Passwords must not be sent unencrypted, so nobody can sign in at this address."),
            status=403,
            note=_(
                "Serve the pages over https and set address under [web]; or open them on the "
                "machine itself, at http://localhost. A proxy that speaks TLS must set "
                "X-Forwarded-Proto, and FORWARDED_ALLOW_IPS must name its address unless it is "
                "127.0.0.1."
            ),
        )

    return answer


@encrypted
def sign_in(request: WebRequest) -> Response:
    """Show the form; open a session for the right name and password."""
    if not request.posts:
        to = local(request.query.get("to", ""))
        return redirect(request, to) if current(request) else _form(request, to=to)
    to, context = local(first(request.fields, "to")), request.context
    typed = "".join(filter(str.isprintable, first(request.fields, "name")))
    name = typed.strip().lower()[:_LONGEST]
    form, device_of = partial(_form, request, to=to, name=name), partial(known_device, request)
    until, tried = context.store.apply(
        access.admit, name, device_of=device_of, network=request.network, at=request.at
    )
    if until is not None:
        after = moment(until, zone=context.settings.schedule.zone)
        wrong = _("Too many attempts. Try again after {when}.", when=after)
        seconds = int((until - request.at).total_seconds()) + 1
        return form(status=429, wrong=wrong, headers={"Retry-After": str(seconds)})
    password, code = first(request.fields, "password"), first(request.fields, "code")[:_LONGEST]
    known, browser = context.secrets, browser_of(request)
    try:
        value = access.sign_in(context.store, tried, password, code, secrets=known, browser=browser)
    except BusyError:
        return form(status=503, wrong=shown(_BUSY), headers={"Retry-After": "60"})
    if tried.operator is None or not value:
        return form(status=422, wrong=_("Name, password or code is wrong."))
    return _opened(request, tried.operator, value, to)


def _opened(request: WebRequest, operator: Operator, value: str, to: str) -> Response:
    """Redirect to a page with the cookies of a new session and of the device."""
    web, device = request.context.web, known_device(request, operator)
    device = device or secrets.token_urlsafe(_BYTES)
    kept = device, _whose(operator), (request.at + LIFE).timestamp()
    answer = set_cookie(redirect(request, to), value, web=web)
    signed = str(_signer(request, "device").dumps(kept))
    return set_cookie(answer, signed, web=web, kind="device", life=LIFE)


def sign_out(request: WebRequest) -> Response:
    """End the session, if there is one."""
    return view(_close)(request) if current(request) else redirect(request, SIGN_IN)


def _close(session: AdminSession) -> Response:
    session.change(access.sign_out, session.cookie())
    return delete_cookie(redirect(session, SIGN_IN), web=session.context.web)


def _form(request: WebRequest, *, name: str = "", wrong: str = "", **about: Any) -> Response:  # noqa: ANN401
    with request.read() as tx:
        nobody = not operators.listed(tx)
        coded = request.context.settings.web.second_factor != "off" or operators.with_factor(tx)
    return open_page(request, "signin", name=name, wrong=wrong, nobody=nobody, coded=coded, **about)


def open_page(request: WebRequest, template: str, **about: Any) -> Response:  # noqa: ANN401  as Site.page
    """Return a page of the administration for somebody who is not signed in."""
    nobody: dict[str, Any] = dict.fromkeys(("operator", "form_token", "message"), "")
    return request.site.page(f"admin/{template}", places=(), **nobody, **about)


#: How long a device stays known after its last sign-in; browsers keep cookies for at most 400 days
#: (RFC 6265bis, section 5.5).
LIFE = timedelta(days=365)
_BYTES = 16


def known_device(request: WebRequest, operator: Operator | None) -> str:
    """Return the device's id if the operator has signed in on it, otherwise an empty string."""
    kept = request.cookie("device")
    with suppress(BadData):
        device, whose, until = _signer(request, "device").loads(kept)
        if operator and whose == _whose(operator) and request.at.timestamp() < until:
            return str(device)
    return ""


def _whose(operator: Operator) -> str:
    """Return an identity of an operator that a later operator of the same name does not share."""
    return f"{operator.name} {operator.since.isoformat()}"


def _signer(request: WebRequest, what: str) -> URLSafeSerializer:
    # The last secret signs.
    keys = [hmac.new(key, b"briefing cookie", "sha256").digest() for key in request.context.secrets]
    digest = {"digest_method": hashlib.sha256}
    return URLSafeSerializer(keys, salt=f"briefing {what}", signer_kwargs=digest)


@encrypted
def begin(request: WebRequest) -> Response:
    """Redirect to the provider, with a cookie against which its answer is checked."""
    context, at, provider = request.context, request.at, request.context.identity
    if not provider:
        return redirect(request, SIGN_IN)
    asked = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    try:
        to = provider.address(**asked, back=f"{context.web}{_BACK}", at=at)
    except InputError as error:
        return _failed(request, error)
    kept = asked | {"to": local(request.query.get("to", "")), "began": at.timestamp()}
    signed = str(_signer(request, "provider").dumps(kept))
    return set_cookie(RedirectResponse(to, 303), signed, web=context.web, kind="provider")


@encrypted
def back(request: WebRequest) -> Response:
    """Open a session for the operator whose address the provider has verified."""
    context, provider = request.context, request.context.identity
    if not provider:
        return redirect(request, SIGN_IN)
    try:
        kept = _kept(request, issuer=provider.issuer)
        mail = provider.mail(
            request.query.get("code", ""),
            nonce=kept["nonce"],
            verifier=kept["verifier"],
            back=f"{context.web}{_BACK}",
            at=request.at,
        )
    except (BadData, InputError) as error:
        return _failed(request, error)
    browser = browser_of(request)
    value, operator = context.store.apply(
        access.sign_in_by_mail, mail, browser=browser, at=request.at
    )
    if operator is None or not value:
        return _failed(request, InputError("no operator has this address alone"))
    answer = _opened(request, operator, value, local(kept["to"]))
    return delete_cookie(answer, web=context.web, kind="provider")


def _kept(request: WebRequest, *, issuer: str) -> dict[str, Any]:
    """Return what the browser keeps of the sign-in that it began, if the answer matches."""
    cookie = request.cookie("provider")
    kept: dict[str, Any] = _signer(request, "provider").loads(cookie)
    state = request.query.get("state", "").encode("utf-8", "replace")
    if (
        not hmac.compare_digest(kept["state"].encode(), state)
        or request.at.timestamp() >= kept["began"] + _PATIENCE
        # RFC 9207: reject an answer that another provider issued.
        or request.query.get("iss", issuer) != issuer
    ):
        raise InputError("the answer is of another sign-in, or of another provider")
    return kept


def _failed(request: WebRequest, error: Exception) -> Response:
    log_failure(error, at="provider")
    page = request.site.message_page(
        _("Sign-in failed"),
        _(
            "Your identity provider did not confirm the address of any operator of this briefing, "
            "or took too long. You are not signed in."
        ),
        status=403,
        links=((SIGN_IN, _("Sign in")),),
    )
    return delete_cookie(page, web=request.context.web, kind="provider")


#: The cookie of the chosen language, which outlives the session.
_LANGUAGE = "language"


def language_of(request: Request, context: WebContext) -> str:
    """Return the language of the pages for an operator."""
    chosen = request.cookies.get(cookie_name(context.web, _LANGUAGE), "")
    return chosen if chosen in LANGUAGES else context.settings.language


def choose_language(request: WebRequest) -> Response:
    """Keep the chosen language in this browser, and return to the page where it was chosen."""
    answer = redirect(request, local(first(request.fields, "to")))
    chosen = first(request.fields, "language")
    if chosen in LANGUAGES:
        set_cookie(answer, chosen, web=request.context.web, kind=_LANGUAGE, life=LIFE)
    return answer


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
        required(operators.get(tx, name))
        signed = len(drafts.signed_by(tx, name))

    def remove(at: datetime) -> str:
        session.run(access.remove_operator, name, at=at)
        return Translatable("{name} can no longer sign in.", name=name)

    released = ngettext(
        "{n} release by {name} is no longer valid: anything not yet sent is held.",
        "{n} releases by {name} are no longer valid: anything not yet sent is held.",
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
            session.acting(session.operator),
            session.field("before"),
            code,
            secrets=secrets,
        )
    except (InputError, BusyError):
        hint = _("Type it again. After five wrong attempts, wait 15 minutes")
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
        return session.back(SECOND_FACTOR, message="removed")
    try:
        with session.write() as tx:
            codes = second_factor.set_up(tx, salt, code, secrets=known, actor=session.actor)
            value = begin_session(tx, session, session.operator)
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
    off = context.settings.web.second_factor == "off" and has is None
    about = dict[str, Any](has=has, wrong=wrong, off=off, codes=())
    if not has and not off:
        seed = second_factor.seed_of(name, salt, secret=context.secrets[-1])
        address = second_factor.address_of(seed, name=name, briefing=context.settings.name)
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
    if not operator:
        return request.site.message_page(
            _("This link has expired or has already been used"),
            _("Each link can be used only once. Nothing has changed."),
            status=410,
            links=((_FORGOTTEN, _("Get a new link")), (SIGN_IN, _("Sign in"))),
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
        if linked and operators.factor_of(tx, name):
            return redirect(request, SIGN_IN)
        value = begin_session(tx, request, name)
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
            value = begin_session(tx, request, name)
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
    SitePage("/admin/language", choose_language, ONLY_ACT),
    SitePage(SIGN_IN, sign_in, ACT),
    SitePage(SIGN_OUT, sign_out, ONLY_ACT),
    SitePage(_PROVIDER, begin),
    SitePage(_BACK, back),
    admin_form(PATH, board, "add operator"),
    admin_form(_SESSIONS, sessions),
    admin_form(SECOND_FACTOR, own_factor),
    admin_form(_PASSWORD, own_password),
    SitePage(f"{_PASSWORD}/{{token}}", by_link, ACT),
    SitePage(_FORGOTTEN, forgotten, ACT),
    SitePage(f"{_FIRST}{{token}}", first_operator, ACT),
)
