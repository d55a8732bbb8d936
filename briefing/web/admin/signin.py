"""Sign in with name and password, or by an identity provider; known devices; language; sign out.

A provider identifies operators by their mail addresses. Failed attempts on unknown devices lock out
unknown devices only: each known device has its own count.

References:
    OWASP, Slow Down Online Guessing Attacks with Device Cookies.
"""

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import timedelta
from functools import partial, wraps
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from briefing.app import access
from briefing.core.errors import BusyError, InputError
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable
from briefing.core.model import Operator
from briefing.press.catalog import gettext as _
from briefing.press.catalog import shown
from briefing.press.wording import moment
from briefing.store import operators
from briefing.web.admin import frame
from briefing.web.admin.frame import SIGN_IN, SIGN_OUT, AdminSession, local, redirect, view
from briefing.web.context import WebContext
from briefing.web.forms import first
from briefing.web.guard import cookie_name, delete_cookie, is_plain, log_failure, set_cookie
from briefing.web.request import ACT, ONLY_ACT, SitePage, View, WebRequest

#: Most characters of a name that are read and shown again.
_LONGEST = 60
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
        return redirect(request, to) if frame.current(request) else _form(request, to=to)
    to, context = local(first(request.fields, "to")), request.context
    typed = "".join(filter(str.isprintable, first(request.fields, "name")))
    name = typed.strip().lower()[:_LONGEST]
    form, device_of = partial(_form, request, to=to, name=name), partial(known_device, request)
    until, tried = context.store.apply(
        access.admit, name, device_of=device_of, network=request.network, at=request.at
    )
    if until is not None:
        after = moment(until, zone=context.zone)
        wrong = _("Too many attempts. Try again after {when}.", when=after)
        seconds = int((until - request.at).total_seconds()) + 1
        return form(status=429, wrong=wrong, headers={"Retry-After": str(seconds)})
    password, code = first(request.fields, "password"), first(request.fields, "code")[:_LONGEST]
    known, browser = context.secrets, frame.browser_of(request)
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
    return view(_close)(request) if frame.current(request) else redirect(request, SIGN_IN)


def _close(session: AdminSession) -> Response:
    session.change(access.sign_out, session.cookie())
    return delete_cookie(redirect(session, SIGN_IN), web=session.context.web)


def _form(request: WebRequest, *, name: str = "", wrong: str = "", **about: Any) -> Response:  # noqa: ANN401
    with request.read() as tx:
        nobody = not operators.listed(tx)
        coded = request.context.second_factor != "off" or operators.with_factor(tx)
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
    if provider is None:
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
    if provider is None:
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
    browser = frame.browser_of(request)
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
            "Your identity provider did not confirm an address that an operator of this briefing "
            "has, or took too long. Nobody is signed in."
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
    return chosen if chosen in LANGUAGES else context.usual.language


def choose_language(request: WebRequest) -> Response:
    """Keep the chosen language in this browser, and return to the page where it was chosen."""
    answer = redirect(request, local(first(request.fields, "to")))
    chosen = first(request.fields, "language")
    if chosen in LANGUAGES:
        set_cookie(answer, chosen, web=request.context.web, kind=_LANGUAGE, life=LIFE)
    return answer


PAGES = (
    SitePage("/admin/language", choose_language, ONLY_ACT),
    SitePage(SIGN_IN, sign_in, ACT),
    SitePage(SIGN_OUT, sign_out, ONLY_ACT),
    SitePage(_PROVIDER, begin),
    SitePage(_BACK, back),
)
