"""Header fields that every relay takes and no text from outside can break out of."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import format_datetime

from briefing.core.errors import InputError
from briefing.core.model import digest

#: Columns of a header line (RFC 5322, section 2.1.1, asks for 78 at most).
_COLUMNS = 76
#: Bytes of one encoded word: 52 characters of base64, 64 with what stands around (RFC 2047 allows
#: 75), so that the first fits behind the name of its field.
_ENCODED_BYTES = 39
#: Digits of each digest in a Message-ID: 80 bits, so that no two mails share one by chance.
_ID_DIGITS = 20
#: A longer name of a person is no name; the mail goes to the bare address.
_LONGEST_NAME = 100

#: What ends a line for somebody, or stands for no character: controls, the separators of lines and
#: paragraphs, lone surrogates.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
#: ASCII words with single spaces; no word is wider than a line.
_PLAIN = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
#: Words of RFC 5322 that need no quotes.
_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]{1,60}(?: [\w!#$%&'*+/=?^`{|}~-]{1,60})*", re.ASCII)
#: An address without quotes or comments; 64 and 253 are the longest parts (RFC 5321, 4.5.3.1).
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)


def one_line(text: str) -> str:
    """Return a text with a space for everything that could end a line."""
    return _BREAKS.sub(" ", text).strip(" ")


def checked_address(address: str) -> str:
    """Return an address that can stand in a header and in a command as it is.

    Raises:
        InputError: it is none, or one that only some relays take.
    """
    if _ADDRESS.fullmatch(address) is None or "=?" in address:
        raise InputError(
            f"address {address[:80]!a}: no mail can be sent there; write it as name@domain in "
            "ASCII letters"
        )
    return address


def text_field(name: str, text: str) -> bytes:
    """Return a field whose value reads back as ``text``, as :func:`one_line` leaves it."""
    line = one_line(text)
    if not line or (_PLAIN.fullmatch(line) and "=?" not in line):
        return _folded(name, line.split(" "))
    return _folded(name, _encoded_words(line))


def mailbox_field(name: str, address: str, *, called: str = "") -> bytes:
    """Return a field with one address and the name of its owner.

    Raises:
        InputError: the address cannot stand in a header.
    """
    phrase = _phrase(called)
    shown = checked_address(address)
    return _folded(name, [*phrase, f"<{shown}>"] if phrase else [shown])


def list_field(name: str, identity: str, *, called: str = "") -> bytes:
    """Return a field with the identity of a list and its name (RFC 2919)."""
    return _folded(name, [*_phrase(called), f"<{identity}>"])


def date_field(at: datetime) -> bytes:
    """Return the Date of a moment, which must be aware."""
    return f"Date: {format_datetime(at)}\r\n".encode()


def id_field(group: str, own: str, *, domain: str) -> bytes:
    """Return a Message-ID of digests: of what several mails have in common, and of one's own."""
    left, right = (digest(text)[:_ID_DIGITS] for text in (group, own))
    return f"Message-ID: <{left}.{right}@{domain}>\r\n".encode()


def _phrase(called: str) -> list[str]:
    line = one_line(called)
    if not line or len(line) > _LONGEST_NAME:
        return []
    if "=?" not in line and _ATOMS.fullmatch(line):
        return line.split(" ")
    if "=?" not in line and _PLAIN.fullmatch(line):
        escaped = re.sub(r'(["\\])', r"\\\1", line)
        return f'"{escaped}"'.split(" ")
    return list(_encoded_words(line))


def _encoded_words(text: str) -> Iterator[str]:
    """Yield a text as encoded words (RFC 2047) that each hold whole characters."""
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > _ENCODED_BYTES:
            yield _encoded_word(chunk)
            chunk = b""
        chunk += encoded
    yield _encoded_word(chunk)


def _encoded_word(chunk: bytes) -> str:
    return f"=?utf-8?b?{b64encode(chunk).decode()}?="


def _folded(name: str, words: Iterable[str]) -> bytes:
    """Join words with spaces, or with line breaks and spaces where a line is full."""
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _COLUMNS and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join((*lines, line, "")).encode("ascii")
