"""One subscriber: state, consents, deliveries and preferences; paused, resumed, removed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.deliver.administration import Resend, send_again
from briefing.app.readers import preferences_line
from briefing.app.readers.administration import (
    CHANGEABLE,
    PAUSABLE,
    RESUMABLE,
    change,
    history,
    pause,
    remove,
    resume,
)
from briefing.app.readers.fields import Chosen, Offered, choices, page_words
from briefing.app.readers.letters import READERS_MAILS, send_mail_again
from briefing.core.errors import UsageError
from briefing.core.model import (
    Consent,
    Delivery,
    DeliveryStatus,
    EditionId,
    Form,
    MailKind,
    NoticeKind,
    State,
    Subscriber,
)
from briefing.press.wording import often, phrases
from briefing.store import reader_list, subscribers
from briefing.web.admin.acts import Confirmation, ask
from briefing.web.admin.frame import AdminSession, Times, times_in, view
from briefing.web.forms import FieldError, problems, read_chosen, zone_groups
from briefing.web.preferences import asked_of, day_of_week
from briefing.web.request import ACT, SitePage
from briefing.web.subscribe import offered_by, times

#: Labels of subscriber states and delivery statuses.
STATES: Mapping[State, str] = MappingProxyType(
    {
        State.PENDING: "Not confirmed",
        State.ACTIVE: "Active",
        State.PAUSED: "Paused",
        State.UNSUBSCRIBED: "Left",
        State.BOUNCED: "Suspended",
        State.COMPLAINED: "Complained",
    }
)
_NOTICES: Mapping[NoticeKind, str] = MappingProxyType(
    {
        NoticeKind.WITHDRAWN: "notice of withdrawal",
        NoticeKind.CORRECTED: "notice of a correction",
        NoticeKind.NO_PAGE: "note that there is no edition",
    }
)
STATUSES: Mapping[DeliveryStatus, str] = MappingProxyType(
    {
        DeliveryStatus.DUE: "Due",
        DeliveryStatus.CLAIMED: "Being sent",
        DeliveryStatus.SENT: "Accepted",
        DeliveryStatus.HELD: "Held",
        DeliveryStatus.REFUSED: "Refused",
        DeliveryStatus.EXPIRED: "Too late",
        DeliveryStatus.SKIPPED: "Not wanted",
    }
)
#: Statuses after which a mail can be sent again.
UNSENT = frozenset({DeliveryStatus.REFUSED, DeliveryStatus.HELD, DeliveryStatus.EXPIRED})
#: Mails that belong to no edition.
MAILS: Mapping[MailKind, str] = MappingProxyType(
    {MailKind.CONFIRMATION: "Confirmation mail", MailKind.REMINDER: "Mail with the link"}
)
_FORMS: Mapping[Form, str] = MappingProxyType(
    {
        Form.PDF: "mail with the page as PDF",
        Form.HTML: "mail only",
        Form.TEXT: "plain text",
        Form.LINK: "headlines and a link",
    }
)
#: Explanations of states.
_MEANING: Mapping[State, str] = MappingProxyType(
    {
        State.PENDING: "Nothing is sent until they confirm the mail they received.",
        State.PAUSED: "Nothing is sent until it is resumed.",
        State.UNSUBSCRIBED: "Nothing is sent any more. Only the reader can subscribe again.",
        State.BOUNCED: "Nothing is sent until you resume it: mail to this address bounced.",
        State.COMPLAINED: "They reported our mail as spam. Nothing is sent any more.",
    }
)
_DELIVERIES = 14
_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "paused": "Paused. It takes effect at once, even for a mail due this minute.",
        "resumed": "Resumed. The next edition is sent.",
        "other": "Nothing has changed: the state was changed in the meantime.",
        "chosen": "Saved. It holds from the next mail.",
        "moved": "Nothing has changed: the choices were changed in the meantime. Look at them "
        "again.",
        "again": "It will be sent with the next run, with new links.",
        "settled": "Nothing has changed: this mail cannot be sent again.",
    }
)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A button that changes the state of a subscriber."""

    label: str
    do: Callable[..., object]
    #: States in which it is shown.
    states: frozenset[State]
    #: Key of the message shown afterwards.
    message: str


_TURNS: Mapping[str, _Turn] = MappingProxyType(
    {
        "pause": _Turn("Pause", pause, PAUSABLE, "paused"),
        "resume": _Turn("Resume", resume, RESUMABLE, "resumed"),
    }
)


def subscriber(session: AdminSession) -> Response:
    """Show one subscriber, or apply the action of the form."""
    number = number_of(session)
    if not session.request.posts:
        return _page(session, number)
    do = session.field("do")
    if do == "remove":
        return _removed(session, number)
    if do in _TURNS:
        return _turned(session, number, _TURNS[do])
    if session.field("edition") or session.field("mail"):
        return _sent_again(session, number)
    return session.back(f"/admin/subscribers/{number}")


def number_of(session: AdminSession) -> int:
    """Return the number of the subscriber in the address."""
    text = session.request.path["number"]
    # Longer numbers are not valid ids.
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise HTTPException(404)
    return int(text)


def _turned(session: AdminSession, number: int, turn: _Turn) -> Response:
    try:
        session.change(turn.do, number)
    except UsageError:
        return session.back(f"/admin/subscribers/{number}", message="other")
    return session.back(f"/admin/subscribers/{number}", message=turn.message)


