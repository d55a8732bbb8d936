"""Searches the archive: printed passages by words, editions by day, dates ahead."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select

from briefing.core.frozen import frozen
from briefing.core.model import Edition, edition_of
from briefing.core.text.speech import headline_of, printed_title
from briefing.store.engine import insert_into, read_in_parallel
from briefing.store.round_tables import PRINTED, PUBLISHER
from briefing.store.tables import EDITION, NEWEST, WITHDRAWAL, of_desk
from briefing.store.versions import normalized

#: Most words of a query, and most characters of each; the rest is ignored.
MOST_WORDS, LONGEST_WORD = 8, 60
#: Most characters of a publisher's name that are stored: an index takes some 2,700 bytes at most.
_LONGEST_NAME = 200
#: Most characters of a query that are read.
_LONGEST = 2_000
#: A phrase in quotation marks, or a word.
_WORD = re.compile(r'"([^"]+)"|([^\s"]+)')
#: Letters that Unicode does not decompose; variants of apostrophes, quotation marks and dashes.
_ALIKE = str.maketrans(
    dict(zip("łøđð\u0131ħ", "loddih", strict=True))
    | {"æ": "ae", "œ": "oe", "þ": "th"}
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\xab\xbb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
#: Combining marks, format characters and unassigned code points.
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})


class PassageKind(StrEnum):
    """Where a passage is printed."""

    #: In its brief.
    SENTENCE = "sentence"
    #: Beside the news.
    FIGURE = "figure"
    QUOTATION = "quotation"
    DATE = "date"
    #: The title of a named story.
    HEADLINE = "headline"


@frozen
class Question:
    """A search query; empty fields and None match everything."""

    #: Each word must occur, in any case, with any accents, even within a longer word, in the
    #: passage, in what is printed with it, in its brief's headline or among its publishers. A
    #: phrase in quotation marks counts as one word.
    words: str = ""
    #: Name of a section.
    section: str = ""
    #: As :func:`publishers` returns it.
    publisher: str = ""
    #: First and last day.
    since: date | None = None
    until: date | None = None
    #: "new", "undated", "developing" or "continuing".
    status: str = ""


@frozen
class Hit:
    """A brief that matches a query."""

    #: Id of the edition, its day and its number.
    edition: str
    day: date
    number: int
    #: Place among the briefs of the edition, in the order of the sections, from 0; named stories
    #: follow.
    brief: int
    section: str
    status: str
    headline: str
    #: The first sentence of the brief with the words; if there is none, the first such passage
    #: beside the news.
    sentence: str
    kind: PassageKind
    #: What is printed with the passage: speaker and office, or the day; otherwise empty.
    beside: str
    #: Publishers that the brief cites, the headline's first, then the passage's.
    publishers: tuple[str, ...]


#: The columns of a hit, in the order of its fields.
_HIT: tuple[ColumnElement[Any], ...] = (
    *(PRINTED.edition, EDITION.day, EDITION.number),
    *(
        PRINTED[name]
        for name in "brief section status headline sentence kind beside publishers".split()
    ),
)


@frozen
class SearchPage:
    """One page of search results."""

    #: Number of matching briefs on all pages.
    total: int
    hits: tuple[Hit, ...]


def fold(text: str) -> str:
    """Return a text without case and accents, with white space and quotation marks normalized.

    A change of the result needs a migration that refills the table of sentences.
    """
    apart = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_ALIKE)
    folded = "".join(
        " " if unicodedata.category(character) == "Cc" else character
        for character in apart
        if unicodedata.category(character) not in _DROPPED
    )
    return normalized(unicodedata.normalize("NFC", folded))


def words_of(question: str) -> tuple[str, ...]:
    """Return the distinct words and phrases of a query, folded."""
    terms = (
        normalized(phrase or word) for phrase, word in _WORD.findall(fold(question[:_LONGEST]))
    )
    cut = (word[:LONGEST_WORD].rstrip() for word in terms if word)
    return tuple(dict.fromkeys(cut))[:MOST_WORDS]


def put(tx: Connection, briefing: str, edition_id: str, edition: Edition) -> None:
    """Add the passages of an edition, and the publishers it cites, to the search tables."""
    # section and brief by number, in printed order
    places = dict(sorted(enumerate(edition.placed()), key=lambda place: not place[1][1].top))
    passages = [
        (number, _Passage(sentence.text, sentence.document))
        for number, (_, brief) in places.items()
        for sentence in brief.sentences
    ]
    # passages beside the news belong to the first brief that cites their document, or else to the
    # first whose story has it
    cited = [(document, n) for n, (_, brief) in places.items() for document in brief.sources]
    cited += [
        (document, number)
        for number, (_, brief) in places.items()
        if brief.story in edition.evidence
        for document, _ in edition.evidence[brief.story].links
    ]
    of_document = dict(reversed(cited))
    passages += [
        (of_document[passage.document], passage)
        for passage in _beside(edition)
        if passage.document in of_document
    ]
    heads = {
        number: (section, brief.status, headline_of(brief, edition), brief.sources)
        for number, (section, brief) in places.items()
    }
    for number, named in enumerate(edition.panel.also, start=len(places)):
        heads[number] = named.section, named.status, printed_title(named.title.text), ()
        passages += [
            (number, _Passage(named.title.text, named.title.document, PassageKind.HEADLINE))
        ]
    rows: list[dict[str, Any]] = []
    for number, passage in passages:
        section, status, headline, sources = heads[number]
        own = (edition.documents.get(id) for id in (*sources, passage.document))
        names = (normalized(normalized(each.publisher)[:_LONGEST_NAME]) for each in own if each)
        # each once, on one line
        publishers = tuple(dict.fromkeys(filter(None, names)))
        words = (headline, passage.text, passage.beside, *passage.also, *publishers)
        columns = {
            "section": section,
            "status": status,
            "headline": headline,
            "sentence": passage.text,
            "kind": passage.kind,
            "beside": passage.beside,
            "publishers": "".join(f"\n{publisher}" for publisher in publishers) + "\n",
            "sought": fold("\n".join(words)),
        }
        rows.append({"place": len(rows), "brief": number, **columns})
    if not rows:
        return
    tx.execute(insert(PRINTED), [{"edition": edition_id, **row} for row in rows])
    cited_ever = sorted({name for row in rows for name in publishers_of(row["publishers"])})
    if cited_ever:
        adding = insert_into(tx, PUBLISHER).on_conflict_do_nothing()
        tx.execute(adding, [{"briefing": briefing, "name": name} for name in cited_ever])


def search(
    tx: Connection, briefing: str, question: Question, *, limit: int, offset: int = 0
) -> SearchPage:
    """Return the briefs with a passage that matches the query.

    Newest edition first, then in printed order, the top story first. An empty query matches every
    brief.
    """
    if question.words or question.publisher:
        read_in_parallel(tx)
    # Counting first means that all passages are read only once, and no rows are sorted and skipped.
    counts = tx.execute(
        select(EDITION.id, func.count(PRINTED.brief.distinct()))
        .join_from(PRINTED, EDITION)
        .where(of_desk(briefing), *_conditions(question))
        .group_by(EDITION.id)
        .order_by(*NEWEST)
    ).all()
    ends = tuple(accumulate(number for _, number in counts))
    first, last = bisect_right(ends, offset), bisect_left(ends, offset + limit)
    on_page = [edition for edition, _ in counts[first : last + 1]]
    start = offset - (ends[first - 1] if first else 0)
    # The matching briefs of these editions, each with its first matching passage.
    query = (
        select(*_HIT)
        .join(EDITION)
        .where(EDITION.id.in_(on_page), *_conditions(question))
        .order_by(*NEWEST, PRINTED.place)
    )
    hits: dict[tuple[str, int], Hit] = {}
    for *values, kind, beside, publishers in tx.execute(query) if on_page else ():
        values += [PassageKind(kind), beside, publishers_of(publishers)]
        hit = Hit(*values)
        hits.setdefault((hit.edition, hit.brief), hit)
    return SearchPage(ends[-1] if ends else 0, tuple(hits.values())[start : start + limit])


def days(tx: Connection, series: str, *, first: date, last: date) -> Mapping[date, int]:
    """Return the numbers of the editions of a series between two days, by day, oldest first.

    Further editions of a day, and weeks in review, are series of their own.
    """
    within = EDITION.day.between(first, last)
    query = select(EDITION.day, EDITION.number).where(EDITION.briefing == series, within)
    return {row.day: row.number for row in tx.execute(query.order_by(EDITION.day))}


def every(
    tx: Connection, briefing: str, *, first: date = date.min, last: date = date.max
) -> tuple[tuple[str, date, int], ...]:
    """Return name, day and number of the editions of a desk, newest first; a first has no name."""
    query = select(EDITION.briefing, EDITION.day, EDITION.number)
    within = query.where(of_desk(briefing), EDITION.day.between(first, last))
    return tuple((edition_of(name), *own) for name, *own in tx.execute(within.order_by(*NEWEST)))


def publishers(tx: Connection, briefing: str) -> tuple[str, ...]:
    """Return all publishers ever cited by a brief, in alphabetical order."""
    query = select(PUBLISHER.name).where(PUBLISHER.briefing == briefing)
    return tuple(sorted(tx.scalars(query), key=lambda name: (fold(name), name)))


def state(tx: Connection, briefing: str) -> tuple[int, date | None, int]:
    """Return values that change whenever an edition is added or withdrawn."""
    gone = select(func.count()).where(WITHDRAWAL.briefing == briefing).scalar_subquery()
    printed = select(func.count(), func.max(EDITION.day), gone)
    ((number, last, withdrawn),) = tx.execute(printed.where(of_desk(briefing)))
    return number, last, withdrawn


def neighbours(tx: Connection, briefing: str, day: date) -> tuple[date | None, date | None]:
    """Return the days of the editions before and after a day, which need not have one itself."""
    column = EDITION.day
    own = EDITION.briefing == briefing
    last = select(func.max(column)).where(own, column < day).scalar_subquery()
    first = select(func.min(column)).where(own, column > day).scalar_subquery()
    ((before, after),) = tx.execute(select(last, first))
    return before, after


def _conditions(question: Question) -> list[ColumnElement[bool]]:
    by = PRINTED.publishers.contains(f"\n{question.publisher}\n", autoescape=True)
    asked = (
        (question.publisher, by),
        (question.section, PRINTED.section == question.section),
        (question.status, PRINTED.status == question.status),
        (question.since, EDITION.day >= (question.since or date.min)),
        (question.until, EDITION.day <= (question.until or date.max)),
    )
    words = (PRINTED.sought.contains(word, autoescape=True) for word in words_of(question.words))
    return [*words, *(condition for value, condition in asked if value)]


@frozen
class _Passage:
    """A passage as it is indexed."""

    text: str
    document: str
    kind: PassageKind = PassageKind.SENTENCE
    #: Text printed with it.
    beside: str = ""
    #: Words that are not printed but can be searched for.
    also: tuple[str, ...] = ()


def _beside(edition: Edition) -> Iterator[_Passage]:
    for figure in edition.panel.figures:
        yield _Passage(figure.clause.text, figure.clause.document, PassageKind.FIGURE)
    for quote in edition.panel.quotes:
        by = ", ".join(part.text for part in (quote.speaker, quote.office) if part)
        yield _Passage(quote.words.text, quote.words.document, PassageKind.QUOTATION, by)
    for ahead in (*edition.panel.ahead, *edition.announced):
        day = f"{ahead.day:%A} {ahead.day.day} {ahead.day:%B %Y}"
        iso = (ahead.day.isoformat(),)
        yield _Passage(ahead.clause.text, ahead.clause.document, PassageKind.DATE, day, iso)


def publishers_of(column: str) -> tuple[str, ...]:
    """Return the publishers in the column of a passage."""
    return tuple(filter(None, column.split("\n")))


#: The format of a day in :attr:`_Passage.beside`.
_DAY = "%A %d %B %Y"


@frozen
class Announcement:
    """An event on a day, as it was first printed."""

    day: date
    #: The clause, verbatim.
    words: str
    #: Id and day of the edition that first printed it, and when that was made, aware UTC.
    edition: str
    printed: date
    made: datetime
    #: Place of its brief in the edition, in the order of the sections, from 0.
    brief: int
    section: str
    headline: str
    #: Publishers of the brief, including that of the clause.
    publishers: tuple[str, ...]


def announced(
    tx: Connection, briefing: str, *, since: date, upto: date
) -> tuple[Announcement, ...]:
    """Return what the editions between two days announced, by the announced day.

    The same words for the same day are returned once, as first printed.
    """
    entries: dict[tuple[date, str], Announcement] = {}
    for row in tx.execute(_printed(briefing, PassageKind.DATE, since, upto)):
        entry = Announcement(
            datetime.strptime(row.beside, _DAY).date(),  # noqa: DTZ007  a date without a time
            *(row.sentence, row.edition, row.day, row.made, row.brief, row.section, row.headline),
            publishers_of(row.publishers),
        )
        entries.setdefault((entry.day, fold(entry.words)), entry)
    return tuple(sorted(entries.values(), key=lambda entry: entry.day))


@frozen
class PrintedBrief:
    """A brief of an edition with its text."""

    edition: str
    day: date
    #: Place in the edition, in the order of the sections, from 0.
    brief: int
    headline: str
    #: Its sentences, separated by spaces.
    words: str


def briefs_between(
    tx: Connection, briefing: str, *, first: date, last: date
) -> tuple[PrintedBrief, ...]:
    """Return the briefs of the editions between two days, in printed order."""
    briefs: dict[tuple[str, int], PrintedBrief] = {}
    for row in tx.execute(_printed(briefing, PassageKind.SENTENCE, first, last)):
        before = briefs.get((row.edition, row.brief))
        words = f"{before.words} {row.sentence}" if before else row.sentence
        briefs[row.edition, row.brief] = PrintedBrief(
            row.edition, row.day, row.brief, row.headline, words
        )
    return tuple(briefs.values())


def _printed(briefing: str, kind: PassageKind, first: date, last: date) -> Select[Any]:
    """Select the passages of one kind in the editions between two days."""
    own = of_desk(briefing), EDITION.day.between(first, last)
    query = select(PRINTED, EDITION.day, EDITION.made).join(EDITION)
    order = EDITION.day, EDITION.number, PRINTED.place
    return query.where(*own, PRINTED.kind == kind).order_by(*order)
