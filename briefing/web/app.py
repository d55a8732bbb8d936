"""All pages under their addresses."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from briefing.errors import SettingsError
from briefing.web import assets, confirm, edition, leave, subscribe, wishes
from briefing.web.desk import Desk
from briefing.web.guard import Guard
from briefing.web.site import Site, make_site
from briefing.web.visit import View, endpoint

_ASK = ("GET",)
_ACT = ("GET", "POST")


def make_app(desk: Desk) -> Starlette:
    """Return the web pages of a desk.

    Raises:
        SettingsError: its theme has no web pages.
    """
    if desk.theme.asset("web/site.css") is None:
        raise SettingsError(
            f"theme {desk.theme.name!r} has no web pages; give it a folder web/ such as that of "
            "the theme 'classic'"
        )
    site = make_site(desk)

    async def failed(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  it is registered for these alone
        return site.error(error.status_code, headers=error.headers or {})

    app = Starlette(
        routes=_routes(site),
        middleware=[Middleware(Guard)],
        exception_handlers={HTTPException: failed},
    )
    # Its redirects would be built from the Host of the request.
    app.router.redirect_slashes = False
    return app


def _routes(site: Site) -> list[Route]:
    def route(path: str, view: View, methods: Sequence[str] = _ASK) -> Route:
        return Route(path, endpoint(site, view), methods=list(methods))

    return [
        route("/", edition.today),
        route("/site.css", assets.style),
        route("/fonts/{name}", assets.font),
        route("/subscribe", subscribe.subscribe, _ACT),
        route("/preferences", subscribe.link, _ACT),
        route("/confirm/{token}", confirm.confirm, _ACT),
        route("/preferences/{token}", wishes.preferences, _ACT),
        route("/unsubscribe/{token}", leave.unsubscribe, _ACT),
        route("/{day}.pdf", edition.pdf),
        route("/{day}", edition.page),
    ]
