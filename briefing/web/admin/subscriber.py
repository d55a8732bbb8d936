"""One subscriber: state, consents, deliveries and preferences; paused, resumed, removed."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.deliver.administration import send_again
from briefing.app.readers import preferences_line
from briefing.app.readers.administration import (
    CHANGEABLE,
    PAUSABLE,
    RESUMABLE,
    change,
    pause,
    remove,
    resume,
)
from briefing.app.readers.fields import page_words, preferences_of
from briefing.app.readers.letters import READERS_MAILS, send_mail_again
from briefing.core.model import (
    Delivery,
    DeliveryStatus,
    EditionId,
    Form,
    MailKind,
    NoticeKind,
    State,
    Subscriber,
)
from briefing.press.wording import often
from briefing.store import reader_list, subscribers
from briefing.web.admin.acts import Confirmation, ask
from briefing.web.admin.frame import AdminSession, Times, view
from briefing.web.forms import FieldError, problems, read_chosen, read_number
from briefing.web.preferences import asked_of
from briefing.web.request import ACT, SitePage
from briefing.web.subscribe import chosen_by, options

T = TypeVar("T")

#: Labels of subscriber states and delivery statuses.
STATES: Mapping[State, str] = {
    State.PENDING: "Not confirmed",
    State.ACTIVE: "Active",
    State.PAUSED: "Paused",
    State.UNSUBSCRIBED: "Left",
    State.BOUNCED: "Suspended",
    State.COMPLAINED: "Complained",
}
_NOTICES: Mapping[NoticeKind, str] = {
    NoticeKind.WITHDRAWN: "notice of withdrawal",
    NoticeKind.CORRECTED: "notice of a correction",
    NoticeKind.NO_PAGE: "note that there is no edition",
}
STATUSES: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.DUE: "Due",
    DeliveryStatus.CLAIMED: "Being sent",
    DeliveryStatus.SENT: "Accepted",
    DeliveryStatus.HELD: "Held",
    DeliveryStatus.REFUSED: "Refused",
    DeliveryStatus.EXPIRED: "Too late",
    DeliveryStatus.SKIPPED: "Not wanted",
}
#: Statuses after which a mail can be sent again.
UNSENT = frozenset({DeliveryStatus.REFUSED, DeliveryStatus.HELD, DeliveryStatus.EXPIRED})
#: Mails that belong to no edition.
MAILS: Mapping[MailKind, str] = {
    MailKind.CONFIRMATION: "Confirmation mail",
    MailKind.REMINDER: "Mail with the link",
}
_FORMS: Mapping[Form, str] = {
    Form.PDF: "mail with the page as PDF",
    Form.HTML: "mail only",
    Form.TEXT: "plain text",
    Form.LINK: "headlines and a link",
}
#: Explanations of states.
_MEANING: Mapping[State, str] = {
    State.PENDING: "Nothing is sent until they confirm the mail they received.",
    State.PAUSED: "Nothing is sent until it is resumed.",
    State.UNSUBSCRIBED: "Nothing is sent any more. Only the reader can subscribe again.",
    State.BOUNCED: "Nothing is sent until you resume it: mail to this address bounced.",
    State.COMPLAINED: "They reported our mail as spam. Nothing is sent any more.",
}
PATH = "/admin/subscribers"
_DELIVERIES = 14
_MESSAGES: Mapping[str, str] = {
    "paused": "Paused. It takes effect at once, even for a mail due this minute.",
    "resumed": "Resumed. The next edition is sent.",
    "other": "Nothing has changed: the state was changed in the meantime.",
    "chosen": "Saved. It holds from the next mail.",
    "moved": "Nothing has changed: the choices were changed in the meantime. Look at them again.",
    "again": "It will be sent with the next run, with new links.",
    "settled": "Nothing has changed: this mail cannot be sent again.",
}


def subscriber(session: AdminSession) -> Response:
    """Show one subscriber, or apply the action of the form."""
    number = number_of(session)
    if not session.request.posts:
        return _page(session, number)
    do, back = session.field("do"), f"{PATH}/{number}"
    if do in {"pause", "resume"}:
        use_case = pause if do == "pause" else resume
        return session.submit(back, use_case, number, done=f"{do}d", refused="other")
    if do == "remove":
        return _removed(session, number)
    if session.field("edition") or session.field("mail"):
        return _sent_again(session, number)
    return session.back(back)


def number_of(session: AdminSession) -> int:
    """Return the number of the subscriber in the address."""
    return required(read_number(session.request.path["number"]))


def _sent_again(session: AdminSession, number: int) -> Response:
    """Have an edition or another mail sent once more."""
    mail, back = session.field("mail"), partial(session.submit, f"{PATH}/{number}")
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
        mails = reader_list.mails_to(tx, number, kinds=READERS_MAILS, limit=_DELIVERIES)
    if mail and mail not in {str(each.id) for each in mails}:
        raise HTTPException(404)
    if mail:
        answer = back(send_mail_again, int(mail), done="again", refused="settled")
    else:
        send = partial(back, send_again, session.field("edition"), person)
        answer = send(life=session.context.life, done="again", refused="settled")
    return session.request.site.send_mail_after(answer)


def _removed(session: AdminSession, number: int) -> Response:
    with session.read() as tx:
        person = required(subscribers.get(tx, number))

    def forget(at: datetime) -> str:
        session.run(remove, number, at=at)
        return "The address is no longer stored."

    lines = (
        person.address,
        "Address, name and choices are deleted for good, and nothing more is sent.",
        "The consent log keeps only the number.",
    )
    # The title is kept for an hour, the address is not.
    title, back = f"Remove reader {number}", f"{PATH}/{number}"
    return ask(session, Confirmation(title, "Remove for good", lines, back), forget)


def required(value: T | None) -> T:
    """Return what is there; else the page is not found."""
    if value is None:
        raise HTTPException(404)
    return value


def _page(session: AdminSession, number: int) -> Response:
    times = session.times
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
        consents = subscribers.consents(tx, number)
        editions = reader_list.deliveries_to(tx, number, limit=_DELIVERIES)
        mails = reader_list.mails_to(tx, person.id, kinds=READERS_MAILS, limit=_DELIVERIES)
    began = [each.at for each in consents if each.what in {"confirmed", "imported"}]
    turns = {"pause": ("Pause", PAUSABLE), "resume": ("Resume", RESUMABLE)}
    sent = sorted((*editions, *mails), key=lambda delivery: -delivery.id)
    return session.page(
        "subscriber",
        one=person,
        state=STATES[person.state],
        bad=person.state in {State.BOUNCED, State.COMPLAINED},
        since=times.moment(person.since),
        meaning=_MEANING.get(person.state, ""),
        turns={do: label for do, (label, states) in turns.items() if person.state in states},
        sent=[_delivery(delivery, person, times) for delivery in sent],
        consents=[(times.moment(consent.at), consent) for consent in reversed(consents)],
        changeable=person.state in CHANGEABLE,
        choices={
            "Name": person.name or "none given",
            "Sections": page_words(person.preferences, every="all"),
            "When": often(person.preferences),
            "Form": _FORMS[person.preferences.form],
            "Language": person.preferences.language,
            "Confirmed": times.moment(began[-1]) if began else "not yet",
        },
    )


def _delivery(delivery: Delivery, person: Subscriber, times: Times) -> dict[str, object]:
    bad, edition, id_, name = delivery.status in UNSENT, "", f"{delivery.id}", ""
    if delivery.edition:
        of = EditionId.parse(delivery.edition)
        suffix = f", {_NOTICES[of.notice]}" if of.notice else ""
        edition, id_ = of.path, delivery.edition
        name = f"{'Week to ' if of.is_week else ''}{times.day(of.day)}{suffix}"
    return {
        "edition": edition,
        "id": id_,
        "name": name or MAILS[delivery.kind],
        "at": times.moment(delivery.done or delivery.due),
        "status": STATUSES[delivery.status],
        "bad": bad,
        "reason": delivery.reason,
        "tries": delivery.tries,
        "again": bad and (person.state is State.ACTIVE or not delivery.edition),
    }


def change_choices(session: AdminSession) -> Response:
    """Show the preferences of a subscriber; save submitted ones and lead back to them."""
    request, number = session.request, number_of(session)
    back = f"{PATH}/{number}"
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
    if person.state not in CHANGEABLE:
        return session.back(back, message="other")
    offered, chosen = chosen_by(request, person.preferences)
    seen, wrong = preferences_line(person.preferences), tuple[FieldError, ...]()
    if request.posts:
        chosen = read_chosen(request.fields, usual=chosen, asked=asked_of(request))
        seen, wrong = session.field("seen"), problems(chosen, offered=offered)
        if not wrong:
            wanted = {"preferences": preferences_of(chosen, offered), "seen": seen}
            return session.submit(back, change, number, done="chosen", refused="moved", **wanted)
    return session.page(
        "choices",
        status=422 if wrong else 200,
        one=person,
        seen=seen,
        wrong=wrong,
        **options(request, chosen, offered),
    )


PAGES = (
    SitePage(f"{PATH}/{{number}}", view(subscriber, messages=_MESSAGES), ACT),
    SitePage(f"{PATH}/{{number}}/choices", view(change_choices), ACT),
)
