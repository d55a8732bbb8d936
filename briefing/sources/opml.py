"""Reads and writes lists of sources as OPML 2.0, as feed readers exchange them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

from briefing.core.errors import InputError
from briefing.core.model import Source, TextFrom
from briefing.sources.decode import clean, decode, one_line
from briefing.sources.outlines import Outline, outlines
from briefing.sources.sandbox.encoding import declared_by

#: Bytes of a list: 10,000 sources at 500 bytes.
OPML_BYTES = 5_000_000
#: Outlines that are read: more than one machine can visit in a morning.
_OUTLINES = 10_000
#: Notes on one list; a broken list must not bury the reader in them.
_NOTES = 50
#: Characters of an address, as browsers and servers commonly hold.
_ADDRESS = 2_048
#: Characters in which the first element stands.
_HEAD = 20_000
#: Types of outlines whose "url" is that of a feed, as OPML 1.0 has it; "link" is that of a page.
_FEED_TYPES = frozenset({"", "rss", "atom", "rdf", "feed"})
#: Characters of an entry that are repeated in a note.
_SHOWN = 120

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})")
_OPML = re.compile(r"<(?:opml|outline)\b", re.IGNORECASE)
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2}(?=$|[-_])")
#: Noncharacters and lone surrogates, which XML cannot hold (XML 1.0, 2.2).
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[\s\x00-\x20\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Opml:
    """What a list of sources holds."""

    #: In the order of the list, each address once.
    sources: tuple[Source, ...]
    #: What was left out or not kept, in words.
    notes: tuple[str, ...] = ()
    #: Outlines that could not be used; those past the limit count as one more.
    lost: int = 0


def read_opml(content: bytes, *, trusted: bool = False) -> Opml:
    """Read the sources of an OPML file, however damaged; what cannot be used is noted.

    Folders have no place in a source: they are noted. Beyond OPML, the attributes that
    :func:`write_opml` writes are understood.

    Args:
        content: the file.
        trusted: whether the file is the operator's own, so that it may name sources that are no
            address of the web, such as a folder of this machine.

    Raises:
        InputError: it is too large, or nothing in it is OPML.
    """
    text = _decoded(content)
    told: list[str] = []
    lost = 0
    sources: dict[str, Source] = {}
    folders: dict[str, None] = {}
    listed = outlines(text)
    mended = []
    for outline in islice(listed, _OUTLINES):
        mended += [outline.line] if outline.mended else []
        if folder := _folder(outline):
            folders.setdefault(folder)
            continue
        found = _read_outline(outline.held, trusted=trusted)
        if isinstance(found, str):
            lost += 1
            told.append(f"line {outline.line}: {found}")
        elif found.url in sources:
            told.append(f"line {outline.line}: {found.url[:_SHOWN]}: listed more than once")
        else:
            sources[found.url] = found
    if not sources:
        _refuse_other(text)
    if next(listed, None) is not None:
        lost += 1
        told.insert(0, f"only the first {_OUTLINES:,} outlines are read; split the list")
    if mended:
        told.insert(0, _mended(mended))
    return Opml(tuple(sources.values()), tuple(_notes(told, list(folders))), lost)


def _decoded(content: bytes) -> str:
    if len(content) > OPML_BYTES:
        raise InputError(f"larger than {OPML_BYTES:,} bytes; split the list")
    try:
        text, _ = decode(content, declared=declared_by(content))
    except InputError as error:
        reason = one_line(str(error), limit=_SHOWN)
        raise InputError(f"not OPML ({reason}); export the list again") from error
    return text


def _refuse_other(text: str) -> None:
    """Refuse what is no list of sources; an empty list is one.

    Raises:
        InputError: nothing in it says that it is OPML.
    """
    if not text.strip():
        raise InputError("not OPML (it is empty); export the list again")
    root = _ROOT.search(text[:_HEAD])
    name = root[1].lower() if root else ""
    if name != "opml" and _OPML.search(text) is None:
        reason = f"its root is <{one_line(name, limit=_SHOWN)}>" if name else "no XML in it"
        raise InputError(f"not OPML ({reason}); export the list as OPML")


def _mended(lines: list[int]) -> str:
    outlines_ = "1 outline is" if len(lines) == 1 else f"{len(lines):,} outlines are"
    return f"not well-formed XML: {outlines_} read as probably meant, the first on line {lines[0]}"


def _folder(outline: Outline) -> str:
    """Return the name of an outline that holds others; empty for one that holds none."""
    held = outline.held
    if not outline.is_folder or held.keys() & {"xmlurl", "briefingkind"}:
        return ""
    return one_line(held.get("text") or held.get("title") or "", limit=_SHOWN) or "(no name)"


def _read_outline(held: Mapping[str, str], *, trusted: bool) -> Source | str:
    """Return the source of an outline by its attributes, or why there is none."""
    name = one_line(held.get("title") or held.get("text") or "")
    kind = held.get("briefingkind", "feed")
    is_link = "briefingkind" not in held and held.get("type", "").lower() not in _FEED_TYPES
    url = (held.get("xmlurl") or ("" if is_link else held.get("url", ""))).strip()
    if fault := _fault(url, kind=kind, trusted=trusted):
        return f"{_shown(url, name=name)}: {fault}"
    return Source(
        url,
        kind,
        name="" if name == url else name,
        owner=one_line(held.get("briefingowner", "")),
        language=_language(held.get("language", "")),
        text=_text_from(held.get("briefingtext", "")),
    )


def _shown(url: str, *, name: str) -> str:
    """Return address and name of an entry as far as it has them, in one line."""
    address, name = one_line(url, limit=_SHOWN), one_line(name, limit=_SHOWN // 2)
    return f"{address} ({name})" if address and name else address or name or "(no name)"


def _fault(url: str, *, kind: str, trusted: bool) -> str:
    """Return why an address or kind cannot be used; empty when it can."""
    if not url:
        return "no address (xmlUrl)"
    if len(url) > _ADDRESS:
        return f"the address is longer than {_ADDRESS:,} characters"
    if not _KIND.fullmatch(kind):
        return "the kind is no name"
    if trusted and kind != "feed" and url.isprintable():
        return ""
    return "" if _is_web(url) else "no address of the web (http or https)"


def _is_web(url: str) -> bool:
    if _SPACES.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _language(told: str) -> str:
    found = _LANGUAGE.match(told)
    return found[0].lower() if found else ""


def _text_from(told: str) -> TextFrom:
    return TextFrom(told) if told in set(TextFrom) else TextFrom.AUTO


def _notes(told: list[str], folders: list[str]) -> Iterator[str]:
    yield from told[:_NOTES]
    if len(told) > _NOTES:
        yield f"and {len(told) - _NOTES:,} more"
    if folders:
        names = ", ".join(folders[:_NOTES])
        more = ", …" if len(folders) > _NOTES else ""
        yield f"folders are not kept, only the sources in them: {names}{more}"


def write_opml(sources: Iterable[Source], *, title: str, made: datetime) -> bytes:
    """Return sources as an OPML 2.0 list, in the order given.

    Owner, kind and where the text is taken from stand in attributes of our own, which other
    readers pass over. A source that is no feed is written as a link, so that they do not take
    it for one. :func:`read_opml` gives the same sources back.

    Args:
        sources: what is listed.
        title: what the list is called.
        made: when, aware UTC.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _plain(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(made, usegmt=True)
    body = etree.SubElement(root, "body")
    for source in sources:
        etree.SubElement(body, "outline", _outline(source))
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _outline(source: Source) -> dict[str, str]:
    """Return the attributes of a source; those that say nothing are left out."""
    name = _plain(source.name)
    is_feed = source.kind == "feed"
    held = {
        "type": "rss" if is_feed else "link",
        "text": name or _plain(source.url),
        "title": name,
        "xmlUrl" if is_feed else "url": _plain(source.url),
        "htmlUrl": _home(source.url) if is_feed and _is_web(source.url) else "",
        "language": _plain(source.language),
        "briefingKind": "" if is_feed else _plain(source.kind),
        "briefingOwner": _plain(source.owner),
        "briefingText": "" if source.text is TextFrom.AUTO else source.text.value,
    }
    return {name: value for name, value in held.items() if value}


def _plain(text: str) -> str:
    """Return text without what XML cannot hold; one line stays as it is."""
    return clean(_NOT_XML.sub("", text))


def _home(url: str) -> str:
    """Return the front page of the host of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"
