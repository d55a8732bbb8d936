"""From settings to what sends all mails but editions: to operators, reviewers and readers."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from briefing.app.access import link_token
from briefing.app.deliver import Claimed, Delivered, Dispatch, Envelope
from briefing.app.outbox import Outbox
from briefing.app.readers import LetterContext, OutgoingMail, Reply, write
from briefing.app.readers.decide import is_of
from briefing.app.readers.fields import address_of, read_preferences
from briefing.app.readers.lists import checked_name
from briefing.app.release import ReleasePlan
from briefing.app.rounds.alerting import Notification
from briefing.core.errors import BriefingError, BusyError, UsageError
from briefing.core.messages import Translatable
from briefing.core.model import (
    OPERATORS_MAILS,
    WEEK,
    Delivery,
    Edition,
    MailKind,
    Subscriber,
    edition_of,
    option_of,
)
from briefing.core.schedule import Timetable, deadline, due_of, zone
from briefing.core.text.watch_alerts import WatchAlert
from briefing.mail.headers import date_field, id_field, mailbox_field, one_line, text_field
from briefing.mail.message import plain
from briefing.mail.relay import Relay, Result, ResultKind
from briefing.mail.smtp import RelaySession
from briefing.press.catalog import gettext, ngettext, translated
from briefing.press.lines import safe_url
from briefing.press.wording import _, worded_in
from briefing.settings import Live, Renewed, Settings
from briefing.setup.clock import now
from briefing.setup.logs import escaped, redacted
from briefing.setup.parts import letterhead, theme
from briefing.setup.post import Post, plan_of, post_of, relay_of
from briefing.store import Store, Transaction, deliveries
from briefing.store.audit import Actor
from briefing.store.drafts import StoredDraft

LOG = logging.getLogger("briefing.outbox")


def outbox_of(
    store: Store, *, settings: Settings, web: str = "", relay: Relay | None = None
) -> Outbox:
    """Return what sends waiting mails; links begin with ``web`` if the settings have no address.

    Raises SettingsError if the sender, the relay or the secrets cannot be used as set.
    """
    post, relay = post_of(settings), relay or relay_of(settings)
    context = LetterContext(
        settings.name,
        settings.web.address or web,
        post.secrets,
        post.sender,
        theme(settings),
        # Mails have no logo, so its file is not needed.
        letterhead(settings, logo=False),
        settings.language,
        settings.web.readers == "subscribers",
    )
    dispatch = Dispatch(
        letters=partial(letter, context=context, post=post, operator=settings.alerts.mail),
        connect=partial(RelaySession, relay),
        plan=replace(plan_of(settings), longest=timedelta(seconds=relay.longest)),
        clock=now,
        watch=log_result,
    )
    return Outbox(store, dispatch)


def live_outbox(store: Store, live: Live, *, web: str) -> Callable[[], Outbox | None]:
    """Return what returns the outbox by the settings in force; None while no sender is set."""

    def make(settings: Settings) -> Outbox | None:
        if not settings.mail.sender:
            return None
        return outbox_of(store, settings=settings, web=web)

    return Renewed(live, make)


def letter(claimed: Claimed, *, context: LetterContext, post: Post, operator: str = "") -> Envelope:
    """Return the signed mail of a row; its secret parts are made only now.

    Raises InputError if no mail can be sent to the address.
    """
    mail, to = claimed.delivery, claimed.to
    asked = mail.asked or mail.due
    if mail.kind in OPERATORS_MAILS:
        recipient, words = operator, mail.words
        if mail.kind is not MailKind.ALERT:
            recipient, _, words = mail.words.partition("\n")
        if text := _WITH_LINKS.get(mail.kind):
            number, _, claim = words.rpartition("\n")
            token = link_token(claim, secret=post.secrets[-1])
            path = f"requests/{number}" if number else "password"
            link = f"{context.web}/admin/{path}/{token}"
            with worded_in(context.language):
                words = gettext(text, name=one_line(context.name), link=link)
        if mail.kind is MailKind.DECLINED:
            words = _declined(context.name, words)
        address = address_of(recipient.partition("\t")[0])
        message = short_mail(mail.kind.value, words, to=address, post=post, at=asked)
        return Envelope(post.sender.address, address, message)
    reply = Reply.WELCOME if mail.words else Reply.REMIND
    if mail.kind is MailKind.CONFIRMATION:
        reply = Reply.CONFIRM
    with worded_in(to.preferences.language):
        message = write(OutgoingMail(reply, to, mail.epoch, asked), context=context)
    return Envelope(post.sender.address, to.address, post.signed(message, at=now()))


_FORGOTTEN = Translatable("""\
[{name}] New password
Somebody, perhaps you, asked for a new password for the administration of {name}. Set it here
within an hour:

