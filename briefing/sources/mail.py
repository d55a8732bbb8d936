"""Reads a saved mail (EML), such as a newsletter."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import EmailPolicy
from itertools import pairwise
from typing import Any, TypeVar, cast

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.ports import Parse
from briefing.sources.decode import clean, decode, is_blank, one_line
from briefing.sources.entries import words
from briefing.sources.extract import extract
from briefing.sources.records import ParsedDocument, language_code, parsed_document, web_address

#: Most bytes of a mail with attachments; most mail servers accept up to 25 MB.
MAIL_LIMIT = 30_000_000
#: Most lines of a mail: 30 MB of attachments have 400,000. Python checks each line once for every
#: part that is open at that line.
_LINES = 500_000
#: Most parts of a mail, and their greatest depth; a newsletter with pictures has about 30, three
#: deep.
_PARTS = 100
_DEPTH = 10
#: Most lines that begin like a boundary between parts, as rulers in plain text also do.
_BORDERS = 2_000
#: Longest header in characters. Python's address parser is quadratic: 2,000 quotation marks take
#: 0.2 s.
_HEADER = 1_000
#: Number of words below which a plain part only says where to read the mail.
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
    """Python's default policy, with long headers truncated before they are parsed."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return name and value of a header, the value truncated to the limit."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_HEADER]


def is_mail(head: bytes) -> bool:
    """Tell whether bytes begin with the headers of a mail."""
    block, blank, _ = head.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = block.split(b"\n")
    lines = lines if blank or len(lines) == 1 else lines[:-1]
    named = [_NAMES.match(line) for line in lines if not line.startswith((b" ", b"\t", b"From "))]
    names = {match[1].lower() for match in named if match}
    return all(named) and b"from" in names and not names.isdisjoint(_SENT)


def from_bytes(raw: bytes, *, parse: Parse, where: str = "") -> ParsedDocument:
    """Return the document of a mail as sent (RFC 5322), and notes; ``where`` is its name in them.

    Its title is the subject, its publisher the mailing list or the sender's domain. Its text is the
    plain part, or that of the HTML part, parsed as a "page". Lines wrapped by a mail program are
    joined.

    InputError: it has no text, or is too large or damaged.
    """
    if len(raw) > MAIL_LIMIT:
        raise InputError(f"the mail is larger than {MAIL_LIMIT:,} bytes; save its text as .txt")
    lower = raw.lower()
    # More than Python can parse in a few seconds.
    if (
        max(raw.count(b"\n"), raw.count(b"\r")) > _LINES
        or raw.count(b"\n--") + raw.count(b"\r--") > _BORDERS
        or lower.count(b"content-type") > _PARTS
        or lower.count(b"multipart/") + lower.count(b"message/") > 2 * _DEPTH
    ):
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
    text, page, notes = _body(message, parse=parse)
    title = one_line(_header(message, "subject")) or (page.title if page else "")
    sender = _safely(lambda: cast("Any", message["from"]).addresses[0], None)
    author, domain = (sender.display_name, sender.domain) if sender else ("", "")
    # RFC 2919 names the list; RFC 5064 says where the mail can be read on the web.
    name = _LIST.match(_header(message, "list-id"))
    archived = _BRACKETED.search(_header(message, "archived-at"))
    sent: datetime = _safely(lambda: cast("Any", message["date"]).datetime, None)
    count = sum(bool(_safely(part.is_attachment, False)) for _, part in _walk(message))  # noqa: FBT003
    return parsed_document(
        where,
        text,
        title=title,
        notes=(*notes, f"{count} attachments not read" if count else ""),
        empty="no text in the mail; save what it shows as .txt",
        published=_safely(lambda: sent.replace(tzinfo=sent.tzinfo or UTC).astimezone(UTC), None),
        publisher=(one_line(name[1] or name[2]) if name else "") or one_line(domain.lower()),
        url=web_address(archived[1]) if archived else "",
        language=language_code(_header(message, "content-language"))
        or (page.language if page else ""),
        author=one_line(author),
    )


def _walk(message: EmailMessage) -> Iterator[tuple[int, EmailMessage]]:
    """Yield every part in order with its depth, which is 0 for the mail itself."""
    waiting = [(0, message)]
    while waiting:
        depth, part = waiting.pop()
        yield depth, part
        inside = part.get_payload()
        if isinstance(inside, list):
            waiting.extend((depth + 1, cast("EmailMessage", child)) for child in reversed(inside))


def _body(message: EmailMessage, *, parse: Parse) -> tuple[str, Document | None, tuple[str, ...]]:
    """Return the text of a mail, the document of its HTML part if that is used, and notes.

    The plain text is used unless it only points elsewhere.
    """
    plain = ""
    notes: tuple[str, ...] = ()
    part, html = _part(message, "plain"), _part(message, "html")
    if part is not None:
        text, note = _text(part)
        plain, notes = clean(text).partition("\n-- \n")[0], (note,)
        if _safely(lambda: str(part.get_param("format")), "").lower() == "flowed":  # RFC 3676
            plain = re.sub(r"(?<=[^\n]) \n(?=[^\n>])", " ", plain)
        else:
            plain = _unwrap(plain)
    if html is None or len(words(plain)) >= _FEWEST_PLAIN:
        return plain, None, notes
    try:
        text, guessed = _text(html)
        # A byte order mark overrides the encoding that the page declares.
        parsed = extract(text.encode("utf-8-sig", "replace"), parse=parse)
    except InputError:
        if is_blank(plain):
            raise
        return plain, None, notes
    return parsed.document.text, parsed.document, (guessed, *parsed.notes)


def _part(message: EmailMessage, kind: str) -> EmailMessage | None:
    return _safely(lambda: cast("EmailMessage", message.get_body(preferencelist=(kind,))), None)


def _text(part: EmailMessage) -> tuple[str, str]:
    raw = _safely(lambda: cast("bytes", part.get_payload(decode=True)), b"")
    return decode(raw or b"", declared=_safely(lambda: part.get_content_charset(""), ""))


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


def _safely(parse: Callable[[], T], default: T) -> T:
    """Return the result of a parser of the email package, or a default if it fails."""
    try:
        return parse()
    except Exception:  # it raises IndexError, AttributeError, ValueError and others
        return default
