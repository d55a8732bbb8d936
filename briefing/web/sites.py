"""Several briefings in one server, each under its own path or host, with an index page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote, unquote, urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from briefing.core.edition import slug
from briefing.core.errors import UsageError
from briefing.web.app import make_app
from briefing.web.assets import for_robots
from briefing.web.context import WebContext
from briefing.web.guard import ResponseGuard

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
    """Dispatches requests to briefings by host or path prefix, which it strips."""

    def __init__(
        self, front: ASGIApp, *, by_path: Mapping[str, ASGIApp], by_host: Mapping[str, ASGIApp]
    ) -> None:
        """Create the dispatcher.

        Args:
            front: handles requests for no briefing.
            by_path: paths without a last slash.
            by_host: hosts in lower case.
        """
        self._front, self._by_path, self._by_host = front, by_path, by_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        app, path = self._find(scope)
        await app({**scope, "path": path}, receive, send)

    def _find(self, scope: Scope) -> tuple[ASGIApp, str]:
        path: str = scope["path"]
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        own = self._by_host.get(host.decode("latin-1").lower())
        if own is not None:
            return own, path
        for base, app in self._by_path.items():
            if path == base or path.startswith(f"{base}/"):
                return app, path[len(base) :] or "/"
        return self._front, path


def path_of(briefing: str) -> str:
    """Return the path of a briefing without an address of its own."""
    return f"/{quote(briefing)}"


def make_apps(
    contexts: Sequence[WebContext], *, alone: bool = True, refused: Sequence[tuple[str, str]] = ()
) -> ASGIApp:
    """Return the web application of one or several briefings.

    Args:
        contexts: at least one.
        alone: whether a single briefing is the only one configured.
        refused: briefings not served now: name and ``web.address``, which may be empty.

    Raises:
        UsageError: two briefings have the same address.
        SettingsError: the theme of one has no web pages.
    """
    if len(contexts) == 1 and alone:
        return make_app(contexts[0])
    by_path: dict[str, ASGIApp] = {}
    by_host: dict[str, ASGIApp] = {}
    for context in contexts:
        app = make_app(context, others=[other for other in contexts if other is not context])
        _add(by_path, unquote(context.base or path_of(context.briefing)), app, context)
        if not context.base:
            _add(by_host, urlsplit(context.web).netloc.lower(), app, context)
    for name, web in refused:
        parts = urlsplit(web)
        by_path.setdefault(unquote(parts.path.rstrip("/")) or path_of(slug(name)), _closed())
        if parts.netloc and not parts.path:
            by_host.setdefault(parts.netloc.lower(), _closed())
    # The longest first: one path may begin with another.
    longest = dict(sorted(by_path.items(), key=lambda item: -len(item[0])))
    return Several(_front(contexts), by_path=longest, by_host=by_host)


def _add(apps: dict[str, ASGIApp], where: str, app: ASGIApp, context: WebContext) -> None:
    if where in apps:
        raise UsageError(
            f"two briefings have the address {where}; give {context.name!r} another web.address"
        )
    apps[where] = app


def _closed() -> Starlette:
    """Return the application of a briefing that could not be started."""

    async def closed(_request: Request) -> Response:
        message = "This briefing is unavailable. Its operator has been notified.\n"
        return PlainTextResponse(message, 503, headers={"Retry-After": "600"})

    return Starlette(routes=[Route("/{path:path}", closed)], middleware=[Middleware(ResponseGuard)])


def _front(contexts: Sequence[WebContext]) -> Starlette:
    items = "".join(
        f'<li><a href="{escape(context.web)}/">{escape(context.name)}</a></li>'
        for context in contexts
    )
    bases = [context.base or path_of(context.briefing) for context in contexts]
    style = bases[0]
    page = _PAGE.format(style=escape(style), items=items)

    async def front(_request: Request) -> Response:
        return HTMLResponse(page)

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def icon(request: Request) -> Response:
        return RedirectResponse(style + request.url.path, 308)

    async def robots(_request: Request) -> Response:
        return PlainTextResponse(for_robots(bases))

    routes = [
        Route("/", front),
        Route("/healthz", healthz),
        Route("/favicon.ico", icon),
        Route("/robots.txt", robots),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(ResponseGuard)])
    app.router.redirect_slashes = False
    return app
