"""Mailboxes on a server, asked over TLS: POP3 (RFC 1939) and IMAP (RFC 9051)."""

from __future__ import annotations

import imaplib
import poplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Timer
from typing import Any, TypeVar

from briefing.core.errors import FetchError, InputError
from briefing.mail.incoming import MAIL_LIMIT, one_line
from briefing.mail.mailbox import Arrived

#: Ports for TLS from the start (RFC 8314).
_POP_PORT = 995
_IMAP_PORT = 993
#: Bytes of a line of a POP3 answer. Python's own limit of 2,048 would end the visit at the first
#: mail with a longer one, and every later visit again.
_LONGEST_LINE = 1_000_000
#: Bytes of one answer: a mail with all its dots doubled.
_LONGEST_ANSWER = 2 * MAIL_LIMIT
_TOO_LARGE = f"larger than {MAIL_LIMIT:,} bytes; not read"
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,15})")
#: What the server "says" when it says nothing more.
_END = "the connection ended"
#: What Python's clients raise when a server is gone, refuses, or answers what none should.
_FAULTS = (OSError, EOFError, ValueError, poplib.error_proto, imaplib.IMAP4.error)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """Whom to ask for mail and as whom."""

    #: Name of the server; its certificate must be for it.
    host: str
    user: str
    password: str = field(repr=False)
    #: 0 for the usual one: 995 for POP3, 993 for IMAP (RFC 8314).
    port: int = 0
    #: Seconds in which the server must have answered one question whole, a large mail included.
    patience: float = 60.0

    def __str__(self) -> str:
        return f"{self.user} at {self.host}"


class Pop3:
    """The mail that a POP3 server keeps; build it with ``open_pop3``."""

    def __init__(self, server: _PopServer, *, account: Account) -> None:
        self._server = server
        self._account = account
        self._numbers: dict[str, int] = {}

    def __iter__(self) -> Iterator[Arrived]:
        """Yield all mails that the server has, by their unique ids."""
        sizes = dict(_pairs(self._ask(self._server.list)[1]))
        names = dict(_pairs(self._ask(self._server.uidl)[1]))
        self._numbers = {name: int(number) for number, name in names.items()}
        for number, name in names.items():
            size = sizes.get(number, "")
            if not size.isdecimal() or int(size) > MAIL_LIMIT:
                yield Arrived(name, b"", fault=_TOO_LARGE)
                continue
            yield self._fetch(name)

    def _fetch(self, name: str) -> Arrived:
        try:
            lines = self._ask(lambda: self._server.retr(self._numbers[name]))[1]
        except FetchError as error:
            if error.passing:
                raise
            return Arrived(name, b"", fault=str(error))
        return Arrived(name, b"\r\n".join([*lines, b""]))

    def settle(self, handle: str, *, known: bool) -> None:
        """Have a known mail deleted; the server does so when the visit ends in good order."""
        if known:
            self._ask(lambda: self._server.dele(self._numbers[handle]))

    def _ask(self, question: Callable[[], T]) -> T:
        self._server.taken = 0
        with _answered(self._account, self._server.sock):
            return question()


