"""Cleans the entries of a source, and tells whether they are full reports."""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from briefing.core.model import Document, Entry, Mark, digest
from briefing.sources.decode import clean, is_blank, one_line, shorten
from briefing.sources.records import language_code, make_id, moment, sorted_marks, web_address

#: Number of words below which the text in a feed counts as a blurb. Feeds are cut at 55 words (the
#: default of the most common software) or after a paragraph. Shorter full reports are rare, and a
#: page read in vain costs one request.
FEWEST_WORDS = 120
#: The same for the report's own page or file: anything shorter is a stub (text.gate requires as
#: many words of prose).
FEWEST_OWN_WORDS = 40
#: Longest id of an entry stored as it is, in characters; longer ones are replaced by a digest.
_GUID_LIMIT = 2_000
#: Number of characters at the end in which a text may say that it continues elsewhere.
_TAIL = 200
#: Most notes on one listing, and most characters of each; a broken feed may cause one per item.
_NOTES = 10
_NOTE_LIMIT = 200
#: Chinese and Japanese have no spaces; a word has about two characters.
_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\\W\u3040-\u30ff\u3400-\u9fff]+")
_CUT = re.compile(
    r"(?i)(?:…|\.\.\.|\[\s?&hellip;\s?\])[\s\]»>)\"'”’]{0,9}$"
    r"|(?:\n|[.!?…»\"”)\]] {1,3})(?:read more|(?:continue|keep) reading"
    r"|read the (?:full|whole|entire|rest))\b[^\n.]{0,120}\W{0,5}$"
)
#: Every match of ``_CUT`` contains one of these, which are found in a tenth of the time.
_CUT_SIGNS = ("…", "...", "&hell", "read")


def words(text: str) -> list[str]:
    """Return the words and numbers of a text in order, case-folded."""
    return _WORD.findall(text.casefold())


def is_cut(text: str) -> bool:
    """Tell whether a text ends like one that continues elsewhere ("…", "Read more")."""
    tail = text.rstrip()[-_TAIL:]
    folded = tail.lower()
    return any(sign in folded for sign in _CUT_SIGNS) and _CUT.search(tail) is not None


def is_blurb(text: str, *, fewest: int = FEWEST_WORDS) -> bool:
    """Tell whether a text looks like a few lines instead of a report."""
    # With 1.5 times as many spaces as required words, there is no need to count words.
    few = text.count(" ") <= 1.5 * fewest
    few = few and sum(1 for _ in islice(_WORD.finditer(text), fewest)) < fewest
    return few or is_cut(text)


def to_entry(record: Mapping[str, Any]) -> Entry:
    """Return one item of a feed or a list of links, cleaned; missing fields are empty."""
    fields = {name: value for name, value in record.items() if isinstance(value, str)}
    text, _ = shorten(clean(fields.get("text", "")))
    published, timed = moment(fields.get("published", ""))
    marks = record.get("marks")
    raw = fields.get("guid", "")
    guid = one_line(raw, limit=_GUID_LIMIT + 1)
    return Entry(
        url=web_address(fields.get("url", "")),
        guid=guid if len(guid) <= _GUID_LIMIT else digest(raw),
        title=one_line(fields.get("title", "")),
        text="" if is_blank(text) else text,
        author=one_line(fields.get("author", "")),
        publisher=one_line(fields.get("publisher", "")),
        published=published,
        timed=timed and record.get("timed") is not False,
        language=language_code(fields.get("language", "")),
        marks=sorted_marks(marks if isinstance(marks, list) else []),
    )


def to_entries(records: object) -> tuple[Entry, ...]:
    """Return the items of a list that have an address, a title or a text, in order."""
    listed = records if isinstance(records, list) else []
    entries = (to_entry(record) for record in listed if isinstance(record, Mapping))
    return tuple(entry for entry in entries if entry.url or entry.title or entry.text)


def to_document(entry: Entry) -> Document:
    """Return the document of an item as listed, without fetching its page."""
    marks = with_blurb(entry.marks, blurb=is_blurb(entry.text))
    return Document(
        # Without a text, the address distinguishes reports with the same title.
        id=make_id(title=entry.title, text=entry.text or entry.url),
        **{**_shared(entry), "marks": marks},
    )


def from_document(document: Document) -> Entry:
    """Return an entry with the full text of a document."""
    return Entry(**_shared(document))


def _shared(held: Document | Entry) -> dict[str, Any]:
    """Return the fields that documents and entries have in common."""
    names = "url title text author publisher published timed language marks".split()
    return {name: getattr(held, name) for name in names}


def with_blurb(marks: Iterable[Mark], *, blurb: bool) -> tuple[Mark, ...]:
    """Return marks with BLURB added or removed as ``blurb`` says."""
    others = [mark for mark in marks if mark is not Mark.BLURB]
    return sorted_marks([*others, Mark.BLURB] if blurb else others)


def notes_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the notes of a parser, each as one line."""
    notes = result.get("notes")
    lines = [note for note in notes if isinstance(note, str)] if isinstance(notes, list) else []
    return tuple(one_line(note, limit=_NOTE_LIMIT) for note in lines[:_NOTES])


def name_of(result: Mapping[str, Any], *, key: str = "title") -> str:
    """Return a name from a parser's result as one line; "" if there is none."""
    name = result.get(key)
    return one_line(name) if isinstance(name, str) else ""
