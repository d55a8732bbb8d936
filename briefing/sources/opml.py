"""Reads and writes lists of sources as OPML 2.0, as feed readers exchange them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from briefing.errors import InputError
from briefing.model import Source, TextFrom
from briefing.sources.decode import clean, one_line

#: Bytes of a list: 10,000 sources at 500 bytes.
OPML_BYTES = 5_000_000
#: Outlines that are read: more than one machine can visit in a morning.
_OUTLINES = 10_000
#: Notes on one list; a broken list must not bury the reader in them.
_NOTES = 50
#: Characters of an address, as browsers and servers commonly hold.
_ADDRESS = 2_048
#: Attributes of an outline; readers write about ten. lxml is quadratic in them.
_ATTRIBUTES = 100
#: Characters of an entry that are repeated in a note.
_SHOWN = 120

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


def read_opml(content: bytes, *, trusted: bool = False) -> Opml:
    """Read the sources of an OPML file; what cannot be used is noted.

    Folders have no place in a source: they are noted. Beyond OPML, the attributes that
    :func:`write_opml` writes are understood.

    Args:
        content: the file.
        trusted: whether the file is the operator's own, so that it may name sources that are no
            address of the web, such as a folder of this machine.

    Raises:
        InputError: it is too large, or no OPML.
    """
    told: list[str] = []
    sources: dict[str, Source] = {}
    folders: dict[str, None] = {}
    outlines = _parse(content).iter("{*}outline")
    for outline in islice(outlines, _OUTLINES):
        held = _attributes(outline)
        if folder := _folder(outline, held):
            folders.setdefault(folder)
            continue
        found = _read_outline(held, trusted=trusted)
        if isinstance(found, str):
            told.append(found)
        elif found.url in sources:
            told.append(f"{found.url[:_SHOWN]}: listed more than once")
        else:
            sources[found.url] = found
    if next(outlines, None) is not None:
        told.insert(0, f"only the first {_OUTLINES:,} outlines are read; split the list")
    return Opml(tuple(sources.values()), tuple(_notes(told, list(folders))))


def _parse(content: bytes) -> Any:  # noqa: ANN401  lxml has no types
    """Return the root element, with nothing expanded and nothing fetched."""
    if len(content) > OPML_BYTES:
        raise InputError(f"larger than {OPML_BYTES:,} bytes; split the list")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = one_line(str(error), limit=_SHOWN)
        raise InputError(f"not OPML ({reason}); export the list again") from error
    # Attributes expand what a list declares, whatever the parser was told.
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise InputError("declares XML entities, which no list of sources needs; remove them")
    if etree.QName(root).localname.lower() != "opml":
        name = one_line(etree.QName(root).localname, limit=_SHOWN)
        raise InputError(f"not OPML (its root is <{name}>); export the list as OPML")
    return root


def _folder(outline: Any, held: Mapping[str, str]) -> str:  # noqa: ANN401  lxml has no types
    """Return the name of an outline that holds others; empty for one that holds none."""
    if outline.find("{*}outline") is None or held.keys() & {"xmlurl", "briefingkind"}:
        return ""
    return one_line(held.get("text") or held.get("title") or "", limit=_SHOWN) or "(no name)"


def _attributes(outline: Any) -> dict[str, str]:  # noqa: ANN401  lxml has no types
    """Return attributes by their names in lower case; readers write xmlUrl in many ways.

    An outline with more than any reader writes counts as one without any.
    """
    if len(outline.attrib) > _ATTRIBUTES:
        return {}
    return {str(name).lower(): str(value) for name, value in outline.attrib.items()}


def _read_outline(held: Mapping[str, str], *, trusted: bool) -> Source | str:
    """Return the source of an outline by its attributes, or why there is none."""
    name = one_line(held.get("title") or held.get("text") or "")
    kind = held.get("briefingkind", "feed")
    url = (held.get("xmlurl") or (held.get("url", "") if "briefingkind" in held else "")).strip()
    if fault := _fault(url, kind=kind, trusted=trusted):
        return f"{one_line(url, limit=_SHOWN) or name[:_SHOWN] or '(no name)'}: {fault}"
    return Source(
        url,
        kind,
        name="" if name == url else name,
        owner=one_line(held.get("briefingowner", "")),
        language=_language(held.get("language", "")),
        text=_text_from(held.get("briefingtext", "")),
    )


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
