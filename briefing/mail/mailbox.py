"""Mailboxes: a Maildir, a stream of mails, and a folder on a server (IMAP over TLS, RFC 9051)."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import field
from datetime import date
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from briefing.core.errors import FetchError, InputError
from briefing.core.frozen import frozen
from briefing.mail.incoming import MAIL_LIMIT, one_line

#: Most bytes of a line read from a stream at once; longer lines are read in pieces.
_LINE = 65_536
TOO_LARGE = f"larger than {MAIL_LIMIT:,} bytes; not read"
#: The line before each mail of an mbox (RFC 4155): sender and date.
_FROM_LINE = re.compile(rb"From \S{1,320} .{0,40}\d\d:\d\d.{0,40}\d{4}\s{0,9}$")


@frozen
class Arrived:
    """One mail in a mailbox."""

    #: Its id in the mailbox, the same whenever it is read, except in a stream.
    handle: str
    #: The mail as received; empty if it could not be read.
    raw: bytes
    #: Why it could not be read; empty if it was read.
    fault: str = ""


class Mailbox(Protocol):
    """A source of incoming mail."""

    def __iter__(self) -> Iterator[Arrived]:
        """Yield each unsettled mail, oldest first if known; InputError if it ends early."""
        ...

    def settle(self, handle: str, *, understood: bool) -> None:
        """Mark a mail as handled if it was understood; otherwise leave it untouched.

        Call it after the result is safely stored: an understood mail is not yielded again; one that
        was read but not settled is.

        InputError: the mail cannot be marked or moved.
        """
        ...


class Maildir:
    """A folder with one file per mail, as mail servers on this machine fill it.

    Mails are read from ``new``, and from ``cur`` if not flagged as seen, since other programs move
    mails from ``new`` to ``cur``. An understood mail is flagged as seen in ``cur``. Files are only
    renamed, whereas Python's own class would rewrite each mail.
    """

    def __init__(self, path: Path) -> None:
        """Open the folder; InputError if it is not a Maildir."""
        if not all((path / name).is_dir() for name in ("new", "cur", "tmp")):
            raise InputError(
                f"{path}: not a Maildir (it needs the folders new, cur and tmp); give the folder "
                "that your mail server delivers to"
            )
        self._path = path

    def __iter__(self) -> Iterator[Arrived]:
        """Yield mails in the order of their file names, which begin with time and number."""
        for path in sorted(self._unseen(), key=lambda entry: entry.name):
            mail = self._read(path)
            if mail is not None:
                yield mail

    def _unseen(self) -> Iterator[Path]:
        try:
            paths = list(chain((self._path / "new").iterdir(), (self._path / "cur").iterdir()))
        except OSError as error:
            raise InputError(f"{self._path}: {error.strerror}; check who may read it") from None
        for path in paths:
            flags = path.name.rpartition(":2,")[2] if ":2," in path.name else ""
            ordinary = path.is_file() and not path.is_symlink() and not path.name.startswith(".")
            if ordinary and "S" not in flags and "T" not in flags:
                yield path

    def _read(self, path: Path) -> Arrived | None:
        """Return one mail; None if another program has removed it meanwhile."""
        handle = f"{path.parent.name}/{path.name}"
        try:
            with path.open("rb") as file:
                raw = file.read(MAIL_LIMIT + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Arrived(handle, b"", fault=f"{error.strerror}; check who may read it")
        return _bounded(handle, raw)

    def settle(self, handle: str, *, understood: bool) -> None:
        """Flag an understood mail as seen."""
        if not understood:
            return
        path = self._path / handle
        base, _, flags = path.name.partition(":2,")
        flags = "".join(sorted({*flags, "S"}))
        try:
            path.rename(self._path / "cur" / f"{base}:2,{flags}")
        except FileNotFoundError:
            return  # another program has moved or deleted it meanwhile
        except OSError as error:
            raise InputError(
                f"{path}: cannot be moved ({error.strerror}); check who may write there"
            ) from None


class MailStream:
    """One mail, or an mbox of many, as read from standard input.

    Mails in a stream cannot be marked or moved, but its sender still has them.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[Arrived]:
        """Yield the mails in order; the first line decides whether it is an mbox."""
        lines = iter(lambda: self._stream.readline(_LINE), b"")
        first = next(lines, b"")
        if not first:
            return
        is_mbox = _FROM_LINE.match(first) is not None
        mail, number, blank = bytearray(b"" if is_mbox else first), 1, False
        for line in lines:
            if is_mbox and blank and _FROM_LINE.match(line):
                yield _bounded(f"mail {number}", bytes(mail))
                mail, number = bytearray(), number + 1
            elif len(mail) <= MAIL_LIMIT:
                mail += line[1:] if is_mbox and re.match(rb">+From ", line) else line
            blank = not line.strip()
        yield _bounded(f"mail {number}", bytes(mail))

    def settle(self, handle: str, *, understood: bool) -> None:
        """Do nothing."""


