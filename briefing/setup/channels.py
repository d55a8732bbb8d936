"""From settings to channels: what each gets, and what sends it."""

import asyncio
import json
import socket
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache, partial
from typing import TypeAlias
from urllib.parse import urlsplit

from briefing.app.deliver import Claimed, DeliveryPlan, Dispatch, Envelope
from briefing.app.deliver.plan import SharedPace
from briefing.core import errors, model, record
from briefing.core.edition import slug
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

#: Hands a message over: its id, the message, and what is called before any of it leaves.
Post: TypeAlias = Callable[[str, bytes, Callable[[], object]], Result]

#: Seconds for an answer of a webhook, and how long one message can take at most.
_DEADLINE, _LONGEST = 20.0, timedelta(minutes=5)
#: Channels that are sent to at the same time.
_MOST = 4
#: Editions kept at hand: one and its week in review.
_EDITIONS = 2


@dataclass(frozen=True, slots=True)
class ChannelConnection:
    """Hands messages to all channels; see :class:`briefing.app.deliver.RelayConnection`."""

    posts: Mapping[str, Post]

    def send(
        self, sender: str, recipient: str, message: bytes, *, ready: Callable[[], object]
    ) -> Result:
        """Hand over a message; in place of a sender it has its id."""
        return self.posts[recipient](sender, message, ready)

    def close(self) -> None:
        """Do nothing: no connection is kept."""


def channel_dispatch(store: Store, *, settings: Settings, plan: DeliveryPlan) -> Dispatch:
    """Return how messages go to channels; ``plan`` says what is as with mail."""
    posts = {table.name: partial(_post, settings, table) for table in settings.channel}
    dispatch = Dispatch(
        letters=Messages(store, settings=settings),
        connect=partial(ChannelConnection, posts),
        plan=replace(
            plan,
            connections=max(1, min(_MOST, len(posts))),
            batch=1,
            longest=_LONGEST,
            # No channel is the cause of what another answers.
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
        # Its settings may be put right while the message lives.
        return Result(ResultKind.LATER, Stage.CHANNEL, detail=str(error))
    return post(id_, message, ready)


def channel(settings: Settings, table: ChannelSettings) -> tuple[str, Post]:
    """Return what a channel is, in words without its address, and what sends to it.

    SettingsError, MissingPartError, FetchError: it cannot be used as it is set.
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
    """Refuse a channel that cannot be used, or is inside: Apprise opens its connections itself.

    A name is looked up now, and might lead elsewhere later. Errors are those of :func:`channel`.
    """
    channel(settings, table)
    host = "" if table.is_webhook else _service(table, _secret(settings, table)).host
    rules = asking_of(settings, "channel", deadline=_DEADLINE).rules
    with suppress(OSError, UnicodeError):
        for *_, place in socket.getaddrinfo(host, None) if host else ():
            if not may_reach(str(place[0]), rules=rules, host=host):
                raise errors.SettingsError(not_public(str(place[0]), host=host))


def send_trial(settings: Settings, name: str) -> Result:
    """Send a channel a message that only shows that it arrives; nothing of it is recorded.

    InputError: the settings have no such channel. Other errors are those of :func:`check_reach`.
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
            # Whoever has it already knows it by its id.
            kind = ResultKind.LATER if error.passing else ResultKind.REFUSED
            return Result(kind, Stage.CHANNEL, detail=str(error))
        return Result(ResultKind.SENT, Stage.CHANNEL, detail="accepted")

    return "webhook", post


class Messages:
    """Makes the message of a delivery; safe to use by many threads."""

    def __init__(self, store: Store, *, settings: Settings) -> None:
        self._store, self._settings = store, settings
        self._channels = {table.name: table for table in settings.channel}
        self._edition = lru_cache(_EDITIONS)(self._read)

    def __call__(self, claimed: Claimed) -> Envelope:
        """Return a message: JSON that a webhook gets, or that has what a service gets.

        InputError: the settings have no such channel. StoreError: its edition cannot be read.
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
        """Return the message of a notice, or of an alert, which have no more than words."""
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
        """Return the message of an edition for services, and that for webhooks."""
        stored = self._stored(name)
        try:
            kept = record.read(stored.record, name=name)
        except errors.InputError as error:
            raise errors.StoreError(f"{error}; restore the last backup") from error
        edition, address = kept.edition, self._settings.web.address
        web = f"{address}/{edition.path}" if address else ""
        title, body = message_text(edition, theme(self._settings), web)
        # The record as it is in its file, so that `briefing verify` reads it.
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
