"""A visit as a view is given it, without a browser."""

from __future__ import annotations

from briefing.web.request import WebRequest
from briefing.web.site import make_site
from tests.web.served import Served


def request_of(web: Served, *, cookies: dict[str, str] | None = None) -> WebRequest:
    """Return a visit to the desk."""
    return WebRequest(
        make_site(web.desk),
        posts=False,
        path={},
        query={},
        headers={},
        fields={},
        network="127.0.0.0/24",
        at=web.clock(),
        cookies=cookies or {},
    )
