"""Hands mails over to the relay, and knows of each how far it had come when something went wrong.

smtplib raises the same exception for a connection that is lost before the final dot, when nothing
was sent, and after it, when nobody knows. So each step is taken, and named, one by one.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np

from briefing.mail.relay import Relay, Result, ResultKind, Stage
from briefing.mail.wire import ReplyError, Wire

#: Closing: "I end this connection now" (RFC 5321, 3.8).
_CLOSING = 421
_READY = 220
_DONE = 250
_FORWARDED = 251
_GO_ON = 354
#: Login needed, failed, or not secret enough (RFC 4954, 6).
_NO_LOGIN = {530, 535, 538}
#: What is asked before the message.
_ENVELOPE = (Stage.MAIL, Stage.RCPT, Stage.DATA)
#: Characters of an answer that are kept.
_WORDS = 300
#: Seconds for the relay to say good-bye.
_QUIT = 2.0
#: What would end an address or a command.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>]")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_LF, _CR, _DOT = b"\n\r."


class RelaySession:
    """One connection to the relay, made when the first mail is sent and renewed when it must be."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._wire: Wire | None = None
        self._stage = Stage.CONNECT
        #: Mails handed over on this connection.
        self._count = 0
        # Whether the relay still has a mail in mind that was not ended.
        self._unfinished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, sender: str, recipient: str, message: bytes) -> Result:
        """Hand one mail over.

        A connection that had served mails before and is lost or ended by the relay before the
        final dot is made anew, once: relays end connections after some mails or minutes.

        Args:
            sender: of the envelope.
            recipient: of the envelope.
            message: whole, lines ended by CRLF.
        """
        served = self._count
        result = self._attempt(sender, recipient, message)
        lost = result.kind is ResultKind.DROPPED or result.code == _CLOSING
        if served and lost and result.stage is not Stage.DOT:
            result = self._attempt(sender, recipient, message)
        return result

    def check(self) -> Result:
        """Connect and log in without sending anything; SENT says that mails could be sent."""
        return self._guarded(lambda: Result(ResultKind.SENT, self._stage, 250, "ready"))

    def close(self) -> None:
        """Say good-bye and close; what the relay answers to that is of no meaning any more."""
        if self._wire is not None:
            with contextlib.suppress(OSError, ReplyError, smtplib.SMTPException):
                self._wire.within(_QUIT)
                self._wire.docmd("QUIT")
            self._cut()

    def _attempt(self, sender: str, recipient: str, message: bytes) -> Result:
        if self._count >= self._relay.renew_after:
            self.close()
        result = self._guarded(lambda: self._hand_over(sender, recipient, message))
        if result.kind is ResultKind.SENT:
            self._count += 1
        elif result.code == _CLOSING:
            self._cut()
        return result

    def _guarded(self, act: Callable[[], Result]) -> Result:
        """Connect where needed and act; a connection on which anything failed is cut."""
        try:
            return self._connect() or act()
        except (OSError, ReplyError, smtplib.SMTPException) as error:
            self._cut()
            words = _line(f"{self._relay.shown}: {_told(error)}")
            return Result(_kind_lost(self._stage), self._stage, words=words)
        except BaseException:
            self._cut()
            raise

    def _cut(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire, self._count, self._unfinished = None, 0, False

    def _connect(self) -> Result | None:
        """Make the connection, unless there is one; return why that is not possible."""
        if self._wire is not None:
            return None
        self._stage = Stage.CONNECT
        wire = self._wire = Wire(self._relay)
        wire.within(self._relay.connect_seconds)
        wire.open()
        refused = self._greet(wire) or self._secure(wire) or self._log_in(wire)
        if refused is not None:
            self.close()
        return refused

    def _greet(self, wire: Wire) -> Result | None:
        self._stage = Stage.GREETING
        code, words = wire.getreply()
        if code == _READY:
            code, words = wire.ehlo()
        return None if code == _DONE else self._pause(code, words)

    def _secure(self, wire: Wire) -> Result | None:
        if self._relay.security != "starttls":
            return None
        self._stage = Stage.TLS
        if not wire.has_extn("starttls"):
            return self._pause(0, b"it offers no STARTTLS; nothing is sent in the open")
        code, words = wire.docmd("STARTTLS")
        if code != _READY:
            return self._pause(code, words)
        wire.encrypt()
        code, words = wire.ehlo()
        return None if code == _DONE else self._pause(code, words)

    def _log_in(self, wire: Wire) -> Result | None:
        if not self._relay.user:
            return None
        self._stage = Stage.AUTH
        try:
            wire.login(self._relay.user, self._relay.password)
        except smtplib.SMTPAuthenticationError as error:
            return self._pause(error.smtp_code, error.smtp_error)
        except UnicodeError:
            return self._pause(0, b"user and password must be ASCII")
        return None

    def _hand_over(self, sender: str, recipient: str, message: bytes) -> Result:
        wire = self._wire
        assert wire is not None  # noqa: S101  connected right before
        fault = _fault(wire, sender, recipient, message)
        if fault:
            return Result(ResultKind.REFUSED, Stage.RCPT, words=fault)
        self._stage = Stage.MAIL
        wire.within((len(_ENVELOPE) + 1) * self._relay.answer_seconds)
        if self._unfinished:
            wire.rset()
        options = _options(wire, sender, recipient, message)
        wire.command_encoding = "utf-8" if "SMTPUTF8" in options else "ascii"
        self._unfinished = True
        commands = (f"MAIL FROM:<{sender}>{options}", f"RCPT TO:<{recipient}>", "DATA")
        refused = self._ask(wire, commands)
        return refused or self._message(wire, message)

    def _ask(self, wire: Wire, commands: tuple[str, str, str]) -> Result | None:
        """Say from whom and to whom, and ask to go on; return what the relay has against it."""
        if wire.has_extn("pipelining"):
            return self._ask_at_once(wire, commands)
        for self._stage, command in zip(_ENVELOPE, commands, strict=True):
            refused = self._refusal(*wire.docmd(command))
            if refused is not None:
                return refused
        return None

    def _ask_at_once(self, wire: Wire, commands: tuple[str, str, str]) -> Result | None:
        """Ask with one journey instead of three; each answer counts in its turn (RFC 2920)."""
        wire.send("".join(f"{one}\r\n" for one in commands))
        for self._stage in _ENVELOPE:
            refused = self._refusal(*wire.getreply())
            if refused is not None:
                self._hear_out(wire, after=self._stage)
                return refused
        return None

    def _hear_out(self, wire: Wire, *, after: Stage) -> None:
        """Read the answers that are still to come after a refusal; without them, cut."""
        try:
            said = [wire.getreply() for _ in _ENVELOPE[_ENVELOPE.index(after) + 1 :]]
            if said and said[-1][0] == _GO_ON:
                # It waits for a message though it wants none (RFC 2920, 3.1): a dot ends it.
                wire.send(b".\r\n")
                wire.getreply()
        except (OSError, ReplyError):
            self._cut()

    def _message(self, wire: Wire, message: bytes) -> Result:
        self._stage = Stage.BODY
        wire.within(self._relay.body_seconds)
        wire.send(stuffed(message))
        wire.within(self._relay.dot_seconds)
        self._stage = Stage.DOT
        wire.send(b".\r\n")
        code, words = wire.getreply()
        self._unfinished = False
        kinds = {2: ResultKind.SENT, 4: ResultKind.LATER, 5: ResultKind.REFUSED}
        kind = kinds.get(code // 100, ResultKind.AMBIGUOUS)
        return Result(kind, Stage.DOT, code, _line(words))

    def _refusal(self, code: int, words: bytes) -> Result | None:
        """Return what an answer to the envelope means; None when all is well.

        A refused sender or a login that is missing is about us, whoever the mail is for.
        """
        wanted = _GO_ON if self._stage is Stage.DATA else _DONE
        if code == wanted or (self._stage is Stage.RCPT and code == _FORWARDED):
            return None
        if code // 100 == 4:
            return Result(ResultKind.LATER, self._stage, code, _line(words))
        if code // 100 != 5:
            raise ReplyError(f"it answered {code} where {wanted} was to come")
        if self._stage is Stage.MAIL or code in _NO_LOGIN:
            return self._pause(code, words)
        return Result(ResultKind.REFUSED, self._stage, code, _line(words))

    def _pause(self, code: int, words: bytes | str) -> Result:
        said = f"{self._relay.shown}: {_line(words)}"
        return Result(ResultKind.PAUSE, self._stage, code, said)


def stuffed(message: bytes) -> bytes:
    """Return a message as it goes over the wire, without the dot that ends it.

    Lines end with CRLF and nothing else: relays that take a bare line feed for an end could be made
    to read a second mail in the first. A dot that begins a line is doubled (RFC 5321, 4.5.2).
    """
    if not _ends_with_crlf_only(message):
        message = _LINE_END.sub(b"\r\n", message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    if _has_dots(message):
        message = message.replace(b"\n.", b"\n..")
    return b"." + message if message.startswith(b".") else message


def _ends_with_crlf_only(message: bytes) -> bool:
    """Tell whether each CR has its LF and each LF its CR."""
    # Searching bytes for two marks took a third of the time of a whole mail of 150 KB.
    marks = np.frombuffer(message, np.uint8)
    return np.array_equal(np.flatnonzero(marks == _LF), np.flatnonzero(marks == _CR) + 1)


def _has_dots(message: bytes) -> bool:
    """Tell whether a line after the first, in a message that ends with LF, begins with a dot."""
    marks = np.frombuffer(message, np.uint8)
    firsts = np.flatnonzero(marks == _LF)[:-1] + 1
    return bool((marks[firsts] == _DOT).any())


def _fault(wire: Wire, sender: str, recipient: str, message: bytes) -> str:
    """Return why a mail cannot be handed over at all; empty when it can."""
    if any(_FORBIDDEN.search(address) for address in (sender, recipient)):
        return "the address cannot stand in an SMTP command"
    if _needs_utf8(sender, recipient, message) and not wire.has_extn("smtputf8"):
        return "the relay takes no addresses beyond ASCII (SMTPUTF8)"
    if not (message.isascii() or wire.has_extn("8bitmime")):
        return "the relay takes no messages beyond ASCII (8BITMIME)"
    return ""


def _options(wire: Wire, sender: str, recipient: str, message: bytes) -> str:
    options = f" SIZE={len(message)}" if wire.has_extn("size") else ""
    if not message.isascii():
        options += " BODY=8BITMIME"
    return options + (" SMTPUTF8" if _needs_utf8(sender, recipient, message) else "")


def _needs_utf8(sender: str, recipient: str, message: bytes) -> bool:
    if not (sender.isascii() and recipient.isascii()):
        return True
    return not (message.isascii() or message.partition(b"\r\n\r\n")[0].isascii())


def _kind_lost(stage: Stage) -> ResultKind:
    """Return what a mail is whose connection was lost at a stage."""
    if stage is Stage.DOT:
        return ResultKind.AMBIGUOUS
    return ResultKind.DROPPED if stage in {*_ENVELOPE, Stage.BODY} else ResultKind.PAUSE


def _told(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return str(error)


def _line(words: bytes | str) -> str:
    """Return an answer as one short line without control characters."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    line = " ".join(text[: 4 * _WORDS].split())[:_WORDS]
    return "".join(mark if mark.isprintable() else "\ufffd" for mark in line)
