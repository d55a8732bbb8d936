"""From settings to what sends mail and reads returned mail; secrets, passwords and keys."""

import os
import re
import secrets
import socket
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from briefing.app.bounces import Returned, take_back
from briefing.app.deliver import DeliveryPlan
from briefing.app.readers import link
from briefing.app.readers.fields import address_of
from briefing.core.edition import slug
from briefing.core.errors import InputError, SettingsError, UsageError, naming, reading, writing
from briefing.core.frozen import frozen
from briefing.core.ports import Mails
from briefing.mail import tokens
from briefing.mail.mailbox import Account, Mailbox, Maildir, MailStream, open_imap
from briefing.mail.message import Links, Sender
from briefing.mail.relay import Rates, Relay, Security, is_here
from briefing.mail.sign import Key, read_key, sign
from briefing.settings import DkimSettings, Settings
from briefing.setup.clock import now
from briefing.store import Store
from briefing.store.location import staged

#: Allowed names of a machine in EHLO (RFC 5321, 4.1.2).
_HOST_NAME = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
#: How far back mails are read as reports, and how many from one sender.
_MAILS_KEPT = timedelta(days=7)
_MOST_MAILS = 100
#: Most characters of a list's name in its List-Id, which may have 255 in all (RFC 2919, section 6).
_LONGEST_SLUG = 60


@frozen
class Post:
    """The sender, and what signs mails and makes their links."""

    sender: Sender
    #: Start of every web address; empty if there are no pages.
    web: str
    #: Oldest to newest.
    secrets: tuple[bytes, ...] = field(repr=False)
    keys: tuple[Key, ...]

    def return_path(self, delivery: int) -> str:
        """Return the return path of a delivery."""
        return tokens.return_path(delivery, secrets=self.secrets, domain=self.sender.domain)

    def links(self, subscriber: int, *, epoch: int, delivery: int, at: datetime) -> Links:
        """Return a subscriber's links; without web pages, they work by mail only."""
        to = partial(link, web=self.web, secrets=self.secrets)
        leave, preferences = (
            to(purpose, subscriber=subscriber, epoch=epoch, at=at) if self.web else ""
            for purpose in (tokens.Purpose.LEAVE, tokens.Purpose.PREFERENCES)
        )
        return Links(leave=leave, preferences=preferences, leave_by_mail=self.return_path(delivery))

    def signed(self, message: bytes, *, at: datetime) -> bytes:
        """Return a message with a signature by each key."""
        return sign(message, keys=self.keys, at=at) if self.keys else message


def post_of(settings: Settings, *, keep: bool = True) -> Post:
    """Return what all mails of a briefing are made with.

    ``keep`` tells whether newly created secrets are saved. Raises SettingsError if no sender is
    set, or links cannot be made with these settings.
    """
    post = Post(
        sender_of(settings), web_of(settings), secrets_of(settings, keep=keep), keys_of(settings)
    )
    try:
        # Fail now, rather than with the first mail.
        post.links(1, epoch=0, delivery=1, at=now())
    except ValueError as error:
        raise SettingsError(f"web.address: {error}; write it short and in ASCII") from error
    return post


def web_of(settings: Settings) -> str:
    """Return the start of links in mails; empty if there are no pages.

    Raises SettingsError if links would lead to the reader's own machine.
    """
    web = settings.web.address
    if is_local(web):
        raise SettingsError(
            f"web.address: {web} leads readers of mails to their own machines; set it to the "
            "public address of the pages, or leave it empty"
        )
    return web


def is_local(web: str) -> bool:
    """Return whether a web address leads all readers to their own machines."""
    try:
        return is_here(urlsplit(web).hostname or "")
    except ValueError:  # not an address, which its user reports
        return False


def sender_of(settings: Settings) -> Sender:
    """Return the sender of mails; raise SettingsError if none is set or an address is not valid."""
    mail = settings.mail
    if not mail.sender:
        raise SettingsError(
            "mail.sender is empty, so nothing is sent; name the sender's address under [mail]"
        )
    address = _address(mail.sender, "sender")
    # The part of the name allowed in a List-Id.
    plain = unicodedata.normalize("NFKD", settings.name).encode("ascii", "ignore").decode()
    listed = slug(plain)[:_LONGEST_SLUG].strip("-")
    return Sender(
        mail.sender_name or settings.name,
        address,
        _address(mail.reply_to, "reply_to") if mail.reply_to else "",
        f"{listed}.{address.rpartition('@')[2]}",
    )


