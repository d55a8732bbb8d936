"""Channels of alerts to operators, and of editions, which are sent there and by mail."""

import asyncio
import json
import logging
import socket
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from briefing import __version__
from briefing.app.deliver import (
    Claimed,
    Delivered,
    Dispatch,
    Envelope,
    RelayConnection,
    deliver,
)
from briefing.app.deliver.plan import SharedPace
from briefing.app.doctor import Finding, Use, blockers, line
from briefing.app.readers.fields import address_of
from briefing.app.rounds.alerting import Alerting, Channel, Notification
from briefing.app.rounds.alerts import AlertKind
from briefing.core import model, record
from briefing.core.edition import slug
from briefing.core.errors import (
    BriefingError,
    FetchError,
    InputError,
    SettingsError,
    StoreError,
    naming,
)
from briefing.core.frozen import frozen
from briefing.core.model import DeliveryStatus
from briefing.mail.channel import AppriseService, webhook_headers, webhook_key
from briefing.mail.headers import one_line
from briefing.mail.relay import Result, ResultKind, Stage, is_here
from briefing.mail.smtp import RelaySession
from briefing.press.catalog import translated
from briefing.press.text import message_text
from briefing.press.wording import worded_in
from briefing.settings import ChannelSettings, Settings
from briefing.setup.clock import now
from briefing.setup.logs import escaped, redacted
from briefing.setup.mailing import Letters, alert_text, outbox_of, send_waiting, short_mail
from briefing.setup.parts import theme
from briefing.setup.post import alert_relay_of, plan_of, post_of, private_content, relay_of
from briefing.sources.web.address import make_rules, may_reach, not_public
from briefing.sources.web.client import Asking, Web, checked_target, post_json
from briefing.store import Store, deliveries, editions

LOG = logging.getLogger("briefing.alerts")

#: Seconds for an attempt to reach a webhook.
_ALERTED_WITHIN = 10.0
#: Seconds to connect to the relay, for a response, and for the mail: less than for editions, since
#: the relay may be what fails, and the round waits.
_CONNECT, _ANSWER, _BODY = 10.0, 10.0, 30.0


def alerting_of(
    settings: Settings, store: Store, *, preflight: Callable[[], Sequence[Finding]] = tuple
) -> Alerting:
    """Return the alerting of a briefing.

    Raises SettingsError if an address is not valid or not allowed, or no sender is set.
    """
    return Alerting(
        store,
        settings.briefing,
        settings.timetable,
        channels_of(settings, store),
        now,
        broken=lambda: _broken(preflight()),
        direct=channels_of(settings, None),
    )


def alert_refusal(settings: Settings, store: Store | None, *, findings: Sequence[Finding]) -> None:
    """Alert operators that a briefing was not started, and why; a failure is only logged.

    ``store`` is None if it cannot be opened.
    """
    try:
        # Without channels the error alone tells it.
        if not (channels := channels_of(settings, store, keep=False)):
            return
        place = settings.place
        # On a server, another process may send the alerts in the store; this is about this process.
        own = store if place.file else None
        Alerting(
            own,
            settings.briefing,
            settings.timetable,
            channels,
            now,
            broken=lambda: _broken(findings),
            place=place,
        )()
    except (BriefingError, OSError) as error:
        LOG.warning("no alert about a refused start: %s", error)


def _broken(findings: Sequence[Finding]) -> dict[str, str]:
    """Return what prevents the next edition from being made or sent, by name of the check."""
    return {finding.name: line(finding) for finding in blockers(findings, use=Use.SERVE)}


def channels_of(
    settings: Settings, store: Store | None, *, keep: bool = True
) -> Mapping[str, Channel]:
    """Return the channels by which operators are alerted, by name; raise like :func:`alerting_of`.

    With a store, a mail is kept until the relay accepts it; without one it is tried once. ``keep``
    tells whether newly created secrets are saved.
    """
    channels: dict[str, Channel] = {}
    for table in settings.watch:
        for address in table.alert_mail:
            with naming(f"watch {table.name}: alert_mail", kind=SettingsError):
                address_of(address)
        if table.alert_mail and not settings.mail.sender:
            raise SettingsError(
                f"watch {table.name}: alert_mail: needs a sender; set mail.sender, or leave it "
                "empty"
            )
    if settings.alerts.mail:
        channels["mail"] = _by_mail(settings, store, keep=keep)
    if settings.alerts.webhook:
        channels["webhook"] = _by_webhook(settings)
    return channels


