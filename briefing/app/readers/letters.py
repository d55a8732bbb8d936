"""Mails to readers that are not editions, the links in them, and how they are sent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from briefing.app.readers.actions import TRIED, OutgoingMail
from briefing.app.readers.decide import Reply, epoch
from briefing.core.edition import slug
from briefing.core.errors import InputError, StoreError, UsageError
from briefing.core.frozen import frozen
from briefing.core.model import (
    PLAIN,
    Delivery,
    DeliveryStatus,
    EditionId,
    Form,
    Letterhead,
    MailKind,
    NoticeKind,
    State,
    Subscriber,
    digest,
)
from briefing.core.schedule import Timetable, next_edition
from briefing.mail.message import Letter, Sender, compose, confirmation
from briefing.mail.tokens import Purpose, make
from briefing.press import wording
from briefing.press.letter import inline_html
from briefing.press.text import text_environment
from briefing.press.theme import Theme
from briefing.press.wording import _, in_each, long_date, say
from briefing.store import Store, Transaction, deliveries, editions, reader_list, subscribers
from briefing.store.audit import Actor

#: How long the links in these mails are valid.
_LIFE = {purpose: purpose.life for purpose in Purpose if purpose.life is not None}


@frozen
class LetterContext:
    """What the mails are written with."""

    #: Name of the briefing, as on the nameplate.
    name: str
    #: Base address of the web pages, without a trailing slash.
    web: str
    #: Secrets that sign the links, oldest first.
    secrets: tuple[bytes, ...]
    sender: Sender
    theme: Theme
    letterhead: Letterhead = PLAIN
    #: Language of the briefing; a reader's may differ.
    language: str = "en"
    #: Whether only readers may see the pages.
    closed: bool = False


def write(outgoing: OutgoingMail, *, context: LetterContext) -> bytes:
    """Return a complete mail in the language of :func:`say`, with CRLF line endings.

    InputError: no mail can be sent to the address.
    """
    to, at, theme, letterhead = outgoing.to, outgoing.at, context.theme, context.letterhead
    confirms = outgoing.reply is Reply.CONFIRM
    purpose = Purpose.CONFIRM if confirms else Purpose.PREFERENCES
    url = link(
        purpose,
        subscriber=to.id,
        epoch=outgoing.epoch,
        web=context.web + wording.path_in(to.preferences.language, usual=context.language),
        secrets=context.secrets,
        at=at,
    )
    about = {
        "name": context.name,
        "language": wording.worded(),
        "letterhead": letterhead,
        "link": url,
        "address": to.address,
        "paused": to.state is State.PAUSED,
        "when": wording.often(to.preferences),
        "until": wording.moment(at + _LIFE[purpose], zone=to.preferences.zone),
        "closed": context.closed,
        "welcome": outgoing.reply is Reply.WELCOME,
    }
    subject = _("Your {name}", name=context.name)
    if confirms:
        subject = say().confirm_subject.format(name=context.name)
    templates, template = text_environment(theme), "confirm" if confirms else "web/reminder"
    text = templates.get_template(f"{template}.txt").render(about)
    html = inline_html(
        templates, f"{template}.html", theme=theme, about=about, letterhead=letterhead
    )
    return confirmation((text, html), subject=subject, to=to, sender=context.sender, at=at)


#: The path before the token, by purpose.
PATHS = {
    Purpose.CONFIRM: "/confirm",
    Purpose.LEAVE: "/unsubscribe",
    Purpose.PREFERENCES: "/preferences",
}


def link(  # noqa: PLR0913  what a link is made of
    purpose: Purpose,
    *,
    subscriber: int,
    epoch: int,
    web: str,
    secrets: Sequence[bytes],
    at: datetime,
) -> str:
    """Return the address of a page for one subscriber.

    ``web`` has no trailing slash, ``secrets`` are oldest first, and ``epoch`` is that of
    :func:`briefing.app.readers.epoch`.
    """
    token = make(purpose, subscriber=subscriber, epoch=epoch, secrets=secrets, at=at)
    return f"{web}{PATHS[purpose]}/{token}"


def notice_letter(store: Store, edition: str, *, language: str) -> Letter:
    """Return the mail of a notice, which is plain text in every format.

    ``language`` is that of :func:`briefing.press.wording.say`; notices made by an earlier version
    are in English only.

    StoreError: the notice is missing.
    """
    stored = store.look(editions.get, edition)
    if stored is None:
        raise StoreError(f"notice {edition}: not in the store; restore the last backup")
    words = stored.files.get(f"notice.{language}") or stored.files["notice"]
    subject, _line, text = words.decode().partition("\n")
    key, colon = digest(text), say().colon
    blanks = {"leave": f"leave-{key}"}
    text += "\n"
    # After a withdrawal, there is no point in offering other preferences.
    if EditionId.parse(edition).notice is NoticeKind.NO_PAGE:
        blanks["preferences"] = f"preferences-{key}"
        text += f"{_('Change what you get')}{colon}{blanks['preferences']}\n"
    text += f"{say().leave}{colon}{blanks['leave']}\n"
    texts = {"text": text, "html": "", "link": text}
    letter = compose(edition, subject=subject, texts=texts, blanks=blanks)
    return replace(letter, bodies=dict.fromkeys(Form, letter.bodies[Form.TEXT]))


def put_notes(  # noqa: PLR0913  what a note says, and for how long
    tx: Transaction, *, name: str, day: date, timetable: Timetable, at: datetime, life: timedelta
) -> int:
    """Queue a note for each active reader of the first edition of a day; return how many.

    Each day gets at most one note, which may be sent during ``life``.
    """
    coming, _due = next_edition(timetable, after=at)

    def note() -> str:
        lines = (
            _("No edition of {name} today", name=name),
            _(
                "There is no edition of {name} today, {day}: no report could be printed.",
                name=name,
                day=long_date(day),
            ),
            "",
            _("The next one is due on {day}.", day=long_date(coming)),
        )
        return "".join(f"{line}\n" for line in lines)

    id_ = str(EditionId(slug(name), day, notice=NoticeKind.NO_PAGE))
    active = subscribers.listed(tx, state=State.ACTIVE)
    readers = [
        subscriber.id
        for subscriber in active
        for wished in [subscriber.preferences]
        if day.weekday() in wished.days and wished.wants("", offered=timetable.editions)
    ]
    return deliveries.put_notice(tx, id_, in_each(note), readers, day=day, at=at, life=life)


#: Mails to readers that belong to no edition.
READERS_MAILS = frozenset({MailKind.CONFIRMATION, MailKind.REMINDER})
#: Statuses after which a mail can be sent again.
UNSENT = frozenset({DeliveryStatus.HELD, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED})


def send_mail_again(tx: Transaction, number: int, *, actor: Actor) -> Delivery:
    """Let a mail that belongs to no edition be sent again, and audit who asked for it.

    It gets a new link. Only the last mail of its kind can be sent again, as otherwise the link of
    an earlier one would arrive after that of a later one.

    Raises:
        InputError: the mail does not exist.
        UsageError: it was sent, is waiting, or is no longer wanted.
    """
    mail = deliveries.get(tx, number)
    to = subscribers.get(tx, mail.subscriber) if mail else None
    if not mail or mail.kind not in READERS_MAILS:
        raise InputError("no mail has this number")
    if to is None or not _is_welcome(mail, to):
        raise UsageError("it is no longer wanted")
    if mail.status not in UNSENT:
        raise UsageError(f"it is {mail.status.value}")
    last = reader_list.mails_to(tx, to.id, kinds={mail.kind}, limit=1)
    if last[0].id != mail.id:
        raise UsageError("a later one was made")
    current = epoch(subscribers.consents(tx, to.id))
    # It gets a new link.
    made = {"asked": actor.at, "epoch": current}
    deliveries.renew(tx, number, at=actor.at, until=actor.at + TRIED, **made)
    actor.note(tx, "resend mail", f"{mail.kind} to subscriber {to.id}, which was {mail.status}")
    return mail


def _is_welcome(mail: Delivery, to: Subscriber) -> bool:
    """Return whether a reader may still get a mail, as when it was requested."""
    if mail.kind is MailKind.REMINDER:
        return to.state in {State.ACTIVE, State.PAUSED}
    if to.since is None or not mail.asked or to.state is State.PENDING:
        return to.state is State.PENDING
    return to.state in {State.UNSUBSCRIBED, State.BOUNCED} and to.since <= mail.asked
