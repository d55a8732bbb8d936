"""Mailboxes on this machine: a Maildir, a stream of mails, and the protocol of all mailboxes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol

from briefing.core.errors import InputError
from briefing.mail.incoming import MAIL_LIMIT

#: Bytes of a line read at once from a stream; longer lines are read in pieces.
_LINE = 65_536
TOO_LARGE = f"larger than {MAIL_LIMIT:,} bytes; not read"
#: The line before each mail of an mbox (RFC 4155): sender and date.
_FROM_LINE = re.compile(rb"From \S{1,320} .{0,40}\d\d:\d\d.{0,40}\d{4}\s{0,9}$")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail in a mailbox."""

    #: Its id in the mailbox; the same when it is read again, except in a stream.
    handle: str
    #: The mail as received; empty when it could not be read.
    raw: bytes
    #: Why it could not be read; empty if it was read.
    fault: str = ""


class Mailbox(Protocol):
    """A source of incoming mail."""

    def __iter__(self) -> Iterator[Arrived]:
        """Yield each mail not settled yet, oldest first where known; InputError: it ends early."""
        ...

    def settle(self, handle: str, *, understood: bool) -> None:
        """Mark a mail as handled if it was understood, else leave it untouched.

        Call it after the result is safely stored: an understood mail is not yielded again, one
        that was read but not settled is.

        InputError: the mail cannot be marked or moved.
        """
        ...


class Maildir:
    """A folder with one file a mail, as mail servers on this machine fill it.

    It reads ``new``, and in ``cur`` what is not flagged as seen, since other programs move mails
    from ``new`` to ``cur``. An understood mail is flagged as seen in ``cur``. Files are
    only renamed: Python's own class would rewrite each mail.
    """

    def __init__(self, path: Path) -> None:
        """Open the folder; InputError: the path is not a Maildir."""
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
        """Return one mail; None when another program has removed it meanwhile."""
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

    Nothing can be marked or moved in a stream: its sender still has every mail.
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
        mails = _split(lines) if is_mbox else iter([chain([first], lines)])
        for number, mail in enumerate(mails, start=1):
            yield _bounded(f"mail {number}", _gather(mail, quoted=is_mbox))

    def settle(self, handle: str, *, understood: bool) -> None:
        """Do nothing."""


def _split(lines: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield the lines of each mail of an mbox, the first "From " line already taken."""
    more = True

    def lines_of_mail() -> Iterator[bytes]:
        nonlocal more
        blank = False
        for line in lines:
            if blank and _FROM_LINE.match(line):
                return
            blank = not line.strip()
            yield line
        more = False

    while more:
        yield lines_of_mail()


def _gather(lines: Iterator[bytes], *, quoted: bool) -> bytes:
    """Return a mail, truncated once it exceeds the limit; all its lines are consumed."""
    mail = bytearray()
    for line in lines:
        if len(mail) <= MAIL_LIMIT:
            mail += line[1:] if quoted and re.match(rb">+From ", line) else line
    return bytes(mail)


def _bounded(handle: str, raw: bytes) -> Arrived:
    if len(raw) > MAIL_LIMIT:
        return Arrived(handle, b"", fault=TOO_LARGE)
    return Arrived(handle, raw)
