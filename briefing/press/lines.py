"""Printed lines with their source marks, the numbering of sources, and line breaks to avoid."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from briefing.core.frozen import frozen
from briefing.core.glyphs import is_settable
from briefing.core.language import primary, spoken
from briefing.core.model import Document, Sentence
from briefing.press.wording import say, short_day

_WEB = re.compile(r"(?i)https?://\S+\Z")
#: What XML 1.0 cannot contain, even escaped.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Longest publisher, in characters; anything longer is not a name.
_LONGEST_PUBLISHER = 60


@frozen
class SourceMark:
    """The number of a source after a sentence."""

    #: From 1, in order of first citation.
    number: int
    #: Accessible name: "source 3, Straits Ledger".
    label: str


@frozen
class PrintedLine:
    """One printed sentence with its marks; the text is the source's, byte for byte."""

    text: str
    tied: Words
    marks: tuple[SourceMark, ...]
    sentence: Sentence
    #: Whether it is a whole title rather than a slice of a text.
    titled: bool = False
    #: Who speaks, with the day of an older line that says "today"; empty for a report's own words.
    speaker: str = ""

    @property
    def label(self) -> str:
        """The speaker before the line: "The White House, 28 Feb: "."""
        return f"{self.speaker}{say().colon}" if self.speaker else ""


@frozen
class SourceView:
    """One entry of the list of sources."""

    number: int
    publisher: str
    title: str
    #: Only http or https; empty for any other address.
    url: str
    document: str
    #: Its grade, if grades are printed.
    grade: str = ""
    #: Language of its title, if it differs from the page's.
    language: str = ""


@frozen
class PublisherView:
    """A publisher in the list of sources, with its reports."""

    #: Empty for reports without a publisher.
    name: str
    #: In order of number.
    sources: tuple[SourceView, ...]

    @property
    def grade(self) -> str:
        """The grades of its sources, usually a single one; empty if none is printed."""
        return ", ".join(sorted({source.grade for source in self.sources if source.grade}))


def by_publisher(sources: Iterable[SourceView]) -> tuple[PublisherView, ...]:
    """Group sources by publisher, in order of first citation; those without one come last."""
    grouped: dict[str, list[SourceView]] = {}
    for source in sources:
        grouped.setdefault(source.publisher, []).append(source)
    groups = sorted(grouped.items(), key=lambda pair: not pair[0])
    return tuple(PublisherView(name, tuple(own)) for name, own in groups)


def safe_url(url: str) -> str:
    """Return an http or https address of printable characters, or "" for any other."""
    return url if _WEB.match(url) and url.isprintable() else ""


def xml_text(text: str) -> str:
    """Replace each character that XML 1.0 does not allow (section 2.2) with U+FFFD."""
    return _NO_XML.sub("\ufffd", text)


class Numbering:
    """Numbers the cited documents in order of first citation, beyond the number ``after``."""

    def __init__(self, documents: Mapping[str, Document], *, after: int = 0) -> None:
        self._documents = documents
        self._numbers: dict[str, int] = {}
        self._next = after + 1

    def mark(self, document: str) -> SourceMark:
        """Return the mark of a document, which gets the next number if it has none yet."""
        number = self._numbers.setdefault(document, len(self._numbers) + self._next)
        publisher = source_view(number, self._documents[document]).publisher
        return SourceMark(number, f"{say().source.format(n=number)}, {publisher}".rstrip(", "))

    def sources(self) -> tuple[SourceView, ...]:
        """Return all numbered sources, in order."""
        return tuple(
            source_view(number, self._documents[document])
            for document, number in self._numbers.items()
        )

    def owners(self) -> tuple[str, ...]:
        """Return who owns several cited publishers: "Morning Post, Evening Post: Quill Group"."""
        names: defaultdict[str, dict[str, None]] = defaultdict(dict)
        owners: dict[str, str] = {}
        for source in self.sources():
            document = self._documents[source.document]
            if source.publisher:
                names[document.family][source.publisher] = None
            if is_settable(document.owner, longest=_LONGEST_PUBLISHER):
                owners.setdefault(document.family, document.owner)
        return tuple(
            f"{', '.join(names[family])}: {owner}"
            for family, owner in owners.items()
            if len(names[family]) > 1
        )


def source_view(number: int, document: Document) -> SourceView:
    """Return the list entry of a document."""
    settable = is_settable(document.publisher, longest=_LONGEST_PUBLISHER)
    return SourceView(
        number,
        document.publisher if settable else "",
        document.headline or document.id,
        safe_url(document.url),
        document.id,
        document.grade,
        tag if (tag := primary(document.language)) != spoken().code else "",
    )


def line_of(
    sentence: Sentence,
    marks: Iterable[SourceMark],
    *,
    titled: bool = False,
    of: date | None = None,
) -> PrintedLine:
    """Return the printed line of a sentence; ``of``: its day, which a speaker's "today" needs."""
    speaker = sentence.speaker
    if speaker and of and spoken().week.that_day.search(sentence.text):
        speaker += f", {short_day(of)}"
    return PrintedLine(sentence.text, tie(sentence.text), tuple(marks), sentence, titled, speaker)


#: A last word of at most this many letters is tied to the word before it (docs/page.md, "Setting").
TIED_LETTERS = 9
#: Longest text kept on one line, in characters, so that it fits a column.
_TIED_WIDTH = 25

_WORD = re.compile(r"\S+")
#: A hyphen inside a word, as in "64-kilogram".
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
#: A hyphen followed by a word joiner: invisible, and no line break.
_UNBREAKABLE = "-\u2060"

_TAIL = re.compile(r"(?s)(?P<head>.*?)(?P<tail>(?:\S+\s+)?\S+\s+per\s+cent\S*|\S+\s+\S+)\s*")


#: Longest word that fits a line of the panel in characters, even in capitals, and in small letters.
SHORT, _SMALL = 15, 18
#: A text in capitals with at least this many letters is a headline, not an abbreviation.
_CAPITALS = 12


@frozen
class Words:
    """A text in two parts; the second has no line break."""

    head: str
    tail: str = ""

    @property
    def capitals(self) -> bool:
        """Whether the text is all in capitals, which are set smaller."""
        text = self.head + self.tail
        return text.isupper() and sum(map(str.isalpha, text)) >= _CAPITALS

    @property
    def short(self) -> bool:
        """Whether every word fits on a line, even in the panel."""
        most = SHORT if self.capitals else _SMALL
        return max(map(len, (self.head + self.tail).split()), default=0) <= most


def tie(text: str, *, most: int = _TIED_WIDTH) -> Words:
    """Keep the last two words on one line, and a number with its "per cent".

    ``most`` is the length of a line in characters: words that do not fit together are not tied, nor
    is a last word of more than nine letters, which would leave gaps.
    """
    match = _TAIL.fullmatch(text) if len(text.split()) > 2 else None
    if not match or sum(map(str.isalpha, text.rsplit(maxsplit=1)[-1])) > TIED_LETTERS:
        return Words(text)
    if len(match["tail"]) > most:
        return Words(text)
    return Words(match["head"], match["tail"])


def unbroken(text: str) -> str:
    """Keep hyphenated words on one line, unless they are too long for it.

    A hyphen at the end of a line is then always one of typesetting, so copying and searching may
    ignore it.
    """
    return _WORD.sub(
        lambda word: word[0] if len(word[0]) > _TIED_WIDTH else _HYPHEN.sub(_UNBREAKABLE, word[0]),
        text,
    )
