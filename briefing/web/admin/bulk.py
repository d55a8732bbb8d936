"""Many subscribers paused, resumed or removed at once, and that undone."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.readers.bulk import BulkRequest, change_many, undo_many
from briefing.core.errors import UsageError
from briefing.core.model import BulkAction
from briefing.web.admin.frame import AdminSession, view
from briefing.web.admin.listing import Listing
from briefing.web.admin.subscribers import PATH, matching_of
from briefing.web.page import ONLY_ACT, SitePage

#: Maximum digits of a number: longer ones are none of ours.
_DIGITS = 18


def change(session: AdminSession) -> Response:
    """Do something with those selected, or with all that match."""
    asked = {name: session.field(name) for name in ("q", "state", "sort", "order", "page")}
    back = Listing(PATH, asked, keys=tuple(asked)).to()
    do, everybody = session.field("do"), session.field("all")
    action = next((one for one in BulkAction if one.value == do), None)
    sent = session.request.fields.get("who", ())
    numbers = tuple(number for number in map(_number, sent) if number)
    if action is None or not (numbers or everybody):
        return session.back(back, message="nobody")
    request = BulkRequest(
        action,
        None if everybody else numbers,
        matching_of(Listing(PATH, asked, keys=()).asked("q"), asked["state"]),
        expected=_number(everybody),
    )
    try:
        session.change(change_many, request)
    except UsageError:
        return session.back(back, message="moved")
    return session.back(back, message=do)


def undo(session: AdminSession) -> Response:
    """Put those back whom nobody has changed since."""
    number = _number(session.field("action"))
    if not number:
        raise HTTPException(404)
    try:
        session.change(undo_many, number)
    except UsageError:
        return session.back(PATH, message="settled")
    return session.back(PATH, message="undone")


def _number(text: str) -> int:
    """Return a number of ours; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0


PAGES = (
    SitePage(f"{PATH}/bulk", view(change, posts=True), ONLY_ACT),
    SitePage(f"{PATH}/undo", view(undo, posts=True), ONLY_ACT),
)