class Imap:
    """The unseen mail of a folder on an IMAP server; build it with ``open_imap``."""

    def __init__(self, server: _ImapServer, *, account: Account, handled: str) -> None:
        self._server = server
        self._account = account
        self._handled = handled

    def __iter__(self) -> Iterator[Arrived]:
        """Yield the mails without the mark for "seen", and leave them so."""
        found = b" ".join(_flat(self._ask("SEARCH", "UNSEEN", "UNDELETED")))
        for uid in found.decode("ascii", "replace").split():
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
        size = _SIZE.search(b" ".join(_flat(self._ask("FETCH", uid, "(RFC822.SIZE)"))))
        if size is None:
            return None
        if int(size[1]) > MAIL_LIMIT:
            return Arrived(uid, b"", fault=_TOO_LARGE)
        answer = self._ask("FETCH", uid, "(BODY.PEEK[])")
        raw = next((one[1] for one in answer if isinstance(one, tuple)), None)
        return None if raw is None else Arrived(uid, raw)

    def settle(self, handle: str, *, known: bool) -> None:
        """Mark a known mail as seen, and move it if there is a folder for known ones."""
        if not known:
            return
        self._ask("STORE", handle, "+FLAGS.SILENT", r"(\Seen)")
        if self._handled and "MOVE" in self._server.capabilities:
            self._ask("MOVE", handle, _quoted(self._handled))
        elif self._handled:
            self._ask("COPY", handle, _quoted(self._handled))
            self._ask("STORE", handle, "+FLAGS.SILENT", r"(\Deleted)")
            if "UIDPLUS" in self._server.capabilities:
                # A plain EXPUNGE would take what others have marked along.
                self._ask("EXPUNGE", handle)

    def _ask(self, command: str, *words: str) -> list[Any]:
        with _answered(self._account, self._server.sock):
            state, answer = self._server.uid(command, *words)
            if state != "OK":
                raise imaplib.IMAP4.error(*_flat(answer)[:1])
        return answer


@contextmanager
def open_pop3(account: Account, *, context: ssl.SSLContext | None = None) -> Iterator[Pop3]:
    """Visit a mailbox by POP3.

    Mails settled as known are deleted when the visit ends, also when it ends early by an error on
    our side; when the connection is lost before, the server keeps them and shows them again.

    Args:
        account: whom to ask.
        context: which certificates are trusted; by default those the system trusts.

    Raises:
        InputError: no connection, no trust, no entry, or the connection is lost.
    """
    _check(account)
    port = account.port or _POP_PORT
    with _reached(account, port):
        server = _PopServer(
            account.host,
            port,
            timeout=account.patience,
            context=context or ssl.create_default_context(),
        )
    try:
        with _admitted(account, server.sock):
            server.user(account.user)
            server.pass_(account.password)
        try:
            yield Pop3(server, account=account)
        except BaseException:
            with suppress(InputError), _answered(account, server.sock):
                server.quit()
            raise
        with _answered(account, server.sock):
            server.quit()
    finally:
        with suppress(OSError):
            server.close()


@contextmanager
def open_imap(
    account: Account,
    *,
    folder: str = "INBOX",
    handled: str = "",
    context: ssl.SSLContext | None = None,
) -> Iterator[Imap]:
    """Visit a folder by IMAP.

    Args:
        account: whom to ask.
        folder: where mail comes in.
        handled: the folder for known mails, which must be there; empty to leave them, as seen.
        context: which certificates are trusted; by default those the system trusts.

    Raises:
        InputError: no connection, no trust, no entry, no such folder, or the connection is lost.
    """
    _check(account, folder, handled)
    port = account.port or _IMAP_PORT
    with _reached(account, port):
        server = _ImapServer(
            account.host,
            port,
            timeout=account.patience,
            ssl_context=context or ssl.create_default_context(),
        )
    try:
        with _admitted(account, server.sock):
            server.login(_quoted(account.user), account.password)
        _select(server, folder, account=account)
        yield Imap(server, account=account, handled=handled)
    finally:
        with suppress(InputError), _answered(account, server.sock):
            server.logout()
        with suppress(OSError):
            server.shutdown()


class _PopServer(poplib.POP3_SSL):
    """Python's own client with bounds of ours."""

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext) -> None:
        #: Bytes of the present answer so far.
        self.taken = 0
        try:
            super().__init__(host, port, timeout=timeout, context=context)
        except Exception:
            if hasattr(self, "file"):  # the greeting was none; Python leaves the socket open
                self.close()
            raise

    def _getline(self) -> tuple[bytes, int]:
        """Return a line without its end, and its bytes."""
        line: bytes = self.file.readline(_LONGEST_LINE + 1)
        self.taken += len(line)
        if len(line) > _LONGEST_LINE or self.taken > _LONGEST_ANSWER:
            raise poplib.error_proto("the answer is too long")
        if not line:
            raise poplib.error_proto(_END)
        return line.removesuffix(b"\n").removesuffix(b"\r"), len(line)


