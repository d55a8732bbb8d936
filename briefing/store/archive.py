"""Finds in what was printed: sentences by their words, editions by their days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    func,
    insert,
    select,
)

from briefing.core.model import Brief, Edition
from briefing.store.round_tables import PRINTED, PUBLISHER
from briefing.store.tables import EDITION
from briefing.store.upsert import insert_into
from briefing.store.versions import AnyRow, normalized

#: Words looked for, and characters of each; more are left out.
MOST_WORDS, LONGEST_WORD = 8, 60
#: Characters of a publisher's name that are kept: an index takes no more than some 2,700 bytes.
_LONGEST_NAME = 200
#: Characters of a question that are read at all.
_LONGEST = 2_000
#: A phrase in quotation marks, or what stands between spaces.
_WORD = re.compile(r'"([^"]+)"|([^\s"]+)')
#: Letters that Unicode does not take apart; apostrophes, quotation marks and dashes of all shapes.
_ALIKE = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ħ": "h",
    }
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\xab\xbb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
#: Marks on letters; what takes no room or is no character.
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; what is empty or None asks for nothing."""

    #: All of them must stand in one sentence with its headline and publishers, whatever their case
    #: and accents, also within longer words; a phrase in quotation marks counts as one word.
    words: str = ""
    #: Name of a section.
    section: str = ""
    #: As :func:`publishers` gives it.
    publisher: str = ""
    #: First and last day.
    since: date | None = None
    until: date | None = None
    #: "new", "developing" or "continuing".
    status: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A brief that was found."""

    #: Id of the edition, its day and its number.
    edition: str
    day: date
    number: int
    section: str
    status: str
    headline: str
    #: The first of the brief's sentences with the words.
    sentence: str
    #: Those the brief cites, the headline's first.
    publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page of what was found."""

    #: Briefs in all.
    total: int
    hits: tuple[Hit, ...]


def fold(text: str) -> str:
    """Return a text without case, accents and kinds of white space and quotation marks.

    Another result needs a migration that fills the table of sentences anew.
    """
    apart = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_ALIKE)
    kept = "".join(
        " " if unicodedata.category(one) == "Cc" else one
        for one in apart
        if unicodedata.category(one) not in _DROPPED
    )
    return normalized(unicodedata.normalize("NFC", kept))


def words_of(question: str) -> tuple[str, ...]:
    """Return the words and phrases of a question, folded, each once."""
    found = (normalized(one or other) for one, other in _WORD.findall(fold(question[:_LONGEST])))
    cut = (word[:LONGEST_WORD].rstrip() for word in found if word)
    return tuple(dict.fromkeys(cut))[:MOST_WORDS]


def put(tx: Connection, briefing: str, edition_id: str, edition: Edition) -> None:
    """Keep the sentences of an edition, to be found, and the publishers that it cites."""
    rows = _rows(edition)
    if not rows:
        return
    tx.execute(insert(PRINTED), [{"edition": edition_id, **row} for row in rows])
    names = sorted({name for row in rows for name in _apart(row["publishers"])})
    if names:
        adding = insert_into(tx, PUBLISHER).on_conflict_do_nothing()
        tx.execute(adding, [{"briefing": briefing, "name": name} for name in names])


def search(
    tx: Connection, briefing: str, question: Question, *, limit: int, offset: int = 0
) -> SearchPage:
    """Return the briefs in which a sentence has all that is asked for.

    Newest day first, then as printed. A question that asks for nothing finds every brief.
    """
    first = _first(briefing, question).subquery()
    page = (
        select(PRINTED, EDITION.c.day, EDITION.c.number, first.c.total)
        .select_from(first)
        .join(PRINTED, (PRINTED.c.edition == first.c.edition) & (PRINTED.c.place == first.c.place))
        .join(EDITION, EDITION.c.id == first.c.edition)
        .order_by(EDITION.c.day.desc(), PRINTED.c.place)
    )
    rows = tx.execute(page.limit(limit).offset(offset)).all()
    if rows or not offset:
        return SearchPage(rows[0].total if rows else 0, tuple(map(_hit, rows)))
    return SearchPage(_total(tx, briefing, question), ())


