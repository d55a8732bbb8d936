"""Mailboxes on a server, read over TLS: POP3 (RFC 1939) and IMAP (RFC 9051)."""

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
from briefing.mail.mailbox import TOO_LARGE, Arrived

#: Ports for TLS from the start (RFC 8314).
_POP_PORT = 995
_IMAP_PORT = 993
#: Bytes of a line of a POP3 response. Python's own limit of 2,048 would end every session at the
#: first mail with a longer one.
_LONGEST_LINE = 1_000_000
#: Bytes of one response: a mail with all its dots doubled.
_LONGEST_ANSWER = 2 * MAIL_LIMIT
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,15})")
#: Error text when the server closes the connection.
_END = "the connection ended"
#: What Python's clients raise when a server is gone, refuses, or sends an invalid response.
_ERRORS = (OSError, EOFError, ValueError, poplib.error_proto, imaplib.IMAP4.error)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """A mail account: server and credentials."""

    #: Name of the server; its certificate must match.
    host: str
    user: str
    password: str = field(repr=False)
    #: 0 for the default: 995 for POP3, 993 for IMAP (RFC 8314).
    port: int = 0
    #: Seconds for the complete response to one command, a large mail included.
    patience: float = 60.0

    def __str__(self) -> str:
        return f"{self.user} at {self.host}"


class Pop3:
    """The mail on a POP3 server; open it with ``open_pop3``."""

    def __init__(self, server: _PopServer, *, account: Account) -> None:
        self._server = server
        self._account = account
        self._numbers: dict[str, int] = {}

    def __iter__(self) -> Iterator[Arrived]:
        """Yield all mails on the server by their unique ids."""
        sizes = dict(_pairs(self._request(self._server.list)[1]))
        names = dict(_pairs(self._request(self._server.uidl)[1]))
        self._numbers = {name: int(number) for number, name in names.items()}
        for number, name in names.items():
            size = sizes.get(number, "")
            if not size.isdecimal() or int(size) > MAIL_LIMIT:
                yield Arrived(name, b"", fault=TOO_LARGE)
                continue
            yield self._fetch(name)

    def _fetch(self, name: str) -> Arrived:
        try:
            lines = self._request(lambda: self._server.retr(self._numbers[name]))[1]
        except FetchError as error:
            if error.passing:
                raise
            return Arrived(name, b"", fault=str(error))
        return Arrived(name, b"\r\n".join([*lines, b""]))

    def settle(self, handle: str, *, understood: bool) -> None:
        """Delete an understood mail; the server does so when the session ends with QUIT."""
        if understood:
            self._request(lambda: self._server.dele(self._numbers[handle]))

    def _request(self, call: Callable[[], T]) -> T:
        self._server.received = 0
        with _answering(self._account, self._server.sock):
            return call()


class Imap:
    """The unseen mail of a folder on an IMAP server; open it with ``open_imap``."""

    def __init__(self, server: _ImapServer, *, account: Account) -> None:
        self._server = server
        self._account = account

    def __iter__(self) -> Iterator[Arrived]:
        """Yield the mails that are not flagged as seen, without flagging them."""
        uids = b" ".join(_pieces(self._command("SEARCH", "UNSEEN", "UNDELETED")))
        for uid in uids.decode("ascii", "replace").split():
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
        with _answering(self._account, self._server.sock):
            state, answer = self._server.uid(command, *arguments)
            if state != "OK":
                raise imaplib.IMAP4.error(*_pieces(answer)[:1])
        return answer


@contextmanager
def open_pop3(account: Account, *, context: ssl.SSLContext | None = None) -> Iterator[Pop3]:
    """Open a mailbox by POP3.

    Mails settled as understood are deleted when the session ends, also early by an error on our
    side; when the connection is lost before, the server keeps them and lists them again.

    Raises:
        InputError: the connection, the certificate or the login fails, or the connection is lost.
    """
    _check_ascii(account)
    with _connecting(account, account.port or _POP_PORT, context) as sock:
        server = _PopServer(sock)
    try:
        with _logging_in(account, server.sock):
            server.user(account.user)
            server.pass_(account.password)
        try:
            yield Pop3(server, account=account)
        except BaseException:
            with suppress(InputError), _answering(account, server.sock):
                server.quit()
            raise
        with _answering(account, server.sock):
            server.quit()
    finally:
        with suppress(OSError):
            server.close()


@contextmanager
def open_imap(
    account: Account, *, folder: str = "INBOX", context: ssl.SSLContext | None = None
) -> Iterator[Imap]:
    """Open a folder by IMAP; understood mails stay in it, flagged as seen.

    Raises:
        InputError: the connection, the certificate or the login fails, the folder does not exist,
            or the connection is lost.
    """
    _check_ascii(account, folder)
    with _connecting(account, account.port or _IMAP_PORT, context) as sock:
        server = _ImapServer(sock)
    try:
        with _logging_in(account, server.sock):
            server.login(_quoted(account.user), account.password)
        _select(server, folder, account=account)
        yield Imap(server, account=account)
    finally:
        with suppress(InputError), _answering(account, server.sock):
            server.logout()
        with suppress(OSError):
            server.shutdown()