def _by_mail(settings: Settings, store: Store | None, *, keep: bool) -> Channel:
    with naming("alerts.mail", kind=SettingsError):
        to = address_of(settings.alerts.mail)
    if not settings.mail.sender:
        raise SettingsError("alerts.mail: needs a sender; set mail.sender, or leave this empty")
    post = post_of(settings, keep=keep)
    own = alert_relay_of(settings)
    relay = own or relay_of(settings)
    quick = replace(
        relay,
        connect_seconds=_CONNECT,
        answer_seconds=_ANSWER,
        body_seconds=_BODY,
        dot_seconds=_BODY,
    )

    def send(every: Sequence[Notification]) -> None:
        # Mails about watched news are already queued.
        notices = [notice for notice in every if notice.alert.kind is not AlertKind.WATCH]
        if not notices:
            return
        with worded_in(settings.language):
            message, at = alert_text(notices, name=settings.name), notices[0].at
        mail = (
            outbox_of(store, settings=settings, relay=quick).send_alert(message)
            if store and not own
            else None
        )
        if mail is None:
            # The store cannot be written and may itself be the problem, or the alert must not
            # depend on the usual delivery.
            with RelaySession(quick) as session:
                content = short_mail("alert", message, to=to, post=post, at=at)
                result = session.send(post.sender.address, to, content)
            if result.kind not in {ResultKind.SENT, ResultKind.AMBIGUOUS}:
                raise ConnectionError(f"{relay.label}: {result}")
        elif mail.status is DeliveryStatus.REFUSED:
            raise ConnectionError(f"{relay.label}: {mail.reason}")
        elif mail.status is not DeliveryStatus.SENT:
            waiting = mail.reason or f"{relay.label} accepts no mail"
            LOG.warning("an alert mail is waiting: %s", waiting)

    return send


def asking_of(settings: Settings, what: str, *, deadline: float) -> Asking:
    """Return how to post to others; internal addresses are refused unless settings allow them."""
    collect = settings.collect
    return Asking(
        agent=f"briefing/{__version__} ({what})",
        rules=make_rules(collect.allow_hosts, allow_ports=collect.allow_ports),
        deadline=deadline,
        proxy=collect.proxy,
    )


def _by_webhook(settings: Settings) -> Channel:
    asking = asking_of(settings, "alert", deadline=_ALERTED_WITHIN)
    with naming("alerts.webhook", kind=SettingsError):
        checked_target(settings.alerts.webhook, rules=asking.rules)

    def send(notices: Sequence[Notification]) -> None:
        with worded_in(settings.language):
            content = json.dumps(alert_json(notices, name=settings.name)).encode()
        asyncio.run(post_json(settings.alerts.webhook, content, asking=asking))

    return send


def alert_json(notices: Sequence[Notification], *, name: str) -> dict[str, object]:
    """Return the JSON posted to a webhook; chat programs show its "text", in the language set."""
    return {
        "briefing": slug(name),
        "text": "\n".join(f"{one_line(name)}: {_shown(notice, translated)}" for notice in notices),
        "alerts": [
            {
                "phase": notice.phase,
                "kind": notice.alert.kind,
                "key": notice.alert.key,
                "since": notice.alert.since.isoformat(),
                "at": notice.at.isoformat(),
                "words": _shown(notice),
            }
            for notice in notices
        ],
    }


def _shown(notice: Notification, worded: Callable[[str], str] = str) -> str:
    """Return a message that others may read; headlines and public addresses stay whole."""
    if notice.alert.kind is AlertKind.WATCH:
        return escaped(notice.message)
    return redacted(worded(notice.message))


#: Sends a message; takes its id, the message, and a function to call before anything is sent.
Post: TypeAlias = Callable[[str, bytes, Callable[[], object]], Result]

#: Seconds for a response of a webhook, and the longest time that one message can take.
_DEADLINE, _LONGEST = 20.0, timedelta(minutes=5)
#: Most channels to which messages are sent concurrently.
_MOST = 4
#: Editions cached: one and its week in review.
_EDITIONS = 2


@frozen
class ChannelConnection:
    """Sends messages to all channels; see :class:`briefing.app.deliver.RelayConnection`."""

    posts: Mapping[str, Post]

    def send(
        self, sender: str, recipient: str, message: bytes, *, ready: Callable[[], object]
    ) -> Result:
        """Send a message; ``sender`` is its id."""
        return self.posts[recipient](sender, message, ready)

    def close(self) -> None:
        """Do nothing, since no connection is kept."""


def _post(
    settings: Settings,
    table: ChannelSettings,
    id_: str,
    message: bytes,
    ready: Callable[[], object],
) -> Result:
    try:
        post = channel(settings, table)[1]
    except BriefingError as error:
        # The settings of the channel may be corrected before the message expires.
        return Result(ResultKind.LATER, Stage.CHANNEL, detail=str(error))
    return post(id_, message, ready)


