"""The page about how the briefing is made, and the ledger of a day."""

from __future__ import annotations

import re
from dataclasses import replace

from starlette.responses import Response

from briefing.app.reasons import rows_by_reason
from briefing.core.counting import counted
from briefing.core.model import LEFT_OUT_BY_EDITOR
from briefing.press.dates import long_date
from briefing.press.ledger import ledger_text
from briefing.press.ledger_rows import NO_ROOM, LedgerRow
from briefing.press.lines import safe_url
from briefing.store import editions
from briefing.web.cached import ASK_AGAIN, cacheable
from briefing.web.request import WebRequest
from briefing.web.stored import read, stored_on

#: Headlines shown of each reason; more are only counted.
_MOST = 100
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([\w.-]+)", re.ASCII | re.IGNORECASE)
_SINCE = re.compile(r"not answered since [\d: -]+UTC", re.ASCII)


def about(request: WebRequest) -> Response:
    """Explain how the page is made, with the latest ledger as an example."""
    context = request.site.context
    with context.store.read() as tx:
        stored = editions.current(tx, context.briefing, context.today)
    last = read(stored.record, stored.id).edition if stored else None
    return request.site.page(
        "about",
        ledger=last.ledger if last else None,
        day=stored.day if stored else "",
        count=counted,
    )


def ledger(request: WebRequest) -> Response:
    """Show what came in on a day, what was left out, and why."""
    stored = stored_on(request)
    edition = read(stored.record, stored.id).edition
    with request.site.context.store.read() as tx:
        rows = rows_by_reason(tx, stored, edition, most=_MOST)
    # what editors decided against is counted here, and named to editors alone
    public = {why: group for why, group in rows.items() if why != LEFT_OUT_BY_EDITOR}
    headlines = {why: tuple(map(_linked, group)) for why, group in public.items()}
    answer = request.site.page(
        "ledger",
        edition=edition,
        marking=request.site.marking_of(edition),
        ledger=edition.ledger,
        words=ledger_text(edition),
        headlines=headlines,
        room={row.story: row for row in headlines.get(NO_ROOM, ())},
        failed=tuple((_name(source), _public(why)) for source, why in edition.ledger.failed),
        day=stored.day.isoformat(),
        edition_day=long_date(stored.day),
    )
    return cacheable(request, answer, keep=ASK_AGAIN)


def _linked(row: LedgerRow) -> LedgerRow:
    """Keep the address of a row only where it can be a link."""
    return replace(row, url=safe_url(row.url))


def _name(source: str) -> str:
    """Return the public name of a source: its name or host, never a local path."""
    if "//" in source:
        host = _HOST.match(source)
        return host[1] if host else "A source"
    return "A local folder" if "/" in source or "\\" in source else source


def _public(why: str) -> str:
    """Return how long a source has not answered; the full reason may contain a private address."""
    since = _SINCE.match(why)
    return f"N{since[0][1:]}" if since else "Could not be read"
