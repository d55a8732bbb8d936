"""Readers of formats: from the bytes of an input to its documents."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO

from briefing.core.errors import InputError
from briefing.core.model import Mark
from briefing.core.ports import Parse
from briefing.sources import mail
from briefing.sources.decode import (
    LINE_LIMIT,
    PAGE_LIMIT,
    TEXT_BYTES,
    Stream,
    clean,
    decode,
    is_blank,
)
from briefing.sources.entries import name_of, to_document, to_entries
from briefing.sources.extract import PDF_LIMIT, extract, extract_pdf, is_pdf
from briefing.sources.records import Failed, Outcome, ParsedDocument, from_record, parsed_document
from briefing.sources.records import parse as parse_json

#: Most bytes of a JSON file that is not JSON lines: Python needs about ten times as much memory.
JSON_LIMIT = 50_000_000
#: Number of bad lines in a row after which reading stops, since the file must be something else.
_BAD_LINES = 100
#: Longest first line that may be a title, in characters; longer ones are paragraphs.
_TITLE_LINE = 200
#: Most bytes of a feed file: twenty times a feed of 100 full reports.
FEED_LIMIT = 20_000_000

_MARKUP = re.compile(
    rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype\s+html|!--|html|head|body|rss|feed|rdf:RDF)"
)
_FEED = re.compile(rb"(?i)<(?:rss|feed|rdf:RDF)[\s>]")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*[\]{])")
_PAGE = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*(?:<!doctype\s+html|<html)")


def from_text(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield the document of a plain text.

    Its first line is the title if it is short and followed by a blank line.
    """
    text, notes = _text(stream)
    first, _, rest = text.lstrip("\n").partition("\n")
    body = rest.lstrip("\n")
    if len(first) <= _TITLE_LINE and rest.startswith("\n") and not is_blank(body):
        yield parsed_document(where, body, title=first, notes=notes)
    else:
        yield parsed_document(where, text, title="", notes=notes)


