"""Reads a saved mail (EML), such as a newsletter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from itertools import pairwise
from typing import Any, TypeVar, cast

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.ports import Parse
from briefing.sources.decode import clean, decode, is_blank, one_line, shorten
from briefing.sources.entries import words
from briefing.sources.extract import extract
from briefing.sources.records import ParsedDocument, language_code, make_id, web_address

#: Most bytes of a mail with attachments; most mail servers accept up to 25 MB.
MAIL_LIMIT = 30_000_000
#: Most lines of a mail: 30 MB of attachments have 400,000. Python checks each line once for every
#: part that is open there.
_LINES = 500_000
#: Most parts of a mail, and how deeply they may be nested; a newsletter with pictures has about 30,
#: three deep.
_PARTS = 100
_DEPTH = 10
#: Most lines that begin like a boundary between parts, as rules in a plain text also do.
_BORDERS = 2_000
#: Longest header in characters. Python's address parser is quadratic: 2,000 quotation marks take
#: 0.2 s.
_HEADER = 1_000
#: Words below which a plain part only says where to read the mail.
_FEWEST_PLAIN = 20
#: Longest line of a text that counts as wrapped by a mail program (RFC 5322, 2.1.1, recommends
#: 78).
_WRAPPED = 80

_LIST = re.compile(r'\s{0,9}"?([^<"]{0,200}?)"?\s{0,9}<([^<>\s]{1,253})>')
_BRACKETED = re.compile(r"<([^<>\s]{1,2000})>")
_NAMES = re.compile(rb"^([!-9;-~]{1,70}):")
#: Headers of which a real mail has at least one besides From.
_SENT = {b"date", b"message-id", b"received", b"mime-version", b"return-path", b"delivered-to"}


T = TypeVar("T")


class _Bounded(EmailPolicy):
    """Python's default policy, with long headers cut before they are parsed."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header, the value cut to the limit."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_HEADER]


@dataclass(frozen=True, slots=True)
class _Body:
    """The text of a mail."""

    text: str
    #: The document of the HTML part; None for plain text.
    page: Document | None = None
    notes: tuple[str, ...] = ()


def is_mail(head: bytes) -> bool:
    """Tell whether bytes begin with the headers of a mail."""
    block, blank, _ = head.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = block.split(b"\n")
    lines = lines if blank or len(lines) == 1 else lines[:-1]
    named = [_NAMES.match(line) for line in lines if not line.startswith((b" ", b"\t", b"From "))]
    names = {match[1].lower() for match in named if match}
    return all(named) and b"from" in names and not names.isdisjoint(_SENT)


def from_bytes(raw: bytes, *, parse: Parse, where: str = "") -> ParsedDocument:
    """Return the document of a mail, and notes.

    Its title is the subject, its publisher the mailing list or the sender's domain, its text the
    plain part, else the text of the HTML part. Lines wrapped by a mail program are joined.

    Args:
        raw: the mail as sent (RFC 5322).
        parse: parses an HTML part, task "page".
        where: its name in messages.

    Raises:
        InputError: it has no text, or is too large or damaged.
    """
    message = _read(raw)
    body = _body(message, parse=parse)
    text, cut = shorten(body.text)
    if is_blank(text):
        raise InputError("no text in the mail; save what it shows as .txt")
    title = one_line(_header(message, "subject")) or (body.page.title if body.page else "")
    author, domain = _sender(message)
    document = Document(
        id=make_id(title=title, text=text),
        title=title,
        text=text,
        published=_date(message),
        publisher=_list_name(message) or domain,
        url=_archived(message),
        language=language_code(_header(message, "content-language"))
        or (body.page.language if body.page else ""),
        author=author,
    )
    notes = (*body.notes, cut, _attachments(message))
    return ParsedDocument(where, document, tuple(note for note in notes if note))


def _read(raw: bytes) -> EmailMessage:
    if len(raw) > MAIL_LIMIT:
        raise InputError(f"the mail is larger than {MAIL_LIMIT:,} bytes; save its text as .txt")
    if _is_crowded(raw):
        raise InputError("the mail has too many lines or parts; save its text as .txt")
    try:
        message = cast("EmailMessage", message_from_bytes(raw, policy=_Bounded()))
        deepest = max(depth for depth, _ in _walk(message))
    except Exception as error:  # a crafted mail can make Python's parser raise anything
        raise InputError(
            f"the mail cannot be read ({type(error).__name__}); save its text as .txt"
        ) from None
    if deepest > _DEPTH:
        raise InputError(f"the mail is nested deeper than {_DEPTH} parts; save its text as .txt")
    return message