{link}

If it was not you, nothing has to be done: your password has not changed.
""")


_REQUESTED = Translatable("""\
[{name}] A request to be let in
Somebody has confirmed an address and asks to get {name}. Look at the request, and decide:

{link}

The link is yours alone and good for two weeks. The administration lists all requests under Readers.
""")


_WITH_LINKS = {MailKind.PASSWORD: _FORGOTTEN, MailKind.REQUEST: _REQUESTED}


def _declined(name: str, language: str) -> str:
    with worded_in(language):
        subject = _("Your request to {name}", name=one_line(name))
        text = _("Your request to get {name} was declined. Your address is not kept.", name=name)
    return f"{subject}\n{text}\n"


def log_result(claimed: Claimed, result: Result) -> None:
    """Log a mail that was not sent."""
    if result.kind is not ResultKind.SENT:
        LOG.warning("a mail (%s) was not sent: %s", claimed.delivery.kind, redacted(str(result)))


def mail_operators(store: Store, *, settings: Settings) -> None:
    """Send mails to reviewers and operators now; failed ones are left for the next sender."""
    if not settings.mail.sender:
        return
    try:
        outbox_of(store, settings=settings).only_operators().send()
    except BriefingError as error:
        LOG.warning("mails to reviewers and operators wait: %s", error)


def send_waiting(store: Store, *, settings: Settings) -> Delivered | None:
    """Send mails left by a process that has ended; None if there are none or another sends them.

    If the settings have no web address, only the process that serves the pages can write links.
    """
    outbox = outbox_of(store, settings=settings)
    try:
        return (outbox if settings.web.address else outbox.only_operators()).send()
    except BusyError:
        return None


#: Most characters of a title in an alert; longer than any headline.
_LONGEST_TITLE = 300


def alert_text(notices: Sequence[Notification], *, name: str) -> str:
    """Return the subject of an alert mail and, after a line break, its text, in the language set.

    There is at least one notice, the most serious first; notices may contain external text.
    """
    first, *others = [redacted(translated(notice.message)) for notice in notices]
    more = gettext(" (and {n} more)", n=len(others)) if others else ""
    subject = one_line(f"[{name}] {first[:200]}{more}")
    text = "".join(f"- {message}\n" for message in (first, *others))
    everything = gettext("`briefing doctor` checks everything.")
    return f"{subject}\n{one_line(name)}:\n\n{text}\n{everything}"


def watch_line(alert: WatchAlert) -> str:
    """Return an alert to watched news as one line: list, publishers, title and address."""
    title, _, url = _about(alert)
    reports = ngettext(
        "{n} publisher with a new story", "{n} publishers with a new story", alert.publishers
    )
    return f"{alert.list.heading}: {reports}: {title}{f' {url}' if url else ''}"


def watch_text(alert: WatchAlert, *, name: str, web: str) -> str:
    """Return the subject of a mail about watched news and, after a line break, its text.

    Every web address begins with ``web``; empty if there are no pages.
    """
    title, publisher, url = _about(alert)
    watched = alert.list
    reports = ngettext(
        "{n} publisher reports a new story that names {words}:",
        "{n} publishers report a new story that names {words}:",
        alert.publishers,
        words=escaped(", ".join(alert.entries)),
    )
    where = f":\n{web}/admin/settings/watch/{watched.name}" if web else "."
    on = gettext("It is not on a page yet. The watch-list is {name}", name=watched.heading)
    return (
        f"{one_line(f'[{name}] {watched.heading}: {title}')}\n{reports}\n\n"
        + "".join(f"{line}\n" for line in (title, publisher, url) if line)
        + f"\n{on}{where}\n"
    )


def source_of(alert: WatchAlert) -> str:
    """Return the only publisher of a story; empty if there are several."""
    return _about(alert)[1] if alert.publishers == 1 else ""


def _about(alert: WatchAlert) -> tuple[str, str, str]:
    """Return title, publisher and address of a report of a story, each on one line."""
    documents = alert.story.documents
    first = next((document for document in documents if document.headline), documents[0])
    title = escaped(" ".join(first.title.split()))[:_LONGEST_TITLE]
    publisher = escaped(" ".join(first.publisher.split()))[:_LONGEST_TITLE]
    return title or alert.entries[0], publisher, safe_url(first.url)


def short_mail(kind: str, message: str, *, to: str, post: Post, at: datetime) -> bytes:
    """Return a signed mail from a subject and, after a line break, a text."""
    subject, _, text = message.partition("\n")
    mail = b"".join(
        (
            mailbox_field("From", post.sender.address, display_name=post.sender.name),
            mailbox_field("To", to),
            text_field("Subject", subject),
            date_field(at),
            id_field(kind, f"{at.isoformat()} {to} {message}", domain=post.sender.domain),
            b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
            plain(text, blanks={}).filled({}),
        )
    )
    return post.signed(mail, at=at)


#: How long a mail to a reviewer is tried; by then, the next draft is there.
_REVIEW_TRIED = timedelta(days=1)


def release_plan(settings: Settings, *, edition: str = "") -> ReleasePlan:
    """Return how the editions of a name are released; raise UsageError if the name is unknown."""
    table, life = settings.timetable, settings.life
    timetable = (table.week or table) if edition == WEEK else table.of(edition)

    offered = table.editions
    channels = [channel.name for channel in settings.channel]
    replacing = [channel for channel in settings.channel if channel.in_place_of_mail]

    def instead(to: str) -> str:
        return next((channel.name for channel in replacing if is_of(channel.readers, to)), "")

    def release(tx: Transaction, printed: Edition, at: datetime) -> None:
        when = partial(due_of, edition=edition, offered=offered, day=printed.day, at=at)
        deliveries.release(
            tx, printed.id, at=at, life=life, due=when, channels=channels, instead=instead
        )

    return ReleasePlan(
        to=release, ask=partial(_ask, settings=settings, timetable=timetable), timetable=timetable
    )


def _ask(
    tx: Transaction, draft: StoredDraft, at: datetime, *, settings: Settings, timetable: Timetable
) -> None:
    """Queue a link to a draft for each reviewer; without web pages, the command."""
    if not settings.mail.sender:
        return
    day, which, by = draft.stored.day, edition_of(draft.stored.id), timetable.release.by
    where = f"briefing editions release {day}{option_of(which)} --operator NAME"
    if settings.web.address:
        asked = f"?edition={which}" if which else ""
        where = f"{settings.web.address}/admin/release{asked}"
    with worded_in(settings.language):
        what = gettext("page of {day}", day=day)
        if which:
            what = gettext("{edition} page of {day}", edition=which, day=day)
        if which == WEEK:
            what = gettext("week in review to {day}", day=day)
        subject = gettext("[{name}] To release: {what}", name=settings.name, what=what)
        ready = ngettext(
            "A draft is ready: {what}. It leaves when {n} operator has released it:",
            "A draft is ready: {what}. It leaves when {n} operators have released it:",
            by,
            what=what,
        )
        end = ""
        if until := deadline(timetable, day):
            until_ = f"{until.astimezone(zone(timetable.zone)):%Y-%m-%d %H:%M (%Z)}"
            end = f"\n{gettext('Its deadline is {at}.', at=until_)}\n"
    message = f"{one_line(subject)}\n{ready}\n\n{where}\n{end}"
    for reviewer in dict.fromkeys(settings.release.reviewers):
        words = f"{reviewer}\n{message}"
        deliveries.put_mail(tx, MailKind.REVIEW, words=words, at=at, until=at + _REVIEW_TRIED)


def new_subscriber(
    address: str, *, name: str, fields: Mapping[str, str], settings: Settings
) -> Subscriber:
    """Return a subscriber that is not stored yet.

    Raises InputError if the address or a preference is not valid.
    """
    preferences = read_preferences(fields, offered=settings.offered, usual=settings.usual)
    return Subscriber(0, address_of(address), checked_name(name), preferences=preferences)


def ask_to_confirm(
    store: Store, new: Subscriber, *, settings: Settings, actor: Actor
) -> tuple[Subscriber, Delivery]:
    """Add a pending subscriber and send the confirmation mail, as the outbox does.

    Raises UsageError if there is no web page to confirm on, and SettingsError if no sender is set.
    """
    if not settings.web.address:
        raise UsageError(
            "web.address is empty, so there is no page to confirm on; set it, or add them with "
            "--consent if they have agreed"
        )
    return outbox_of(store, settings=settings).ask_to_confirm(new, actor=actor)