class _ImapServer(imaplib.IMAP4_SSL):
    """Python's own client with bounds of ours."""

    def read(self, size: int) -> bytes:
        """Return as many bytes as the server has announced, if they are not too many."""
        if size > _LONGEST_ANSWER:
            raise self.abort("the answer is too long")
        return super().read(size)


def _select(server: _ImapServer, folder: str, *, account: Account) -> None:
    with _answered(account, server.sock):
        words = b" ".join(_flat(server.capability()[1])).decode("ascii", "replace")
        server.capabilities = tuple(words.upper().split())
        state, answer = server.select(_quoted(folder))
    if state != "OK":
        raise InputError(
            f"no folder {folder!r} for {account} ({_said(*_flat(answer)[:1])}); check its name"
        )


@contextmanager
def _reached(account: Account, port: int) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise InputError(
            f"{account.host}: its certificate is not trusted ({_said(error.verify_message)}); "
            "check the server's name, or make this machine trust who has signed it"
        ) from None
    except _FAULTS as error:
        raise InputError(
            f"{account.host}: no answer at port {port} ({_said(error)}); check host and port, "
            "which must speak TLS from the start"
        ) from None


@contextmanager
def _admitted(account: Account, sock: socket.socket) -> Iterator[None]:
    try:
        with _answered(account, sock):
            yield
    except FetchError as error:
        if error.passing:
            raise
        raise InputError(
            f"{account.host} does not let {account.user!r} in ({error}); check user and password"
        ) from None


@contextmanager
def _answered(account: Account, sock: socket.socket) -> Iterator[None]:
    """Let the server answer one question in time.

    Raises:
        FetchError: it refuses, or (passing) it is lost or too late.
    """
    late = Event()
    watch = Timer(account.patience, _cut, args=(sock, late))
    watch.daemon = True
    watch.start()
    try:
        yield
    except _FAULTS as error:
        if not late.is_set() and _is_refusal(error):
            raise FetchError(_said(error)) from None
        slow = late.is_set() or isinstance(error, TimeoutError)
        reason = f"no answer within {account.patience:g} seconds" if slow else _said(error)
        raise FetchError(
            f"lost the mailbox of {account} ({reason}); try again later, what was not put away "
            "will come again",
            passing=True,
        ) from None
    finally:
        watch.cancel()


def _cut(sock: socket.socket, late: Event) -> None:
    """End a connection under whoever waits for it; a timeout of the socket ends single waits."""
    late.set()
    with suppress(OSError):
        # That of the TLS layer would first take itself apart under the one who reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, poplib.error_proto):
        said = error.args[0] if error.args else b""
        return isinstance(said, bytes) and said.startswith(b"-ERR")
    return isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)


def _said(*words: object) -> str:
    """Return what a server or an error says as one line."""
    said = words[0] if words else ""
    if isinstance(said, OSError):
        said = said.strerror or said
    elif isinstance(said, Exception):
        said = said.args[0] if said.args else type(said).__name__
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return one_line(text.removeprefix("-ERR "))


def _check(account: Account, *names: str) -> None:
    written = (account.host, account.user, account.password, *names)
    if not all(one.isprintable() for one in written):
        raise InputError(f"{account.host!r}: control characters in user or password; remove them")
    if not all(one.isascii() for one in written):
        raise InputError(
            f"{account.host!r}: user, password and folder of a mailbox must be ASCII; give "
            "folders as the server lists them"
        )


def _pairs(lines: list[bytes]) -> Iterator[tuple[str, str]]:
    """Yield number and value of each line of a POP3 list."""
    for line in lines:
        words = line.decode("ascii", "replace").split()
        if len(words) >= 2 and words[0].isdecimal():
            yield words[0], words[1]


def _flat(answer: list[Any]) -> list[bytes]:
    """Return the pieces of an IMAP answer."""
    pieces = (one if isinstance(one, tuple) else (one,) for one in answer)
    return [piece for some in pieces for piece in some if isinstance(piece, bytes)]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