def _bounded(handle: str, raw: bytes) -> Arrived:
    if len(raw) > MAIL_LIMIT:
        return Arrived(handle, b"", fault=TOO_LARGE)
    return Arrived(handle, raw)


#: Most bytes of a mail that are searched for its sender.
_FIELDS = 65_536
#: Most characters of the sender's field that are parsed.
_FIELD = 1_000
#: English names of months, as a search needs (RFC 9051), whatever this machine's language.
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,15})")


@frozen
class Account:
    """A mail account: server and credentials."""

    #: Name of the server, which its certificate must match.
    host: str
    user: str
    password: str = field(repr=False)
    #: 0 for the default, 993 (RFC 8314).
    port: int = 0
    #: Seconds without a response after which the connection is given up.
    patience: float = 60.0

    def __str__(self) -> str:
        return f"{self.user} at {self.host}"


class Imap:
    """The unseen mails in a folder on an IMAP server; open it with :func:`open_imap`."""

    def __init__(self, server: imaplib.IMAP4_SSL, *, account: Account) -> None:
        self._server = server
        self._account = account

    def __iter__(self) -> Iterator[Arrived]:
        """Yield the mails not flagged as seen, without flagging them."""
        yield from self._found("UNSEEN")

    def sent_by(self, sender: str, *, since: date, limit: int) -> Iterator[Arrived]:
        """Yield the newest mails of a sender since a day, oldest first, without flagging them.

        The sender is an address, or a domain for all of its addresses.
        """
        # The server matches any part of the field, so each result is compared exactly.
        on = f"{since.day:02}-{_MONTHS[since.month - 1]}-{since.year}"
        for mail in self._found("SINCE", on, "FROM", _quoted(sender), limit=limit):
            # The address in the first From field, in lower case; empty if there is none
            fields = BytesHeaderParser().parsebytes(mail.raw[:_FIELDS])
            # Bounded, like everything that is parsed from outside.
            address = parseaddr(str(fields.get("From", ""))[:_FIELD])[1].lower()
            if sender.lower() in {address, address.rpartition("@")[2]}:
                yield mail

    def _found(self, *criteria: str, limit: int = 0) -> Iterator[Arrived]:
        """Yield the mails that meet the criteria, only the last ``limit`` unless that is 0."""
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
        """Return one mail; None if another program has deleted it meanwhile."""
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
    """Open a folder by IMAP; understood mails stay there, flagged as seen.

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
    """Translate errors of one command; FetchError: it was refused, or (passing) lost or late."""
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


def _pieces(answer: list[Any]) -> list[bytes]:
    """Return the pieces of an IMAP response as a flat list."""
    pieces = (item if isinstance(item, tuple) else (item,) for item in answer)
    return [piece for group in pieces for piece in group if isinstance(piece, bytes)]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
