"""What is printed: briefs, corrections, panel and ledger, and the edition that contains them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, TypeVar

from briefing.core.frozen import frozen
from briefing.core.model.document import Document, Sentence, no_entries
from briefing.core.model.letterhead import PLAIN, Letterhead
from briefing.core.model.operator import Action, Choice, DeskNote
from briefing.core.model.round import edition_of, path_of
from briefing.core.model.story import (
    DateAhead,
    Discrepancy,
    Figure,
    Quote,
    Saga,
    Score,
    Status,
    WatchHit,
    lists_named,
)


@frozen
class EarlierHeadline:
    """The headline under which an earlier edition printed or named a story."""

    #: Id of that edition.
    edition: str
    #: Its local date.
    day: date = field(metadata={"json": "date"})
    #: The whole title of a document of that edition.
    title: Sentence


@frozen
class Brief:
    """What is printed of one story in one section."""

    #: Id of the story.
    story: str
    #: The title of one of the story's documents, verbatim.
    headline: str
    #: Against earlier editions.
    status: Status
    #: Independent reports of the story; copies count once.
    reports: int
    #: Publisher families behind them: titles of one owner count once.
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
    #: In a week in review: the days whose editions printed it, the first first.
    days: tuple[date, ...] = ()
    #: One hit of each entry of a watch-list that its reports name, the first named first.
    watched: tuple[WatchHit, ...] = field(default=(), metadata={"private": True})
    #: As readers see it: names of the lists that they may choose and its reports name.
    lists: tuple[str, ...] = ()
    #: Reports in other languages that tell it too, none of ``reports``: their ids by language (ISO
    #: 639-1), those with most publishers first; of each publisher the likeliest.
    foreign: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def marked(self) -> tuple[str, ...]:
        """Ids of the documents whose numbers are printed: those cited, then one per language."""
        return (*self.sources, *(names[0] for _, names in self.foreign))


@frozen
class Section:
    """A named part of the page."""

    #: Lower case, as the classifier says it; themes set it in capitals.
    name: str
    #: In printed order.
    briefs: tuple[Brief, ...]


@frozen
class DayCount:
    """How many stories each section had on one day; the chart is drawn from these."""

    #: The local date of the edition.
    day: date = field(metadata={"json": "date"})
    #: Stories by section name, in printed order.
    stories: Mapping[str, int] = field(metadata={"pairs": True})


@frozen
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
    #: As in a brief.
    watched: tuple[WatchHit, ...] = field(default=(), metadata={"private": True})
    #: As in a brief.
    lists: tuple[str, ...] = ()


#: What tells of a story.
Told = TypeVar("Told", Brief, NamedStory)


@frozen
class Panel:
    """What stands beside the news, or below it; empty parts are not printed."""

    #: Numbers worth a second look.
    figures: tuple[Figure, ...] = ()
    #: Attributed quotations.
    quotes: tuple[Quote, ...] = ()
    #: Events to come, the soonest first.
    ahead: tuple[DateAhead, ...] = ()
    #: Numbers in which reports differ; of editions up to 0.2.0 alone.
    discrepancies: tuple[Discrepancy, ...] = ()
    #: Whether the edition's days are drawn.
    chart: bool = False
    #: Stories that have no brief, those that are developing first.
    also: tuple[NamedStory, ...] = ()


class Scale(StrEnum):
    """The sizes of type of two columns, from few words on the page to many; that of one column."""

    #: For the fewest words; the panel stands below the news.
    THIN = "thin"
    #: For a day with little news.
    ROOMY = "roomy"
    #: For most days.
    NORMAL = "normal"
    #: For a day with much news.
    HEAVY = "heavy"
    #: One column in one size of type, whatever the day; the panel stands below the news.
    COLUMN = "column"

    @property
    def below(self) -> bool:
        """Whether there is one column of news, with the panel below it."""
        return self in {Scale.THIN, Scale.COLUMN}


class Flow(StrEnum):
    """How the briefs of one section stand on the page."""

    #: In two columns, read down the left one first.
    COLUMNS = "columns"
    #: The last one runs over two balanced columns; the others stand in two columns above it.
    WIDE = "wide"
    #: The last one has its headline in the left column and its text in the right one; the others
    #: stand in two columns above it.
    ACROSS = "across"
    #: They take one column, beside that of the section before or after it.
    BESIDE = "beside"
    #: They stand in the column of the section before it, below.
    UNDER = "under"

    @property
    def last_below(self) -> bool:
        """Whether the last brief stands below the two columns of the others."""
        return self in {Flow.WIDE, Flow.ACROSS}


@frozen
class Setting:
    """The typographic choices of one page, enough to lay it out again byte for byte."""

    #: Which of the theme's sizes of type.
    scale: Scale
    #: Line of body text in points; all vertical distances are multiples of it.
    lead: float = field(metadata={"exact": True})
    #: Size of the top headline in points.
    headline: float = field(metadata={"exact": True})
    #: For each printed section, and then for each block of a panel below two columns of news: how
    #: many of its items stand in the left column.
    splits: tuple[int, ...] = ()
    #: Extra white between the blocks of the panel, in points.
    side_gap: float = field(default=0.0, metadata={"exact": True})
    #: The same for how they stand; empty where all stand in columns.
    flows: tuple[Flow, ...] = ()
    #: For each row of sections, and then of blocks of such a panel: the line of its left and of its
    #: right column, as multiples of the page's; empty where no column is stretched.
    lines: tuple[tuple[float, float], ...] = ()


@frozen
class Evidence:
    """Why a story stands where it stands; ``briefing why`` prints it."""

    #: Keys of older records, which are left out.
    FORMER: ClassVar = ("commentary",)
    #: Document ids, each with how likely it and the most central one are on one event, 0 to 1.
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
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=no_entries)
    #: Ids of reports of nearby stories whose sentence follows it, with how likely both stories are
    #: on one event.
    beside: tuple[tuple[str, float], ...] = ()
    #: Words that define sections and stand in the story: words, section, number of matches.
    matches: tuple[tuple[str, str, float], ...] = ()
    #: Ids of reports in other languages that tell it, with the cosine of their openings and that of
    #: the most central report.
    foreign: tuple[tuple[str, float], ...] = ()

    @property
    def every_link(self) -> tuple[tuple[str, float], ...]:
        """Links of its own reports, then of reports in other languages."""
        return (*self.links, *self.foreign)


class Effect(StrEnum):
    """The outcome of a choice."""

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


@frozen
class ChoiceOutcome:
    """A choice of an editor and its outcome."""

    #: As it was made.
    choice: Choice
    #: Whether it was met, and if not why.
    effect: Effect
    #: Id of the story that it is about; empty when its report is absent.
    story: str = ""


@frozen
class Serial:
    """The number of an edition in its briefing, and its revision on its day."""

    #: 1 for the first of its briefing; no two have the same.
    number: int
    #: 1 for the first of its day, one more for each of that day that was withdrawn.
    revision: int = 1


@frozen
class Week:
    """What a week in review is made of."""

    #: Its first local date; the last is that of the edition.
    first: date
    #: Ids of the editions of these days, the first first.
    editions: tuple[str, ...]


@frozen
class Edition:
    """One briefing of one day, or of a week."""

    #: As of an :class:`EditionId`: ``world-desk/2026-03-12``; ``world-desk/2026-03-12-2`` when the
    #: first of that day was withdrawn; ``world-desk_week/2026-03-15`` for the review of a week.
    id: str
    #: As on the nameplate.
    name: str
    #: The local date.
    day: date = field(metadata={"json": "date"})
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
    evidence: Mapping[str, Evidence] = field(default_factory=no_entries, metadata={"private": True})
    #: How the reports of each story that it tells or names open, by its id: their headlines, each
    #: with the first words below it. Later editions tell sagas by these.
    openings: Mapping[str, tuple[str, ...]] = field(
        default_factory=no_entries, metadata={"private": True}
    )
    #: Recipe, versions and digests that make the same bytes again.
    manifest: Mapping[str, str] = field(default_factory=no_entries)
    #: What editors decided about it, in the order in which they did.
    choices: tuple[ChoiceOutcome, ...] = field(default=(), metadata={"private": True})
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
    #: The week that it reviews; None: it is the edition of a day.
    week: Week | None = None
    #: What the watch-lists that readers may choose are called, by name, as the settings have them.
    lists: Mapping[str, str] = field(default_factory=no_entries, metadata={"pairs": True})
    #: Of the page of readers who chose: names of their sections, in printed order.
    only: tuple[str, ...] = ()
    #: Names of their watch-lists; without both it is the page of all sections.
    only_lists: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its path on the web, as :func:`briefing.core.model.path_of` returns it."""
        return path_of(self.slot, self.day)

    @property
    def slot(self) -> str:
        """Its name among the editions of its day; empty: the first."""
        return edition_of(self.id)

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
        """Whether the panel stands below two columns of news; ``setting`` then has its blocks."""
        bands = sum(any(not brief.top for brief in section.briefs) for section in self.sections)
        return len(self.setting.splits) > bands and not self.setting.scale.below

    def shown(self) -> Edition:
        """Return the edition as readers see it.

        Of watch-lists, they see the labels of those offered to them; of stories left out and of
        editors' choices, only the numbers in the ledger.
        """
        ledger, printed = self.ledger, {brief.story for brief in self.briefs()}
        if ledger.ranked:
            named = {named.story for named in self.panel.also}
            known = printed | named | {id_ for id_, _, _ in ledger.no_room}
            left = Counter(
                story.why for story in ledger.ranked if story.why and story.story not in known
            )
            ledger = replace(ledger, dropped_stories=dict(left))
        if self.choices:
            met = {
                (outcome.choice.action is Action.HEADLINE, outcome.story)
                for outcome in self.choices
                if outcome.effect is Effect.MET and outcome.story in printed
            }
            headlines = sum(is_headline for is_headline, _ in met)
            ledger = replace(ledger, chosen=len(met) - headlines, headlines_chosen=headlines)
        sections = tuple(
            replace(section, briefs=tuple(map(self._with_lists, section.briefs)))
            for section in self.sections
        )
        panel = replace(self.panel, also=tuple(map(self._with_lists, self.panel.also)))
        return replace(self, ledger=ledger, sections=sections, panel=panel)

    def _with_lists(self, teller: Told) -> Told:
        names = lists_named(teller.watched, self.lists)
        return replace(teller, lists=names) if teller.watched else teller

    def placed(self) -> Iterator[tuple[str, Brief]]:
        """Yield every brief with the name of its section, in the order of the sections."""
        return ((section.name, brief) for section in self.sections for brief in section.briefs)

    def briefs(self) -> Iterator[Brief]:
        """Yield every brief in the order of the sections."""
        return (brief for _, brief in self.placed())

    def sentences(self) -> Iterator[Sentence]:
        """Yield every printed sentence in the order of the sections."""
        for brief in self.briefs():
            yield from brief.sentences

    def passages(self) -> Iterator[Sentence]:
        """Yield every printed slice: sentences, then those of the panel and of corrections."""
        yield from self.sentences()
        sides = [side for pair in self.panel.discrepancies for side in (pair.left, pair.right)]
        for figure in (*self.panel.figures, *sides):
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
        """Yield every printed title other than headlines; a title is not a slice of a text."""
        yield from (brief.earlier.title for brief in self.briefs() if brief.earlier)
        yield from (named.title for named in self.panel.also)
        for correction in self.corrections:
            if correction.headline:
                yield from correction.slices

    def slices(self) -> Iterator[Sentence]:
        """Yield every slice to be proved: the printed ones, then those of dates ahead."""
        yield from self.passages()
        for ahead in self.panel.ahead:
            yield ahead.mention
        for ahead in self.announced:
            yield from (ahead.clause, ahead.mention)