def channel(settings: Settings, table: ChannelSettings) -> tuple[str, Post]:
    """Return a description of a channel without its address, and what sends to it.

    Raises SettingsError if its settings cannot be used, MissingPartError if the extra is not
    installed, and FetchError if its address is not allowed.
    """
    secret = _secret(settings, table)
    if table.is_webhook:
        return _webhook(settings, table, webhook_key(secret))
    service = _service(table, secret)

    def post(_id: str, message: bytes, ready: Callable[[], object]) -> Result:
        parts = json.loads(message)
        parts["pdf"] = b64decode(parts["pdf"])
        return service.send(**parts, ready=ready)

    return service.kind, post


def check_reach(settings: Settings, table: ChannelSettings) -> None:
    """Refuse a channel that cannot be used or is internal: Apprise opens its own connections.

    The name is resolved now, and may resolve differently later. For errors see :func:`channel`.
    """
    channel(settings, table)
    host = "" if table.is_webhook else _service(table, _secret(settings, table)).host
    rules = asking_of(settings, "channel", deadline=_DEADLINE).rules
    with suppress(OSError, UnicodeError):
        for *_, place in socket.getaddrinfo(host, None) if host else ():
            if not may_reach(str(place[0]), rules=rules, host=host):
                raise SettingsError(not_public(str(place[0]), host=host))


def send_trial(settings: Settings, name: str) -> Result:
    """Send a test message to a channel, without a record.

    Raises InputError if the settings have no such channel, and the errors of :func:`check_reach`.
    """
    table = next((each for each in settings.channel if each.name == name), None)
    if table is None:
        raise InputError(f"the settings have no channel {name}")
    check_reach(settings, table)
    at, subject = now(), one_line(f"[{settings.name}] Test of the channel {name}")
    text = f"This is a test. Editions of {one_line(settings.name)} reach you here.\n"
    message = _message(subject, text)
    if table.is_webhook:
        data = {"subject": subject, "text": text}
        whole = {"type": "test", "timestamp": at.isoformat(), "data": data}
        message = json.dumps(whole).encode()
    id_ = f"msg_{model.digest(f'{settings.briefing} {name} {at}')[:32]}"
    return channel(settings, table)[1](id_, message, lambda: None)


def _service(table: ChannelSettings, secret: str) -> AppriseService:
    return AppriseService.at(table.address.replace("{secret}", secret))


def _secret(settings: Settings, table: ChannelSettings) -> str:
    if not table.secret_file:
        return ""
    path = settings.folder / table.secret_file
    try:
        return private_content(path).decode().strip()
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8") from None


def _webhook(settings: Settings, table: ChannelSettings, key: bytes) -> tuple[str, Post]:
    asking = asking_of(settings, "channel", deadline=_DEADLINE)
    checked_target(table.address, rules=asking.rules)
    parts = urlsplit(table.address)
    if parts.scheme != "https" and not is_here(parts.hostname or ""):
        raise SettingsError("the address of a webhook must begin with https:")

    async def send(id_: str, message: bytes) -> None:
        headers = webhook_headers(id_, message, key=key, at=now())
        async with Web(asking, clock=now) as web:
            await web.post(table.address, message, **headers)

    def post(id_: str, message: bytes, ready: Callable[[], object]) -> Result:
        ready()
        try:
            asyncio.run(send(id_, message))
        except FetchError as error:
            # A receiver that already has the message recognizes its id.
            kind = ResultKind.LATER if error.passing else ResultKind.REFUSED
            return Result(kind, Stage.CHANNEL, detail=str(error))
        return Result(ResultKind.SENT, Stage.CHANNEL, detail="accepted")

    return "webhook", post


