"""From settings to channels: what each gets, and what sends it."""

import asyncio
import json
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache, partial
from typing import TypeAlias
from urllib.parse import urlsplit

from briefing.app.deliver import Claimed, DeliveryPlan, Dispatch, Envelope
from briefing.app.deliver.plan import SharedPace
from briefing.core import errors, model, record
from briefing.core.edition import slug
from briefing.core.frozen import frozen
from briefing.mail.channel import AppriseService, webhook_headers, webhook_key
from briefing.mail.headers import one_line
from briefing.mail.relay import Result, ResultKind, Stage, is_here
from briefing.press.text import message_text
from briefing.settings import ChannelSettings, Settings
from briefing.setup.alerting import asking_of
from briefing.setup.clock import now
from briefing.setup.parts import theme
from briefing.setup.post import private_content
from briefing.sources.web.address import may_reach, not_public
from briefing.sources.web.client import Web, checked_target
from briefing.store import Store, editions

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


def channel_dispatch(store: Store, *, settings: Settings, plan: DeliveryPlan) -> Dispatch:
    """Return how messages are sent to channels; ``plan`` has what they share with mail."""
    posts = {table.name: partial(_post, settings, table) for table in settings.channel}
    dispatch = Dispatch(
        letters=Messages(store, settings=settings),
        connect=partial(ChannelConnection, posts),
        plan=replace(
            plan,
            connections=max(1, min(_MOST, len(posts))),
            batch=1,
            longest=_LONGEST,
            # A failing channel says nothing about the others.
            patience=10**9,
            kinds=model.CHANNEL_MESSAGES,
        ),
        clock=now,
    )
    return dispatch if plan.alone else replace(dispatch, pace=partial(SharedPace, store))


def _post(
    settings: Settings,
    table: ChannelSettings,
    id_: str,
    message: bytes,
    ready: Callable[[], object],
) -> Result:
    try:
        post = channel(settings, table)[1]
    except errors.BriefingError as error:
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
                raise errors.SettingsError(not_public(str(place[0]), host=host))


def send_trial(settings: Settings, name: str) -> Result:
    """Send a test message to a channel, without a record.

    Raises InputError if the settings have no such channel, and the errors of :func:`check_reach`.
    """
    table = next((each for each in settings.channel if each.name == name), None)
    if table is None:
        raise errors.InputError(f"the settings have no channel {name}")
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
        raise errors.SettingsError(f"{path}: is not UTF-8") from None


def _webhook(settings: Settings, table: ChannelSettings, key: bytes) -> tuple[str, Post]:
    asking = asking_of(settings, "channel", deadline=_DEADLINE)
    checked_target(table.address, rules=asking.rules)
    parts = urlsplit(table.address)
    if parts.scheme != "https" and not is_here(parts.hostname or ""):
        raise errors.SettingsError("the address of a webhook must begin with https:")

    async def send(id_: str, message: bytes) -> None:
        headers = webhook_headers(id_, message, key=key, at=now())
        async with Web(asking, clock=now) as web:
            await web.post(table.address, message, **headers)

    def post(id_: str, message: bytes, ready: Callable[[], object]) -> Result:
        ready()
        try:
            asyncio.run(send(id_, message))
        except errors.FetchError as error:
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
            raise errors.InputError(f"the settings have no channel {name}")
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
        except errors.InputError as error:
            raise errors.StoreError(f"{error}; restore the last backup") from error
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
            raise errors.StoreError(f"edition {name}: not in the store; restore the last backup")
        return stored


def _message(title: str, body: str, *, pdf: bytes = b"", name: str = "") -> bytes:
    parts = {"title": title, "body": body, "pdf": b64encode(pdf).decode(), "name": name}
    return json.dumps(parts).encode()
