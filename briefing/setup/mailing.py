"""From settings to mails: of editions, made and tested, and others, to operators and readers."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

from briefing.app.access import link_token
from briefing.app.deliver import Claimed, Delivered, Dispatch, Envelope
from briefing.app.editions import to_send
from briefing.app.outbox import Outbox
from briefing.app.own_pages import page_of
from briefing.app.readers import LetterContext, OutgoingMail, Reply, epoch, write
from briefing.app.readers.decide import is_of
from briefing.app.readers.fields import address_of, read_preferences
from briefing.app.readers.letters import notice_letter
from briefing.app.readers.lists import checked_name
from briefing.app.release import ReleasePlan
from briefing.app.rounds.alerting import Notification
from briefing.core import errors, model, record, schedule
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
from briefing.mail.headers import date_field, id_field, mailbox_field, one_line, subject_field
from briefing.mail.message import Body, Letter, attachment, compose, personal, plain, subject_line
from briefing.mail.relay import Relay, Result, ResultKind
from briefing.mail.smtp import RelaySession
from briefing.press.catalog import gettext, ngettext, translated
from briefing.press.letter import letter_parts
from briefing.press.lines import safe_url
from briefing.press.theme import Theme
from briefing.press.wording import _, path_in, title_date, worded_in
from briefing.settings import Live, Renewed, Settings
from briefing.setup.clock import now
from briefing.setup.logs import escaped, redacted
from briefing.setup.parts import letterhead, theme
from briefing.setup.post import Post, plan_of, post_of, relay_of
from briefing.store import (
    Store,
    Transaction,
    deliveries,
    editions,
    identity,
    printed_files,
    subscribers,
)
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
Someone, perhaps you, asked for a new password for the administration of {name}. Set it here
within an hour:

{link}

If it was not you, ignore this mail: your password has not changed.
""")


