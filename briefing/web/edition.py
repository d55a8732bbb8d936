"""The pages of editions: online, as printed HTML, and as PDF."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.store import editions, withdrawals
from briefing.store.editions import StoredEdition
from briefing.web import no_edition
from briefing.web.days import around
from briefing.web.request import WebRequest
from briefing.web.stored import day_in, online_page, stored_on

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_DATA = re.compile(rb'<img class="logo" src="data:')
_NOTHING = "'none'"
#: A printed page does not change; five minutes allow for a withdrawal and the link to the next day.
KEEP = "public, max-age=300"


def today(request: WebRequest) -> Response:
    """Show the latest edition; before the first, when it is due."""
    context = request.site.context
    with context.store.read() as tx:
        stored = editions.current(tx, context.briefing, context.today)
    if stored is None:
        return no_edition.nothing_yet(request)
    return _page(request, stored, keep="no-cache")


def page(request: WebRequest) -> Response:
    """Show the edition of a day; without one, why there is none."""
    context, day = request.site.context, day_in(request)
    with context.store.read() as tx:
        stored = editions.on(tx, context.briefing, day)
        gone = () if stored else withdrawals.on(tx, context.briefing, day)
    if gone:
        return no_edition.withdrawn(request, gone[0])
    return _page(request, stored, keep=KEEP) if stored else no_edition.on(request, day)


def printed(request: WebRequest) -> Response:
    """Return the stored single-file HTML of a day."""
    stored = stored_on(request)
    html = stored.files.get("html", b"")
    return _file(
        request,
        stored,
        "html",
        {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": style_policy(html)},
    )


def pdf(request: WebRequest) -> Response:
    """Return the PDF of a day."""
    stored = stored_on(request)
    name = re.sub("[^a-z0-9-]", "", request.site.context.briefing) or "briefing"
    disposition = f'inline; filename="{name}-{stored.day}.pdf"'
    return _file(
        request,
        stored,
        "pdf",
        {"Content-Type": "application/pdf", "Content-Disposition": disposition},
    )


def last_pdf(request: WebRequest) -> Response:
    """Redirect to the latest PDF."""
    context = request.site.context
    with context.store.read() as tx:
        stored = editions.current(tx, context.briefing, context.today)
    if stored is None or "pdf" not in stored.files:
        raise HTTPException(404)
    path = f"{context.base}/{stored.day}.pdf"
    return Response(status_code=303, headers={"Location": path, "Cache-Control": "no-cache"})


def style_policy(html: bytes) -> str:
    """Return the policy of a page that loads nothing: its own style blocks and embedded logo."""
    digests = (hashlib.sha256(style).digest() for style in _STYLE.findall(html))
    allowed = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    pictures = "img-src data:; " if _DATA.search(html) else ""
    return (
        f"default-src 'none'; style-src {allowed or _NOTHING}; {pictures}"
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def permanent(request: WebRequest, day: date) -> str:
    """Return the address of an edition that never changes."""
    return f"{request.site.context.web}/{day}"


def with_etag(request: WebRequest, answer: Response, *, keep: str) -> Response:
    """Add an ETag to a response; return 304 if the client already has it."""
    mark = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    headers = {"ETag": mark, "Cache-Control": keep}
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def _page(request: WebRequest, stored: StoredEdition, *, keep: str) -> Response:
    context, view = request.site.context, online_page(request, stored)
    with context.store.read() as tx:
        near = around(tx, context, stored.day)
    answer = request.site.page(
        "edition",
        current="archive" if near.after else "today",
        view=view,
        page=view.page,
        marking=request.site.marking_of(view.edition),
        day=stored.day.isoformat(),
        around=near,
        files=stored.files,
        address=permanent(request, stored.day),
        compared=f"{request.at:%H:%M} UTC",
    )
    return with_etag(request, answer, keep=keep)


def _file(
    request: WebRequest, stored: StoredEdition, kind: str, headers: dict[str, str]
) -> Response:
    content = stored.files.get(kind)
    if content is None:
        raise HTTPException(404)
    return with_etag(request, Response(content, headers=headers), keep=KEEP)
