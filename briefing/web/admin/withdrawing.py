"""The form that withdraws an edition."""

from __future__ import annotations

from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.withdraw import Withdraw, withdraw
from briefing.core.errors import UsageError
from briefing.web.admin.frame import AdminSession, view
from briefing.web.page import ONLY_ACT, SitePage

_BACK = "/admin/deliveries"


def withdraw_edition(session: AdminSession) -> Response:
    """Withdraw the edition of a day."""
    try:
        day = date.fromisoformat(session.field("day")[:10])
    except ValueError as error:
        raise HTTPException(404) from error
    asked = Withdraw(
        session.context.name,
        day,
        reason=session.field("reason"),
        tell_readers=session.field("tell") == "1" and session.context.sender is not None,
    )
    try:
        session.change(withdraw, asked)
    except UsageError:
        return session.back(_BACK, message="gone")
    return session.back(_BACK, message="withdrawn")


PAGES = (SitePage(f"{_BACK}/withdraw", view(withdraw_edition, posts=True), ONLY_ACT),)
