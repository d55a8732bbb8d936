"""Published editions to subscribers and channels: letters made, sent, rehearsed and tested."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

from briefing.app.deliver import Claimed, Delivered, Dispatch, Envelope, deliver
from briefing.app.deliver.plan import SharedPace
from briefing.app.editions import to_send
from briefing.app.own_pages import page_of
from briefing.app.readers import epoch
from briefing.app.readers.fields import address_of
from briefing.app.readers.letters import notice_letter
from briefing.core import errors, model, record, schedule
from briefing.mail.headers import one_line
from briefing.mail.message import Body, Letter, attachment, compose, personal, subject_line
from briefing.mail.relay import Result
from briefing.mail.smtp import RelaySession
from briefing.press.letter import letter_parts
from briefing.press.theme import Theme
from briefing.press.wording import path_in, title_date, worded_in
from briefing.settings import Settings
from briefing.setup.channels import channel_dispatch
from briefing.setup.clock import now
from briefing.setup.outbox import send_waiting, short_mail
from briefing.setup.parts import theme
from briefing.setup.post import Post, plan_of, post_of, relay_of
from briefing.store import Store, deliveries, editions, identity, printed_files, subscribers

#: Editions, and their letters, that are cached: a day has one or two editions, with as many letters
#: as pages, each of some hundred kilobytes.
_EDITIONS = 2
_LETTERS = 128

Watch = Callable[[Claimed, Result], None]


class Letters:
    """Makes the mail of a delivery; shared content is made once. Thread-safe."""

    def __init__(self, store: Store, *, settings: Settings, post: Post) -> None:
        self._store, self._post = store, post
        self._template, self._usual = settings.mail.subject, settings.language
        self._closed = settings.web.readers == "subscribers"
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
        return self._post.web and self._post.web + path_in(language, usual=self._usual)

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
        closed = path if self._closed and web else ""
        parts = letter_parts(printed, theme=self._theme, web=web, closed=closed)
        subject = subject_line(
            self._template,
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


def deliver_due(
    store: Store,
    *,
    settings: Settings,
    watch: Watch = lambda _claimed, _result: None,
    share: tuple[str, int] | None = None,
) -> Delivered:
    """Send what is due: first to channels, then waiting mails, then editions.

    ``share`` is for one of several workers: its name, and how many deliveries it sends at most.
    Raises SettingsError if there is no channel, and the sender or the relay is not set; and
    BusyError if another process is delivering from this store.
    """

    def send(dispatch: Dispatch) -> Delivered:
        dispatch = replace(dispatch, watch=watch)
        if share:
            plan, worker = replace(dispatch.plan, most=share[1], watched=True), share[0]
            dispatch = replace(dispatch, plan=plan, name=lambda: worker)
        return deliver(store, dispatch)

    plan = plan_of(settings)
    to_channels = Delivered({})
    waits = store.look(deliveries.waits, kinds=model.CHANNEL_MESSAGES, at=now())
    if settings.channel or waits:
        # Channels do not wait for a failing relay.
        to_channels = send(channel_dispatch(store, settings=settings, plan=plan))
        if not settings.mail.sender:
            return to_channels
    with store.write() as tx:
        deliveries.follow_channels(tx, at=now(), life=settings.life)
    send_waiting(store, settings=settings)
    post = post_of(settings)
    relay = relay_of(settings)
    dispatch = Dispatch(
        letters=Letters(store, settings=settings, post=post),
        connect=partial(RelaySession, relay),
        plan=replace(plan, longest=timedelta(seconds=relay.longest)),
        clock=now,
    )
    if not plan.alone:
        dispatch = replace(dispatch, pace=partial(SharedPace, store))
    mailed = send(dispatch)
    attempts = Counter(to_channels.attempts)
    attempts.update(mailed.attempts)
    suspect = to_channels.suspect + mailed.suspect
    return replace(mailed, attempts=dict(attempts), suspect=suspect)


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
