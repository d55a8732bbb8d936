"""The audit log, read-only."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.responses import Response

from briefing.press.dates import short_date
from briefing.store import audit, operators
from briefing.web.admin.frame import AdminSession, view
from briefing.web.page import SitePage

#: Lines on the page.
_MOST = 200


def log(session: AdminSession) -> Response:
    """Show the latest events of all actors or of one."""
    who = "".join(filter(str.isprintable, session.request.query.get("who", "")))
    with session.context.store.read() as tx:
        events = audit.recent(tx, limit=_MOST, who=who)
        names = tuple(operator.name for operator in operators.listed(tx))
    lines = [(_moment(event.at, session.zone), event) for event in events]
    return session.page("audit", lines=lines, who=who, names=names, most=_MOST, zone=session.zone)


def _moment(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{short_date(local.date())} {local.year}, {local:%H:%M:%S}"


PAGES = (SitePage("/admin/log", view(log)),)
