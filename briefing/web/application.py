"""The web application: all pages by address, for one or several briefings on one server."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote, unquote, urlsplit

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from briefing.core.edition import slug
from briefing.core.errors import SettingsError, UsageError
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable
from briefing.press.formats import FORMATS, Format
from briefing.press.wording import worded_in
from briefing.web import admin, api, assets, days, edition, operations, preferences, saga, subscribe
from briefing.web.admin.accounts import language_of
from briefing.web.context import Beside, LiveSite, WebContext
from briefing.web.doors import Doors
from briefing.web.forms import read_date
from briefing.web.guard import ResponseGuard
from briefing.web.request import ACT, SitePage, WebRequest, endpoint, site_of
from briefing.web.stored import asked_again


class _PlacesConvertor(StringConvertor):
    """Matches the key of an own page, such as "1-3-w2-lde", and no word of another address."""

    _place, _words = "w?[1-9][0-9]{0,3}", "x[0-9a-f]{20}"
    regex = f"(?:{_place}(?:-{_place})*(?:-{_words})?|{_words})(?:-l[a-z]{{2}})*"


register_url_convertor("places", _PlacesConvertor())


def _in_form(path: str, kind: Format) -> SitePage:
    def view(request: WebRequest) -> Response:
        return edition.in_form(request, kind)

    view.__name__ = kind.name
    return SitePage(f"{path}.{kind.suffix}", asked_again(view))


def _in_forms(path: str) -> list[SitePage]:
    """Return the pages of an edition in all formats, by suffix of their addresses."""
    offered = (_in_form(path, kind) for kind in FORMATS.values() if kind.suffix)
    return [_in_form(f"{path}.{{paper}}", FORMATS["pdf"]), *offered]


def _of_a_day(path: str) -> list[SitePage]:
    """Return the pages of the editions of days below a path."""
    own = f"{path}/{{sections:places}}"
    return [
        *_in_forms(path),
        SitePage(f"{path}/source/{{number}}", asked_again(edition.source)),
        SitePage(f"{path}/ledger", asked_again(edition.ledger)),
        _in_form(own, FORMATS["pdf"]),
        SitePage(f"{own}/source/{{number}}", asked_again(edition.source)),
        SitePage(own, asked_again(edition.page)),
        SitePage(path, asked_again(edition.page)),
    ]


_SHOWN_AGAIN = {
    "/": edition.today,
    "/archive": days.search,
    "/diary": days.page,
    "/diary.ics": days.feed,
    "/feed": edition.feed,
    "/podcast": edition.podcast,
    "/about": edition.about,
}
#: First path segments for operators and programs, which have no language prefix.
_UNPREFIXED = {page.path.split("/")[1] for page in (*operations.PAGES, *api.PAGES, *admin.PAGES)}
#: Open to everybody, even for a closed briefing: assets, sign-up, and mails' links for one reader.
_OPEN = (
    *(
        SitePage(f"/{name}", assets.asset)
        for name in "site.css admin.css tomorrow.js morning.js favicon.svg favicon.ico".split()
    ),
    SitePage("/fonts/{name}", assets.font),
    SitePage("/logo", assets.logo),
    SitePage("/robots.txt", assets.robots),
    SitePage("/keys.txt", assets.keys),
    SitePage("/subscribe", subscribe.subscribe, ACT),
    SitePage("/preferences", subscribe.link, ACT),
    SitePage("/confirm/{token}", subscribe.confirm, ACT),
    SitePage("/preferences/{token}", preferences.preferences, ACT),
    SitePage("/unsubscribe/{token}", preferences.unsubscribe, ACT),
)
#: In matching order: "/{day}" matches any word, so it comes last.
PAGES = (
    *_OPEN,
    *operations.PAGES,
    *api.PAGES,
    *admin.PAGES,
    *(SitePage(path, asked_again(view)) for path, view in _SHOWN_AGAIN.items()),
    SitePage("/sagas", saga.listed),
    SitePage("/saga/{id}", saga.page),
    SitePage("/saga/{id}/feed", saga.feed),
    SitePage("/watch", saga.watch_lists),
    SitePage("/watch/{name}", saga.watch_list),
    SitePage("/last.pdf", edition.last_pdf),
    SitePage("/last.png", edition.last_picture),
    *_in_forms("/week/{week}"),
    SitePage("/week/{week}/source/{number}", asked_again(edition.source)),
    SitePage("/week/{week}", asked_again(edition.week)),
    *_of_a_day("/edition/{edition}/{day}"),
    *_of_a_day("/{day}"),
)


def make_app(context: WebContext, *, beside: Beside = tuple) -> Starlette:
    """Return the web application of a briefing; ``beside`` are others that readers can choose.

    Raises:
        SettingsError: its theme has no web pages.
    """
    if context.theme.asset("web/site.css") is None:
        raise SettingsError(
            f"theme {context.theme.name!r} has no web pages; give it a folder web/ such as that of "
            "the theme 'classic'"
        )
    site = LiveSite(context, beside)

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  it is registered for these alone
        return site_of(request, site).error(error.status_code, headers=error.headers or {})

    app = Starlette(
        routes=[
            Route(page.path, endpoint(site, page.view, page.intake), methods=list(page.methods))
            for page in PAGES
        ],
        middleware=[
            Middleware(ResponseGuard),
            Middleware(LanguagePath, site=site),
            # Pages for operators and programs have their own access control.
            Middleware(
                Doors,
                site=site,
                pages=PAGES,
                is_open=lambda page: page in _OPEN or page.path.split("/")[1] in _UNPREFIXED,
            ),
        ],
        exception_handlers={HTTPException: failed},
    )
    # Such redirects would be built from the Host header.
    app.router.redirect_slashes = False
    return app


class LanguagePath:
    """Serves a page in the language of its path prefix, otherwise in that of the briefing.

    Strips the prefix from the path. Does not apply to the administration, which follows the
    operator.
    """

    def __init__(self, app: ASGIApp, site: LiveSite) -> None:
        """Wrap an application; ``site`` returns its briefing."""
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        first, _slash, rest = scope.get("path", "")[1:].partition("/")
        if first in LANGUAGES and rest.split("/")[0] not in _UNPREFIXED:
            scope["path"], scope["language"] = f"/{rest}", first
        elif first not in _UNPREFIXED:
            scope["language"] = self._site().context.settings.language
        language = scope.get("language", "")
        if first == "admin":
            language = language_of(Request(scope), self._site().context)
        with worded_in(language):
            await self._app(scope, receive, send)


_PAGE = """\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Briefings</title><link rel="icon" href="{style}/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{style}/site.css"></head>
<body><main><h1>Briefings</h1>
<ul>{items}</ul></main></body></html>
"""


class Several:
    """Dispatches requests to briefings by host or path prefix, which it strips.

    Briefings can be added while it is running.
    """

    def __init__(self, contexts: Sequence[WebContext], *, at_root: bool) -> None:
        """Create the dispatcher for at least one briefing; raise the errors of :meth:`add`.

        With ``at_root``, the first briefing gets all paths that no other has; otherwise a list of
        briefings is at the root.
        """
        self._contexts: list[WebContext] = []
        self._by_path: dict[str, ASGIApp] = {}
        self._by_host: dict[str, ASGIApp] = {}
        self._root = contexts[0] if at_root else None
        self._front = self._app(contexts[0]) if at_root else _front(self._contexts)
        self._contexts += contexts[:at_root]
        for context in contexts[at_root:]:
            self.add(context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        app, path = self._find(scope)
        await app({**scope, "path": path}, receive, send)

    def add(self, context: WebContext) -> None:
        """Serve another briefing from now on.

        Raises:
            UsageError: two briefings have the same address.
            SettingsError: its theme has no web pages.
        """
        own, short = unquote(context.base), unquote(path_of(context.briefing))
        # A proxy may strip the first of these paths.
        paths = dict.fromkeys(filter(None, (own, short if self._root or not own else "")))
        host = "" if context.base else urlsplit(context.web).netloc.lower()
        taken = next(filter(self._is_taken, paths), "")
        if host and (host in self._by_host or (self._root and self._root.web == context.web)):
            taken = host
        if taken:
            raise UsageError(
                f"two briefings have the address {taken}; give {context.settings.name!r} another "
                "web.address"
            )
        app = self._app(context)
        by_path = self._by_path | dict.fromkeys(paths, app)
        # Longest first, since one path may be a prefix of another.
        self._by_path = dict(sorted(by_path.items(), key=lambda item: -len(item[0])))
        if host:
            self._by_host = {**self._by_host, host: app}
        self._contexts.append(context)

    def close(self, name: str, web: str) -> None:
        """Mark a briefing as not served now; ``web`` is its ``web.address``, if it has one."""
        parts = urlsplit(web)
        self._by_path.setdefault(unquote(parts.path.rstrip("/")) or path_of(slug(name)), _closed())
        if parts.netloc and not parts.path:
            self._by_host.setdefault(parts.netloc.lower(), _closed())

    def why_not(self, name: str) -> str:
        """Return why a briefing of this name cannot be added; empty if it can."""
        if any(context.briefing == slug(name) for context in self._contexts):
            return Translatable(
                "A briefing named {name} already exists. Choose another name.", name=repr(name)
            )
        if self._is_taken(unquote(path_of(slug(name)))):
            return Translatable(
                "{path} is the address of another page. Choose another name.", path=f"/{slug(name)}"
            )
        return ""

    def _is_taken(self, path: str) -> bool:
        if path in self._by_path:
            return True
        pages = {page.path.split("/")[1] for page in PAGES} | {"healthz", *LANGUAGES}
        first = path.split("/")[1]
        return self._root is not None and (first in pages or read_date(first) is not None)

    def _app(self, context: WebContext) -> ASGIApp:
        return make_app(
            context, beside=lambda: [other for other in self._contexts if other is not context]
        )

    def _find(self, scope: Scope) -> tuple[ASGIApp, str]:
        path: str = scope["path"]
        own = self._by_host.get(Headers(scope=scope).get("host", "").lower())
        if own is not None:
            return own, path
        for base, app in self._by_path.items():
            if path == base or path.startswith(f"{base}/"):
                return app, path[len(base) :] or "/"
        return self._front, path


def path_of(briefing: str) -> str:
    """Return the path of a briefing without its own address."""
    return f"/{quote(briefing)}"


def _closed() -> Starlette:
    """Return the application for a briefing that could not be started."""

    async def closed(_request: Request) -> Response:
        message = "This briefing is unavailable. Its operator has been notified.\n"
        return PlainTextResponse(message, 503, headers={"Retry-After": "600"})

    return Starlette(routes=[Route("/{path:path}", closed)], middleware=[Middleware(ResponseGuard)])


def _front(contexts: Sequence[WebContext]) -> Starlette:
    """Return the application that lists the public briefings, as they are at each request."""

    def bases() -> list[str]:
        return [context.base or path_of(context.briefing) for context in public()]

    def public() -> list[WebContext]:
        return [context for context in contexts if not context.closed]

    async def front(_request: Request) -> Response:
        style = next(iter(bases()), "")
        items = "".join(
            f'<li><a href="{escape(context.web)}/">{escape(context.settings.name)}</a></li>'
            for context in public()
        )
        return HTMLResponse(_PAGE.format(style=escape(style), items=items))

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def icon(request: Request) -> Response:
        if not bases():
            raise HTTPException(404)
        return RedirectResponse(bases()[0] + request.url.path, 308)

    async def robots(_request: Request) -> Response:
        return PlainTextResponse(assets.for_robots(bases()))

    routes = [
        Route("/", front),
        Route("/healthz", healthz),
        Route("/favicon.ico", icon),
        Route("/robots.txt", robots),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(ResponseGuard)])
    app.router.redirect_slashes = False
    return app
