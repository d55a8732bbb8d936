"""Problem responses for API clients (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from starlette.responses import JSONResponse, Response

#: Prefix of addresses for API clients.
FOR_PROGRAMS = "/api/"
KIND = "application/problem+json"
#: Title by status (RFC 9110, 15.5 and 15.6).
_TITLES: Mapping[int, str] = MappingProxyType(
    {
        400: "Bad request",
        401: "Unauthorized",
        403: "Forbidden",
        404: "Not found",
        405: "Method not allowed",
        408: "Request timeout",
        409: "Conflict",
        410: "Withdrawn",
        413: "Too large",
        415: "Unsupported media type",
        422: "Invalid request",
        429: "Too many requests",
        500: "Failed",
        503: "Not available",
    }
)


def problem(
    status: int,
    detail: str = "",
    *,
    wrong: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """Return a problem as JSON.

    ``wrong`` has "where" and "what" of each error.
    """
    content: dict[str, object] = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Failed"),
        "status": status,
        "detail": detail,
        "wrong": [dict(error) for error in wrong],
    }
    return JSONResponse(content, status, dict(headers), media_type=KIND)
