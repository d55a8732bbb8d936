"""Documents, their kinds, and the slices that may be printed from them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar

from briefing.core.frozen import frozen
from briefing.core.glyphs import is_settable

#: The name under which a wire files a report, in place of a headline: "BC-WORLD-HIGHLIGHTS"; and
#: a title that was decoded twice.
_NO_HEADLINE = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)+\Z|.*?(?:â€|Ã¢|[a-z]\?s\b)")
#: Characters of a title that is set as a headline: of the papers of governments and the reports of
#: 40 days all have fewer.
_LONGEST_HEADLINE = 240
#: The section of what belongs in none of the printed ones.
OTHER = "other"


def digest(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes in hexadecimal; a lone surrogate takes three bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def declared(default: object, help: str = "", unset: str = "", **more: str | None) -> Any:  # noqa: ANN401
    """Return a field with the ``help`` of its option, to which ``new`` or ``unset`` is appended.

    ``key``: name of the option; ``noun``: its name in messages; ``schema``: description in the API;
    ``older``: value in stores made before the field existed; None: not an option when adding.
    """
    return field(default=default, metadata={"help": help, "unset": unset} | more)


def no_entries() -> Mapping[Any, Any]:
    """Return the default of a mapping field of a frozen type."""
    return MappingProxyType({})


class Mark(StrEnum):
    """What a source itself, or its operator, says of a report beside its words."""

    #: Only for who pays; what was read may be the first lines.
    PAYWALL = "paywall"
    #: A few lines in place of the report.
    BLURB = "blurb"
    #: A page that is written on while things happen.
    LIVE = "live"
    #: A view, not a report.
    OPINION = "opinion"
    # Further kinds of text, as operators declare them for a whole source.
    #: Declared: news reports.
    WIRE = "wire"
    #: Declared: analysis.
    ANALYSIS = "analysis"
    #: Declared: statements.
    STATEMENT = "statement"
    #: Declared: transcripts.
    TRANSCRIPT = "transcript"
    #: Declared: a state agency.
    STATE = "state"
    #: Declared: features.
    FEATURE = "feature"
    #: Declared: routine notices.
    NOTICE = "notice"


@frozen
class Document:
    """One report as it came in; its text never changes afterwards."""

    #: Unique within an edition.
    id: str
    #: The publisher's own headline; may be empty.
    title: str
    #: Plain text that every printed sentence is a slice of; paragraphs end in a newline.
    text: str = field(metadata={"json": None}, default="")
    #: When it was published, aware UTC; None when the source does not say.
    published: datetime | None = None
    #: Name of the publisher as printed; may be empty.
    publisher: str = ""
    #: Address of the report; may be empty.
    url: str = ""
    #: ISO 639-1 code, or empty when not yet detected.
    language: str = ""
    #: Who owns the publisher; titles of one owner count once. Empty: the publisher itself.
    owner: str = ""
    #: False when only the day of ``published`` is known.
    timed: bool = True
    #: Who wrote it, as the source says; may be empty.
    author: str = ""
    #: When our copy was made, aware UTC; None for what came from a file.
    collected: datetime | None = None
    #: What the source says of it; each at most once, in the order of :class:`Mark`.
    marks: tuple[Mark, ...] = ()
    #: Factor of the weight of its story that its source has; 1 for what came from a file.
    weight: float = field(default=1.0, metadata={"private": True})
    #: How far its operator trusts its source, if that is to be printed: a letter from A to F.
    grade: str = ""
    #: What kind of text it is; None: not yet determined.
    kind: Kind | None = field(default=None, compare=False)
    #: Digest of a text that is not at hand; counts only while ``text`` is empty.
    text_sha256: str = field(
        default="", compare=False, metadata={"json": "sha256", "value": "sha256"}
    )

    def __post_init__(self) -> None:
        for name, moment in (("published", self.published), ("collected", self.collected)):
            if moment is not None and moment.utcoffset() != timedelta(0):
                raise ValueError(f"document {self.id}: {name} must be aware UTC")

    @property
    def sha256(self) -> str:
        """Digest of the text."""
        return self.text_sha256 if self.text_sha256 and not self.text else digest(self.text)

    @property
    def headline(self) -> str:
        """The title if it can be set as a headline; empty if not, or if it is a wire's slug."""
        settable = is_settable(self.title, longest=_LONGEST_HEADLINE)
        settable = settable and not _NO_HEADLINE.match(self.title)
        return self.title if settable else ""

    @property
    def title_slice(self) -> Sentence:
        """The whole title as a slice."""
        return Sentence(self.id, 0, len(self.title), self.title)

    @property
    def family(self) -> str:
        """The name under which this publisher is counted; case does not matter."""
        return (self.owner or self.publisher).casefold()


@frozen
class Sentence:
    """A verbatim slice of a document: ``document.text[start:end] == text``."""

    DERIVED: ClassVar = ("sha256",)

    #: Id of the document.
    document: str
    #: First character, counted in code points from 0.
    start: int
    #: One past the last character.
    end: int
    #: The slice itself.
    text: str
    #: Place among the sentences of its document, from 0.
    index: int = field(default=0, metadata={"json": None})
    #: Number of its paragraph in the document, from 0.
    paragraph: int = field(default=0, metadata={"json": None})
    #: Who says it, where a party speaks: printed before it. Empty: nobody but the report.
    speaker: str = field(default="", compare=False)

    @property
    def sha256(self) -> str:
        """Digest of the slice."""
        return digest(self.text)

    @property
    def key(self) -> tuple[str, int, int]:
        """What identifies the slice: document, start and end."""
        return (self.document, self.start, self.end)


class Kind(StrEnum):
    """What kind of text a report is; the genre comes before the form."""

    #: A report of an agency or a newspaper.
    WIRE = "wire"
    #: One or two sentences of a feed in place of the report.
    TEASER = "teaser"
    #: A column, an editorial, advocacy.
    OPINION = "opinion"
    #: A report that explains.
    ANALYSIS = "analysis"
    #: A press release, a fact sheet, an order of a government or a party.
    STATEMENT = "statement"
    #: Remarks, a press briefing, an interview, word for word.
    TRANSCRIPT = "transcript"
    #: Of a state agency, which speaks for its government.
    STATE = "state"
    #: A page that is written on while things happen, or a roundup.
    LIVE = "live"
    #: Soft news: people, culture, sports.
    FEATURE = "feature"
    #: Routine: market reports, nominations, proclamations, travel.
    NOTICE = "notice"


#: What an operator can declare the reports of a source to be; a teaser is one by its length.
GENRES = tuple(kind for kind in Kind if kind is not Kind.TEASER)
#: Kinds in which a party speaks for itself; its words are printed with their speaker.
PARTIES = frozenset({Kind.STATEMENT, Kind.TRANSCRIPT, Kind.STATE})
