"""Where mail comes in: a Maildir, a stream of mails, and what all such places have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Protocol

from briefing.core.errors import InputError
from briefing.mail.incoming import MAIL_LIMIT

#: Bytes of a line read at once from a stream; longer ones come in pieces.
_LINE = 65_536
_TOO_LARGE = f"larger than {MAIL_LIMIT:,} bytes; not read"
#: The line before each mail of an mbox (RFC 4155): sender and date.
_FROM_LINE = re.compile(rb"From \S{1,320} .{0,40}\d\d:\d\d.{0,40}\d{4}\s{0,9}$")


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail that lies in a mailbox."""

    #: What the mailbox knows it by; the same at the next visit, except in a stream.
    handle: str
    #: The mail as it came; empty when it could not be read.
    raw: bytes
    #: Why it could not be read, in words; empty for a good one.
    fault: str = ""


class Mailbox(Protocol):
    """A place where mail comes in."""

    def __iter__(self) -> Iterator[Arrived]:
        """Yield each mail that is not settled yet, the oldest first where the place knows it.

        Raises:
            InputError: the place cannot be read any further.
        """
        ...

    def settle(self, handle: str, *, known: bool) -> None:
        """Put a mail away that was understood; leave one that was not where and as it is.

        To be called after what the mail says is safely stored: a known mail is not seen again.
        One that was read and not settled is.

        Raises:
            InputError: the mail cannot be put away.
        """
        ...


class Maildir:
    """A folder of mails, one a file, as mail servers on this machine fill it.

    Read is what lies in ``new`` and what lies in ``cur`` without the mark for "seen", since other
    programs move mails from there to here. A known mail is marked as seen in ``cur``, or moved to
    a subfolder. Files are only renamed: Python's own class would write each mail anew.
    """

    def __init__(self, path: Path, *, handled: str = "") -> None:
        """Open the folder.

        Args:
            path: holds ``new``, ``cur`` and ``tmp``.
            handled: name of the subfolder for known mails (Maildir++, without the dot); empty to
                leave them in the folder itself.

        Raises:
            InputError: the path is no Maildir, or the name is none.
        """
        if not all((path / name).is_dir() for name in ("new", "cur", "tmp")):
            raise InputError(
                f"{path}: no Maildir (it needs the folders new, cur and tmp); give the folder "
                "that your mail server delivers to"
            )
        if handled and not re.fullmatch(r"[\w][\w .-]{0,100}", handled):
            raise InputError(f"{handled!r} cannot be the name of a mail folder; use letters")
        self._path = path
        self._handled = path / f".{handled}" if handled else path

    def __iter__(self) -> Iterator[Arrived]:
        """Yield mails by the time and number that their names begin with."""
        for path in sorted(self._unseen(), key=lambda one: one.name):
            mail = self._read(path)
            if mail is not None:
                yield mail

    def _unseen(self) -> Iterator[Path]:
        try:
            found = list(chain((self._path / "new").iterdir(), (self._path / "cur").iterdir()))
        except OSError as error:
            raise InputError(f"{self._path}: {error.strerror}; check who may read it") from None
        for path in found:
            flags = path.name.rpartition(":2,")[2] if ":2," in path.name else ""
            ordinary = path.is_file() and not path.is_symlink() and not path.name.startswith(".")
            if ordinary and "S" not in flags and "T" not in flags:
                yield path

    def _read(self, path: Path) -> Arrived | None:
        """Return one mail; None when another program has taken it meanwhile."""
        handle = f"{path.parent.name}/{path.name}"
        try:
            with path.open("rb") as file:
                raw = file.read(MAIL_LIMIT + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Arrived(handle, b"", fault=f"{error.strerror}; check who may read it")
        return _bounded(handle, raw)

    def settle(self, handle: str, *, known: bool) -> None:
        """Mark a known mail as seen and move it to where known ones lie."""
        if not known:
            return
        path = self._path / handle
        base, _, flags = path.name.partition(":2,")
        flags = "".join(sorted({*flags, "S"}))
        try:
            for name in ("new", "cur", "tmp"):
                (self._handled / name).mkdir(parents=True, exist_ok=True)
            path.rename(self._handled / "cur" / f"{base}:2,{flags}")
        except FileNotFoundError:
            return  # another program has moved or deleted it meanwhile
        except OSError as error:
            raise InputError(
                f"{path}: cannot be moved ({error.strerror}); check who may write there"
            ) from None


class MailStream:
    """One mail, or an mbox of many, as it comes in on standard input.

    Nothing can be put away there: what is not known, the one who sends it still has.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[Arrived]:
        """Yield the mails in their order; the first line tells whether it is an mbox."""
        lines = iter(lambda: self._stream.readline(_LINE), b"")
        first = next(lines, b"")
        if not first:
            return
        is_mbox = _FROM_LINE.match(first) is not None
        mails = _split(lines) if is_mbox else iter([chain([first], lines)])
        for number, mail in enumerate(mails, start=1):
            yield _bounded(f"mail {number}", _gather(mail, quoted=is_mbox))

    def settle(self, handle: str, *, known: bool) -> None:
        """Do nothing."""


def _split(lines: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield the lines of each mail of an mbox, the first "From " line already taken."""
    more = True

    def one() -> Iterator[bytes]:
        nonlocal more
        blank = False
        for line in lines:
            if blank and _FROM_LINE.match(line):
                return
            blank = not line.strip()
            yield line
        more = False

    while more:
        yield one()


def _gather(lines: Iterator[bytes], *, quoted: bool) -> bytes:
    """Return a mail, cut where it is certainly too large; all its lines are taken."""
    kept = bytearray()
    for line in lines:
        if len(kept) <= MAIL_LIMIT:
            kept += line[1:] if quoted and re.match(rb">+From ", line) else line
    return bytes(kept)


def _bounded(handle: str, raw: bytes) -> Arrived:
    if len(raw) > MAIL_LIMIT:
        return Arrived(handle, b"", fault=_TOO_LARGE)
    return Arrived(handle, raw)
