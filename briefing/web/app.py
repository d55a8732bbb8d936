"""The web application: all pages by address."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
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
    diary,
    edition,
    leave,
    operations,
    preferences,
    saga,
    source,
    subscribe,
    watch,
)
from briefing.web.cached import asked_again
from briefing.web.context import WebContext
from briefing.web.guard import ResponseGuard
from briefing.web.page import ACT, SitePage
from briefing.web.request import endpoint
from briefing.web.site import LiveSite


class _PlacesConvertor(StringConvertor):
    """Matches the key of an own page, "1-3-w2", and so no word of another address."""

    regex = "w?[1-9][0-9]{0,3}(?:-w?[1-9][0-9]{0,3})*"


register_url_convertor("places", _PlacesConvertor())

#: In matching order: "/{day}" matches any word, so it comes last.
PAGES = (
    SitePage("/site.css", assets.style),
    SitePage("/admin.css", assets.admin_style),
    SitePage("/fonts/{name}", assets.font),
    SitePage("/favicon.svg", assets.icon),
    SitePage("/favicon.ico", assets.icon),
    SitePage("/logo", assets.logo),
    SitePage("/robots.txt", assets.robots),
    SitePage("/keys.txt", assets.keys),
    SitePage("/subscribe", subscribe.subscribe, ACT),
    SitePage("/preferences", subscribe.link, ACT),
    SitePage("/confirm/{token}", confirm.confirm, ACT),
    SitePage("/preferences/{token}", preferences.preferences, ACT),
    SitePage("/unsubscribe/{token}", leave.unsubscribe, ACT),
    *operations.PAGES,
    *api.PAGES,
    *admin.PAGES,
    SitePage("/", asked_again(edition.today)),
    SitePage("/archive", asked_again(archive.search)),
    SitePage("/diary", asked_again(diary.page)),
    SitePage("/diary.ics", asked_again(diary.feed)),
    SitePage("/sagas", saga.listed),
    SitePage("/saga/{id}", saga.page),
    SitePage("/saga/{id}/feed", saga.feed),
    SitePage("/watch", watch.listed),
    SitePage("/watch/{name}", watch.page),
    SitePage("/feed", asked_again(atom.feed)),
    SitePage("/about", asked_again(about.about)),
    SitePage("/last.pdf", edition.last_pdf),
    SitePage("/week/{week}.{paper}.pdf", asked_again(edition.other_paper)),
    SitePage("/week/{week}.pdf", asked_again(edition.pdf)),
    SitePage("/week/{week}.html", asked_again(edition.printed)),
    SitePage("/week/{week}.json", asked_again(edition.data)),
    SitePage("/week/{week}.md", asked_again(edition.markdown)),
    SitePage("/week/{week}.docx", asked_again(edition.word)),
    SitePage("/week/{week}.epub", asked_again(edition.epub)),
    SitePage("/week/{week}/source/{number}", asked_again(source.source)),
    SitePage("/week/{week}", asked_again(edition.week)),
    SitePage("/{day}.{paper}.pdf", asked_again(edition.other_paper)),
    SitePage("/{day}.pdf", asked_again(edition.pdf)),
    SitePage("/{day}.html", asked_again(edition.printed)),
    SitePage("/{day}.json", asked_again(edition.data)),
    SitePage("/{day}.md", asked_again(edition.markdown)),
    SitePage("/{day}.docx", asked_again(edition.word)),
    SitePage("/{day}.epub", asked_again(edition.epub)),
    SitePage("/{day}/source/{number}", asked_again(source.source)),
    SitePage("/{day}/ledger", asked_again(about.ledger)),
    SitePage("/{day}/{sections:places}.pdf", asked_again(edition.pdf)),
    SitePage("/{day}/{sections:places}/source/{number}", asked_again(source.source)),
    SitePage("/{day}/{sections:places}", asked_again(edition.page)),
    SitePage("/{day}", asked_again(edition.page)),
)


def make_app(
    context: WebContext, *, beside: Callable[[], Sequence[WebContext]] = tuple
) -> Starlette:
    """Return the web application of a briefing; its readers can choose the others too.

    Raises:
        SettingsError: its theme has no web pages.
    """
    if context.theme.asset("web/site.css") is None:
        raise SettingsError(
            f"theme {context.theme.name!r} has no web pages; give it a folder web/ such as that of "
            "the theme 'classic'"
        )
    site = LiveSite(context, beside)

    async def failed(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  it is registered for these alone
        return site().error(error.status_code, headers=error.headers or {})

    app = Starlette(
        routes=_routes(site),
        middleware=[Middleware(ResponseGuard)],
        exception_handlers={HTTPException: failed},
    )
    # Its redirects would be built from the Host of the request.
    app.router.redirect_slashes = False
    return app


def _routes(site: LiveSite) -> list[Route]:
    return [
        Route(page.path, endpoint(site, page.view, page.intake), methods=list(page.methods))
        for page in PAGES
    ]
