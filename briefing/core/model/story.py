"""Stories, the sagas that link them, and watch-lists with their hits."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from briefing.core.frozen import frozen
from briefing.core.model.document import Document, Sentence, no_entries


class Status(StrEnum):
    """How a story stands against earlier editions."""

    #: Not covered before.
    NEW = "new"
    #: Not covered before, and none of its reports says when it was published.
    UNDATED = "undated"
    #: Covered before, and more has happened since.
    DEVELOPING = "developing"
    #: Covered before, and nothing more has happened.
    CONTINUING = "continuing"


@frozen
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
    #: Ids of other stories that may be on the same event, with how likely their reports are on one
    #: event; the likeliest first.
    near: tuple[tuple[str, float], ...] = ()
    #: Reports in other languages that tell it, which count as none of its own, with the cosine of
    #: their openings and that of its most central one; the likeliest first.
    foreign: tuple[tuple[Document, float], ...] = ()
    #: Nearby stories whose sentence follows it, and whose reports do not count as its own, with
    #: how likely both are on one event.
    beside: "tuple[tuple[Story, float], ...]" = ()

    @property
    def every(self) -> tuple[Document, ...]:
        """Its reports, then those of the stories beside it."""
        beside = (document for story, _ in self.beside for document in story.documents)
        return (*self.documents, *beside)

    @property
    def reports(self) -> int:
        """Number of independent reports; copies are not counted."""
        return len(self.documents)

    @property
    def publishers(self) -> int:
        """Number of publisher families; publishers without a name count as one."""
        return len({document.family for document in self.documents})

    @property
    def published(self) -> dict[str, date]:
        """The local date of publication of each dated report, by its id."""
        return {
            document.id: document.published.date()
            for document in self.every
            if document.published is not None
        }


@frozen
class Score:
    """What a ranker thinks of one sentence."""

    #: Larger is better; comparable only within one call.
    value: float
    #: The parts that make up ``value``, by name.
    terms: Mapping[str, float] = field(default_factory=no_entries)


@frozen
class Figure:
    """A number worth a second look, with the words that say what it measures."""

    #: The numeral with its sign or unit, a slice of the clause's sentence.
    numeral: Sentence
    #: The clause that holds the numeral.
    clause: Sentence
    #: Of a discrepancy in a week in review: the day whose edition printed it.
    day: date | None = field(default=None, metadata={"json": "date"})


@frozen
class Discrepancy:
    """Two reports that give different numbers for one thing."""

    #: The earlier one first where one publisher has both.
    left: Figure
    #: The other one.
    right: Figure
    #: Whether the second is a later report of the publisher of the first.
    revised: bool = False


@frozen
class Quote:
    """One attributed quotation."""

    #: The words between the marks, without them.
    words: Sentence
    #: The speaker's name as the source gives it.
    speaker: Sentence
    #: Office or place of the speaker, if the source gives it.
    office: Sentence | None = None


@frozen
class DateAhead:
    """An event on a day to come."""

    #: The day, resolved against the publication date.
    day: date = field(metadata={"json": "date"})
    #: The clause that tells the event.
    clause: Sentence
    #: The words that name the day.
    mention: Sentence
    #: Of what falls on the edition's own day: the date of the edition that announced it first.
    announced: date | None = None


#: How far back a story may go on with another; a saga that none covered for longer is over.
WEEKS = timedelta(days=30)
_ID = re.compile("s[1-9][0-9]{0,17}")


@frozen
class SagaEntry:
    """What one edition printed of a saga."""

    #: Id of the edition.
    edition: str
    #: Its local date.
    day: date = field(metadata={"json": "date"})
    #: Id of its story there.
    story: str
    #: The headline of that brief.
    headline: str
    #: The first sentence of that brief, with the document that it is a slice of.
    sentence: Sentence


@frozen
class Saga:
    """A saga as seen by an edition that continues it."""

    #: "s1", "s2" … in the order in which sagas of a briefing began; empty until it is printed.
    id: str
    #: The local date of the first edition that covered it.
    since: date
    #: What editions of the last 30 days printed of it, the oldest first; without the one at hand.
    entries: tuple[SagaEntry, ...] = field(metadata={"json": "timeline"})
    #: Ids of other sagas that covered the same event: here they may merge.
    also: tuple[str, ...] = ()
    #: Ids of stories printed before it in its edition that continue it too: here it may split.
    beside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for id_ in filter(None, (self.id, *self.also)):
            if not _ID.fullmatch(id_):
                raise ValueError(f"{id_!r} is not the id of a saga")

    def day_of(self, day: date) -> int:
        """Return the number of a date's day within the saga; its first day is 1."""
        return (day - self.since).days + 1


