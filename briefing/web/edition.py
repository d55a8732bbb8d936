"""The last page and those before it, as they were printed."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.store import editions
from briefing.store.editions import StoredEdition
from briefing.web.visit import Visit

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_NOTHING = "'none'"
#: A printed page changes no more; five minutes let one be put right.
_KEEP = "public, max-age=300"
#: Seconds after which to look for the first page.
_RETRY = "3600"


def today(visit: Visit) -> Response:
    """Show the last edition."""
    desk = visit.site.desk
    with desk.store.read() as tx:
        stored = editions.last(tx, desk.briefing)
    if stored is None:
        return visit.site.notice(
            "No page yet",
            "The first page has not been printed yet.",
            status=503,
            links=(("/subscribe", "Have it mailed"),),
            headers={"Retry-After": _RETRY},
        )
    return _html(visit, stored, keep="no-cache")


def page(visit: Visit) -> Response:
    """Show the edition of a day."""
    return _html(visit, _on(visit), keep=_KEEP)


def pdf(visit: Visit) -> Response:
    """Give the page of a day as it is printed."""
    stored = _on(visit)
    name = re.sub("[^a-z0-9-]", "", visit.site.desk.briefing) or "briefing"
    shown = f'inline; filename="{name}-{stored.day}.pdf"'
    return _file(
        visit,
        stored,
        "pdf",
        {"Content-Type": "application/pdf", "Content-Disposition": shown, "Cache-Control": _KEEP},
    )


def style_policy(html: bytes) -> str:
    """Return the policy of a page that loads nothing: its own style blocks, nothing else."""
    digests = (hashlib.sha256(style).digest() for style in _STYLE.findall(html))
    allowed = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; style-src {allowed or _NOTHING}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _html(visit: Visit, stored: StoredEdition, *, keep: str) -> Response:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": style_policy(stored.files.get("html", b"")),
        "Cache-Control": keep,
    }
    return _file(visit, stored, "html", headers)


def _file(visit: Visit, stored: StoredEdition, kind: str, headers: dict[str, str]) -> Response:
    content = stored.files.get(kind)
    if content is None:
        raise HTTPException(404)
    mark = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    told = {**headers, "ETag": mark}
    if mark in visit.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    return Response(content, headers=told)


def _on(visit: Visit) -> StoredEdition:
    """Return the edition of the day in the address.

    Raises:
        HTTPException: it names no day, or none was printed then (404).
    """
    desk, text = visit.site.desk, visit.path["day"]
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise HTTPException(404)
    with desk.store.read() as tx:
        stored = editions.on(tx, desk.briefing, day)
    if stored is None:
        raise HTTPException(404)
    return stored
