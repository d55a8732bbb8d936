"""A mailbox on a server, read over TLS by IMAP (RFC 9051)."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any

from briefing.core.errors import FetchError, InputError
from briefing.mail.incoming import MAIL_LIMIT, one_line
from briefing.mail.mailbox import TOO_LARGE, Arrived

#: Bytes of a mail in which its sender is looked for.
_FIELDS = 65_536
#: Characters of its field that are parsed.
_FIELD = 1_000
#: Names of months in a search (RFC 9051), whatever the language of this machine.
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,15})")


@dataclass(frozen=True, slots=True)
class Account:
    """A mail account: server and credentials."""

    #: Name of the server; its certificate must match.
    host: str
    user: str
    password: str = field(repr=False)
    #: 0 for the default, 993 (RFC 8314).
    port: int = 0
    #: Seconds without a sign of the server after which it is given up.
    patience: float = 60.0

    def __str__(self) -> str:
        return f"{self.user} at {self.host}"


class Imap:
    """The unseen mail of a folder on an IMAP server; open it with ``open_imap``."""

    def __init__(self, server: imaplib.IMAP4_SSL, *, account: Account) -> None:
        self._server = server
        self._account = account

    def __iter__(self) -> Iterator[Arrived]:
        """Yield the mails that are not flagged as seen, without flagging them."""
        yield from self._found("UNSEEN")

    def sent_by(self, sender: str, *, since: date, limit: int) -> Iterator[Arrived]:
        """Yield the newest mails of a sender from a day on, oldest first, without flagging them.

        The sender is an address, or a domain for all of its addresses.
        """
        # A server looks for a part of the field: what it finds is compared.
        on = f"{since.day:02}-{_MONTHS[since.month - 1]}-{since.year}"
        for mail in self._found("SINCE", on, "FROM", _quoted(sender), limit=limit):
            address = _sender_of(mail.raw)
            if sender.lower() in {address, address.rpartition("@")[2]}:
                yield mail

    def _found(self, *criteria: str, limit: int = 0) -> Iterator[Arrived]:
        """Yield the mails that meet criteria; of more than a limit the last."""
        uids = b" ".join(_pieces(self._command("SEARCH", *criteria, "UNDELETED")))
        for uid in uids.decode("ascii", "replace").split()[-limit:]:
            try:
                mail = self._fetch(uid)
            except FetchError as error:
                if error.passing:
                    raise
                mail = Arrived(uid, b"", fault=str(error))
            if mail is not None:
                yield mail

    def _fetch(self, uid: str) -> Arrived | None:
        """Return one mail; None when another program has deleted it meanwhile."""
        size = _SIZE.search(b" ".join(_pieces(self._command("FETCH", uid, "(RFC822.SIZE)"))))
        if size is None:
            return None
        if int(size[1]) > MAIL_LIMIT:
            return Arrived(uid, b"", fault=TOO_LARGE)
        answer = self._command("FETCH", uid, "(BODY.PEEK[])")
        raw = next((piece[1] for piece in answer if isinstance(piece, tuple)), None)
        return None if raw is None else Arrived(uid, raw)

    def settle(self, handle: str, *, understood: bool) -> None:
        """Flag an understood mail as seen."""
        if understood:
            self._command("STORE", handle, "+FLAGS.SILENT", r"(\Seen)")

    def _command(self, command: str, *arguments: str) -> list[Any]:
        with _answering(self._account):
            state, answer = self._server.uid(command, *arguments)
            if state != "OK":
                raise imaplib.IMAP4.error(*_pieces(answer)[:1])
        return answer


@contextmanager
def open_imap(
    account: Account, *, folder: str = "INBOX", context: ssl.SSLContext | None = None
) -> Iterator[Imap]:
    """Open a folder by IMAP; understood mails stay in it, flagged as seen.

    InputError: the connection, the certificate or the login fails, the folder does not exist, or
    the connection is lost.
    """
    _check_ascii(account, folder)
    server = _connected(account, context or ssl.create_default_context())
    try:
        try:
            with _answering(account):
                server.login(_quoted(account.user), account.password)
        except FetchError as error:
            if error.passing:
                raise
            message = f"does not let {account.user!r} in ({error}); check user and password"
            raise InputError(f"{account.host} {message}") from None
        with _answering(account):
            state, answer = server.select(_quoted(folder))
        if state != "OK":
            reason = _text_of(*_pieces(answer)[:1])
            raise InputError(f"no folder {folder!r} for {account} ({reason}); check its name")
        yield Imap(server, account=account)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()
        with suppress(OSError):
            server.shutdown()


def _connected(account: Account, context: ssl.SSLContext) -> imaplib.IMAP4_SSL:
    port = account.port or 993
    try:
        return imaplib.IMAP4_SSL(account.host, port, ssl_context=context, timeout=account.patience)
    except ssl.SSLCertVerificationError as error:
        raise InputError(
            f"{account.host}: its certificate is not trusted ({_text_of(error.verify_message)}); "
            "check the server's name, or make this machine trust its issuer"
        ) from None
    except (OSError, imaplib.IMAP4.error) as error:
        raise InputError(
            f"{account.host}: no answer at port {port} ({_text_of(error)}); check host and port, "
            "which must speak TLS from the start"
        ) from None


@contextmanager
def _answering(account: Account) -> Iterator[None]:
    """Wait for the response to one command; FetchError: refused, or (passing) lost or late."""
    try:
        yield
    except (OSError, ValueError, imaplib.IMAP4.error) as error:
        if isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort):
            raise FetchError(_text_of(error)) from None
        raise FetchError(
            f"lost the mailbox of {account} ({_text_of(error)}); try again later, mail not yet "
            "handled will be read again",
            passing=True,
        ) from None


def _text_of(*sources: object) -> str:
    """Return the text of a server response or an error as one line."""
    source = sources[0] if sources else ""
    if isinstance(source, OSError):
        source = source.strerror or source
    elif isinstance(source, Exception):
        source = source.args[0] if source.args else type(source).__name__
    return one_line(source.decode("utf-8", "replace") if isinstance(source, bytes) else str(source))


def _check_ascii(account: Account, *names: str) -> None:
    values = (account.host, account.user, account.password, *names)
    if not all(value.isprintable() for value in values):
        raise InputError(f"{account.host!r}: control characters in user or password; remove them")
    if not all(value.isascii() for value in values):
        raise InputError(
            f"{account.host!r}: user, password and folder of a mailbox must be ASCII; give "
            "folders as the server lists them"
        )


def _sender_of(raw: bytes) -> str:
    """Return the address of the first From field, in lower case; empty without one."""
    fields = BytesHeaderParser().parsebytes(raw[:_FIELDS])
    # Bounded, as all that is parsed from outside.
    return parseaddr(str(fields.get("From", ""))[:_FIELD])[1].lower()


def _pieces(answer: list[Any]) -> list[bytes]:
    """Return the pieces of an IMAP answer."""
    pieces = (item if isinstance(item, tuple) else (item,) for item in answer)
    return [piece for group in pieces for piece in group if isinstance(piece, bytes)]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
