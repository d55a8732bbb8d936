"""The task "pdf": the text and metadata of a PDF."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from briefing.core.errors import InputError
from briefing.sources.decode import clean, is_blank, one_line

#: Most bytes of a PDF, and pages that are read; a long report has 200.
_BYTES = 50_000_000
_PAGES = 200
#: Lines at the top and bottom of a page that may repeat on others.
_EDGE = 3
#: Share and least number of pages on which a repeated line is furniture (headers, footers).
_REPEATED = 0.5
_FEWEST_PAGES = 3
#: A line shorter than this share of a full line ends its paragraph if its sentence ends there or
#: the next line begins as a heading or item does.
_SHORT = 0.75
#: Share of all characters in full lines.
_FULL_LINES = 0.5
_SENTENCE_END = re.compile(r"[.!?:…。]['\"’”)\]]*$")
#: Hyphen-minus, soft hyphen and hyphen.
_HYPHENS = "-\u00ad\u2010"
_WORD_END = re.compile(r"[^\W\d_]{1,50}$")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: Titles that programs set by default.
_NO_TITLE = re.compile(
    r"untitled.{0,40}|(?:microsoft )?(?:word|powerpoint|excel) ?- .*"
    r"|.*\.(?:docx?|pdf|indd|qxd|pptx?|tex)",
    re.IGNORECASE,
)


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the text and metadata of a PDF.

    Keys: text (a paragraph a line), title, author, published, language, pages, notes.

    Raises:
        InputError: it is damaged, too large, encrypted, or holds no text.
    """
    if len(body) > _BYTES:
        raise InputError(f"the PDF is larger than {_BYTES:,} bytes; save its text as .txt")
    try:
        reader = PdfReader(io.BytesIO(body))
        _unlock(reader)
        count = len(reader.pages)
        pages = [_lines(page.extract_text()) for page in reader.pages[:_PAGES]]
    except PyPdfError as error:
        raise InputError(f"not a PDF that can be read ({one_line(str(error), limit=80)})") from None
    text = to_paragraphs(without_furniture(pages))
    if is_blank(text):
        raise InputError("no text in the PDF (scanned pages?); save its text as .txt")
    cut = f"has {count:,} pages, only the first {_PAGES} are read"
    return {"text": text, "pages": count, "notes": [cut] if count > _PAGES else []} | _about(reader)


def _unlock(reader: PdfReader) -> None:
    """Decrypt a PDF that anybody may read, with the empty password."""
    if reader.is_encrypted and not reader.decrypt(""):
        raise InputError("the PDF is encrypted; save it without a password")


def _lines(page: str) -> list[str]:
    """Return the lines of a page without blank ones at its ends: text continues across pages."""
    return [" ".join(line.split()) for line in clean(page).strip().split("\n")]


def without_furniture(pages: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of all pages without those at the edge of most pages.

    Numbers count as equal, so that page numbers are furniture as well.
    """
    counts = Counter(key for page in pages for key in {_key(page[at]) for at in _edges(page)})
    most = max(_REPEATED * len(pages), _FEWEST_PAGES - 1)
    repeated = {key for key, count in counts.items() if count > most}
    lines = []
    for page in pages:
        edges = set(_edges(page))
        lines += [
            line for at, line in enumerate(page) if not (at in edges and _key(line) in repeated)
        ]
    return lines


def _edges(page: Sequence[str]) -> list[int]:
    filled = [at for at, line in enumerate(page) if line]
    return filled[:_EDGE] + filled[-_EDGE:]


def _key(line: str) -> str:
    return _DIGITS.sub("#", line)


def to_paragraphs(lines: Sequence[str]) -> str:
    r"""Return lines joined into paragraphs, each a line; the lines are split by "\n"."""
    words = set(_WORD.findall("\n".join(lines)))
    full = _full_line(lines)
    paragraphs: list[list[str]] = [[]]
    for at, line in enumerate(lines):
        if line:
            paragraphs[-1].append(line)
        if _ends(line, following=lines[at + 1] if at + 1 < len(lines) else "", full=full):
            paragraphs.append([])
    return "\n".join(_join(parts, words=words) for parts in paragraphs if parts)


def _full_line(lines: Sequence[str]) -> int:
    """Return the length of a full line: half of all characters are in lines of at least that."""
    lengths = sorted((len(line) for line in lines), reverse=True)
    sums = accumulate(lengths)
    enough = _FULL_LINES * sum(lengths)
    return next((length for length, total in zip(lengths, sums, strict=True) if total >= enough), 0)


def _ends(line: str, *, following: str, full: int) -> bool:
    if not line:
        return True
    if len(line) > _SHORT * full or not following or line[-1] in _HYPHENS:
        return False
    return bool(_SENTENCE_END.search(line)) or not following[0].islower()


def _join(lines: Sequence[str], *, words: set[str]) -> str:
    pieces = [lines[0]]
    for line in lines[1:]:
        pieces[-1:] = _joint(pieces[-1], line, words=words)
    return "".join(pieces)


def _joint(before: str, after: str, *, words: set[str]) -> tuple[str, str]:
    """Return two lines as they are joined.

    A hyphen between lowercase letters is removed, unless the word occurs elsewhere with it and
    nowhere without it.
    """
    if before[-1] not in _HYPHENS or not before[-2:-1].isalnum() or not after[0].isalnum():
        return before, f" {after}"
    head, tail = _WORD_END.search(before[:-1]), _WORD.match(after)
    if not (head and tail and after[0].islower()):
        return before, after
    hyphenated = f"{head[0]}-{tail[0]}" in words and f"{head[0]}{tail[0]}" not in words
    return before if hyphenated else before[:-1], after


def _about(reader: PdfReader) -> dict[str, str]:
    try:
        metadata = reader.metadata
        title, author = (metadata.title, metadata.author) if metadata else ("", "")
        created = metadata.creation_date if metadata else None
        language = reader.root_object.get("/Lang", "")
    except Exception:  # metadata may be anything, and the text does not depend on it
        return {"title": "", "author": "", "published": "", "language": ""}
    name = one_line(str(title or ""))
    return {
        "title": "" if _NO_TITLE.fullmatch(name) else name,
        "author": one_line(str(author or ""), limit=200),
        "published": _stamp(created),
        "language": one_line(str(language), limit=35),
    }


def _stamp(created: datetime | None) -> str:
    if created is None:
        return ""
    aware = created if created.tzinfo else created.replace(tzinfo=UTC)
    return aware.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