@frozen
class Correction:
    """A source that is no longer what it was when it was printed."""

    #: Id of the document as printed.
    document: str
    #: Its own title then.
    title: str
    #: Its publisher then.
    publisher: str
    #: Its address then.
    url: str
    #: "changed": a newer version is stored; "vanished": the publisher's page is gone.
    what: str
    #: When we saw it, aware UTC.
    noticed: datetime
    #: Id of the edition that printed it.
    edition: str
    #: How many of its printed sentences stand no longer in the newer version; 0 when it vanished.
    lost: int = 0


class CorrectionKind(StrEnum):
    """What has become of printed words."""

    #: Other words with other facts stand in their place.
    CHANGED = "changed"
    #: The source tells it no longer.
    REMOVED = "removed"
    #: The publisher's page is gone.
    WITHDRAWN = "withdrawn"


@frozen
class CorrectionBrief:
    """Printed words whose source has changed in substance, and what it says now."""

    #: What has become of the words.
    kind: CorrectionKind
    #: As printed; of a headline the whole title, and ``start`` and ``end`` count in it.
    old: Sentence
    #: What stands there now, in the newest version; None when nothing does.
    new: Sentence | None
    #: Id of the edition that printed it.
    edition: str
    #: Its local date.
    day: date = field(metadata={"json": "date"})
    #: When we saw that it changed, aware UTC.
    noticed: datetime
    #: Whether it is a headline: a title, and no slice of a text.
    headline: bool = False
    #: The words that differ, as ranges in the old document (or title).
    old_marks: tuple[tuple[int, int], ...] = ()
    #: The same in the new one.
    new_marks: tuple[tuple[int, int], ...] = ()

    @property
    def slices(self) -> Iterator[Sentence]:
        """Its printed slices, the old words first."""
        yield self.old
        if self.new is not None:
            yield self.new