class _PopServer(poplib.POP3):
    """Python's client with our limits, on a connection that is there."""

    def __init__(self, connected: ssl.SSLSocket) -> None:
        #: Bytes of the current response so far.
        self.received = 0
        self._connected = connected
        try:
            super().__init__("")
        except Exception:
            if hasattr(self, "file"):  # invalid greeting; Python leaves the socket open
                self.close()
            raise

    def _create_socket(self, _timeout: float) -> ssl.SSLSocket:
        return self._connected

    def _getline(self) -> tuple[bytes, int]:
        """Return a line without its end, and its bytes."""
        line: bytes = self.file.readline(_LONGEST_LINE + 1)
        self.received += len(line)
        if len(line) > _LONGEST_LINE or self.received > _LONGEST_ANSWER:
            raise poplib.error_proto("the response is too long")
        if not line.endswith(b"\n"):  # cut off in the middle of a line
            raise poplib.error_proto(_END)
        return line.removesuffix(b"\n").removesuffix(b"\r"), len(line)


class _ImapServer(imaplib.IMAP4):
    """Python's client with our limits, on a connection that is there."""

    def __init__(self, connected: ssl.SSLSocket) -> None:
        self._connected = connected
        super().__init__()

    def _create_socket(self, _timeout: float | None) -> ssl.SSLSocket:
        return self._connected

    def read(self, size: int) -> bytes:
        """Return as many bytes as the server has announced, within the limit."""
        if size > _LONGEST_ANSWER:
            raise self.abort("the response is too long")
        return super().read(size)


def _select(server: _ImapServer, folder: str, *, account: Account) -> None:
    with _answering(account, server.sock):
        state, answer = server.select(_quoted(folder))
    if state != "OK":
        raise InputError(
            f"no folder {folder!r} for {account} ({_text_of(*_pieces(answer)[:1])}); check its name"
        )


@contextmanager
def _connecting(
    account: Account, port: int, context: ssl.SSLContext | None
) -> Iterator[ssl.SSLSocket]:
    """Connect, and wait for the greeting within the time limit."""
    late, safely = Event(), context or ssl.create_default_context()
    try:
        plain = socket.create_connection((account.host, port), account.patience)
        sock = safely.wrap_socket(plain, server_hostname=account.host)
        with _cut_after(account.patience, sock, late):
            yield sock
    except ssl.SSLCertVerificationError as error:
        raise InputError(
            f"{account.host}: its certificate is not trusted ({_text_of(error.verify_message)}); "
            "check the server's name, or make this machine trust its issuer"
        ) from None
    except _ERRORS as error:
        reason = _reason(error, account, late)
        raise InputError(
            f"{account.host}: no answer at port {port} ({reason}); check host and port, "
            "which must speak TLS from the start"
        ) from None


@contextmanager
def _logging_in(account: Account, sock: socket.socket) -> Iterator[None]:
    try:
        with _answering(account, sock):
            yield
    except FetchError as error:
        if error.passing:
            raise
        raise InputError(
            f"{account.host} does not let {account.user!r} in ({error}); check user and password"
        ) from None


@contextmanager
def _answering(account: Account, sock: socket.socket) -> Iterator[None]:
    """Wait for the response to one command; FetchError: refused, or (passing) lost or late."""
    late = Event()
    try:
        with _cut_after(account.patience, sock, late):
            yield
    except _ERRORS as error:
        if not late.is_set() and _is_refusal(error):
            raise FetchError(_text_of(error)) from None
        reason = _reason(error, account, late)
        raise FetchError(
            f"lost the mailbox of {account} ({reason}); try again later, mail not yet handled "
            "will be read again",
            passing=True,
        ) from None


def _reason(error: Exception, account: Account, late: Event) -> str:
    if late.is_set() or isinstance(error, TimeoutError):
        return f"no answer within {account.patience:g} seconds"
    return _text_of(error)


@contextmanager
def _cut_after(seconds: float, sock: socket.socket, late: Event) -> Iterator[None]:
    """Cut a connection when its work takes too long; TimeoutError: it ended at that moment."""
    watch = Timer(seconds, _cut, args=(sock, late))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
    if late.is_set():
        raise TimeoutError


def _cut(sock: socket.socket, late: Event) -> None:
    """Shut down a connection during a read; a socket timeout would limit only single waits."""
    late.set()
    with suppress(OSError):
        # The TLS layer's own shutdown would discard its state while another thread reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _is_refusal(error: Exception) -> bool:
    if isinstance(error, poplib.error_proto):
        reply = error.args[0] if error.args else b""
        return isinstance(reply, bytes) and reply.startswith(b"-ERR")
    return isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)


def _text_of(*sources: object) -> str:
    """Return the text of a server response or an error as one line."""
    source = sources[0] if sources else ""
    if isinstance(source, OSError):
        source = source.strerror or source
    elif isinstance(source, Exception):
        source = source.args[0] if source.args else type(source).__name__
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else str(source)
    return one_line(text.removeprefix("-ERR "))


def _check_ascii(account: Account, *names: str) -> None:
    values = (account.host, account.user, account.password, *names)
    if not all(value.isprintable() for value in values):
        raise InputError(f"{account.host!r}: control characters in user or password; remove them")
    if not all(value.isascii() for value in values):
        raise InputError(
            f"{account.host!r}: user, password and folder of a mailbox must be ASCII; give "
            "folders as the server lists them"
        )


def _pairs(lines: list[bytes]) -> Iterator[tuple[str, str]]:
    """Yield number and value of each line of a POP3 list."""
    for line in lines:
        cells = line.decode("ascii", "replace").split()
        if len(cells) >= 2 and cells[0].isdecimal():
            yield cells[0], cells[1]


def _pieces(answer: list[Any]) -> list[bytes]:
    """Return the pieces of an IMAP answer."""
    pieces = (item if isinstance(item, tuple) else (item,) for item in answer)
    return [piece for group in pieces for piece in group if isinstance(piece, bytes)]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
