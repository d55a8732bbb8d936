"""One function a format: the bytes of an input to its documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from briefing.errors import InputError
from briefing.model import Document
from briefing.sources.decode import TEXT_BYTES, clean, decode, is_blank, one_line, shorten
from briefing.sources.extract import PAGE_LIMIT, extract
from briefing.sources.markdown import to_plain
from briefing.sources.records import Failed, Found, Outcome, from_record, make_id, parse
from briefing.sources.stream import LINE_LIMIT, Stream

#: Bytes of a JSON file that is one list: Python needs about ten times as much to hold it.
JSON_LIMIT = 50_000_000
#: Bad lines in a row after which the rest of a file is given up: it holds something else.
_BAD_LINES = 100
#: Characters of a first line that may be a title; longer ones are paragraphs.
_TITLE_LINE = 200
#: Bytes that tell what standard input holds.
_SNIFF = 4_096

_MARKUP = re.compile(rb"\s*(?:<\?xml|<!doctype\s+html|<!--|<html|<head|<body)", re.IGNORECASE)
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{|\[\s*[\]{])")

#: What is said of formats that come later.
PDF_LATER = "PDF files are not read yet: save the text as .txt"
FEED_LATER = "feeds are not read yet: save the articles as .html"


def from_text(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield the document of a plain text.

    Its first line is the title when it is short and a blank line follows.
    """
    text, notes = _text(stream)
    first, _, rest = text.lstrip("\n").partition("\n")
    body = rest.lstrip("\n")
    if len(first) <= _TITLE_LINE and rest.startswith("\n") and not is_blank(body):
        yield _document(where, title=first, text=body, notes=notes)
    else:
        yield _document(where, title="", text=text, notes=notes)


def from_markdown(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield the document of a Markdown text, stored as plain text."""
    text, notes = _text(stream)
    title, plain = to_plain(text)
    yield _document(where, title=title, text=clean(plain), notes=notes)


def from_page(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield the document of an HTML page."""
    yield extract(stream.head(PAGE_LIMIT + 1), where=where)


def from_lines(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield what becomes of every JSON line; empty lines are passed over."""
    return _from_numbered(stream.lines(), where=where)


def from_json(stream: Stream, *, where: str) -> Iterator[Outcome]:
    """Yield the documents of one JSON object, of a list of them, or of JSON lines.

    Those of a list are named "path#1", "path#2" …
    """
    raw = stream.head(JSON_LIMIT + 1)
    if len(raw) > JSON_LIMIT:
        raise InputError(f"larger than {JSON_LIMIT:,} bytes; write one object a line as .jsonl")
    text, note = decode(raw)
    try:
        held = parse(text)
    except InputError:
        lines = text.encode().split(b"\n")
        if len(lines) == 1 or not _is_record(lines[0]):
            raise
        yield from _from_numbered(enumerate(lines, 1), where=where)
        return
    if isinstance(held, list):
        for number, record in enumerate(held, 1):
            yield _checked(record, where=f"{where}#{number}", note=note)
    else:
        yield _checked(held, where=where, note=note)


def sniff(head: bytes) -> str:
    """Return the ending that fits the first bytes of an input without a name.

    Raises:
        InputError: a format that is not read yet.
    """
    if head.startswith(b"%PDF-"):
        raise InputError(PDF_LATER)
    if _JSON.match(head):
        return ".json"
    if _FEED.search(head):
        raise InputError(FEED_LATER)
    return ".html" if _MARKUP.match(head) else ".txt"


def _text(stream: Stream) -> tuple[str, tuple[str, ...]]:
    raw = stream.head(TEXT_BYTES)
    if not raw.strip():
        raise InputError("the file is empty")
    text, note = decode(raw, cut=len(raw) == TEXT_BYTES)
    return clean(text), (note,) if note else ()


def _document(where: str, *, title: str, text: str, notes: tuple[str, ...]) -> Found:
    text, cut = shorten(text)
    if is_blank(text):
        raise InputError("the text has no words")
    title = one_line(title)
    document = Document(id=make_id(title=title, text=text), title=title, text=text)
    return Found(where, document, (*notes, cut) if cut else notes)


def _from_numbered(lines: Iterable[tuple[int, bytes | None]], *, where: str) -> Iterator[Outcome]:
    bad = 0
    for number, line in lines:
        if line is not None and not line.strip():
            continue
        outcome = _from_line(line, where=f"{where}:{number}")
        yield outcome
        bad = bad + 1 if isinstance(outcome, Failed) else 0
        if bad == _BAD_LINES:
            yield Failed(where, f"given up after {bad} bad lines in a row; are these JSON lines?")
            return


def _from_line(line: bytes | None, *, where: str) -> Outcome:
    if line is None:
        return Failed(where, f"the line is longer than {LINE_LIMIT:,} bytes; shorten the text")
    try:
        text, note = decode(line)
        held = parse(text.strip())
    except InputError as error:
        return Failed(where, str(error))
    return _checked(held, where=where, note=note)


def _checked(record: object, *, where: str, note: str) -> Outcome:
    try:
        found = from_record(record, where=where)
    except InputError as error:
        return Failed(where, str(error))
    return replace(found, notes=(note, *found.notes)) if note else found


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(parse(line.decode("utf-8")), dict)
    except InputError:
        return False
