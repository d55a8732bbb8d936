"""One subscriber: state, consents, deliveries and preferences; paused, resumed, removed."""

from functools import partial

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.deliver.administration import send_again
from briefing.app.readers import preferences_line
from briefing.app.readers.administration import (
    CHANGEABLE,
    PAUSABLE,
    RESUMABLE,
    change,
    let_in,
    pause,
    remove,
    resume,
)
from briefing.app.readers.decide import Subscription
from briefing.app.readers.fields import FIELDS, page_words, preferences_of
from briefing.app.readers.letters import READERS_MAILS, send_mail_again
from briefing.core.model import DeliveryStatus, EditionId, Subscriber
from briefing.press.wording import often
from briefing.store import reader_list, subscribers
from briefing.web.admin.acts import ask, ask_again
from briefing.web.admin.frame import AdminSession, required, view
from briefing.web.forms import FieldError, problems, read_chosen, read_number
from briefing.web.request import ACT, SitePage
from briefing.web.subscribe import chosen_by, options

#: Statuses after which a mail can be sent again.
UNSENT = frozenset({DeliveryStatus.REFUSED, DeliveryStatus.HELD, DeliveryStatus.EXPIRED})
PATH = "/admin/subscribers"
_DELIVERIES = 14


def subscriber(session: AdminSession) -> Response:
    """Show one subscriber, or apply the action of the form."""
    number = number_of(session)
    if not session.request.posts:
        return _page(session, number)
    do, back = session.field("do"), f"{PATH}/{number}"
    if do == "let-in":
        about = {"briefing": session.briefing, "life": session.context.life}
        return session.submit(back, let_in, number, done=do, refused="other", **about)
    if do in {"pause", "resume"}:
        use_case = pause if do == "pause" else resume
        return session.submit(back, use_case, number, done=f"{do}d", refused="other")
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
    if do == "remove":
        return ask(
            session,
            lambda at: session.run(remove, number, at=at) or "The address is no longer stored.",
            # The title is kept for an hour, the address is not.
            title=f"Remove reader {number}",
            button="Remove for good",
            lines=(
                person.address,
                "Address, name and choices are deleted for good, and nothing more is sent.",
                "The consent log keeps only the number.",
            ),
            back=back,
        )
    if session.field("edition") or session.field("mail"):
        return _sent_again(session, person)
    return session.back(back)


def number_of(session: AdminSession) -> int:
    """Return the number of the subscriber in the address."""
    return required(read_number(session.request.path["number"]))


def _sent_again(session: AdminSession, person: Subscriber) -> Response:
    """Have an edition or another mail sent once more."""
    mail = session.field("mail")
    with session.read() as tx:
        mails = reader_list.mails_to(tx, person.id, kinds=READERS_MAILS, limit=_DELIVERIES)
    if mail and mail not in {str(each.id) for each in mails}:
        raise HTTPException(404)
    again = partial(ask_again, session, to=person, back=f"{PATH}/{person.id}")
    if mail:
        return again(send_mail_again, int(mail))
    return again(send_again, session.field("edition"), person, life=session.context.life)


def _page(session: AdminSession, number: int) -> Response:
    with session.read() as tx:
        person = required(subscribers.get(tx, number))
        consents = subscribers.consents(tx, number)
        editions = reader_list.mails_to(tx, number, limit=_DELIVERIES)
        mails = reader_list.mails_to(tx, person.id, kinds=READERS_MAILS, limit=_DELIVERIES)
    began = [each.at for each in consents if each.what in {"confirmed", "imported"}]
    turns = {"pause": ("Pause", PAUSABLE), "resume": ("Resume", RESUMABLE)}
    waits = Subscription(person, consents).waits
    own_turns = {do: label for do, (label, states) in turns.items() if person.state in states}
    sent = sorted((*editions, *mails), key=lambda delivery: -delivery.id)
    return session.page(
        "subscriber",
        reader=person,
        turns={"let-in": "Let in"} if waits else own_turns,
        waits=waits,
        sent=[(mail, EditionId.parse(mail.edition) if mail.edition else None) for mail in sent],
        unsent=UNSENT,
        consents=consents[::-1],
        changeable=person.state in CHANGEABLE,
        sections=page_words(person.preferences, every="all"),
        when=often(person.preferences),
        began=began[-1] if began else None,
    )


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
        chosen = read_chosen(request.fields, usual=chosen, asked={wish.name for wish in FIELDS})
        seen, wrong = session.field("seen"), problems(chosen, offered=offered)
        if not wrong:
            wanted = {"preferences": preferences_of(chosen, offered), "seen": seen}
            return session.submit(back, change, number, done="chosen", refused="moved", **wanted)
    return session.page(
        "choices", reader=person, seen=seen, wrong=wrong, **options(request, chosen, offered)
    )


PAGES = (
    SitePage(f"{PATH}/{{number}}", view(subscriber), ACT),
    SitePage(f"{PATH}/{{number}}/choices", view(change_choices), ACT),
)