#: Reasons in the ledger that its readers compute with.
COPY, NO_SECTION = "copy of another report", "of no section of this briefing"
LEFT_OUT_BY_EDITOR = "left out by an editor"
#: Of a page of chosen sections.
NOT_CHOSEN = "of sections not chosen"
#: Of a page whose reader muted a word or a saga of the story.
MUTED = "muted by the reader"


@frozen
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


@frozen
class Ledger:
    """What happened to everything that came in."""

    #: Documents read; in a store also those that were published too long ago.
    documents: int = 0
    #: Publishers among them.
    publishers: int = 0
    #: Stories found.
    stories: int = 0
    #: Stories printed.
    printed: int = 0
    #: Sentences that passed the gate.
    sentences: int = 0
    #: Sentences printed.
    sentences_printed: int = 0
    #: Number of whole documents dropped, by reason.
    dropped_documents: Mapping[str, int] = field(default_factory=no_entries)
    #: Number of sentences dropped from the others, by reason.
    dropped_sentences: Mapping[str, int] = field(default_factory=no_entries)
    #: Stories that could not be printed, by reason; those without room stand in ``no_room``. Of an
    #: edition as readers see it, without those that are named.
    dropped_stories: Mapping[str, int] = field(default_factory=no_entries)
    #: How many inputs could not be read.
    failures: int = 0
    #: Each of them with the reason.
    failed: tuple[tuple[str, str], ...] = field(default=(), metadata={"private": True})
    #: Stories that were good enough but had no room: id, headline, section.
    no_room: tuple[tuple[str, str, str], ...] = ()
    #: Each dropped document: id and reason.
    drops: tuple[tuple[str, str], ...] = field(default=(), metadata={"private": True})
    #: Sources of earlier editions that changed or vanished since the last one.
    corrections: tuple[Correction, ...] = ()
    #: Corrections that are printed.
    corrected: int = 0
    #: Those that had no room and are due in the next edition.
    corrections_waiting: int = 0
    #: Stories that are named by their headline alone.
    named: int = 0
    #: Reports that were given without a date and say their day in their own words.
    dated_by_words: int = 0
    #: Those that do not.
    undated: int = 0
    #: Stories that editors placed.
    chosen: int = 0
    #: Headlines that editors chose.
    headlines_chosen: int = 0
    #: Every story found, the most important first; empty in what was written without.
    ranked: tuple[FoundStory, ...] = field(default=(), metadata={"json": "found", "private": True})
    #: Number of documents by their kind of text, dropped ones too.
    kinds: Mapping[str, int] = field(default_factory=no_entries)
    #: Reports in other languages that tell one of the stories.
    foreign: int = 0
