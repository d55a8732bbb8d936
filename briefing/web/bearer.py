"""What a program signs its requests with: the token in its Authorization header, nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

from briefing.core.model import ApiToken
from briefing.setup.operators import token_key
from briefing.store import operators
from briefing.web.request import WebRequest

_BEARER = re.compile(r"Bearer +([\w-]{1,200})", re.ASCII | re.IGNORECASE)
#: Uses within this time are noted as one: reading must not make everybody wait to write.
_ONCE = timedelta(minutes=1)


def token_of(request: WebRequest) -> ApiToken | None:
    """Return the token that signs a request; None when there is none, or it is not known."""
    found = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
    if found is None:
        return None
    store, key = request.site.context.store, token_key(found[1])
    with store.read() as tx:
        known = operators.known_token(tx, key)
    if known is None or (known.used is not None and request.at - known.used < _ONCE):
        return known
    with store.write() as tx:
        return operators.token(tx, key, at=request.at)
