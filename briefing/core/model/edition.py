"""What is printed: briefs in sections, the panel, the ledger, and the edition that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from briefing.core.model.choice import Choice
from briefing.core.model.correction import Correction, CorrectionBrief
from briefing.core.model.document import Document, Sentence, digest
from briefing.core.model.letterhead import PLAIN, Letterhead
from briefing.core.model.note import DeskNote
from briefing.core.model.saga import Saga
from briefing.core.model.story import DateAhead, Figure, Quote, Score, Status


@dataclass(frozen=True, slots=True)
class EarlierHeadline:
    """The headline under which an earlier edition told or named a story."""

    #: Id and local date of that edition.
    edition: str
    day: date
    #: The whole title of a document of that edition.
    title: Sentence


@dataclass(frozen=True, slots=True)
class Brief:
    """What is printed of one story in one section."""

    #: Id of the story.
    story: str
    #: The title of one of the story's documents, verbatim.
    headline: str
    #: Against earlier editions.
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
    #: Further sections that the story touches, in printed order.
    touches: tuple[str, ...] = ()
    #: Printed below the headline of a developing story, unless it is the same.
    earlier: EarlierHeadline | None = None
    #: What it goes on with; None: it begins.
    saga: Saga | None = None


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
class NamedStory:
    """A story that the page names by its headline alone."""

    #: Id of the story.
    story: str
    #: The whole title of one of its documents.
    title: Sentence
    #: Against earlier editions.
    status: Status
    #: Section it belongs to; empty for a story of none.
    section: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What stands beside the news, or below it; empty parts are not printed."""

    figures: tuple[Figure, ...] = ()
    quotes: tuple[Quote, ...] = ()
    ahead: tuple[DateAhead, ...] = ()
    #: Whether the edition's days are drawn.
    chart: bool = False
    #: Stories that have no brief, those that moved on since earlier editions first.
    also: tuple[NamedStory, ...] = ()


class Scale(StrEnum):
    """The sizes of type of two columns, from few words on the page to many; that of one column."""

    THIN = "thin"
    ROOMY = "roomy"
    NORMAL = "normal"
    HEAVY = "heavy"
    #: One column in one size of type, whatever the day; the panel stands below the news.
    COLUMN = "column"

    @property
    def below(self) -> bool:
        """Whether the news is one column, and the panel stands below it."""
        return self in {Scale.THIN, Scale.COLUMN}


class Flow(StrEnum):
    """How the briefs of one section stand on the page."""

    #: In two columns, read down the left one first.
    COLUMNS = "columns"
    #: The last one runs over two balanced columns; the others stand in two columns above it.
    WIDE = "wide"
    #: The only one takes a column beside that of the section before or after it.
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Setting:
    """The typographic choices of one page, enough to lay it out again byte for byte."""

    #: Which of the theme's sizes of type.
    scale: Scale
    #: Line of body text in points; all vertical distances are multiples of it.
    lead: float
    #: Size of the top headline in points.
    headline: float
    #: For each printed section, and then for each block of a panel below two columns of news: how
    #: many of its items stand in the left column.
    splits: tuple[int, ...] = ()
    #: Extra white between the blocks of the panel, in points.
    side_gap: float = 0.0
    #: The same for how they stand; empty where all stand in columns.
    flows: tuple[Flow, ...] = ()


#: Reasons in the ledger that its readers compute with.
COPY, NO_SECTION = "copy of another report", "of no section of this briefing"
LEFT_OUT_BY_EDITOR, COMMENTARY = "left out by an editor", "commentary on another story"
#: Of a page of chosen sections.
NOT_CHOSEN = "of sections not chosen"


@dataclass(frozen=True, slots=True)
class FoundStory:
    """One story of the day, printed or not, as the ledger keeps it."""

    #: "s1", "s2" …
    story: str
    #: Title of its most central report; may be empty.
    headline: str
    #: Ids of its reports, the most central one first, then of their copies.
    documents: tuple[str, ...]
    #: The section that it belongs to, or the likeliest of those printed.
    section: str
    #: Probability of that section.
    probability: float = 0.0
    #: Its weight against the other stories of the day, above 0; 0: unknown.
    salience: float = 0.0
    #: Why its sentences were not up for print; empty: they were.
    why: str = ""


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
    #: Sources of earlier editions that changed or vanished since the last one.
    corrections: tuple[Correction, ...] = ()
    #: Corrections that are printed, and those that had no room and are due in the next edition.
    corrected: int = 0
    corrections_waiting: int = 0
    #: Stories that are named by their headline alone.
    named: int = 0
    #: Reports that were given without a date: those that say their day in their own words, and
    #: those that do not.
    dated_by_words: int = 0
    undated: int = 0
    #: Every story found, the most important first; empty in what was written without.
    found: tuple[FoundStory, ...] = ()


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
    #: By document: the rarest words that it shares with the most central one.
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    #: Ids of commentary on the story, which is not printed, with how likely each is on its event.
    commentary: tuple[tuple[str, float], ...] = ()
    #: Words that define sections and stand in the story: words, section, number of matches.
    matches: tuple[tuple[str, str, float], ...] = ()


