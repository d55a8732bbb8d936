"""Header fields that every relay accepts and that outside text cannot break out of."""

import re
from collections.abc import Iterable
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from briefing.core.errors import InputError
from briefing.core.model import digest

#: Columns of a header line (RFC 5322, section 2.1.1, recommends at most 78).
_COLUMNS = 76
#: Characters of one encoded word (RFC 2047 allows 75), so that the first fits on the line of the
#: field name.
_ENCODED = 64
#: Digits of each digest in a Message-ID: 80 bits, so that no two mails share one by chance.
_ID_DIGITS = 20
#: A longer display name is dropped; the mail goes to the bare address.
_LONGEST_NAME = 100

#: What some program takes for a line end, or is not a character: controls, line and paragraph
#: separators, lone surrogates.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
#: ASCII words separated by single spaces; no word is longer than a line.
_PLAIN = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
#: Words that need no quotes (RFC 5322).
_ATOMS = re.compile(r"(?a)[\w!#$%&'*+/=?^`{|}~-]{1,60}(?: [\w!#$%&'*+/=?^`{|}~-]{1,60})*")
#: An address without quotes or comments; 64 and 253 are the longest parts (RFC 5321, 4.5.3.1).
_ADDRESS = re.compile(r"(?a)[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}")


def one_line(text: str) -> str:
    """Return a text with everything that could end a line replaced by a space."""
    return _BREAKS.sub(" ", text).strip(" ")


def checked_address(address: str) -> str:
    """Return an address that needs no escaping in a header or an SMTP command.

    InputError: it is not an address, or one that only some relays accept.
    """
    if _ADDRESS.fullmatch(address) is None or "=?" in address:
        raise InputError(
            f"address {address[:80]!a}: no mail can be sent there; write it as name@domain in ASCII"
        )
    return address


def subject_field(text: str) -> bytes:
    """Return a Subject whose decoded value is ``text`` as :func:`one_line` returns it."""
    line = one_line(text)
    is_plain = not line or (_PLAIN.fullmatch(line) and "=?" not in line)
    return _folded("Subject", line.split(" ") if is_plain else _encoded_words(line))


def mailbox_field(name: str, address: str, *, display_name: str = "") -> bytes:
    """Return a field with one address and its display name.

    InputError: the address is not valid in a header.
    """
    phrase = _phrase(display_name)
    checked = checked_address(address)
    return _folded(name, [*phrase, f"<{checked}>"] if phrase else [checked])


def list_field(name: str, identity: str, *, display_name: str = "") -> bytes:
    """Return a List-Id field: the identifier of a list and its name (RFC 2919)."""
    return _folded(name, [*_phrase(display_name), f"<{identity}>"])


def date_field(at: datetime) -> bytes:
    """Return a Date field; ``at`` must be aware."""
    return f"Date: {format_datetime(at)}\r\n".encode()


def id_field(group: str, own: str, *, domain: str) -> bytes:
    """Return a Message-ID from two digests: of the group of mails, and of this mail."""
    left, right = (digest(text)[:_ID_DIGITS] for text in (group, own))
    return f"Message-ID: <{left}.{right}@{domain}>\r\n".encode()


def _phrase(display_name: str) -> list[str]:
    line = one_line(display_name)
    if not line or len(line) > _LONGEST_NAME:
        return []
    if "=?" not in line and _ATOMS.fullmatch(line):
        return line.split(" ")
    if "=?" not in line and _PLAIN.fullmatch(line):
        escaped = re.sub(r'(["\\])', r"\\\1", line)
        return f'"{escaped}"'.split(" ")
    return _encoded_words(line)


def _encoded_words(text: str) -> list[str]:
    """Return a text as encoded words (RFC 2047) that split no character."""
    return Header(text, "utf-8", maxlinelen=_ENCODED).encode().split("\n ")


def _folded(name: str, words: Iterable[str]) -> bytes:
    """Join words with spaces, folding before a word that would exceed the line."""
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > _COLUMNS and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join((*lines, line, "")).encode("ascii")
