"""Converts between documents and JSON records, one per line."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.model import WEIGHTS, Document, Mark, digest
from briefing.sources.decode import clean, is_blank, one_line, shorten

#: Length to which a longer id is cut, in characters; ids are printed in logs and in the edition's
#: JSON.
_ID_LIMIT = 200
#: Longest id that is not cut, so that "~2" after a cut id survives the next reading.
_ID_MOST = 220
#: Characters allowed in an id besides letters and digits.
_ID_MARKS = frozenset("._:/-~@+=#%")
#: Longest address in characters; browsers and mail programs cut longer ones.
_URL_LIMIT = 2_000
#: An address that may be linked: only http or https, no white space, quotes or angle brackets.
_URL = re.compile(r"(?i)https?://[^\s<>\"'`{}|\\^]+")
#: A language tag (BCP 47) whose first part is ISO 639-1.
_TAG = re.compile(r"([A-Za-z]{2})(?:[-_].*)?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: Hexadecimal digits of a generated id: with twelve, the chance of any collision among a million is
#: 1 in 500.
_ID_DIGITS = 12


@frozen
class ParsedDocument:
    """A document, with notes on what had to be changed to read it."""

    #: "path", "path:line" or "path#number".
    where: str
    #: The document itself.
    document: Document
    #: Empty if nothing was changed.
    notes: tuple[str, ...] = ()
    #: Path of the file it was read from; empty if it was not read from a file.
    file: str = ""


@frozen
class Failed:
    """An input that could not be read, or not completely."""

    #: "path", "path:line" or "path#number".
    where: str
    #: What is wrong and what to do, in one line.
    reason: str


#: The result of one input, or of a part of it.
Outcome = ParsedDocument | Failed
#: Files attached to a PDF that are read, by name; others are ignored.
EDITION, SOURCES = "edition.json", "sources.jsonl"


@frozen
class Reading:
    """The result of reading inputs."""

    #: In input order; ids are unique.
    documents: tuple[Document, ...]
    #: Input and reason of each failure.
    failed: tuple[tuple[str, str], ...] = ()
    #: Input and note for each document that was changed, or dropped as a duplicate.
    noted: tuple[tuple[str, str], ...] = ()
    #: The file of each document, in order; empty if a document was not read from a file.
    files: tuple[str, ...] = ()


def parse(line: str) -> Any:  # noqa: ANN401  a file may contain anything
    """Parse a JSON text.

    InputError: it is not JSON, nested too deeply, or has a number with thousands of digits.
    """
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON ({error.msg} at character {error.pos + 1})") from None
    except RecursionError:
        raise InputError("JSON nested too deeply; give one flat object per document") from None
    except ValueError:
        raise InputError("JSON with a number too long to read; write it as a string") from None


def from_record(record: object, *, where: str) -> ParsedDocument:
    """Return the document of a record ``{"id","url","source","title","published","text"}``.

    Optional keys: "owner", "language", "author", "collected" (ISO 8601), "marks" (a list),
    "weight", "sentences" (a list) instead of "text", and "sha256" with an empty "text". Unknown
    keys are ignored; a known key with a value of the wrong type counts as missing and is noted.

    InputError: the record is not an object, or has no text.
    """
    if not isinstance(record, Mapping):
        raise InputError(f"not an object but {_kind(record)}; give one object per document")
    fields = _Fields(record, notes=[])
    text, cut = shorten(clean(fields.text()))
    given = record.get("sha256")
    is_given = record.get("text") == "" and isinstance(given, str) and _DIGEST.fullmatch(given)
    absent = str(given) if is_given else ""
    if is_blank(text) and not absent:
        raise InputError("the text has no words")
    title = fields.line("title")
    published, timed = fields.moment("published")
    document = Document(
        id=fields.id() or make_id(title=title, text=text),
        title=title,
        text=text,
        published=published,
        timed=timed,
        publisher=fields.line("source"),
        owner=fields.line("owner"),
        url=fields.url(),
        language=language_code(fields.string("language")),
        author=fields.line("author"),
        collected=fields.moment("collected")[0],
        marks=fields.marks(),
        weight=fields.weight(),
        text_sha256=absent,
    )
    return ParsedDocument(where, document, (*fields.notes, cut) if cut else tuple(fields.notes))


def to_line(document: Document) -> str:
    """Return the record of a document as a JSON line, from which the same document can be read.

    "author", "collected" and "marks" are present only if not empty, "weight" only if it is not 1,
    "sha256" only for a document without its text, such as one of which an earlier edition printed
    only the headline.
    """
    published = document.published
    optional = {
        "author": document.author,
        "collected": document.collected and document.collected.isoformat(),
        "marks": list(document.marks),
        "weight": 0 if document.weight == 1.0 else document.weight,
        "sha256": "" if document.text else document.text_sha256,
    }
    record = {
        "id": document.id,
        "url": document.url,
        "source": document.publisher,
        "title": document.title,
        "published": published and (published if document.timed else published.date()).isoformat(),
        "owner": document.owner,
        "language": document.language,
        **{key: value for key, value in optional.items() if value},
        "text": document.text,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def make_id(*, title: str, text: str) -> str:
    """Return an id for a document without one: "d" and twelve digits of its digest."""
    return "d" + digest(f"{title}\n{text}")[:_ID_DIGITS]


def parsed_document(
    where: str,
    text: str,
    *,
    title: str,
    notes: Iterable[str] = (),
    empty: str = "the text has no words",
    **rest: Any,  # noqa: ANN401  fields of a document
) -> ParsedDocument:
    """Return the document of a clean text, shortened if necessary; InputError ``empty`` if blank.

    Empty notes are left out.
    """
    text, cut = shorten(text)
    if is_blank(text):
        raise InputError(empty)
    title = one_line(title)
    document = Document(id=make_id(title=title, text=text), title=title, text=text, **rest)
    return ParsedDocument(where, document, tuple(note for note in (*notes, cut) if note))


def safe_id(name: str) -> str:
    """Return an id of letters, digits and ``._:/-~@+=#%``; other characters become "_"."""
    name = name.strip()
    name = name if len(name) <= _ID_MOST else name[:_ID_LIMIT]
    return "".join(char if char.isalnum() or char in _ID_MARKS else "_" for char in name)


