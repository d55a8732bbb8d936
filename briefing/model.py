"""The words of the field as frozen types: documents, sentences, stories, briefs and the edition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from briefing.glyphs import is_settable

#: The section of what belongs in none of the printed ones.
OTHER = "other"


def digest(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes of ``text`` as 64 hexadecimal digits.

    Lone surrogates, which UTF-8 cannot hold, count as their three-byte form.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """One report as it came in; its text never changes afterwards."""

    #: Unique within an edition.
    id: str
    #: The publisher's own headline; may be empty.
    title: str
    #: Plain text that every printed sentence is a slice of; paragraphs end in a newline.
    text: str
    #: Aware UTC, or None when the source does not say.
    published: datetime | None = None
    #: Name of the publisher as printed; may be empty.
    publisher: str = ""
    #: Address of the report; may be empty.
    url: str = ""
    #: ISO 639-1 code, or empty when not yet told.
    language: str = ""
    #: Who owns the publisher; titles of one owner count once. Empty: the publisher itself.
    owner: str = ""
    #: False when only the day of ``published`` is known.
    timed: bool = True

    def __post_init__(self) -> None:
        if self.published is not None and self.published.utcoffset() != timedelta(0):
            raise ValueError(f"document {self.id}: published must be aware UTC")

    @property
    def sha256(self) -> str:
        """Digest of the text."""
        return digest(self.text)

    @property
    def headline(self) -> str:
        """The title where it can be set as one: else nothing."""
        return self.title if is_settable(self.title, longest=150) else ""

    @property
    def family(self) -> str:
        """The name under which this publisher is counted, compared without case."""
        return (self.owner or self.publisher).casefold()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A verbatim slice of a document: ``document.text[start:end] == text``."""

    #: Id of the document.
    document: str
    #: First character, counted in code points from 0.
    start: int
    #: One past the last character.
    end: int
    #: The slice itself.
    text: str
    #: Place among the sentences of its document, from 0.
    index: int = 0
    #: Number of its paragraph in the document, from 0.
    paragraph: int = 0

    @property
    def sha256(self) -> str:
        """Digest of the slice."""
        return digest(self.text)

    @property
    def key(self) -> tuple[str, int, int]:
        """What identifies the slice."""
        return (self.document, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Drop:
    """Something that was left out, and why."""

    #: Id of the document.
    document: str
    #: One of the reasons of ``text.gate``, in words.
    reason: str
    #: The sentence that was dropped; None when the whole document was.
    sentence: Sentence | None = None


class Status(StrEnum):
    """How a story stands against the edition before."""

    NEW = "new"
    DEVELOPING = "developing"
    CONTINUING = "continuing"


@dataclass(frozen=True, slots=True)
class Story:
    """A cluster of documents on one event."""

    #: "s1", "s2" … in order of salience.
    id: str
    #: Most central document first.
    documents: tuple[Document, ...]
    #: Near copies of a document that stand in ``documents``; they count as no report of their own.
    copies: tuple[Document, ...] = ()
    #: Similarity of each document to the first, 0 to 1, in the order of ``documents``.
    links: tuple[float, ...] = ()

    @property
    def reports(self) -> int:
        """Number of independent reports; copies count once."""
        return len(self.documents)

    @property
    def publishers(self) -> int:
        """Number of publisher families behind the reports; those without a name count as one."""
        return len({document.family for document in self.documents})


@dataclass(frozen=True, slots=True)
class Score:
    """What a ranker thinks of one sentence."""

    #: Larger is better; comparable only within one call.
    value: float
    #: The parts that make up ``value``, by name.
    terms: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Figure:
    """A number worth a second look, with the words that say what it measures."""

    #: The numeral with its sign or unit, a slice of the clause's sentence.
    numeral: Sentence
    #: The clause that holds the numeral.
    clause: Sentence


@dataclass(frozen=True, slots=True)
class Quote:
    """One attributed quotation."""

    #: The words between the marks, without them.
    words: Sentence
    #: The speaker's name as the source gives it.
    speaker: Sentence
    #: Office or place of the speaker, if the source gives it.
    office: Sentence | None = None


@dataclass(frozen=True, slots=True)
class DateAhead:
    """An event on a day to come."""

    #: The day, resolved against the publication date.
    day: date
    #: The clause that tells the event.
    clause: Sentence
    #: The words that name the day.
    mention: Sentence


@dataclass(frozen=True, slots=True)
class Brief:
    """What is printed of one story in one section."""

    #: Id of the story.
    story: str
    #: The title of one of the story's documents, verbatim.
    headline: str
    #: Against the edition before.
    status: Status
    #: Independent reports and publisher families of the story.
    reports: int
    publishers: int
    #: In printed order.
    sentences: tuple[Sentence, ...]
    #: Ids of the documents cited, the headline's first.
    sources: tuple[str, ...]
    #: True for the one brief that opens the page.
    top: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A named part of the page."""

    #: Lower case, as the classifier says it; themes set it in capitals.
    name: str
    #: In printed order.
    briefs: tuple[Brief, ...]


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many stories each section had on one day; the chart is drawn from these."""

    #: The local date of the edition.
    day: date
    #: Stories by section name.
    stories: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Panel:
    """What stands beside the news; empty parts are not printed."""

    figures: tuple[Figure, ...] = ()
    quotes: tuple[Quote, ...] = ()
    ahead: tuple[DateAhead, ...] = ()
    #: Whether the edition's days are drawn.
    chart: bool = False


class Scale(StrEnum):
    """The four sizes of type, from few words on the page to many."""

    THIN = "thin"
    ROOMY = "roomy"
    NORMAL = "normal"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class Setting:
    """The typographic choices of one page, enough to lay it out again byte for byte."""

    #: Which of the theme's sizes of type.
    scale: Scale
    #: Line of body text in points; all vertical distances are multiples of it.
    lead: float
    #: Size of the top headline in points.
    headline: float
    #: For each printed section: how many of its briefs stand in the left column.
    splits: tuple[int, ...] = ()
    #: Extra white between the blocks of the panel, in points.
    side_gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What happened to everything that came in."""

    #: Documents read, and how many of them were dropped before clustering.
    documents: int = 0
    #: Publishers among them.
    publishers: int = 0
    #: Stories found and stories printed.
    stories: int = 0
    printed: int = 0
    #: Candidate sentences and sentences printed.
    sentences: int = 0
    sentences_printed: int = 0
    #: Number dropped, by reason; documents and sentences apart.
    dropped_documents: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    dropped_sentences: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: Stories that could not be printed, by reason; those without room stand in ``no_room``.
    dropped_stories: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: What could not be read: input and reason.
    failed: tuple[tuple[str, str], ...] = ()
    #: Stories that were good enough but had no room: id, headline, section.
    no_room: tuple[tuple[str, str, str], ...] = ()
    #: Each dropped document: id and reason.
    drops: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a story stands where it stands; ``briefing why`` prints it."""

    #: Document ids with their similarity to the story's centre.
    links: tuple[tuple[str, float], ...]
    #: Probability of each section for the whole story.
    sections: Mapping[str, float]
    #: The story's own salience and its parts.
    salience: Score
    #: Each candidate sentence: text, section, score, whether it was printed.
    sentences: tuple[tuple[str, str, Score, bool], ...]
    #: Headlines of the stories ranked right below, which had less.
    beaten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """One briefing of one day."""

    #: "asia-desk/2026-01-04".
    id: str
    #: As on the nameplate.
    name: str
    #: The local date.
    day: date
    #: ISO 639-1.
    language: str
    #: 1 for the first; one more than the edition before.
    number: int
    #: Place and time of publication as printed, such as "Geneva, 06:30"; may be empty.
    dateline: str
    #: In printed order; the top brief stands first in its own section.
    sections: tuple[Section, ...]
    #: Beside the news.
    panel: Panel
    #: Every document cited on the page, by id.
    documents: Mapping[str, Document]
    #: Stories a day, oldest first, today last.
    days: tuple[DayCount, ...]
    #: What happened to everything that came in.
    ledger: Ledger
    #: How the page is set.
    setting: Setting
    #: Why each printed story stands where it stands, by story id.
    evidence: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    #: Recipe, versions and digests that make the same bytes again.
    manifest: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def top(self) -> Brief | None:
        """The brief that opens the page."""
        return next((brief for brief in self.briefs() if brief.top), None)

    @property
    def proof(self) -> str:
        """Digest of all printed passages: one line each, document, start, end and sha256."""
        return digest(
            "\n".join(
                f"{passage.document} {passage.start} {passage.end} {passage.sha256}"
                for passage in self.passages()
            )
        )

    def briefs(self) -> Iterator[Brief]:
        """Yield every brief in the order of the sections."""
        for section in self.sections:
            yield from section.briefs

    def sentences(self) -> Iterator[Sentence]:
        """Yield every printed sentence in the order of the sections."""
        for brief in self.briefs():
            yield from brief.sentences

    def passages(self) -> Iterator[Sentence]:
        """Yield every slice that is printed: sentences, then the panel's."""
        yield from self.sentences()
        for figure in self.panel.figures:
            yield from (figure.clause, figure.numeral)
        for quote in self.panel.quotes:
            yield from (quote.words, quote.speaker)
            if quote.office is not None:
                yield quote.office
        for ahead in self.panel.ahead:
            yield ahead.clause

    def slices(self) -> Iterator[Sentence]:
        """Yield every slice that the page rests on: the printed ones, then the words of dates."""
        yield from self.passages()
        for ahead in self.panel.ahead:
            yield ahead.mention
