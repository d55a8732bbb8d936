"""Reads and writes lists of sources as OPML 2.0; even malformed XML is read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.model import GENRES, GRADES, WEIGHTS, Source, TextFrom
from briefing.sources.decode import clean, declared_by, decode, one_line

#: Most bytes of a list: 10,000 sources at 500 bytes.
OPML_BYTES = 5_000_000
#: Most outlines that are read: more than one machine can fetch in a morning.
_OUTLINES = 10_000
#: Most notes on one list, so that a broken list does not flood its reader.
_NOTES = 50
#: Longest address in characters: a common limit of browsers and servers.
_ADDRESS = 2_048
#: Number of characters in which the root element must begin.
_HEAD = 20_000
#: Outline types whose "url" is a feed, as in OPML 1.0; for "link" it is a page.
_FEED_TYPES = frozenset({"", "rss", "atom", "rdf", "feed"})
#: Most characters of an entry that are repeated in a note.
_PRINTED = 120

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})")
_OPML = re.compile(r"(?i)<(?:opml|outline)\b")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-zA-Z]{2}(?=$|[-_])")
#: Noncharacters and lone surrogates, which are not allowed in XML (XML 1.0, 2.2).
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
#: No real tag is this long; the parsers compare each attribute with all before it.
_LONG_TAG = re.compile(r"<[^<]{50000}")
_SPACES = re.compile(r"[\s\x00-\x20\x7f-\x9f]")


@frozen
class Opml:
    """The content of a list of sources."""

    #: In list order, each address once.
    sources: tuple[Source, ...]
    #: What was left out.
    notes: tuple[str, ...] = ()
    #: Number of outlines that could not be used; all those beyond the limit count as one.
    lost: int = 0


def read_opml(content: bytes) -> Opml:
    """Read the sources of an OPML file, even a damaged one, with notes on what cannot be used.

    Sources are not grouped, so folders are only noted. Besides OPML's own attributes, those of
    :func:`write_opml` are read.

    InputError: the file is too large, or not OPML.
    """
    text = _decoded(content)
    notes: list[str] = []
    lost = 0
    sources: dict[str, Source] = {}
    folders: dict[str, None] = {}
    listed, fault = _outlines(text)
    for outline in islice(listed, _OUTLINES):
        attributes = {name.lower(): value for name, value in outline.items()}
        if len(outline) and not attributes.keys() & {"xmlurl", "briefingkind"}:
            name = attributes.get("text") or attributes.get("title") or ""
            folders.setdefault(one_line(name, limit=_PRINTED) or "(no name)")
            continue
        source = _read_outline(attributes)
        if isinstance(source, str):
            lost += 1
            notes.append(f"line {outline.sourceline}: {source}")
        elif source.url in sources:
            notes.append(
                f"line {outline.sourceline}: {source.url[:_PRINTED]}: listed more than once"
            )
        else:
            sources[source.url] = source
    if not sources:
        root = _ROOT.search(text[:_HEAD])
        name = root[1].lower() if root else ""
        if name != "opml" and _OPML.search(text) is None:
            reason = f"its root is <{one_line(name, limit=_PRINTED)}>" if name else "no XML in it"
            raise InputError(f"not OPML ({reason}); export the list as OPML")
    if next(listed, None) is not None:
        lost += 1
        notes.insert(0, f"only the first {_OUTLINES:,} outlines are read; split the list")
    if fault:
        notes.insert(0, f"not well-formed XML from line {fault} on, read as probably meant")
    return Opml(tuple(sources.values()), tuple(_notes(notes, list(folders))), lost)


def _outlines(text: str) -> tuple[Iterator[Any], int]:
    """Return the outlines of a list, and the first line that is not well-formed (0: none).

    A list that is not well-formed is read by the HTML parser, which repairs more. Nothing is
    fetched. Entities declared in the list are expanded only in attributes, and libxml2 refuses a
    text that they inflate.
    """
    strict = etree.XMLParser(encoding="utf-8", resolve_entities=False, huge_tree=True)
    with suppress(etree.XMLSyntaxError):
        return etree.fromstring(text.encode(), strict).iter("{*}outline", "{*}OUTLINE"), 0
    loose = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    with suppress(etree.XMLSyntaxError):
        root = etree.fromstring(text.replace("/>", "></outline>").encode(), loose)
        return root.iter("outline"), strict.error_log[0].line
    return iter(()), 0  # nothing but comments


def _decoded(content: bytes) -> str:
    """Return the text of a list; InputError if it cannot be OPML."""
    if len(content) > OPML_BYTES:
        raise InputError(f"larger than {OPML_BYTES:,} bytes; split the list")
    # A few stray NULs are dropped; if many bytes are NUL, the encoding has them between letters.
    few = content.count(0) * 10 < len(content) and content[:2] not in {b"\xff\xfe", b"\xfe\xff"}
    plain = content.replace(b"\0", b"") if few and b"outline" in content.lower() else content
    try:
        text, _ = decode(plain, declared=declared_by(plain))
    except InputError as error:
        reason = one_line(str(error), limit=_PRINTED)
        raise InputError(f"not OPML ({reason}); export the list again") from error
    if not text.strip():
        raise InputError("not OPML (it is empty); export the list again")
    if _LONG_TAG.search(text):
        raise InputError("not OPML (a tag is too long); export the list again")
    return text


def _read_outline(attributes: Mapping[str, str]) -> Source | str:
    """Return the source of an outline with these attributes, or why there is none."""

    def own(name: str) -> str:
        return attributes.get(f"briefing{name}", "")

    name = one_line(attributes.get("title") or attributes.get("text") or "")
    kind = attributes.get("briefingkind", "feed")
    # The address of an outline; empty if it has none
    is_feed = attributes.get("type", "").lower() in _FEED_TYPES
    other = attributes.get("url", "") if is_feed or "briefingkind" in attributes else ""
    url = (attributes.get("xmlurl") or other).strip()
    if fault := _fault(url, kind=kind):
        address, short = one_line(url, limit=_PRINTED), one_line(name, limit=_PRINTED // 2)
        both = f"{address} ({short})" if address and short else address or short
        return f"{both or '(no name)'}: {fault}"
    language = _LANGUAGE.match(attributes.get("language", ""))
    weights = {f"{weight:g}": weight for weight in WEIGHTS}
    return Source(
        url,
        kind,
        name="" if name == url else name,
        owner=one_line(own("owner")),
        language=language[0].lower() if language else "",
        text=TextFrom(own("text")) if own("text") in set(TextFrom) else TextFrom.AUTO,
        weight=weights.get(own("weight"), 1.0),
        grade=own("grade") if own("grade") in GRADES else "",
        genre=own("genre") if own("genre") in GENRES else "",
        links=one_line(own("links")),
    )


def _fault(url: str, *, kind: str) -> str:
    """Return why an address or kind cannot be used; "" if they can."""
    if not url:
        return "no address (xmlUrl)"
    if len(url) > _ADDRESS:
        return f"the address is longer than {_ADDRESS:,} characters"
    if not _KIND.fullmatch(kind):
        return "not a valid kind"
    if _is_web(url) and "@" in urlsplit(url).netloc:
        return "the address contains a user name or password; remove that part"
    return "" if _is_web(url) else "not a web address (http or https)"


def _is_web(url: str) -> bool:
    if _SPACES.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _notes(notes: list[str], folders: list[str]) -> Iterator[str]:
    yield from notes[:_NOTES]
    if len(notes) > _NOTES:
        yield f"and {len(notes) - _NOTES:,} more"
    if folders:
        names = ", ".join(folders[:_NOTES])
        more = ", …" if len(folders) > _NOTES else ""
        yield f"folders are not kept, only the sources in them: {names}{more}"


def write_opml(sources: Iterable[Source], *, title: str, made: datetime) -> bytes:
    """Return sources as an OPML 2.0 list, in the given order.

    What only this program knows about a source is in attributes of our own, which other readers
    ignore. A source that is not a feed is written as a link, so that they do not take it for a
    feed. :func:`read_opml` returns the same sources.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _plain(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(made, usegmt=True)
    body = etree.SubElement(root, "body")
    for source in sources:
        name = _plain(source.name)
        is_feed = source.kind == "feed"
        parts = urlsplit(source.url) if is_feed and _is_web(source.url) else None
        attributes = {
            "type": "rss" if is_feed else "link",
            "text": name or _plain(source.url),
            "title": name,
            "xmlUrl" if is_feed else "url": _plain(source.url),
            # The front page of the feed's host.
            "htmlUrl": f"{parts.scheme}://{parts.netloc}/" if parts else "",
            "language": _plain(source.language),
            "briefingKind": "" if is_feed else _plain(source.kind),
            "briefingOwner": _plain(source.owner),
            "briefingText": "" if source.text is TextFrom.AUTO else source.text.value,
            "briefingWeight": "" if source.weight == 1 else f"{source.weight:g}",
            "briefingGrade": source.grade,
            "briefingGenre": source.genre,
            "briefingLinks": source.links,
        }
        etree.SubElement(
            body, "outline", {name: value for name, value in attributes.items() if value}
        )
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _plain(text: str) -> str:
    """Return a text without the characters not allowed in XML."""
    return clean(_NOT_XML.sub("", text))
