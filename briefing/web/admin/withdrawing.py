"""The form that withdraws an edition."""

from __future__ import annotations

from datetime import date, datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.withdraw import Withdraw, hold_mails, withdraw
from briefing.core.counting import counted
from briefing.core.model import DeliveryStatus
from briefing.press.dates import long_date
from briefing.store import deliveries, editions, withdrawals
from briefing.web.acts import WAIT
from briefing.web.admin.acts import Confirmation, ask
from briefing.web.admin.frame import AdminSession, view
from briefing.web.page import ONLY_ACT, SitePage

_BACK = "/admin/deliveries"


def withdraw_edition(session: AdminSession) -> Response:
    """Withdraw the edition of a day; its mails wait as soon as that is confirmed."""
    context, actor = session.context, session.actor
    try:
        day = date.fromisoformat(session.field("day")[:10])
    except ValueError as error:
        raise HTTPException(404) from error
    with context.store.read() as tx:
        stored = editions.on(tx, context.briefing, day)
        gone = withdrawals.on(tx, context.briefing, day)
        counts = deliveries.audience(tx, stored.id).counts if stored else {}
    if stored is None:
        if not gone:
            raise HTTPException(404)
        return session.back(_BACK, message="gone")
    tells = session.field("tell") == "1" and context.sender is not None
    asked = Withdraw(context.name, day, reason=session.field("reason"), tell_readers=tells)

    def take_back(at: datetime) -> str:
        with context.store.write() as tx:
            done = withdraw(tx, asked, actor=actor, at=at)
        return (
            f"The edition is withdrawn; {counted(done.canceled, 'mail')} canceled, "
            f"{counted(done.notices, 'notice')} mailed. Its reports can be used in the next one."
        )

    if session.field("sure") == "1":
        with context.store.write() as tx:
            hold_mails(tx, stored.id, until=session.request.at + WAIT)
    sent = counts.get(DeliveryStatus.SENT, 0)
    waiting = counts.get(DeliveryStatus.DUE, 0) + counts.get(DeliveryStatus.HELD, 0)
    lines = (
        f"It is no longer shown, and {counted(waiting, 'mail')} not sent yet will not be sent.",
        f"{counted(sent, 'mail')} accepted by the relay cannot be recalled.",
        "Its proof is kept, and its reports can be used in the next edition.",
    )
    previews = (("The edition", f"/{day}"),)
    title, back = f"Withdraw the edition of {long_date(day)}", f"{_BACK}?day={day}"
    return ask(
        session, Confirmation(title, "Withdraw it", lines, back, previews, reason=True), take_back
    )


PAGES = (SitePage(f"{_BACK}/withdraw", view(withdraw_edition, posts=True), ONLY_ACT),)
