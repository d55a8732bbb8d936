"""The last edition and those before it: the page, the page as it was printed, and its files."""

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
from briefing.web.stored import day_in, shown, stored_on

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_NOTHING = "'none'"
#: A printed page changes no more; five minutes let one be put right, and the next day be linked.
KEEP = "public, max-age=300"


def today(visit: WebRequest) -> Response:
    """Show the last edition; before the first one, when it comes."""
    desk = visit.site.desk
    with desk.store.read() as tx:
        stored = editions.current(tx, desk.briefing, desk.today)
    if stored is None:
        return no_edition.nothing_yet(visit)
    return _page(visit, stored, keep="no-cache")


def page(visit: WebRequest) -> Response:
    """Show the edition of a day; without one, why there is none."""
    desk, day = visit.site.desk, day_in(visit)
    with desk.store.read() as tx:
        stored = editions.on(tx, desk.briefing, day)
        gone = () if stored else withdrawals.on(tx, desk.briefing, day)
    if gone:
        return no_edition.withdrawn(visit, gone[0])
    return _page(visit, stored, keep=KEEP) if stored else no_edition.on(visit, day)


def printed(visit: WebRequest) -> Response:
    """Give the one file for the screen that was kept of a day."""
    stored = stored_on(visit)
    html = stored.files.get("html", b"")
    return _file(
        visit,
        stored,
        "html",
        {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": style_policy(html)},
    )


def pdf(visit: WebRequest) -> Response:
    """Give the page of a day as it is printed."""
    stored = stored_on(visit)
    name = re.sub("[^a-z0-9-]", "", visit.site.desk.briefing) or "briefing"
    shown_as = f'inline; filename="{name}-{stored.day}.pdf"'
    return _file(
        visit,
        stored,
        "pdf",
        {"Content-Type": "application/pdf", "Content-Disposition": shown_as},
    )


def last_pdf(visit: WebRequest) -> Response:
    """Lead to the last page as it is printed."""
    desk = visit.site.desk
    with desk.store.read() as tx:
        stored = editions.current(tx, desk.briefing, desk.today)
    if stored is None or "pdf" not in stored.files:
        raise HTTPException(404)
    path = f"{desk.base}/{stored.day}.pdf"
    return Response(status_code=303, headers={"Location": path, "Cache-Control": "no-cache"})


def style_policy(html: bytes) -> str:
    """Return the policy of a page that loads nothing: its own style blocks, nothing else."""
    digests = (hashlib.sha256(style).digest() for style in _STYLE.findall(html))
    allowed = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; style-src {allowed or _NOTHING}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def permanent(visit: WebRequest, day: date) -> str:
    """Return the address of an edition that never changes."""
    return f"{visit.site.desk.web}/{day}"


def unless_known(visit: WebRequest, answer: Response, *, keep: str) -> Response:
    """Return an answer with its mark; only the mark when the reader has it already."""
    mark = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    told = {"ETag": mark, "Cache-Control": keep}
    if mark in visit.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    answer.headers.update(told)
    return answer


def _page(visit: WebRequest, stored: StoredEdition, *, keep: str) -> Response:
    desk, view = visit.site.desk, shown(visit, stored)
    with desk.store.read() as tx:
        near = around(tx, desk, stored.day)
    answer = visit.site.page(
        "edition",
        current="archive" if near.after else "today",
        view=view,
        page=view.page,
        day=stored.day.isoformat(),
        around=near,
        files=stored.files,
        address=permanent(visit, stored.day),
        compared=f"{visit.at:%H:%M} UTC",
    )
    return unless_known(visit, answer, keep=keep)


def _file(visit: WebRequest, stored: StoredEdition, kind: str, headers: dict[str, str]) -> Response:
    content = stored.files.get(kind)
    if content is None:
        raise HTTPException(404)
    return unless_known(visit, Response(content, headers=headers), keep=KEEP)