def web_address(url: str) -> str:
    """Return an address if it may be linked, or else ""."""
    url = url.strip()
    is_valid = len(url) <= _URL_LIMIT and url.isprintable() and _URL.fullmatch(url)
    return url if is_valid else ""


def language_code(tag: str) -> str:
    """Return the ISO 639-1 code of a language tag such as "en-GB", or else ""."""
    match = _TAG.fullmatch(tag.strip()[:_ID_LIMIT])
    return match[1].lower() if match else ""


def moment(stamp: str) -> tuple[datetime | None, bool]:
    """Return an ISO 8601 date or time as UTC, and whether it has a time of day.

    A time without a zone counts as UTC. Returns None if the stamp is not valid.
    """
    stamp = stamp.strip()
    try:
        return datetime.combine(date.fromisoformat(stamp), time(), UTC), False
    except ValueError:
        pass
    try:
        parsed = datetime.fromisoformat(stamp)
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC), True
    except (ValueError, OverflowError):
        return None, True


def sorted_marks(names: Collection[object]) -> tuple[Mark, ...]:
    """Return the valid marks among some names, each once, in the order of ``Mark``."""
    return tuple(mark for mark in Mark if mark in names)


def distinct(parsed: Iterable[ParsedDocument]) -> Reading:
    """Return the documents with unique ids, in order, and all notes.

    A document with the same id and text as an earlier one is dropped. One with the same id and
    another text gets a suffix, "~2", "~3" …
    """
    documents: dict[str, Document] = {}
    files: list[str] = []
    names: dict[tuple[str, str], str] = {}
    numbers: Counter[str] = Counter()
    notes: list[tuple[str, str]] = []
    for item in parsed:
        notes.extend((item.where, note) for note in item.notes)
        name = wanted = item.document.id
        same = (wanted, item.document.sha256)
        if same in names:
            notes.append((item.where, f"the same document as {names[same]} before, dropped"))
            continue
        while name in documents:
            numbers[wanted] += 1
            name = f"{wanted}~{numbers[wanted] + 1}"
        if name != wanted:
            notes.append((item.where, f"id {wanted} is taken by another text, now {name}"))
        names[same] = names[name, same[1]] = name
        documents[name] = replace(item.document, id=name)
        files.append(item.file)
    return Reading(tuple(documents.values()), noted=tuple(notes), files=tuple(files))


def _kind(value: object) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "an object")


@frozen
class _Fields:
    """Reads the fields of a record, and notes what it ignores."""

    record: Mapping[str, object]
    notes: list[str]

    def text(self) -> str:
        text, sentences = self.record.get("text"), self.record.get("sentences")
        if isinstance(text, str):
            return text
        if text is not None:
            raise InputError(f'"text" must be a string, not {_kind(text)}')
        if sentences is None:
            raise InputError('no "text" in the record')
        if not isinstance(sentences, list) or not all(isinstance(each, str) for each in sentences):
            raise InputError('"sentences" must be a list of strings')
        return "\n".join(sentences)

    def string(self, key: str) -> str:
        value = self.record.get(key)
        if isinstance(value, str):
            return value
        if value is not None:
            self.notes.append(f'"{key}" must be a string, not {_kind(value)}; ignored')
        return ""

    def line(self, key: str) -> str:
        return one_line(self.string(key))

    def url(self) -> str:
        raw = self.string("url")
        url = web_address(raw)
        if raw.strip() and not url:
            self.notes.append(f'"url" is not a web address: {one_line(raw, limit=40)}; ignored')
        return url

    def moment(self, key: str) -> tuple[datetime | None, bool]:
        stamp = self.string(key)
        parsed, timed = moment(stamp)
        if parsed is None and stamp.strip():
            start = one_line(stamp, limit=40)
            self.notes.append(f'"{key}" is not an ISO 8601 date: {start}; ignored')
        return parsed, timed

    def marks(self) -> tuple[Mark, ...]:
        names = self.record.get("marks")
        if names is None:
            return ()
        if not isinstance(names, list):
            self.notes.append(f'"marks" must be a list, not {_kind(names)}; ignored')
            return ()
        marks = sorted_marks(names)
        if strange := [name for name in names if name not in marks]:
            first = strange[0]
            first = one_line(first, limit=40) if isinstance(first, str) else "not a string"
            self.notes.append(f'"marks" has {len(strange)} unknown: {first}; ignored')
        return marks

    def weight(self) -> float:
        value = self.record.get("weight", 1.0)
        if value in WEIGHTS and isinstance(value, int | float):
            return float(value)
        self.notes.append('"weight" is none that a source can have; ignored')
        return 1.0

    def id(self) -> str:
        value = self.record.get("id")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return safe_id(str(value) if is_number else self.string("id"))
