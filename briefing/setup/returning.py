"""Where mail that comes back is read, and what is done with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urlsplit

from briefing.app.bounces.bounced import Returned, take_back
from briefing.core.errors import InputError, SettingsError, UsageError
from briefing.mail import returnpath
from briefing.mail.mailbox import Mailbox, Maildir, MailStream
from briefing.mail.mailserver import Account, open_imap, open_pop3
from briefing.setup.clock import now
from briefing.setup.secrets import password_of, secrets_of
from briefing.setup.settings import Settings
from briefing.store import Store

_HOW = 'write a folder, "imaps://USER@HOST/FOLDER" or "pop3s://USER@HOST"'


def read_returned(
    store: Store, *, settings: Settings, folder: Path, source: Path | BinaryIO | None
) -> Returned:
    """Read what came back.

    ``source`` is a mail, an mbox, a Maildir or a stream to read instead of the mailbox.

    Raises:
        UsageError: there is no mailbox.
        InputError: it cannot be read.
    """
    secrets = secrets_of(settings.mail, folder=folder)
    with _opened(source, settings=settings, folder=folder) as mailbox:
        return take_back(
            store,
            mailbox,
            read_path=partial(returnpath.read, secrets=secrets),
            soft_limit=settings.mail.soft_bounces,
            clock=now,
        )


@contextmanager
def _opened(
    source: Path | BinaryIO | None, *, settings: Settings, folder: Path
) -> Iterator[Mailbox]:
    if source is None:
        with mailbox_of(settings, folder=folder) as mailbox:
            yield mailbox
    elif not isinstance(source, Path):
        yield MailStream(source)
    elif source.is_dir():
        yield Maildir(source)
    else:
        try:
            stream = source.open("rb")
        except OSError as error:
            raise InputError(f"{source}: cannot be read ({error.strerror})") from error
        with stream:
            yield MailStream(stream)


@contextmanager
def mailbox_of(settings: Settings, *, folder: Path) -> Iterator[Mailbox]:
    """Open the mailbox of the settings.

    Raises:
        SettingsError: none is set, or its address is not valid.
        InputError: it does not answer.
    """
    url = settings.mail.bounces
    if not url:
        raise UsageError(
            "mail.bounces is empty: set the mailbox that takes bounce+…, or give a file or -"
        )
    if "://" not in url:
        yield Maildir(folder / url)
        return
    parts = _split(url)
    account = Account(
        parts.hostname or "",
        unquote(parts.username or ""),
        password_of(
            settings.mail.bounces_password_file,
            variable="BRIEFING_BOUNCES_PASSWORD",
            folder=folder,
            environment=os.environ,
        ),
        parts.port or 0,
    )
    inbox = unquote(parts.path.strip("/")) or "INBOX"
    with (
        open_pop3(account)
        if parts.scheme == "pop3s"
        else open_imap(account, folder=inbox) as sandbox
    ):
        yield sandbox


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"mail.bounces: {error}; {_HOW}") from None
    if (
        parts.scheme not in {"imaps", "pop3s"}
        or not (parts.hostname and parts.username)
        or port == 0
    ):
        raise SettingsError(f"mail.bounces: not the address of a mailbox; {_HOW}")
    if parts.password is not None:
        raise SettingsError(
            "mail.bounces: holds a password; put it into a file and name that under "
            "bounces_password_file"
        )
    return parts