def _is_crowded(raw: bytes) -> bool:
    """Tell whether there are more lines or parts than Python parses in a few seconds."""
    lower = raw.lower()
    return (
        max(raw.count(b"\n"), raw.count(b"\r")) > _LINES
        or raw.count(b"\n--") + raw.count(b"\r--") > _BORDERS
        or lower.count(b"content-type") > _PARTS
        or lower.count(b"multipart/") + lower.count(b"message/") > 2 * _DEPTH
    )


def _walk(message: EmailMessage) -> Iterator[tuple[int, EmailMessage]]:
    """Yield every part in order, with its depth, the mail itself with 0."""
    waiting = [(0, message)]
    while waiting:
        depth, part = waiting.pop()
        yield depth, part
        inside = part.get_payload()
        if isinstance(inside, list):
            waiting.extend((depth + 1, cast("EmailMessage", child)) for child in reversed(inside))


def _body(message: EmailMessage, *, parse: Parse) -> _Body:
    """Return the plain text if it is more than a pointer, else the text of the HTML part."""
    plain, notes = _plain(_part(message, "plain"))
    page = _part(message, "html")
    if page is None or len(words(plain)) >= _FEWEST_PLAIN:
        return _Body(plain, notes=notes)
    try:
        text, guessed = _text(page)
        # A byte order mark overrides the encoding that the page declares.
        parsed = extract(text.encode("utf-8-sig", "replace"), parse=parse)
    except InputError:
        if is_blank(plain):
            raise
        return _Body(plain, notes=notes)
    notes = tuple(note for note in (guessed, *parsed.notes) if note)
    return _Body(parsed.document.text, parsed.document, notes)


def _part(message: EmailMessage, kind: str) -> EmailMessage | None:
    return _safely(lambda: cast("EmailMessage", message.get_body(preferencelist=(kind,))), None)


def _plain(part: EmailMessage | None) -> tuple[str, tuple[str, ...]]:
    if part is None:
        return "", ()
    text, note = _text(part)
    text = clean(text).partition("\n-- \n")[0]
    flowed = _safely(lambda: str(part.get_param("format")), "").lower() == "flowed"
    return (_flow(text) if flowed else _unwrap(text)), (note,) if note else ()


def _text(part: EmailMessage) -> tuple[str, str]:
    raw = _safely(lambda: cast("bytes", part.get_payload(decode=True)), b"")
    charset = _safely(lambda: part.get_content_charset(""), "")
    return decode(raw or b"", declared=charset)


def _flow(text: str) -> str:
    """Join lines that end with a space, as in format=flowed (RFC 3676)."""
    return re.sub(r"(?<=[^\n]) \n(?=[^\n>])", " ", text)


def _unwrap(text: str) -> str:
    """Join lines that were wrapped because the next word did not fit."""
    lines = [line.rstrip() for line in text.split("\n")]
    longest = max(map(len, lines))
    if longest > _WRAPPED:
        return "\n".join(lines)
    joined = lines[:1]
    for before, line in pairwise(lines):
        first = line.partition(" ")[0]
        if before and line and len(before) + 1 + len(first) > longest:
            joined[-1] += " " + line
        else:
            joined.append(line)
    return "\n".join(joined)


def _header(message: EmailMessage, name: str) -> str:
    return str(_safely(lambda: message[name], None) or "")


def _sender(message: EmailMessage) -> tuple[str, str]:
    """Return the name and domain of the sender."""
    address = _safely(lambda: cast("Any", message["from"]).addresses[0], None)
    if address is None:
        return "", ""
    return one_line(address.display_name), one_line(address.domain.lower())


def _list_name(message: EmailMessage) -> str:
    """Return the name of the mailing list (RFC 2919), else its id."""
    match = _LIST.match(_header(message, "list-id"))
    return one_line(match[1] or match[2]) if match else ""


def _archived(message: EmailMessage) -> str:
    """Return where the mail can be read on the web (RFC 5064)."""
    match = _BRACKETED.search(_header(message, "archived-at"))
    return web_address(match[1]) if match else ""


def _date(message: EmailMessage) -> datetime | None:
    sent = _safely(lambda: cast("Any", message["date"]).datetime, None)
    if not isinstance(sent, datetime):
        return None
    return _safely(
        lambda: (sent if sent.tzinfo else sent.replace(tzinfo=UTC)).astimezone(UTC), None
    )


def _attachments(message: EmailMessage) -> str:
    parts = [part for _, part in _walk(message)]
    count = sum(bool(_safely(part.is_attachment, False)) for part in parts)  # noqa: FBT003
    return f"{count} attachments not read" if count else ""


def _safely(parse: Callable[[], T], default: T) -> T:
    """Return the result of a parser of the email package, or a default if it fails."""
    try:
        return parse()
    except Exception:  # it raises IndexError, AttributeError, ValueError and others
        return default