class Effect(StrEnum):
    """What came of a choice."""

    #: It was met.
    MET = "met"
    #: No story has the report that it names.
    ABSENT = "absent"
    #: Nothing of its story can be printed.
    WORDLESS = "wordless"
    #: Another choice about the same story counts: a later one, or that it is dropped.
    OVERRULED = "overruled"
    #: The title of its report cannot be the headline of its story.
    UNTITLED = "untitled"


@dataclass(frozen=True, slots=True)
class ChoiceOutcome:
    """One choice of an editor with what came of it."""

    choice: Choice
    effect: Effect
    #: Id of the story that it is about; empty when its report is absent.
    story: str = ""


@dataclass(frozen=True, slots=True)
class Serial:
    """Which edition of its briefing, and which of its day, one is."""

    #: 1 for the first of its briefing; no two have the same.
    number: int
    #: 1 for the first of its day, one more for each of that day that was withdrawn.
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Edition:
    """One briefing of one day."""

    #: The text of an :class:`EditionId`.
    id: str
    #: As on the nameplate.
    name: str
    #: The local date.
    day: date
    #: ISO 639-1.
    language: str
    #: 1 for the first; one more than any edition before, withdrawn ones counted.
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
    #: What editors decided about it, in the order in which they did.
    choices: tuple[ChoiceOutcome, ...] = ()
    #: Printed words of earlier editions that are no longer so, in printed order.
    corrections: tuple[CorrectionBrief, ...] = ()
    #: Web address at which every sentence is shown in its source; empty: none.
    address: str = ""
    #: What its house adds to the look.
    letterhead: Letterhead = PLAIN
    #: The local date of the edition before; None for the first, whose stories have no status.
    since: date | None = None
    #: The desk's own note; None: there is none.
    note: DeskNote | None = None
    #: What the reports of printed stories announce for days to come, beyond the panel: whole
    #: sentences, not printed, for the diary; in the order of the sections, then by day.
    announced: tuple[DateAhead, ...] = ()
    #: Of the page of readers who chose sections: their names, in printed order; empty: of all.
    only: tuple[str, ...] = ()

    @property
    def top(self) -> Brief | None:
        """The brief that opens the page."""
        return next((brief for brief in self.briefs() if brief.top), None)

    @property
    def offered(self) -> tuple[str, ...]:
        """Names of all sections of its briefing, in printed order."""
        return tuple(self.days[-1].stories) if self.days else ()

    @property
    def panel_below(self) -> bool:
        """Whether the panel stands below two columns of news, as the setting goes on to it."""
        bands = sum(any(not brief.top for brief in section.briefs) for section in self.sections)
        return len(self.setting.splits) > bands and not self.setting.scale.below

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
        """Yield every slice that is printed: sentences, the panel's, those of corrections."""
        yield from self.sentences()
        for figure in self.panel.figures:
            yield from (figure.clause, figure.numeral)
        for quote in self.panel.quotes:
            yield from (quote.words, quote.speaker)
            if quote.office is not None:
                yield quote.office
        for ahead in self.panel.ahead:
            yield ahead.clause
        for correction in self.corrections:
            if not correction.headline:
                yield from correction.slices

    def titles(self) -> Iterator[Sentence]:
        """Yield every title that is printed beside the headlines; no slice of a text."""
        yield from (brief.earlier.title for brief in self.briefs() if brief.earlier)
        yield from (named.title for named in self.panel.also)
        for correction in self.corrections:
            if correction.headline:
                yield from correction.slices

    def slices(self) -> Iterator[Sentence]:
        """Yield every slice that is to be proved: the printed ones, then those of the diary."""
        yield from self.passages()
        for ahead in self.panel.ahead:
            yield ahead.mention
        for ahead in self.announced:
            yield from (ahead.clause, ahead.mention)
