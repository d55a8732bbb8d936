"""Parses untrusted mail in bounded size and time."""

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from itertools import islice, starmap
from typing import TypeAlias, TypeVar, cast

#: Most bytes of a mail that is read; most mail servers accept up to 25 MB.
MAIL_LIMIT = 25_000_000
#: Bytes and lines that are parsed, from the front. A report precedes the mail that it returns
#: (RFC 6522, 3); the largest notices, with pictures, have some 200,000 bytes.
_HEAD = 1_000_000
_LINES = 20_000
#: Number of nested content types after which a mail is cut off, since Python's parser recurses at
#: each level. A report has four; the mail that it returns adds a few.
_NESTING = 40
#: Most parts that are read, and their greatest depth.
_PARTS = 100
_DEPTH = 20
#: Most characters of a header; Python's parameter parser is quadratic in their number.
_HEADER = 1_000
#: Most headers of one name that are read.
_SAME = 20
#: Most characters of a text that are read; reports state their reason on the first page.
_TEXT = 50_000
#: Most characters of an address (RFC 5321, 4.5.3.1: 64 + 1 + 255).
_ADDRESS_LENGTH = 320
#: Characters of a line that is stored; a server reply has 512 at most (RFC 5321, 4.5.3.1.5), and
#: 300 are enough to read.
_LINE_LENGTH = 300

_NESTS = re.compile(rb"(?i)multipart/|message/")
_ATOM = r'[^\s<>()\[\]\\,;:"@.]+'
_DOMAIN = rf"(?:{_ATOM}(?:\.{_ATOM})*|\[[0-9A-Fa-f:.IPv]{{2,45}}\])"
_ADDRESS = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"[^"\\]{{1,62}}")@{_DOMAIN}')
#: What may be meant as an address, valid or not, between white space and punctuation.
_LOOSE = re.compile(
    r'(?<![^\s<>(),;:"\[\]])(?:"[^"\\]{1,62}"|[^\s<>()\[\]\\,;:"@]{1,200}+)'
    r'@[^\s<>()\\,;:"@]{1,255}+(?![^\s<>(),;:"])'
)
_TAGS = re.compile(r"<[^<>]{0,500}>")

#: A mail or a part of it, as Python's legacy parser returns it, which flufl.bounce requires.
Part: TypeAlias = "Message[str, str]"
T = TypeVar("T")


class _Bounded(Compat32):
    """The legacy policy, with long headers truncated before parsing and returned unparsed."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header, the value truncated."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a header as a string, even one with non-ASCII bytes."""
        return value


def read(raw: bytes) -> Part:
    """Parse the front of a mail; return an empty message if Python's parser fails."""
    head = b"".join(raw[:_HEAD].splitlines(keepends=True)[:_LINES])
    last = next(islice(_NESTS.finditer(head), _NESTING, None), None)
    head = head[: last.start()] if last else head
    return attempt(lambda: message_from_bytes(head, policy=_Bounded()), Message())


def attempt(call: Callable[[], T], default: T) -> T:
    """Call a function of Python's email package; return a default if it raises anything."""
    try:
        return call()
    except (
        Exception
    ):  # the package raises IndexError, AttributeError, ValueError, LookupError and others
        return default


def content_type(part: Part) -> str:
    """Return the content type of a part in lower case, such as "text/plain"."""
    return attempt(part.get_content_type, "text/plain")


def subparts(part: Part) -> list[Part]:
    """Return the direct subparts of a part; none unless it is multipart."""
    return cast("list[Part]", part.get_payload())[:_PARTS] if part.is_multipart() else []


def walk(mail: Part) -> Iterator[Part]:
    """Yield a mail and its parts in order, without entering an attached mail."""
    waiting = [(0, mail)]
    for _ in range(_PARTS):
        if not waiting:
            return
        depth, part = waiting.pop()
        yield part
        if depth < _DEPTH and content_type(part).startswith("multipart/"):
            waiting.extend((depth + 1, subpart) for subpart in reversed(subparts(part)))


def header(mail: Part, name: str) -> str:
    """Return a header as one printable line with encoded words decoded; empty if missing."""
    value = mail.get(name)
    if not isinstance(value, str):
        return ""
    raw = raw_text(value)
    return one_line("".join(starmap(_chunk, attempt(lambda: decode_header(raw), [(raw, None)]))))


def addresses(mail: Part, *names: str) -> tuple[str, ...]:
    """Return the addresses in some headers, each once, in the order of the names."""
    values = (value for name in names for value in (mail.get_all(name) or [])[:_SAME])
    matches = (match[0] for value in values for match in _LOOSE.finditer(raw_text(str(value))))
    return tuple(dict.fromkeys(filter(None, map(address, matches))))


def address(text: str) -> str:
    """Return the first address in a text such as "<a@example.org> (A.)"; empty if not valid.

    An address with undecodable bytes or invisible characters is not valid.
    """
    match = _LOOSE.search(text[:_HEADER])
    candidate = match[0] if match else ""
    valid = (
        len(candidate) <= _ADDRESS_LENGTH
        and "\ufffd" not in candidate
        and candidate == _printable(candidate)
        and _ADDRESS.fullmatch(candidate)
    )
    return candidate if valid else ""


def text(mail: Part) -> str:
    """Return the front of the first text part, preferably plain text, without HTML tags."""
    texts = [part for part in walk(mail) if content_type(part).startswith("text/")]
    plain = next((part for part in texts if content_type(part) == "text/plain"), None)
    if plain is not None:
        return body(plain)
    return _TAGS.sub(" ", body(texts[0])) if texts else ""


def body(part: Part) -> str:
    """Return the front of the text of a part, decoded by its charset or as UTF-8."""
    raw = attempt(lambda: cast("bytes", part.get_payload(decode=True)), b"")
    front = raw[: 4 * _TEXT] if isinstance(raw, bytes) else b""
    charset = attempt(lambda: str(part.get_content_charset("utf-8")), "utf-8")
    return attempt(lambda: _as_text(front, charset), front.decode("utf-8", "replace"))[:_TEXT]


def _as_text(raw: bytes, charset: str) -> str:
    # Only known text codecs: "idna", "punycode" and the like are slow or raise.
    if not re.match(
        r"us-ascii|iso-8859|iso-2022|windows-|cp\d|koi8|gb|big5|euc|shift|utf", charset
    ):
        charset = "utf-8"
    return raw.decode(charset, "replace")


def raw_text(value: str) -> str:
    """Return a header that Python read as ASCII, decoded as UTF-8."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _chunk(chunk: bytes | str, charset: str | None) -> str:
    """Return a part of a header, decoded if it is an encoded word (RFC 2047)."""
    if isinstance(chunk, str):
        return chunk
    # Python returns the text between encoded words as Latin-1.
    codec = (charset or "latin-1").lower()
    return attempt(lambda: _as_text(chunk, codec), chunk.decode("utf-8", "replace"))


def one_line(text: str, *, limit: int = _LINE_LENGTH) -> str:
    """Return a text as one printable line, truncated to ``limit`` characters."""
    line = " ".join(_printable(" ".join(text[: 8 * limit].split())).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _printable(text: str) -> str:
    """Drop unprintable characters: control, format, surrogate and unassigned ones."""
    return "".join(character for character in text if character.isprintable())
