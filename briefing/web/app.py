"""All pages under their addresses."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from briefing.core.errors import SettingsError
from briefing.web import (
    about,
    admin,
    api,
    archive,
    assets,
    atom,
    confirm,
    edition,
    leave,
    operations,
    source,
    subscribe,
    wishes,
)
from briefing.web.desk import Desk
from briefing.web.guard import Guard
from briefing.web.page import ACT, Page
from briefing.web.site import Site, make_site
from briefing.web.visit import endpoint

#: In the order in which an address is looked for: a day of the archive is any word.
PAGES = (
    Page("/site.css", assets.style),
    Page("/admin.css", assets.admin_style),
    Page("/fonts/{name}", assets.font),
    Page("/favicon.svg", assets.icon),
    Page("/favicon.ico", assets.icon),
    Page("/robots.txt", assets.robots),
    Page("/subscribe", subscribe.subscribe, ACT),
    Page("/preferences", subscribe.link, ACT),
    Page("/confirm/{token}", confirm.confirm, ACT),
    Page("/preferences/{token}", wishes.preferences, ACT),
    Page("/unsubscribe/{token}", leave.unsubscribe, ACT),
    *operations.PAGES,
    *api.PAGES,
    *admin.PAGES,
    Page("/", edition.today),
    Page("/archive", archive.search),
    Page("/feed", atom.feed),
    Page("/about", about.about),
    Page("/last.pdf", edition.last_pdf),
    Page("/{day}.pdf", edition.pdf),
    Page("/{day}.html", edition.printed),
    Page("/{day}/source/{number}", source.source),
    Page("/{day}/ledger", about.ledger),
    Page("/{day}", edition.page),
)


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
    return [
        Route(page.path, endpoint(site, page.view), methods=list(page.methods)) for page in PAGES
    ]
