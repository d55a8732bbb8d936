"""Bearer tokens of API clients."""

from __future__ import annotations

import re

from briefing.app.operators import tokens
from briefing.core.model import ApiToken
from briefing.web.request import WebRequest

_BEARER = re.compile(r"Bearer +([\w-]{1,200})", re.ASCII | re.IGNORECASE)


def token_of(request: WebRequest) -> ApiToken | None:
    """Return the token of a request; None if it is missing or unknown."""
    match = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
    return tokens.use(request.site.context.store, match[1], at=request.at) if match else None
