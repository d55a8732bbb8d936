"""Turns the bytes of an input into plain text: decompressed within a limit, decoded and cleaned."""

import codecs
import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO, cast

from briefing.core.errors import InputError

#: Most characters of one document: three times the longest of 2,724 articles (63,498), so that a
#: report fits and one document cannot exhaust memory.
TEXT_LIMIT = 200_000
#: Number of bytes that contain more than ``TEXT_LIMIT`` characters in any encoding, even if every
#: second character is a line break of two.
TEXT_BYTES = 8 * TEXT_LIMIT
#: Most characters of a title: ten times the longest headline, but less than a text put in the
#: wrong field.
TITLE_LIMIT = 500
#: Share of control characters above which bytes are not text: prose has none, a stray form feed
#: or escape code is tolerated.
_CONTROL_SHARE = 0.01
#: Control characters except tab, line breaks and ESC, which ISO-2022-JP uses to shift.
_CONTROL_BYTES = bytes([*range(1, 9), *range(14, 27), *range(28, 32), 127])

#: Byte order marks with their codecs; UTF-32 first, since its mark begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Start of markup in UTF-16 without a mark (XML 1.0, appendix F).
_OPENINGS = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
#: Codecs a page may declare: those of the Encoding Standard (WHATWG) that Python has. Others, such
#: as ``idna`` or ``utf-7``, are slow on crafted bytes or hide markup.
_DECLARABLE = re.compile(r"iso8859-|cp125|cp866|gb|big5|shift_jis|euc_|koi8|iso2022_jp$|utf-8$")
#: Declared so often by mistake that UTF-8 is tried first.
_DOUBTFUL = ("iso8859-1", "cp1252")

_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
#: Any character that is changed: most texts have none, and one search takes a fifth of the time of
#: three.
_UNCLEAN = re.compile("[\0-\x08\v-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: The last sentence mark followed by white space, for texts without a paragraph end.
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]?(?=\s)")  # noqa: RUF001  full-width marks are intended


def decode(raw: bytes, *, declared: str = "", cut: bool = False) -> tuple[str, str]:
    """Return the text of some bytes and, if the encoding was guessed, a note about it.

    A byte order mark takes precedence, or markup in UTF-16 without one, then the declared codec if
    it is suitable, then UTF-8, then Windows-1252. With ``cut``, more bytes follow, so that the last
    character may be incomplete.

    InputError: the bytes are not text.
    """
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(codec, "replace"), ""
    for opening, codec in _OPENINGS:
        if raw.startswith(opening):
            return raw.decode(codec, "replace"), ""
    if b"\0" in raw:
        raise InputError("not text (it has NUL bytes); save it as UTF-8 text")
    if len(raw) - len(raw.translate(None, _CONTROL_BYTES)) > _CONTROL_SHARE * len(raw):
        raise InputError("not text (too many control characters); save it as UTF-8 text")
    for codec in (*_codecs(declared), "utf-8"):
        try:
            return codecs.getincrementaldecoder(codec)().decode(raw, final=not cut), ""
        except UnicodeDecodeError:
            continue
    try:
        return raw.decode("cp1252"), "not UTF-8, read as Windows-1252"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "not UTF-8, read as Latin-1"


def _codecs(declared: str) -> tuple[str, ...]:
    try:
        name = codecs.lookup(declared).name if declared else ""
    except (LookupError, ValueError):
        return ()
    if name in _DOUBTFUL or not _DECLARABLE.match(name):
        return ()
    return ("gb18030",) if name in {"gb2312", "gbk"} else (name,)


def clean(text: str) -> str:
    r"""Return a text as it is stored.

    Every kind of line break becomes "\n", control characters other than "\n" and "\t" are
    removed, lone surrogates become U+FFFD; nothing else changes. Cleaning twice changes nothing.
    """
    if not _UNCLEAN.search(text):
        return text
    return _SURROGATES.sub("�", _CONTROLS.sub("", _BREAKS.sub("\n", text)))


