"""Middleware that adds security headers and writes the access log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from time import monotonic
from types import MappingProxyType

from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("briefing.web.access")
#: Responses of this process.
ANSWERS = Counter("briefing_http_answers", "Answers by class of status.", ["status"], registry=None)

#: No scripts, no third-party content, no framing; forms only to this site.
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: Defaults for all pages. Addresses contain tokens, so no referrer may leak and no cache may store
#: them.
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)


class ResponseGuard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, adding headers and logging the response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                ANSWERS.labels(f"{message['status'] // 100}xx").inc()
                _log(scope, message["status"], seconds=monotonic() - began)
            await send(message)

        await self._app(scope, receive, guarded)


def _log(scope: Scope, status: int, *, seconds: float) -> None:
    """Log a response by the name of its page, since paths contain tokens."""
    page = getattr(scope.get("endpoint"), "__name__", "none")
    method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST"} else "other"
    LOG.info("%s %s %s %.0f ms", method, page, status, 1000 * seconds)