def _sent_again(session: AdminSession, number: int) -> Response:
    """Have an edition or another mail sent once more."""
    back, mail = f"/admin/subscribers/{number}", session.field("mail")
    with session.context.store.read() as tx:
        person = existing(subscribers.get(tx, number))
        mails = reader_list.mails_to(tx, number, kinds=READERS_MAILS, limit=_DELIVERIES)
    try:
        if mail:
            if mail not in {str(one.id) for one in mails}:
                raise HTTPException(404)
            session.change(send_mail_again, int(mail))
        else:
            asked = Resend(session.field("edition"), person, life=session.context.life)
            session.change(send_again, asked)
    except UsageError:
        return session.back(back, message="settled")
    return session.request.site.send_mail_after(session.back(back, message="again"))


def _removed(session: AdminSession, number: int) -> Response:
    store, actor = session.context.store, session.actor
    with store.read() as tx:
        person = existing(subscribers.get(tx, number))

    def forget(at: datetime) -> str:
        with store.write() as tx:
            remove(tx, number, actor=actor, at=at)
        return "The address is no longer stored."

    lines = (
        "Address, name and choices are deleted for good, and nothing more is sent.",
        "The consent log keeps only the number.",
    )
    back = f"/admin/subscribers/{number}"
    # The title is kept for an hour, the address is not.
    title = f"Remove reader {number}"
    return ask(
        session, Confirmation(title, "Remove for good", (person.address, *lines), back), forget
    )


def existing(subscriber: Subscriber | None) -> Subscriber:
    """Return a subscriber that is there; else the page is not found."""
    if subscriber is None:
        raise HTTPException(404)
    return subscriber


def _page(session: AdminSession, number: int) -> Response:
    times = times_in(session.zone, now=session.request.at)
    with session.context.store.read() as tx:
        person = existing(subscribers.get(tx, number))
        record = history(tx, person, limit=_DELIVERIES)
        mails = reader_list.mails_to(tx, person.id, kinds=READERS_MAILS, limit=_DELIVERIES)
    return session.page(
        "subscriber",
        one=person,
        state=STATES[person.state],
        bad=person.state in {State.BOUNCED, State.COMPLAINED},
        since=times.moment(person.since),
        meaning=_MEANING.get(person.state, ""),
        turns={do: turn.label for do, turn in _TURNS.items() if person.state in turn.states},
        sent=[
            _delivery(delivery, person, times)
            for delivery in sorted((*record.deliveries, *mails), key=lambda one: -one.id)
        ],
        consents=[(times.moment(consent.at), consent) for consent in reversed(record.consents)],
        changeable=person.state in CHANGEABLE,
        choices=_choices(person, record.consents, times),
    )


def _delivery(delivery: Delivery, person: Subscriber, times: Times) -> dict[str, object]:
    bad = delivery.status in UNSENT
    return {
        **(_edition(delivery, times) if delivery.edition else _mail(delivery)),
        "at": times.moment(delivery.done or delivery.due),
        "status": STATUSES[delivery.status],
        "bad": bad,
        "reason": delivery.reason,
        "tries": delivery.tries,
        "again": bad and (person.state is State.ACTIVE or not delivery.edition),
    }


def _mail(delivery: Delivery) -> dict[str, object]:
    return {"edition": "", "id": delivery.id, "name": MAILS[delivery.kind]}


def _edition(delivery: Delivery, times: Times) -> dict[str, object]:
    edition = EditionId.parse(delivery.edition)
    suffix = f", {_NOTICES[edition.notice]}" if edition.notice else ""
    name = f"{'Week to ' if edition.is_week else ''}{times.day(edition.day)}{suffix}"
    return {"edition": edition.path, "id": delivery.edition, "name": name}


def _choices(person: Subscriber, consents: tuple[Consent, ...], times: Times) -> Mapping[str, str]:
    began = [consent.at for consent in consents if consent.what in {"confirmed", "imported"}]
    return {
        "Name": person.name or "none given",
        "Sections": page_words(person.preferences, every="all"),
        "When": often(person.preferences),
        "Form": _FORMS[person.preferences.form],
        "Language": person.preferences.language,
        "Confirmed": times.moment(began[-1]) if began else "not yet",
    }


def change_choices(session: AdminSession) -> Response:
    """Show the preferences of a subscriber; save submitted ones and lead back to them."""
    request, number = session.request, number_of(session)
    back = f"/admin/subscribers/{number}"
    with session.context.store.read() as tx:
        person = existing(subscribers.get(tx, number))
    if person.state not in CHANGEABLE:
        return session.back(back, message="other")
    offered = offered_by(request, own=person.preferences.zone)
    usual = choices(person.preferences, sections=offered.sections, lists=offered.lists)
    if not request.posts:
        seen = preferences_line(person.preferences)
        return _form(session, person, usual, offered=offered, seen=seen)
    chosen = read_chosen(request.fields, usual=usual, asked=asked_of(request))
    seen, wrong = session.field("seen"), problems(chosen, offered=offered)
    if wrong:
        return _form(session, person, chosen, offered=offered, seen=seen, wrong=wrong)
    try:
        preferences = chosen.preferences(offered)
        session.change(change, number, preferences=preferences, seen=seen)
    except UsageError:
        return session.back(back, message="moved")
    return session.back(back, message="chosen")


def _form(  # noqa: PLR0913  what the page shows
    session: AdminSession,
    person: Subscriber,
    chosen: Chosen,
    *,
    offered: Offered,
    seen: str,
    wrong: tuple[FieldError, ...] = (),
) -> Response:
    return session.page(
        "choices",
        status=422 if wrong else 200,
        one=person,
        seen=seen,
        chosen=chosen,
        wrong=wrong,
        offered=offered,
        days=phrases("en").weekdays,
        week=day_of_week(session.request),
        groups=zone_groups(offered.zones, at=session.request.at),
        times=times(chosen.at),
    )


PAGES = (
    SitePage("/admin/subscribers/{number}", view(subscriber, posts=True, messages=_MESSAGES), ACT),
    SitePage("/admin/subscribers/{number}/choices", view(change_choices, posts=True), ACT),
)
