"""The body of a mail, encoded once, with holes for what differs from reader to reader."""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import chain, zip_longest

#: Columns of quoted-printable (RFC 2045, 6.7) without the sign of a soft line break.
_COLUMNS = 75
#: Characters of a file's name, so that it stands on one line.
_LONGEST_NAME = 60
#: Ends a line that the text does not end.
_SOFT = b"=\r\n"
#: Controls that no mail needs; a lone carriage return is an error in SMTP (RFC 5321, 2.3.8).
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
#: Lines that mail stores escape with a sign that would break a signature (RFC 4155).
_FROM = re.compile(rb"^From ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its content headers, in alternation constant bytes and holes."""

    #: One more than there are holes.
    pieces: tuple[bytes, ...]
    #: What belongs in each, such as "html:address".
    holes: tuple[str, ...] = ()

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """Return the body with a value in each hole."""
        between = (values[hole] for hole in self.holes)
        return b"".join(chain.from_iterable(zip_longest(self.pieces, between, fillvalue=b"")))


def plain(text: str, *, blanks: Mapping[str, str]) -> Body:
    """Return a part of plain text; ``blanks`` are the texts that stand for what is personal."""
    return _part("plain", text, blanks)


def html(text: str, *, blanks: Mapping[str, str]) -> Body:
    """Return a part of HTML."""
    return _part("html", text, blanks)


def attachment(name: str, content: bytes) -> Body:
    """Return a PDF as an attached part; other signs than ``A-Z a-z 0-9 . _ -`` leave its name."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-_LONGEST_NAME:]
    head = (
        "Content-Type: application/pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment;\r\n filename="{safe}"\r\n\r\n'
    )
    return Body((head.encode() + encodebytes(content).replace(b"\n", b"\r\n"),))


def multipart(kind: str, *parts: Body) -> Body:
    """Return parts in one body, such as "alternative" or "mixed".

    The boundary begins with ``=_``, which neither quoted-printable nor base64 can hold.
    """
    boundary = f"=_{kind}".encode()
    pieces = [b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary)]
    for part in parts:
        pieces[-1] += b"--%s\r\n%s" % (boundary, part.pieces[0])
        pieces += part.pieces[1:]
        pieces[-1] += b"\r\n"
    pieces[-1] += b"--%s--\r\n" % boundary
    return Body(tuple(pieces), tuple(hole for part in parts for hole in part.holes))


def values(personal: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return what fills the holes of all parts: encoded, and for HTML escaped."""
    return {f"plain:{name}": _quoted(value) + _SOFT for name, value in personal.items()} | {
        f"html:{name}": _quoted(escape(value)) + _SOFT for name, value in personal.items()
    }


def _part(kind: str, text: str, blanks: Mapping[str, str]) -> Body:
    head = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    names = {blank: name for name, blank in blanks.items()}
    found = re.split(f"({'|'.join(map(re.escape, names))})", text) if names else [text]
    *shared, last = (_quoted(piece) for piece in found[::2])
    pieces = [*(piece + _SOFT for piece in shared), last + b"\r\n"]
    return Body(
        (head.encode() + pieces[0], *pieces[1:]),
        tuple(f"{kind}:{names[blank]}" for blank in found[1::2]),
    )


def _quoted(text: str) -> bytes:
    """Return a text as quoted-printable that another may follow after a soft line break.

    White space at the end of a line goes: nobody sees it, and relays drop it.
    """
    *lines, last_line = text.replace("\r\n", "\n").split("\n")
    clean = "\n".join((*(line.rstrip(" \t") for line in lines), last_line))
    encoded = b2a_qp(_CONTROLS.sub(" ", clean).encode("utf-8", "replace"))
    ahead, end, last = _FROM.sub(b"=46rom=\n ", encoded).rpartition(b"\n")
    if len(last) > _COLUMNS:
        # at the end of a text one more sign is let in, which is never part of a code
        last = last[:-1] + b"=\n" + last[-1:]
    return (ahead + end + last).replace(b"\n", b"\r\n")