def relay_of(settings: Settings) -> Relay:
    """Return the relay.

    Raises SettingsError if the connection would be unencrypted, or the password is missing.
    """
    mail = settings.mail
    password = _password(settings, mail.password_file, "SMTP") if mail.user else ""
    return Relay(
        mail.host,
        mail.port,
        mail.security,
        user=mail.user,
        password=password,
        helo_name=_own_name(),
    )


def _password(settings: Settings, name: str, what: str) -> str:
    """Return a password: the first line of a file or, without one, an environment variable.

    Raises SettingsError if there is neither.
    """
    variable = f"BRIEFING_{what}_PASSWORD"
    if not name:
        if not os.environ.get(variable):
            raise SettingsError(f"a password is needed: name a file for it, or set {variable}")
        return os.environ[variable]
    path = settings.folder / name
    lines = _content(path).splitlines()
    try:
        return lines[0].decode() if lines else ""
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: its first line is not UTF-8") from None


def alert_relay_of(settings: Settings) -> Relay | None:
    """Return the relay used only for alerts; None if they use that of the editions.

    Raises SettingsError if its address has no host, or its password is missing.
    """
    alerts = settings.alerts
    if not alerts.relay:
        return None
    try:
        parts = urlsplit(alerts.relay)
        host, port, user = parts.hostname or "", parts.port, unquote(parts.username or "")
    except ValueError:
        host, port, user = "", None, ""
    if not host or parts.password or parts.path.strip("/"):
        raise SettingsError('alerts.relay: write "smtps://USER@HOST" or "smtp://USER@HOST:PORT"')
    password = _password(settings, alerts.relay_password_file, "ALERTS") if user else ""
    security: Security = "none" if is_here(host) else "starttls"
    if parts.scheme == "smtps":
        security = "tls"
    port = port or (465 if security == "tls" else 587)
    return Relay(host, port, security, user=user, password=password, helo_name=_own_name())


def _own_name() -> str:
    called = socket.gethostname()
    return called if _HOST_NAME.fullmatch(called) else "localhost"


def plan_of(settings: Settings) -> DeliveryPlan:
    """Return how editions are delivered, by mail or to channels."""
    mail = settings.mail
    return DeliveryPlan(
        connections=mail.connections,
        rates=Rates(mail.per_second, mail.per_connection, mail.per_domain),
        resend=mail.in_doubt == "resend",
        soft_limit=mail.soft_bounces,
        # Also by hand: it must not take deliveries that a worker has claimed.
        alone=settings.engine.kind == "inline",
    )


def _address(text: str, name: str) -> str:
    with naming(f"mail.{name}", kind=SettingsError):
        return address_of(text)


_HOW = 'write a folder or "imaps://USER@HOST/FOLDER"'


def read_returned(store: Store, *, settings: Settings, source: Path | BinaryIO | None) -> Returned:
    """Read returned mail: the mailbox, or a given mail, mbox, Maildir or stream.

    Raises UsageError if there is no mailbox, and InputError if it cannot be read.
    """
    secrets = secrets_of(settings)
    with _opened(source, settings=settings) as mailbox:
        return take_back(
            store,
            mailbox,
            read_path=partial(tokens.read_return_path, secrets=secrets),
            soft_limit=settings.mail.soft_bounces,
            clock=now,
        )


@contextmanager
def _opened(source: Path | BinaryIO | None, *, settings: Settings) -> Iterator[Mailbox]:
    if source is None:
        with mailbox_of(settings) as mailbox:
            yield mailbox
    elif not isinstance(source, Path):
        yield MailStream(source)
    elif source.is_dir():
        yield Maildir(source)
    else:
        with reading(source):
            stream = source.open("rb")
        with stream:
            yield MailStream(stream)


@contextmanager
def mailbox_of(settings: Settings) -> Iterator[Mailbox]:
    """Open the mailbox of the settings.

    Raises SettingsError if none is set, or its address is not valid; and InputError if it does not
    respond.
    """
    url = settings.mail.bounces
    if not url:
        raise UsageError(
            "mail.bounces is empty: set the mailbox that takes bounce+…, or give a file or -"
        )
    if "://" not in url:
        yield Maildir(settings.folder / url)
        return
    account, inbox = _account_of(url, "mail.bounces", settings)
    with open_imap(account, folder=inbox) as mailbox:
        yield mailbox