class Messages:
    """Makes the message of a delivery; thread-safe."""

    def __init__(self, store: Store, *, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._channels = {table.name: table for table in settings.channel}
        self._edition = lru_cache(_EDITIONS)(self._read)

    def __call__(self, claimed: Claimed) -> Envelope:
        """Return a message: the JSON for a webhook, or JSON with what a service gets.

        Raises InputError if the settings have no such channel, and StoreError if its edition cannot
        be read.
        """
        sent = claimed.delivery
        name, _, words = sent.words.partition("\n")
        name = name.partition("\t")[0]
        table = self._channels.get(name)
        if table is None:
            raise InputError(f"the settings have no channel {name}")
        about = sent.edition or f"{sent.asked} {words}"
        id_ = f"msg_{model.digest(f'{self._settings.briefing} {name} {about}')[:32]}"
        if sent.edition and model.EditionId.parse(sent.edition).notice is None:
            content = self._edition(sent.edition)[table.is_webhook]
        else:
            content = self._words(sent, words, as_webhook=table.is_webhook)
        return Envelope(id_, name, content)

    def _words(self, sent: model.Delivery, words: str, *, as_webhook: bool) -> bytes:
        """Return the message of a notice or an alert, which consists of words alone."""
        kind, at, data = "alert.watch", sent.asked or sent.due, dict[str, str]()
        if sent.edition:
            stored, notice = self._stored(sent.edition), model.EditionId.parse(sent.edition)
            kind, at = f"edition.{notice.notice}", stored.made
            data["edition"] = str(replace(notice, notice=None, place=1))
            own = stored.files.get(f"notice.{self._settings.language}") or stored.files["notice"]
            words = own.decode()
        subject, _, text = words.partition("\n")
        if as_webhook:
            data |= {"subject": subject, "text": text}
            whole = {"type": kind, "timestamp": at.isoformat(), "data": data}
            return json.dumps(whole).encode()
        return _message(one_line(subject), text)

    def _read(self, name: str) -> tuple[bytes, bytes]:
        """Return the messages of an edition for services and for webhooks."""
        stored = self._stored(name)
        try:
            kept = record.read(stored.record, name=name)
        except InputError as error:
            raise StoreError(f"{error}; restore the last backup") from error
        edition, address = kept.edition, self._settings.web.address
        web = f"{address}/{edition.path}" if address else ""
        title, body = message_text(edition, theme(self._settings), web)
        # The record as in its file, so that `briefing verify` can read it.
        public = record.write(edition, seal=kept.seal, private=False).strip()
        head = json.dumps({"type": "edition.published", "timestamp": stored.made.isoformat()})
        whole = f'{head[:-1]}, "data": {public}}}'.encode()
        pdf, file = stored.files.get("pdf") or b"", f"{slug(edition.name)}-{edition.day}.pdf"
        return _message(one_line(title), body, pdf=pdf, name=file), whole

    def _stored(self, name: str) -> editions.StoredEdition:
        stored = self._store.look(editions.get, name)
        if stored is None:
            raise StoreError(f"edition {name}: not in the store; restore the last backup")
        return stored


def _message(title: str, body: str, *, pdf: bytes = b"", name: str = "") -> bytes:
    parts = {"title": title, "body": body, "pdf": b64encode(pdf).decode(), "name": name}
    return json.dumps(parts).encode()


def deliver_due(
    store: Store,
    *,
    settings: Settings,
    watch: Callable[[Claimed, Result], object] = lambda *_sent: None,
    share: tuple[str, int] | None = None,
) -> Delivered:
    """Send what is due: first to channels, then waiting mails, then editions.

    ``share`` is for one of several workers: its name, and how many deliveries it sends at most.
    Raises SettingsError if there is no channel, and the sender or the relay is not set; and
    BusyError if another process is delivering from this store.
    """
    plan, more = plan_of(settings), dict[str, Any](watch=watch)
    if not plan.alone:
        more["pace"] = partial(SharedPace, store)
    if share:
        worker, most = share
        plan, more["name"] = replace(plan, most=most, watched=True), lambda: worker

    def send(
        letters: Callable[[Claimed], Envelope],
        connect: Callable[[], RelayConnection],
        **limits: Any,  # noqa: ANN401  fields of the plan
    ) -> Delivered:
        return deliver(store, Dispatch(letters, connect, replace(plan, **limits), now, **more))

    to_channels = Delivered({})
    waits = store.look(deliveries.waits, kinds=model.CHANNEL_MESSAGES, at=now())
    if settings.channel or waits:
        posts = {table.name: partial(_post, settings, table) for table in settings.channel}
        # Channels do not wait for a failing relay.
        to_channels = send(
            Messages(store, settings=settings),
            partial(ChannelConnection, posts),
            connections=max(1, min(_MOST, len(posts))),
            batch=1,
            longest=_LONGEST,
            # A failing channel says nothing about the others.
            patience=10**9,
            kinds=model.CHANNEL_MESSAGES,
        )
        if not settings.mail.sender:
            return to_channels
    with store.write() as tx:
        deliveries.follow_channels(tx, at=now(), life=settings.life)
    send_waiting(store, settings=settings)
    letters, relay = Letters(store, settings=settings, post=post_of(settings)), relay_of(settings)
    mailed = send(letters, partial(RelaySession, relay), longest=timedelta(seconds=relay.longest))
    attempts = Counter(to_channels.attempts)
    attempts.update(mailed.attempts)
    suspect = to_channels.suspect + mailed.suspect
    return replace(mailed, attempts=dict(attempts), suspect=suspect)