def days(tx: Connection, briefing: str, *, first: date, last: date) -> Mapping[date, int]:
    """Return the numbers of the editions from one day to another, by day, oldest first."""
    within = EDITION.c.day.between(first, last)
    found = select(EDITION.c.day, EDITION.c.number).where(EDITION.c.briefing == briefing, within)
    return {row.day: row.number for row in tx.execute(found.order_by(EDITION.c.day))}


def publishers(tx: Connection, briefing: str) -> tuple[str, ...]:
    """Return all publishers that were ever cited beside a brief, by name."""
    found = select(PUBLISHER.c.name).where(PUBLISHER.c.briefing == briefing)
    return tuple(sorted(tx.execute(found).scalars(), key=lambda name: (fold(name), name)))


def neighbours(tx: Connection, briefing: str, day: date) -> tuple[date | None, date | None]:
    """Return the days of the editions before and after a day, whether or not it has one itself."""
    column = EDITION.c.day
    ours = EDITION.c.briefing == briefing
    before = tx.execute(select(func.max(column)).where(ours, column < day)).scalar()
    after = tx.execute(select(func.min(column)).where(ours, column > day)).scalar()
    return before, after


def _first(briefing: str, question: Question) -> Select[Any]:
    """Return the first sentence that fits of each brief, with how many briefs there are."""
    return (
        select(
            PRINTED.c.edition,
            func.min(PRINTED.c.place).label("place"),
            func.count().over().label("total"),
        )
        .join(EDITION)
        .where(EDITION.c.briefing == briefing, *_wanted(question))
        .group_by(PRINTED.c.edition, PRINTED.c.brief)
    )


def _total(tx: Connection, briefing: str, question: Question) -> int:
    found = select(func.count()).select_from(_first(briefing, question).subquery())
    return tx.execute(found).scalar_one()


def _wanted(question: Question) -> list[ColumnElement[bool]]:
    wanted = [_holds(PRINTED.c.sought, word) for word in words_of(question.words)]
    if question.section:
        wanted.append(PRINTED.c.section == question.section)
    if question.publisher:
        wanted.append(_holds(PRINTED.c.publishers, f"\n{question.publisher}\n"))
    if question.status:
        wanted.append(PRINTED.c.status == question.status)
    if question.since is not None:
        wanted.append(EDITION.c.day >= question.since)
    if question.until is not None:
        wanted.append(EDITION.c.day <= question.until)
    return wanted


def _holds(column: Column[str], word: str) -> ColumnElement[bool]:
    return column.contains(word, autoescape=True)


def _rows(edition: Edition) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    briefs = [(section.name, brief) for section in edition.sections for brief in section.briefs]
    for place, (section, brief) in enumerate(briefs):
        shown = _shown(edition, brief)
        for sentence in brief.sentences:
            told = {
                "section": section,
                "status": brief.status.value,
                "headline": brief.headline,
                "sentence": sentence.text,
                "publishers": "".join(f"\n{one}" for one in shown) + "\n",
                "sought": fold("\n".join((brief.headline, sentence.text, *shown))),
            }
            rows.append({"place": len(rows), "brief": place, **told})
    return rows


def _shown(edition: Edition, brief: Brief) -> tuple[str, ...]:
    """Return the publishers that a brief cites, each on one line, once."""
    cited = (edition.documents[one].publisher for one in brief.sources if one in edition.documents)
    names = (normalized(normalized(name)[:_LONGEST_NAME]) for name in cited)
    return tuple(dict.fromkeys(filter(None, names)))


def _apart(publishers: str) -> tuple[str, ...]:
    return tuple(filter(None, publishers.split("\n")))


def _hit(row: AnyRow) -> Hit:
    return Hit(
        edition=row.edition,
        day=row.day,
        number=row.number,
        section=row.section,
        status=row.status,
        headline=row.headline,
        sentence=row.sentence,
        publishers=_apart(row.publishers),
    )