def from_markdown(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield the document of a Markdown text, stored as plain text."""
    text, notes = _text(stream)
    title, plain = to_plain(text)
    yield parsed_document(where, clean(plain), title=title, notes=notes)


def _from_whole(read: Callable[..., Outcome], limit: int) -> Callable[..., Iterator[Outcome]]:
    """Return a reader of files that contain one document each."""

    def reader(stream: Stream, *, where: str, parse: Parse) -> Iterator[Outcome]:
        yield read(stream.head(limit + 1), where=where, parse=parse)

    return reader


from_page = _from_whole(extract, PAGE_LIMIT)
from_pdf = _from_whole(extract_pdf, PDF_LIMIT)
from_mail = _from_whole(mail.from_bytes, mail.MAIL_LIMIT)


def from_feed(stream: Stream, *, where: str, parse: Parse) -> Iterator[Outcome]:
    """Yield the documents of a saved feed, without fetching any page.

    Its items are named "path#1", "path#2" …; one with neither headline nor text fails.
    """
    raw = stream.head(FEED_LIMIT + 1)
    if len(raw) > FEED_LIMIT:
        raise InputError(f"the feed is larger than {FEED_LIMIT:,} bytes; save its reports as .html")
    if _PAGE.match(raw):
        raise InputError("not a feed but a web page; name it .html")
    yield from _from_feed(raw, where=where, parse=parse)


def _from_feed(raw: bytes, *, where: str, parse: Parse) -> Iterator[Outcome]:
    result = parse("feed", raw)
    entries, title = to_entries(result.get("entries")), name_of(result)
    if not entries:
        raise InputError("the feed lists nothing; give one that does")
    for number, entry in enumerate(entries, 1):
        place = f"{where}#{number}"
        if entry.text or entry.title:
            document = to_document(replace(entry, publisher=entry.publisher or title))
            blurb = "only the first lines; the full report is on its page"
            headline = "only its headline; the report is on its page"
            only = blurb if entry.text else headline
            notes = (only,) if Mark.BLURB in document.marks or not entry.text else ()
            yield ParsedDocument(place, document, notes)
        else:
            address = f" ({entry.url})" if entry.url else ""
            yield Failed(place, f"the feed has no text for it; save its page{address} as .html")


def from_lines(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield the outcome of every JSON line; empty lines are skipped."""
    bad = 0
    for number, line in stream.lines():
        if line is not None and not line.strip():
            continue
        place = f"{where}:{number}"
        try:
            text, note = decode(line or b"")
            outcome = _checked(parse_json(text.strip()), where=place, note=note)
        except InputError as error:
            outcome = Failed(place, str(error))
        if line is None:
            outcome = Failed(
                place, f"the line is longer than {LINE_LIMIT:,} bytes; shorten the text"
            )
        yield outcome
        bad = bad + 1 if isinstance(outcome, Failed) else 0
        if bad == _BAD_LINES:
            yield Failed(where, f"stopped after {bad} bad lines in a row; are these JSON lines?")
            return


def from_json(stream: Stream, *, where: str, parse: Parse) -> Iterator[Outcome]:
    """Yield the documents of one JSON object, of a list of them, of JSON lines or a JSON Feed.

    Those of a list or feed are named "path#1", "path#2" …
    """
    raw = stream.head(JSON_LIMIT + 1)
    if len(raw) > JSON_LIMIT:
        raise InputError(f"larger than {JSON_LIMIT:,} bytes; write one object per line as .jsonl")
    text, note = decode(raw)
    try:
        content = parse_json(text)
    except InputError:
        first, *rest = text.split("\n", 1)
        try:
            is_lines = bool(rest) and isinstance(parse_json(first), dict)
        except InputError:
            is_lines = False
        if not is_lines:
            raise
        yield from from_lines(Stream(BytesIO(text.encode())), where=where)
        return
    if isinstance(content, list):
        for number, record in enumerate(content, 1):
            yield _checked(record, where=f"{where}#{number}", note=note)
    elif isinstance(content, dict) and "jsonfeed.org/" in str(content.get("version")):
        yield from _from_feed(raw, where=where, parse=parse)
    else:
        yield _checked(content, where=where, note=note)


def sniff(head: bytes) -> str:
    """Return the suffix that matches the first bytes of an input without a name."""
    if is_pdf(head):
        return ".pdf"
    if _JSON.match(head):
        return ".json"
    if _PAGE.match(head):
        return ".html"
    if _FEED.search(head) and _MARKUP.match(head):
        return ".xml"
    if mail.is_mail(head):
        return ".eml"
    return ".html" if _MARKUP.match(head) else ".txt"


def _text(stream: Stream) -> tuple[str, tuple[str, ...]]:
    raw = stream.head(TEXT_BYTES)
    if not raw.strip():
        raise InputError("the file is empty")
    text, note = decode(raw, cut=len(raw) == TEXT_BYTES)
    return clean(text), (note,) if note else ()


def _checked(record: object, *, where: str, note: str) -> Outcome:
    try:
        parsed = from_record(record, where=where)
    except InputError as error:
        return Failed(where, str(error))
    return replace(parsed, notes=(note, *parsed.notes)) if note else parsed


#: Parts of a paragraph in Markdown.
_BREAKS, _WORDS = {"softbreak", "hardbreak"}, {"text", "text_special", "code_inline"}
_TITLE_KEY = re.compile(r"(?i)title:\s*(.*)")


def to_plain(text: str) -> tuple[str, str]:
    """Return title and plain text of a clean Markdown text.

    The title is that of the front matter, or else the first top-level heading, which is then left
    out of the text. Code blocks, tables, images, comments, rules and link targets are left out.
    """
    from markdown_it import MarkdownIt  # noqa: PLC0415  few inputs are Markdown

    title, lines = _front_matter(text.split("\n"))
    paragraphs: list[str] = []
    heading, tables = "", 0
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for token in markdown.parse("\n".join(lines)):
        tables += {"table_open": 1, "table_close": -1}.get(token.type, 0)
        if token.type == "heading_open":
            heading = token.tag
        if token.type != "inline" or tables:
            continue
        words = (
            " " if part.type in _BREAKS else part.content
            for part in token.children or []
            if part.type in _BREAKS or part.type in _WORDS
        )
        plain = " ".join("".join(words).split())
        if heading == "h1" and not title:
            title = plain
        elif plain:
            paragraphs.append(plain)
        heading = ""
    return title, "\n".join(paragraphs)


def _front_matter(lines: list[str]) -> tuple[str, list[str]]:
    if lines[0].rstrip() != "---":
        return "", lines
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), 0)
    matches = (_TITLE_KEY.fullmatch(line.strip()) for line in lines[1:end])
    title = next((match[1] for match in matches if match), "").strip("\"' ")
    return (title, lines[end + 1 :]) if end else ("", lines)
