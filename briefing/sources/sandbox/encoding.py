"""Decodes the bytes of a page or feed, by the declared encoding and by the bytes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from briefing.core.errors import InputError
from briefing.sources.decode import clean, decode

#: Most bytes of a page; three times the largest of 130 real pages (1.6 MB).
PAGE_LIMIT = 5_000_000

_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(
    rb"<\?xml[^<>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_DECLARATION = re.compile(r"\s{0,99}<\?xml[^<>]{0,500}>")
#: Bytes in which a page must declare its encoding (HTML standard: 1,024; some come late).
_HEAD = 4_096
#: Declarations that mean nothing for bytes that are not UTF-8: servers send them by default.
_EMPTY_CLAIMS = frozenset(
    "utf-8 utf8 us-ascii ascii iso-8859-1 iso8859-1 latin-1 latin1 windows-1252 cp1252".split()
)


def page_text(body: bytes, *, about: Mapping[str, str]) -> tuple[str, str]:
    """Return the clean text of a page and, if its encoding was guessed, a note about it.

    Raises:
        InputError: it is too large or not text.
    """
    if len(body) > PAGE_LIMIT:
        raise InputError(f"the page is larger than {PAGE_LIMIT:,} bytes; save it as text")
    claims = (_in(_CHARSET, about.get("content_type", "").encode()), _in(_CHARSET, body[:_HEAD]))
    page, note = decode(body, declared=choose(body, claims=claims))
    return without_declaration(clean(page)), note


def feed_text(body: bytes, *, about: Mapping[str, str]) -> str:
    """Return the text of a feed; its own declaration takes precedence over the server's.

    Raises:
        InputError: it is not text.
    """
    return decode(body, declared=declared_by(body, content_type=about.get("content_type", "")))[0]


def declared_by(body: bytes, *, content_type: str = "") -> str:
    """Return the encoding of some XML to try first, or "" if unknown."""
    claims = (_in(_XML_ENCODING, body[:_HEAD]), _in(_CHARSET, content_type.encode()))
    return choose(body, claims=claims)


def choose(body: bytes, *, claims: Iterable[str]) -> str:
    """Return the encoding to try first, or "" if unknown.

    Bytes that are valid UTF-8 beyond ASCII are hardly ever anything else, whatever is declared.
    """
    try:
        if not body.isascii() and body.decode():
            return "utf-8"
    except UnicodeDecodeError:
        pass
    return next((claim for claim in claims if claim and claim.lower() not in _EMPTY_CLAIMS), "")


def without_declaration(page: str) -> str:
    """Return a page without its XML declaration, which would contradict the decoded text."""
    return _DECLARATION.sub("", page, count=1)


def _in(pattern: re.Pattern[bytes], head: bytes) -> str:
    match = pattern.search(head)
    return match[1].decode("ascii") if match else ""