def shorten(text: str) -> tuple[str, str]:
    """Return at most ``TEXT_LIMIT`` characters, and a note if something was cut.

    The cut is after the last paragraph in the second half, or after the last sentence there, or at
    the limit.
    """
    if len(text) <= TEXT_LIMIT:
        return text, ""
    half = TEXT_LIMIT // 2
    end = text.rfind("\n", half, TEXT_LIMIT) + 1
    if not end:
        ends = [match.end() for match in _SENTENCE_END.finditer(text, half, TEXT_LIMIT)]
        end = ends[-1] if ends else TEXT_LIMIT
    return text[:end], f"longer than {TEXT_LIMIT:,} characters, cut after {end:,}"


def one_line(text: str, *, limit: int = TITLE_LIMIT) -> str:
    """Return a title or name as one clean line of at most ``limit`` characters."""
    return " ".join(clean(text[: 4 * limit]).split())[:limit].rstrip()


def is_blank(text: str) -> bool:
    """Tell whether a text has no letter or digit."""
    return not any(character.isalnum() for character in text)


#: Most bytes of a page: three times the largest of 130 real pages (1.6 MB).
PAGE_LIMIT = 5_000_000

_CHARSET = re.compile(rb"(?i)charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_:.-]{1,40})")
_XML_ENCODING = re.compile(
    rb"(?i)<\?xml[^<>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9_:.-]{1,40})"
)
_DECLARATION = re.compile(r"\s{0,99}<\?xml[^<>]{0,500}>")
#: Number of bytes in which a page must declare its encoding (HTML standard: 1,024; some come late).
_HEAD = 4_096
#: Declarations that say nothing about bytes that are not UTF-8, since servers send them by default.
_EMPTY_CLAIMS = frozenset(
    "utf-8 utf8 us-ascii ascii iso-8859-1 iso8859-1 latin-1 latin1 windows-1252 cp1252".split()
)


def page_text(body: bytes, *, about: Mapping[str, str]) -> tuple[str, str]:
    """Return the clean text of a page and, if its encoding was guessed, a note about it.

    Its XML declaration is left out, since it would contradict the decoded text.

    InputError: the page is too large or not text.
    """
    if len(body) > PAGE_LIMIT:
        raise InputError(f"the page is larger than {PAGE_LIMIT:,} bytes; save it as text")
    claims = (_in(_CHARSET, about.get("content_type", "").encode()), _in(_CHARSET, body[:_HEAD]))
    page, note = decode(body, declared=choose(body, claims=claims))
    return _DECLARATION.sub("", clean(page), count=1), note


def feed_text(body: bytes, *, about: Mapping[str, str]) -> str:
    """Return the text of a feed; its own declaration takes precedence over the server's.

    InputError: the feed is not text.
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


def _in(pattern: re.Pattern[bytes], head: bytes) -> str:
    match = pattern.search(head)
    return match[1].decode("ascii") if match else ""


#: Most bytes of an input after decompression: two hundred times a heavy day (581 articles, 0.9 MB).
FILE_LIMIT = 200_000_000
#: Most bytes of a JSON line: eighty for each character that a document may have.
LINE_LIMIT = 16_000_000
#: Bytes read at a time.
_CHUNK = 65_536


class Stream:
    """A seekable input, decompressed as it is read; records why reading ended early."""

    def __init__(self, raw: BinaryIO, *, limit: int = FILE_LIMIT) -> None:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        self._source = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
        self._limit = limit
        self._taken = 0
        #: Why reading stopped before the end; empty if it did not.
        self.fault = ""

    def _take(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            piece = read(size)
        except EOFError:
            self.fault = "the gzip file ends too early; what came before was read"
            return b""
        except (OSError, zlib.error):
            self.fault = "the file is damaged; what came before was read"
            return b""
        self._taken += len(piece)
        if self._taken > self._limit:
            self.fault = f"larger than {self._limit:,} bytes; what came before was read; split it"
            return b""
        return piece

    def head(self, size: int) -> bytes:
        """Return the first ``size`` bytes, or all if there are fewer."""
        pieces: list[bytes] = []
        missing = size
        while missing > 0 and (piece := self._take(self._source.read, min(missing, _CHUNK))):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Yield the number, from 1, and bytes of every line; None for one over ``LINE_LIMIT``."""
        number = 0
        while line := self._take(self._source.readline, LINE_LIMIT + 1):
            number += 1
            if len(line) <= LINE_LIMIT:
                yield number, line
                continue
            while line and not line.endswith(b"\n"):
                line = self._take(self._source.readline, LINE_LIMIT)
            yield number, None
