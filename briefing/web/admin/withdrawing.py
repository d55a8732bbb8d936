"""The form that takes an edition back."""

from __future__ import annotations

from datetime import date

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.withdraw import Withdraw, withdraw
from briefing.core.errors import InputError, UsageError
from briefing.web.admin.frame import AdminSession, view
from briefing.web.page import ONLY_ACT, SitePage

_BACK = "/admin/deliveries"


def withdraw_edition(seat: AdminSession) -> Response:
    """Withdraw the edition of a day, as the person who confirmed it."""
    try:
        day = date.fromisoformat(seat.field("day")[:10])
    except ValueError as error:
        raise HTTPException(404) from error
    asked = Withdraw(
        seat.desk.name,
        day,
        reason=seat.field("reason"),
        tell_readers=seat.field("tell") == "1" and seat.desk.sender is not None,
    )
    visit = seat.visit
    try:
        with seat.desk.store.write() as tx:
            withdraw(tx, asked, who=seat.operator, at=visit.at, origin=visit.network)
    except InputError as error:
        raise HTTPException(404) from error
    except UsageError:
        return seat.back(_BACK, said="gone")
    return seat.back(_BACK, said="withdrawn")


PAGES = (SitePage(f"{_BACK}/withdraw", view(withdraw_edition, posts=True), ONLY_ACT),)
