"""Sign-in by an identity provider, for operators whom the briefing knows by their mail address."""

import hashlib
import hmac
import secrets

from itsdangerous import BadData, URLSafeSerializer
from starlette.responses import RedirectResponse, Response

from briefing.app import access
from briefing.core.errors import InputError
from briefing.core.model import Operator
from briefing.web.admin import frame
from briefing.web.admin.frame import local, redirect
from briefing.web.admin.signin import remember, unless_encrypted
from briefing.web.guard import cookie_name, is_plain, log_failure, set_cookie
from briefing.web.request import SitePage, WebRequest

PATH = "/admin/provider"
_BACK = f"{PATH}/back"
#: Seconds that somebody may take to sign in there.
_PATIENCE = 600


def begin(request: WebRequest) -> Response:
    """Send a browser to the provider, and have it keep what the answer must fit."""
    provider, context = request.context.identity, request.context
    refused = unless_encrypted(request)
    if provider is None or refused is not None:
        return refused or redirect(request, frame.SIGN_IN)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    back = f"{context.web}{_BACK}"
    try:
        to = provider.address(state=state, nonce=nonce, verifier=verifier, back=back, at=request.at)
    except InputError as error:
        return _failed(request, error)
    to_page, began = local(request.query.get("to", "")), request.at.timestamp()
    kept = _signer(request).dumps((state, nonce, verifier, to_page, began))
    answer = RedirectResponse(to, 303)
    return set_cookie(answer, str(kept), web=context.web, name=_cookie(request))


def back(request: WebRequest) -> Response:
    """Open a session for the operator whose address the provider has verified."""
    provider, context, asked = request.context.identity, request.context, request.query
    refused = unless_encrypted(request)
    if provider is None or refused is not None:
        return refused or redirect(request, frame.SIGN_IN)
    try:
        nonce, verifier, to = _kept(request, state=asked.get("state", ""))
        # RFC 9207: an answer that another provider caused is not sent to this one.
        _refuse_unless(asked.get("iss", provider.issuer) == provider.issuer)
        mail = provider.mail(
            asked.get("code", ""),
            nonce=nonce,
            verifier=verifier,
            back=f"{context.web}{_BACK}",
            at=request.at,
        )
    except (BadData, InputError, ValueError) as error:
        return _failed(request, error)
    with context.store.write() as tx:
        value, operator = access.sign_in_by_mail(
            tx, mail, browser=frame.browser_of(request), at=request.at
        )
    if operator is None or not value:
        return _failed(request, InputError("no operator has this address alone"))
    return _forget(request, _opened(request, operator, value, to))


def _kept(request: WebRequest, *, state: str) -> tuple[str, str, str]:
    """Return what the browser keeps of a sign-in that was begun there."""
    kept = request.cookies.get(_cookie(request), "")
    known, nonce, verifier, to, began = map(str, _signer(request).loads(kept))
    _refuse_unless(hmac.compare_digest(known.encode(), state.encode("utf-8", "replace")))
    _refuse_unless(request.at.timestamp() < float(began) + _PATIENCE)
    return nonce, verifier, to


def _refuse_unless(fits: bool) -> None:  # noqa: FBT001  nothing else is asked
    if not fits:
        raise InputError("the answer is of another sign-in, or of another provider")


def _opened(request: WebRequest, operator: Operator, value: str, to: str) -> Response:
    answer = set_cookie(redirect(request, local(to)), value, web=request.context.web)
    return remember(answer, request, operator)


def _failed(request: WebRequest, error: Exception) -> Response:
    log_failure(error, at="provider")
    page = request.site.message_page(
        "Sign-in failed",
        "Your identity provider did not confirm an address that an operator of this briefing has, "
        "or took too long. Nobody is signed in.",
        status=403,
        links=((frame.SIGN_IN, "Sign in"),),
    )
    return _forget(request, page)


def _forget(request: WebRequest, answer: Response) -> Response:
    answer.delete_cookie(_cookie(request), secure=not is_plain(request.context.web))
    return answer


def _signer(request: WebRequest) -> URLSafeSerializer:
    keys = [hashlib.sha256(b"briefing provider " + key).digest() for key in request.context.secrets]
    return URLSafeSerializer(keys)


def _cookie(request: WebRequest) -> str:
    # No path of a briefing has a dot in the name of its cookie.
    return f"{cookie_name(request.context.web)}.provider"


PAGES = (SitePage(PATH, begin), SitePage(_BACK, back))
