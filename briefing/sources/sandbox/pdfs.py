"""The task "pdf": the text and metadata of a PDF."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from itertools import accumulate, zip_longest
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from briefing.core.errors import InputError
from briefing.sources.decode import clean, is_blank, one_line

#: Most pages that are read; a long report has 200.
_PAGES = 200
#: Number of lines at the top and bottom of a page that may repeat on others.
_EDGE = 3
#: Share and least number of pages on which a repeated line is furniture (headers, footers).
_REPEATED = 0.5
_FEWEST_PAGES = 3
#: A line shorter than this share of a full line ends its paragraph, if its sentence ends there or
#: the next line begins like a heading or an item.
_SHORT = 0.75
#: Share of all characters that are in full lines.
_FULL_LINES = 0.5
_SENTENCE_END = re.compile(r"[.!?:…。]['\"’”)\]]*$")
#: Hyphen-minus, soft hyphen and hyphen.
_HYPHENS = "-\u00ad\u2010"
_WORD_END = re.compile(r"[^\W\d_]{1,50}$")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
#: Titles that programs set by default.
_NO_TITLE = re.compile(
    r"(?i)untitled.{0,40}|(?:microsoft )?(?:word|powerpoint|excel) ?- .*"
    r"|.*\.(?:docx?|pdf|indd|qxd|pptx?|tex)"
)


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the text and metadata of a PDF.

    Keys: text (one paragraph per line), title, author, published, language, notes.

    InputError: the PDF is damaged, too large or encrypted, or contains no text.
    """
    with pdf_errors(PyPdfError):
        reader = opened(body)
        count = len(reader.pages)
        # Without blank lines at the ends of a page, since text continues across pages.
        pages = [
            [" ".join(line.split()) for line in clean(page.extract_text()).strip().split("\n")]
            for page in reader.pages[:_PAGES]
        ]
    text = to_paragraphs(without_furniture(pages))
    if is_blank(text):
        raise InputError("no text in the PDF (scanned pages?); save its text as .txt")
    cut = f"has {count:,} pages, only the first {_PAGES} are read"
    return {"text": text, "notes": [cut] if count > _PAGES else []} | _about(reader)


@contextmanager
def pdf_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn the errors of a library into the message about a damaged PDF."""
    try:
        yield
    except kinds as error:
        raise InputError(f"not a PDF that can be read ({one_line(str(error), limit=80)})") from None


def opened(body: bytes) -> PdfReader:
    """Return a PDF, decrypted if it needs no password to be read."""
    reader = PdfReader(io.BytesIO(body))
    if reader.is_encrypted and not reader.decrypt(""):
        raise InputError("the PDF is encrypted; save it without a password")
    return reader


def without_furniture(pages: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of all pages without those at the edge of most pages.

    All numbers count as equal, so that page numbers are furniture too.
    """
    edges = []
    for page in pages:
        filled = [at for at, line in enumerate(page) if line]
        edges.append({at: _DIGITS.sub("#", page[at]) for at in filled[:_EDGE] + filled[-_EDGE:]})
    counts = Counter(key for keys in edges for key in set(keys.values()))
    most = max(_REPEATED * len(pages), _FEWEST_PAGES - 1)
    return [
        line
        for page, keys in zip(pages, edges, strict=True)
        for at, line in enumerate(page)
        if at not in keys or counts[keys[at]] <= most
    ]


def to_paragraphs(lines: Sequence[str]) -> str:
    r"""Join lines into paragraphs, separated by "\n"."""
    words = set(_WORD.findall("\n".join(lines)))
    # Half of all characters are in lines of at least the full length.
    lengths = sorted(map(len, lines), reverse=True)
    enough = _FULL_LINES * sum(lengths)
    sums = zip(lengths, accumulate(lengths), strict=True)
    full = next((length for length, total in sums if total >= enough), 0)
    paragraphs: list[list[str]] = [[]]
    for line, following in zip_longest(lines, lines[1:], fillvalue=""):
        if line:
            pieces = paragraphs[-1]
            pieces[-1:] = _joint(pieces[-1], line, words=words) if pieces else (line,)
        if _ends(line, following=following, full=full):
            paragraphs.append([])
    return "\n".join("".join(pieces) for pieces in paragraphs if pieces)


def _ends(line: str, *, following: str, full: int) -> bool:
    if not line:
        return True
    if len(line) > _SHORT * full or not following or line[-1] in _HYPHENS:
        return False
    return bool(_SENTENCE_END.search(line)) or not following[0].islower()


def _joint(before: str, after: str, *, words: set[str]) -> tuple[str, str]:
    """Return two lines as they are to be joined.

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
        return {}
    name = one_line(str(title or ""))
    if created is not None:
        created = created if created.tzinfo else created.replace(tzinfo=UTC)
        created = created.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return {
        "title": "" if _NO_TITLE.fullmatch(name) else name,
        "author": one_line(str(author or ""), limit=200),
        "published": "" if created is None else created.isoformat() + "Z",
        "language": one_line(str(language), limit=35),
    }