def mails_of(settings: Settings) -> Mails | None:
    """Return what reads the mails that are sources; None if no mailbox is set.

    It raises InputError if the mailbox cannot be read, so that only the source in question fails.
    """
    url = settings.collect.mailbox
    if not url:
        return None

    def sent_by(sender: str) -> Sequence[bytes]:
        try:
            account, inbox = _account_of(url, "collect.mailbox", settings)
        except SettingsError as error:
            raise InputError(str(error)) from error
        since = now().date() - _MAILS_KEPT
        with open_imap(account, folder=inbox) as mailbox:
            mails = mailbox.sent_by(sender, since=since, limit=_MOST_MAILS)
            return [mail.raw for mail in mails if not mail.fault]

    return sent_by


def _account_of(url: str, name: str, settings: Settings) -> tuple[Account, str]:
    """Return the account and folder of the mailbox that a setting names."""
    own = name == "mail.bounces"
    file = settings.mail.bounces_password_file if own else settings.collect.mailbox_password_file
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{name}: {error}; {_HOW}") from None
    if parts.scheme != "imaps" or not (parts.hostname and parts.username) or port == 0:
        raise SettingsError(f"{name}: not the address of a mailbox; {_HOW}")
    if parts.password is not None:
        raise SettingsError(
            f"{name}: holds a password; put it into a file and name that under "
            f"{name.rpartition('.')[2]}_password_file"
        )
    password = _password(settings, file, "BOUNCES" if own else "NEWS")
    user, folder = unquote(parts.username or ""), unquote(parts.path.strip("/")) or "INBOX"
    return Account(parts.hostname or "", user, password, port or 0), folder


#: Bytes of a secret: the size of the digest with which it is used (RFC 2104, section 3).
_BYTES = 32
#: Most bytes of a file that is read; a secret or a key is shorter.
_LARGEST = 65_536
#: Permissions of everybody but the owner.
_OTHERS = 0o077


def secrets_of(settings: Settings, *, keep: bool = True) -> tuple[bytes, ...]:
    """Return the secrets of links and return paths, oldest to newest; create one if there is none.

    ``keep`` tells whether a new secret is saved; otherwise it is for this run only. Raises
    SettingsError if others may read the file, or a line of it is not a secret.
    """
    path = settings.folder / settings.mail.secrets_file
    if not path.exists():
        if not keep:
            return (secrets.token_bytes(_BYTES),)
        keep_private(path, b64encode(secrets.token_bytes(_BYTES)) + b"\n")
    lines = private_content(path).splitlines()
    known = tuple(_secret(line, f"{path}: line {n}") for n, line in enumerate(lines, 1) if line)
    if not known:
        raise SettingsError(f"{path}: is empty; delete it to have a new one made")
    return known


def keys_of(settings: Settings) -> tuple[Key, ...]:
    """Return the keys that sign mails.

    Raises SettingsError if one cannot be read or is not a key.
    """
    return tuple(key_of(settings, table) for table in settings.mail.dkim)


def key_of(settings: Settings, table: DkimSettings) -> Key:
    """Return a single key; raise like :func:`keys_of`."""
    content = _content(settings.folder / table.key_file)
    return read_key(content, domain=table.domain, selector=table.selector)


def is_open_to_others(path: Path) -> bool:
    """Return whether anyone but its owner may read or change a file."""
    return bool(path.stat().st_mode & _OTHERS)


def keep_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, unless another process just did.

    Raises SettingsError if it cannot be written.
    """
    remedy = "name another file for it in the settings"
    made = writing(path, "cannot be made", otherwise=remedy, kind=SettingsError)
    with made, staged(path, content) as draft, suppress(FileExistsError):
        os.link(draft, path)


def private_content(path: Path) -> bytes:
    """Return the content of a file that only its owner may read.

    Raises SettingsError if others may read it, or it cannot be read.
    """
    content = _content(path)
    if is_open_to_others(path):
        raise SettingsError(f"{path}: others may read it; run: chmod 600 {path}")
    return content


def _secret(line: bytes, place: str) -> bytes:
    try:
        secret = b64decode(line.strip(), validate=True)
    except Error:
        secret = b""
    if len(secret) < _BYTES:
        raise SettingsError(
            f"{place}: is not a secret; write {_BYTES} random bytes in base64: "
            "openssl rand -base64 32"
        )
    return secret


def _content(path: Path) -> bytes:
    with reading(path, kind=SettingsError), path.open("rb") as file:
        return file.read(_LARGEST)
