"""The first operator, who comes by a link that ``briefing serve`` prints in the terminal."""

from __future__ import annotations

import hmac
import secrets

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.operators import accounts, sessions
from briefing.core.errors import UsageError
from briefing.store import Store, operators
from briefing.web.admin import morning, session
from briefing.web.admin.frame import redirect
from briefing.web.admin.signin import unless_encrypted
from briefing.web.forms import FieldError, first
from briefing.web.limits import is_own_post
from briefing.web.page import ACT, SitePage
from briefing.web.request import WebRequest

#: Begin of the address of the link.
_PATH = "/admin/first/"
#: Random bytes of the link.
_BYTES = 24
#: Characters of a name that are shown again.
_LONGEST = 60


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
    context = request.site.context
    token = request.path["token"].encode("utf-8", "replace")
    if not context.first_token or not hmac.compare_digest(token, context.first_token.encode()):
        raise HTTPException(404)
    if not has_no_operator(context.store):
        raise HTTPException(404)
    refused = unless_encrypted(request)
    if refused is not None:
        return refused
    if not request.posts:
        return _form(request)
    # One-click requests of mail programs are not accepted here.
    if not is_own_post(request.headers, web=context.web):
        raise HTTPException(403)
    return _added(request, name=first(request.fields, "name").strip().lower()[:_LONGEST])


def _added(request: WebRequest, *, name: str) -> Response:
    context = request.site.context
    try:
        with context.store.write() as tx:
            accounts.add_first(
                tx,
                name,
                password=first(request.fields, "password"),
                actor=request.actor(name),
                at=request.at,
            )
            value = sessions.begin(tx, name, at=request.at)
    except UsageError as error:
        field = "password" if str(error).startswith("the password") else "name"
        return _form(request, name=name, wrong=(FieldError(field, str(error), str(error)),))
    return session.set_cookie(redirect(request, morning.PATH), value, web=context.web)


def _form(request: WebRequest, *, name: str = "", wrong: tuple[FieldError, ...] = ()) -> Response:
    return request.site.page(
        "admin/first",
        status=422 if wrong else 200,
        headers={},
        **dict.fromkeys(("operator", "form_token", "folio", "next", "message"), ""),
        rooms=(),
        name=name,
        wrong=wrong,
        address=request.address,
    )


PAGES = (SitePage(f"{_PATH}{{token}}", first_operator, ACT),)
