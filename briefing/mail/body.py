"""The body of a mail, encoded once, with placeholders for what differs from reader to reader."""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import chain, zip_longest

#: Columns of quoted-printable (RFC 2045, 6.7) without the "=" of a soft line break.
_COLUMNS = 75
#: Characters of a file name, so that it fits on one line.
_LONGEST_NAME = 60
#: Soft line break.
_SOFT = b"=\r\n"
#: Control characters that no mail needs; a lone carriage return is an SMTP error (RFC 5321, 2.3.8).
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
#: Lines that mail stores escape with ">", which would break a signature (RFC 4155).
_FROM = re.compile(rb"^From ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its content headers: constant bytes alternating with placeholders."""

    #: Constant bytes; one more than there are placeholders.
    pieces: tuple[bytes, ...]
    #: Name of each placeholder, such as "html:address".
    placeholders: tuple[str, ...] = ()

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """Return the body with each placeholder replaced by its value."""
        between = (values[placeholder] for placeholder in self.placeholders)
        return b"".join(chain.from_iterable(zip_longest(self.pieces, between, fillvalue=b"")))


def plain(text: str, *, blanks: Mapping[str, str]) -> Body:
    """Return a plain text part; ``blanks`` maps names to the texts in place of personal values."""
    return _part("plain", text, blanks)


def html(text: str, *, blanks: Mapping[str, str]) -> Body:
    """Return an HTML part; ``blanks`` as for :func:`plain`."""
    return _part("html", text, blanks)


def attachment(name: str, content: bytes) -> Body:
    """Return a PDF attachment; a hyphen replaces what is not ``A-Z a-z 0-9 . _ -`` in its name."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-_LONGEST_NAME:]
    head = (
        "Content-Type: application/pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment;\r\n filename="{safe}"\r\n\r\n'
    )
    return Body((head.encode() + encodebytes(content).replace(b"\n", b"\r\n"),))


def multipart(kind: str, *parts: Body) -> Body:
    """Return parts combined in one body of a kind such as "alternative" or "mixed".

    The boundary begins with ``=_``, which occurs in neither quoted-printable nor base64.
    """
    boundary = f"=_{kind}".encode()
    pieces = [b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary)]
    for part in parts:
        pieces[-1] += b"--%s\r\n%s" % (boundary, part.pieces[0])
        pieces += part.pieces[1:]
        pieces[-1] += b"\r\n"
    pieces[-1] += b"--%s--\r\n" % boundary
    return Body(
        tuple(pieces), tuple(placeholder for part in parts for placeholder in part.placeholders)
    )


def values(personal: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return the encoded value of each placeholder in all parts, escaped for HTML."""
    return {f"plain:{name}": _quoted(value) + _SOFT for name, value in personal.items()} | {
        f"html:{name}": _quoted(escape(value)) + _SOFT for name, value in personal.items()
    }


def _part(kind: str, text: str, blanks: Mapping[str, str]) -> Body:
    head = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    names = {blank: name for name, blank in blanks.items()}
    pieces_and_blanks = re.split(f"({'|'.join(map(re.escape, names))})", text) if names else [text]
    *shared, last = (_quoted(piece) for piece in pieces_and_blanks[::2])
    pieces = [*(piece + _SOFT for piece in shared), last + b"\r\n"]
    return Body(
        (head.encode() + pieces[0], *pieces[1:]),
        tuple(f"{kind}:{names[blank]}" for blank in pieces_and_blanks[1::2]),
    )


def _quoted(text: str) -> bytes:
    """Return a text as quoted-printable, so that a soft line break and more text may follow.

    Trailing white space is dropped: it is invisible, and relays strip it.
    """
    *lines, last_line = text.replace("\r\n", "\n").split("\n")
    clean = "\n".join((*(line.rstrip(" \t") for line in lines), last_line))
    encoded = b2a_qp(_CONTROLS.sub(" ", clean).encode("utf-8", "replace"))
    ahead, end, last = _FROM.sub(b"=46rom=\n ", encoded).rpartition(b"\n")
    if len(last) > _COLUMNS:
        # b2a_qp allows one more column at the end of a text, never inside a code
        last = last[:-1] + b"=\n" + last[-1:]
    return (ahead + end + last).replace(b"\n", b"\r\n")
