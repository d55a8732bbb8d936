"""Reads a mail from anybody within bounds, whatever is in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from itertools import islice
from typing import TypeAlias, TypeVar, cast

#: Bytes of a mail that is taken in at all; most mail servers take up to 25 MB.
MAIL_LIMIT = 25_000_000
#: Bytes and lines that are looked at, from the front. A report says first what it is about and
#: then returns the mail (RFC 6522, 3); the largest notices, with pictures, have some 200,000 bytes.
_HEAD = 1_000_000
_LINES = 20_000
#: Names of nesting types after which a mail is cut off, so that Python's reader, which calls
#: itself for each level, gets no deeper. A report has four, the mail it returns a few more.
_NESTING = 40
#: Parts that are looked at, and how deep they may lie.
_PARTS = 100
_DEPTH = 20
#: Characters of a header. Python's reader of parameters is quadratic in it.
_HEADER = 1_000
#: Headers of one name that are looked at.
_SAME = 20
#: Characters of a text that are looked at; reports say what they mean on their first page.
_TEXT = 50_000
#: Characters of an address (RFC 5321, 4.5.3.1: 64 + 1 + 255).
_ADDRESS_LENGTH = 320
#: Characters of a line that is kept; the longest reply of a server has 512 (RFC 5321, 4.5.3.1.5),
#: and nobody reads more than this.
_WORDS = 300

_NESTS = re.compile(rb"multipart/|message/", re.IGNORECASE)
_ATOM = r'[^\s<>()\[\]\\,;:"@.]+'
_DOMAIN = rf"(?:{_ATOM}(?:\.{_ATOM})*|\[[0-9A-Fa-f:.IPv]{{2,45}}\])"
_ADDRESS = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"[^"\\]{{1,62}}")@{_DOMAIN}')
#: What stands for an address between white space and marks, right or wrong.
_LOOSE = re.compile(
    r'(?<![^\s<>(),;:"\[\]])(?:"[^"\\]{1,62}"|[^\s<>()\[\]\\,;:"@]{1,200}+)'
    r'@[^\s<>()\\,;:"@]{1,255}+(?![^\s<>(),;:"])'
)
_TAGS = re.compile(r"<[^<>]{0,500}>")

#: A mail or one part of it, as Python's old reader gives it; flufl.bounce wants no other.
Part: TypeAlias = "Message[str, str]"
T = TypeVar("T")


class _Bounded(Compat32):
    """Python's old rules, with long headers cut before they are looked at and given as they are."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header, the value cut."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a header as text, also where it holds bytes that are no ASCII."""
        return value


def read(raw: bytes) -> Part:
    """Return the front of a mail; an empty one when Python's reader stumbles over it."""
    lines = raw[:_HEAD].splitlines(keepends=True)[:_LINES]
    head = b"".join(lines)
    last = next(islice(_NESTS.finditer(head), _NESTING, None), None)
    head = head[: last.start()] if last else head
    return tried(lambda: message_from_bytes(head, policy=_Bounded()), Message())


def tried(look: Callable[[], T], otherwise: T) -> T:
    """Return what Python's mail room finds, or something else when it stumbles."""
    try:
        return look()
    except Exception:  # it raises IndexError, AttributeError, ValueError, LookupError and others
        return otherwise


def kind(part: Part) -> str:
    """Return the type of a part in lower case, such as "text/plain"."""
    return tried(part.get_content_type, "text/plain")


def inside(part: Part) -> list[Part]:
    """Return the parts directly in a part; none for a text."""
    return cast("list[Part]", part.get_payload())[:_PARTS] if part.is_multipart() else []


def walk(mail: Part) -> Iterator[Part]:
    """Yield a mail and its parts in order, but nothing of a mail that lies in it."""
    return islice(_walk(mail), _PARTS)


def _walk(mail: Part) -> Iterator[Part]:
    waiting = [(0, mail)]
    while waiting:
        depth, part = waiting.pop()
        yield part
        if depth < _DEPTH and kind(part).startswith("multipart/"):
            waiting.extend((depth + 1, one) for one in reversed(inside(part)))


def said(mail: Part, name: str) -> str:
    """Return a header as one clean line, encoded words decoded; empty without it."""
    value = mail.get(name)
    return one_line(_decoded(value)) if isinstance(value, str) else ""


def addresses(mail: Part, *names: str) -> tuple[str, ...]:
    """Return the addresses in some headers, each once, in the order of the names."""
    values = (value for name in names for value in (mail.get_all(name) or [])[:_SAME])
    found = (match[0] for value in values for match in _LOOSE.finditer(raw_text(str(value))))
    return tuple(dict.fromkeys(one for one in map(address, found) if one))


def address(text: str) -> str:
    """Return the one address in a text such as "<a@example.org> (A.)"; empty without a valid one.

    One that holds bytes of an unknown encoding, or characters that do not show, is not valid.
    """
    match = _LOOSE.search(text[:_HEADER])
    found = match[0] if match else ""
    valid = (
        len(found) <= _ADDRESS_LENGTH
        and "\ufffd" not in found
        and found == _shown(found)
        and _ADDRESS.fullmatch(found)
    )
    return found if valid else ""


def text(mail: Part) -> str:
    """Return the front of the first text of a mail itself, without the tags of HTML."""
    texts = [part for part in walk(mail) if kind(part).startswith("text/")]
    plain = next((part for part in texts if kind(part) == "text/plain"), None)
    if plain is not None:
        return body(plain)
    return _TAGS.sub(" ", body(texts[0])) if texts else ""


def body(part: Part) -> str:
    """Return the front of the text of a part, decoded as it says or as UTF-8."""
    raw = tried(lambda: cast("bytes", part.get_payload(decode=True)), b"")
    front = raw[: 4 * _TEXT] if isinstance(raw, bytes) else b""
    charset = tried(lambda: str(part.get_content_charset("utf-8")), "utf-8")
    return tried(lambda: _as_text(front, charset), front.decode("utf-8", "replace"))[:_TEXT]


def _as_text(raw: bytes, charset: str) -> str:
    # Only codecs for text are slow or raise nowhere: "idna", "punycode" and their kin are not it.
    if not re.match(
        r"us-ascii|iso-8859|iso-2022|windows-|cp\d|koi8|gb|big5|euc|shift|utf", charset
    ):
        charset = "utf-8"
    return raw.decode(charset, "replace")


def raw_text(value: str) -> str:
    """Return a header that Python read as ASCII as the UTF-8 that it may be."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(value: str) -> str:
    """Return a header with its encoded words (RFC 2047) read."""
    value = raw_text(value)
    chunks = tried(lambda: decode_header(value), [(value, None)])
    return "".join(_chunk(chunk, charset) for chunk, charset in chunks)


def _chunk(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    # Python gives what stands between encoded words as Latin-1.
    codec = (charset or "latin-1").lower()
    return tried(lambda: _as_text(chunk, codec), chunk.decode("utf-8", "replace"))


def one_line(words: str, *, limit: int = _WORDS) -> str:
    """Return words as one line in which everything shows, cut to a number of characters."""
    line = " ".join(_shown(" ".join(words[: 8 * limit].split())).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _shown(words: str) -> str:
    """Drop control characters, formats such as overrides of direction, and halves of pairs."""
    return "".join(one for one in words if unicodedata.category(one) not in {"Cc", "Cf", "Cs"})