_REQUESTED = Translatable("""\
[{name}] A request to subscribe
Someone has confirmed an address and asks to receive {name}. View the request, then approve or
decline it:

{link}

The link is yours alone and valid for two weeks. The administration lists all requests under
Readers.
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
    on = gettext("It has not been printed yet. Watch-list: {name}", name=watched.heading)
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
            subject_field(subject),
            date_field(at),
            id_field(kind, f"{at.isoformat()} {to} {message}", domain=post.sender.domain),
            b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
            plain(text, blanks={}).filled({}),
        )
    )
    return post.signed(mail, at=at)


#: How long a mail to a reviewer is tried; by then, the next draft is there.
_REVIEW_TRIED = timedelta(days=1)


def release_plan(settings: Settings, edition: str) -> ReleasePlan:
    """Return how the editions of a name are released; raise UsageError if the name is unknown."""
    offered, timetable = settings.timetable.editions, settings.timetable.of(edition)
    channels = [channel.name for channel in settings.channel]
    replacing = [channel for channel in settings.channel if channel.in_place_of_mail]

    def instead(to: str) -> str:
        return next((channel.name for channel in replacing if is_of(channel.readers, to)), "")

    def release(tx: Transaction, printed: Edition, at: datetime) -> None:
        when = partial(due_of, edition=edition, offered=offered, day=printed.day, at=at)
        deliveries.release(
            tx,
            printed.id,
            at=at,
            life=settings.life,
            due=when,
            channels=channels,
            instead=instead,
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
        what = gettext("edition of {day}", day=day)
        if which:
            what = gettext("{edition} edition of {day}", edition=which, day=day)
        if which == WEEK:
            what = gettext("week in review to {day}", day=day)
        subject = gettext("[{name}] To release: {what}", name=settings.name, what=what)
        ready = ngettext(
            "A draft is ready: {what}. It is published once {n} operator has released it:",
            "A draft is ready: {what}. It is published once {n} operators have released it:",
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


#: Editions, and their letters, that are cached: a day has one or two editions, with as many letters
#: as pages, each of some hundred kilobytes.
_EDITIONS = 2
_LETTERS = 128


class Letters:
    """Makes the mail of a delivery; shared content is made once. Thread-safe."""

    def __init__(self, store: Store, *, settings: Settings, post: Post) -> None:
        self._store, self._settings, self._post = store, settings, post
        self._theme: Theme = theme(settings)
        self._lock = Lock()
        self._content = lru_cache(_EDITIONS)(partial(_content, store))
        self._composed = lru_cache(_LETTERS)(self._compose)

    def __call__(self, claimed: Claimed) -> Envelope:
        """Return the whole mail of a delivery, signed.

        Raises InputError if no mail can be sent to the subscriber's address, and StoreError if the
        edition cannot be made into a mail.
        """
        return self.write(
            claimed.delivery.edition, claimed.to, delivery=claimed.delivery.id, at=now()
        )

    def write(self, edition: str, to: model.Subscriber, *, delivery: int, at: datetime) -> Envelope:
        """Return the mail of an edition to a subscriber, like :meth:`__call__`."""
        begun = epoch(self._store.look(subscribers.consents, to.id))
        language = to.preferences.language
        post = replace(self._post, web=self._web(language))
        links = post.links(to.id, epoch=begun, delivery=delivery, at=at)
        with worded_in(language):
            letter = self._letter(edition, to.preferences, language)
        message = personal(letter, to=to, sender=self._post.sender, links=links, at=at)
        return Envelope(
            self._post.return_path(delivery), to.address, self._post.signed(message, at=at)
        )

    def _web(self, language: str) -> str:
        return self._post.web and self._post.web + path_in(language, usual=self._settings.language)

    def _letter(self, edition: str, wanted: model.Preferences, language: str) -> Letter:
        with self._lock:
            if model.EditionId.parse(edition).notice is not None:
                return self._composed(edition, model.GENERAL, language)
            key, chosen = model.GENERAL, wanted.page_on(model.EditionId.parse(edition).day)
            if chosen != model.PageChoice():
                # Pages can be added after an edition was first sent.
                keys = self._store.look(printed_files.keys, edition)
                seal = self._store.look(identity.seal)
                key = page_of(self._content(edition)[0], chosen, keys=keys, seal=seal)
            return self._composed(edition, key, language)

    def _compose(self, edition: str, key: str, language: str) -> Letter:
        if model.EditionId.parse(edition).notice is not None:
            return notice_letter(self._store, edition, language=language)
        printed, pdf = _content(self._store, edition, key) if key else self._content(edition)
        path = f"{printed.path}/{key}" if key else printed.path
        web = self._post.web and f"{self._web(language)}/{path}"
        closed = path if self._settings.web.readers == "subscribers" and web else ""
        parts = letter_parts(printed, theme=self._theme, web=web, closed=closed)
        subject = subject_line(
            self._settings.mail.subject,
            # A week's headline was that of an earlier day's page.
            headline="" if printed.week else parts.headline,
            name=printed.name,
            date=title_date(printed),
        )
        texts = {"html": parts.html, "text": parts.text, "link": parts.link}
        return compose(edition, subject=subject, texts=texts, blanks=parts.blanks, pdf=pdf)


def _content(store: Store, edition: str, key: str = "") -> tuple[model.Edition, Body | None]:
    """Read an edition, or its own page under a key; return it and its PDF.

    Raises StoreError if it is missing or unreadable; an InputError would count against the
    subscriber.
    """
    name = f"{edition}/{key}" if key else edition
    with store.read() as tx:
        page = printed_files.get(tx, edition, key) if key else editions.get(tx, edition)
    if page is None:
        raise errors.StoreError(f"edition {name}: not in the store; restore the last backup")
    pdf = page.files.get("pdf") if isinstance(page, editions.StoredEdition) else page.pdf
    try:
        printed = record.read(page.record, name=name).edition
    except errors.InputError as error:
        raise errors.StoreError(
            f"{error}; restore the last backup: briefing restore FILE"
        ) from error
    return printed, attachment(f"{name.replace('/', '-')}.pdf", pdf) if pdf else None


def rehearse(
    store: Store, to: Path, *, settings: Settings, day: date | None, edition: str = ""
) -> tuple[str, int, list[tuple[str, str]]]:
    """Write the mail of an edition to each of its subscribers into a folder; send nothing.

    Returns the edition, the mails written, and addresses to which no mail can be sent, with
    reasons. Return paths and unsubscribe addresses belong to no delivery. Raises OutputError if the
    folder is not empty, or a file cannot be written; and InputError if there is no edition.
    """
    letters = Letters(store, settings=settings, post=post_of(settings, keep=False))
    stored = edition_on(store, settings=settings, day=day, edition=edition)
    written, refused, offered = 0, [], settings.timetable.editions
    with errors.writing(to, otherwise="name another folder"):
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(to.iterdir()):
            raise errors.OutputError(f"{to}: is not empty; name a new folder")
        with store.read() as tx:
            for subscriber in subscribers.listed(tx, state=model.State.ACTIVE):
                wishes = subscriber.preferences
                wants = wishes.wants(model.edition_of(stored.briefing), offered=offered)
                if stored.day.weekday() not in wishes.days or not wants:
                    continue
                try:
                    mail = letters.write(stored.id, subscriber, delivery=0, at=now())
                except errors.InputError as error:
                    refused.append((subscriber.address, str(error)))
                    continue
                (to / f"{subscriber.id}.eml").write_bytes(mail.message)
                written += 1
    return stored.id, written, refused


def send_test(
    store: Store, address: str, *, settings: Settings, day: date | None, edition: str = ""
) -> tuple[str, Result]:
    """Send an edition to one address, without a record; return the edition and the result.

    Its links belong to no subscription. Raises UsageError if the address is not valid, and
    InputError if there is no edition.
    """
    to = model.Subscriber(0, _given(address), state=model.State.ACTIVE, preferences=settings.usual)
    post = post_of(settings)
    stored = edition_on(store, settings=settings, day=day, edition=edition)
    mail = Letters(store, settings=settings, post=post).write(stored.id, to, delivery=0, at=now())
    with RelaySession(relay_of(settings)) as session:
        return stored.id, session.send(mail.sender, mail.recipient, mail.message)


def send_trial(address: str, *, settings: Settings) -> Result:
    """Send a test mail to one address, to show that the relay accepts mail and it arrives.

    Raises UsageError if the address is not valid, and SettingsError if no mail can be sent with
    these settings.
    """
    to, post = _given(address), post_of(settings)
    name = one_line(post.sender.name)
    text = f"This is a test. Mail of {name} reaches you through the relay that is set.\n"
    if post.web:
        text += f"\nSay that it has arrived:\n{post.web}/admin/morning#arrived\n"
    message = f"[{name}] Test of the relay\n{text}"
    with RelaySession(relay_of(settings)) as session:
        mail = short_mail("trial", message, to=to, post=post, at=now())
        return session.send(post.sender.address, to, mail)


def _given(address: str) -> str:
    try:
        return address_of(address)
    except errors.InputError as error:
        raise errors.UsageError(str(error)) from error


def edition_on(
    store: Store, *, settings: Settings, day: date | None, edition: str = ""
) -> editions.StoredEdition:
    """Return the edition of this name and day that is to be sent, by default the current one.

    Raises InputError if there is none.
    """
    today = schedule.local_date(settings.timetable, at=now())
    series = model.series_of(settings.briefing, edition)
    return store.look(to_send, series, day=day, today=today)