@frozen
class SagaRegister:
    """Which stories of earlier editions belong to which sagas, including editors' corrections."""

    #: Id of the saga by edition and story.
    of: Mapping[tuple[str, str], str] = field(default_factory=no_entries)
    #: The local date of the first edition that covered each saga, by its id.
    since: Mapping[str, date] = field(default_factory=no_entries)
    #: Number of the last saga that began; 0: none did.
    last: int = 0
    #: Each two ids of which an editor has said that they are two stories.
    apart: frozenset[frozenset[str]] = frozenset()


#: Characters at the head of a text in which a report says what it is about.
OPENING = 1_500


@frozen
class WatchEntry:
    """A person, place, organization or phrase to watch for."""

    #: As it is marked on the page.
    name: str
    #: Other words for the same.
    aliases: tuple[str, ...] = ()


@frozen
class WatchList:
    """Entries that are watched for together."""

    #: Lower-case letters, digits and hyphens; part of an address.
    name: str
    entries: tuple[WatchEntry, ...]
    #: As it is shown; empty: its name.
    label: str = ""
    #: Whether a story that is about an entry is printed before others.
    pull: bool = False
    #: Publishers that report a new story about an entry before an alert is sent; 0: none is.
    alert: int = 0
    #: Whether readers may choose it for their page.
    offer: bool = False
    #: Publishers whose reports are searched; empty: all.
    publishers: frozenset[str] = frozenset()

    @property
    def heading(self) -> str:
        """Its label, else its name."""
        return self.label or self.name

    def hears(self, publisher: str) -> bool:
        """Return whether reports of a publisher are searched; case does not matter."""
        return not self.publishers or publisher.casefold() in map(str.casefold, self.publishers)


def offered_lists(lists: Iterable[WatchList]) -> Mapping[str, str]:
    """Return the labels of the lists that readers may choose, by name."""
    return MappingProxyType(
        {watch_list.name: watch_list.heading for watch_list in lists if watch_list.offer}
    )


@frozen
class WatchHit:
    """A place where a report names an entry of a list."""

    #: Name of the list.
    list: str
    #: Its label.
    label: str
    #: Name of the entry.
    entry: str
    #: A slice of the text of the report, or of its title.
    words: Sentence
    #: Whether it is of the title.
    titled: bool = False
    #: Whether the list pulls stories in.
    pull: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """List and entry that are named."""
        return self.list, self.entry

    @property
    def leads(self) -> bool:
        """Whether it is where a report says what it is about: in its title or opening."""
        return self.titled or self.words.start < OPENING

    def within(self, sentence: Sentence) -> bool:
        """Return whether it is within a sentence of a text."""
        words = self.words
        same = not self.titled and sentence.document == words.document
        return same and sentence.start <= words.start and words.end <= sentence.end


def lists_named(hits: Iterable[WatchHit], offered: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the offered lists among hits, each once, in the order given."""
    return tuple(dict.fromkeys(hit.list for hit in hits if hit.list in offered))


def marked(
    hits: Iterable[WatchHit], *, printed: Sequence[Sentence], cited: Collection[str]
) -> tuple[WatchHit, ...]:
    """Return one hit of each entry: if possible in printed text, else in a cited title."""
    of: defaultdict[tuple[str, str], list[WatchHit]] = defaultdict(list)
    for hit in hits:
        of[hit.key].append(hit)

    def rank(hit: WatchHit) -> tuple[bool, bool, bool]:
        return not any(map(hit.within, printed)), hit.words.document not in cited, not hit.titled

    return tuple(min(own, key=rank) for own in of.values())
