"""The material of an edition, and what may be printed of each story."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta

from briefing.core.frozen import frozen
from briefing.core.model.document import Document, Sentence, no_entries
from briefing.core.model.edition import (
    Correction,
    CorrectionBrief,
    EarlierHeadline,
    Edition,
    Serial,
)
from briefing.core.model.operator import Choice, DeskNote
from briefing.core.model.story import (
    DateAhead,
    Figure,
    Quote,
    Saga,
    SagaRegister,
    Score,
    Status,
    Story,
    WatchHit,
    WatchList,
)

#: How many days back an edition knows what earlier ones printed.
MEMORY = timedelta(days=7)


@frozen
class Corrections:
    """What the next edition has to correct."""

    #: Every source of an earlier edition that changed or vanished, for the ledger.
    sources: tuple[Correction, ...] = ()
    #: The most important first.
    briefs: tuple[CorrectionBrief, ...] = ()
    #: The documents that these cite, old and new, by id.
    documents: Mapping[str, Document] = field(default_factory=no_entries)


NO_CORRECTIONS = Corrections()


@frozen
class Material:
    """Everything that an edition is made of."""

    #: With distinct ids.
    documents: Sequence[Document]
    #: The local date of the edition.
    day: date
    #: As :func:`recent` gives them; their sentences are not printed again.
    before: Sequence[Edition] = ()
    #: Inputs that could not be read, with reasons, for the ledger.
    failed: Sequence[tuple[str, str]] = ()
    #: How many further documents were not given at all, by reason, for the ledger.
    left_out: Mapping[str, int] = field(default_factory=no_entries)
    #: What is no longer as earlier editions printed it; printed before all news.
    corrections: Corrections = NO_CORRECTIONS
    #: Of editors; they decide what is printed and where, never its words.
    choices: Sequence[Choice] = ()
    #: Which edition it is; None: the one after the edition before.
    serial: Serial | None = None
    #: The desk's own note, printed above the news.
    note: DeskNote | None = None
    #: The editions of the last 30 days, whose stories may go on today; empty: the same as before.
    weeks: Sequence[Edition] = ()
    #: Which of their stories are which saga; None: what they say themselves.
    register: SagaRegister | None = None
    #: What earlier editions announced for this day, with the documents of its words.
    due: Sequence[tuple[DateAhead, Document]] = ()
    #: Which edition of its day it is; empty: the first. Earlier ones may be of the same day.
    edition: str = ""
    #: Readers' own words, a list for each choice of them, by the name of :func:`words_key`.
    own_words: Sequence[WatchList] = ()
    #: What readers muted, words and sagas, by the name of :func:`mutes_key`.
    muted: Mapping[str, Sequence[str]] = field(default_factory=no_entries)

    @property
    def previous(self) -> Edition | None:
        """The edition before this one; None: there is none."""
        return next(iter(self.before), None)

    @property
    def which(self) -> Serial:
        """The serial number, counted from the previous edition if none is given."""
        return self.serial or Serial(self.previous.number + 1 if self.previous else 1)


@frozen
class WeekMaterial:
    """Everything that a week in review is made of."""

    #: Its last local date.
    day: date
    #: The editions of the seven days up to it, at least one, the first first. What they announce
    #: beyond their panels stands alone.
    editions: Sequence[Edition]
    #: Which of their stories are which saga.
    register: SagaRegister
    #: What they printed and is no longer so, whether or not one of them has corrected it.
    wrong: Sequence[CorrectionBrief] = ()
    #: Which of the weeks in review it is.
    serial: Serial = field(default_factory=lambda: Serial(1))

    @property
    def first(self) -> date:
        """The first local date of the week."""
        return self.day - MEMORY + timedelta(days=1)


def recent(editions: Iterable[Edition], *, day: date) -> tuple[Edition, ...]:
    """Return the last edition before a day, and all of the last seven days, newest first.

    If an edition of a day was revised, only its last revision is returned.
    """
    by_number = sorted(editions, key=lambda edition: edition.number)
    known = {(other.day, other.slot): other for other in by_number}.values()
    ordered = sorted(known, key=lambda other: (other.day, other.number), reverse=True)
    return tuple(
        other for place, other in enumerate(ordered) if not place or day - other.day <= MEMORY
    )


#: The sentences of a brief with 1, 2, … of them, each in reading order.
Lengths = tuple[tuple[Sentence, ...], ...]


@frozen
class Ranked:
    """One sentence with its score and the reasons for it."""

    sentence: Sentence
    section: str
    score: Score


@frozen
class Excerpt:
    """One story with everything that the page may take from it."""

    story: Story
    status: Status
    #: Larger is more important; above 0.
    salience: Score
    #: Section and sentences of each brief it may have; its own section first.
    briefs: tuple[tuple[str, Lengths], ...]
    #: Whether an editor wants its first brief printed, before all that is only ranked.
    pinned: bool = False
    #: Whether a watch-list pulls it in: printed before what is only ranked, if there is room.
    pulled: bool = False
    #: Sentences at the end of its first brief, in the order of taking, that are no news of the
    #: event: printed where the page would stay white without them.
    asides: int = 0
    #: Best first; they may be sought only when asked for.
    figures: Iterable[Figure] = ()
    quotes: Iterable[Quote] = ()
    ahead: Iterable[DateAhead] = ()
    #: Probability of each section.
    topics: Mapping[str, float] = field(default_factory=no_entries)
    #: The sentences that most likely open its brief, printed or not.
    best: tuple[Ranked, ...] = ()
    #: Further sections that it surely touches.
    touches: tuple[str, ...] = ()
    #: Of a story that is not new: the headline of its saga in the newest edition that has it.
    earlier: EarlierHeadline | None = None
    #: What it goes on with, before it has a number if it is only now one; None: it begins.
    saga: Saga | None = None
    #: Where its reports name what is watched for, in reading order.
    watched: tuple[WatchHit, ...] = ()
    #: Ids of the reports whose own text holds what its briefs say; None: of all.
    supporting: Container[object] | None = None
    #: Ids of reports whose title states another number of dead than the opening.
    miscounting: frozenset[str] = frozenset()
    #: Id of the report whose title an editor chose as its headline; empty: none.
    titled: str = ""
