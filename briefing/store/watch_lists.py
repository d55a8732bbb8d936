"""Watch-list entries that editions name, and alerts about new stories."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from briefing.core.frozen import frozen
from briefing.core.model import Edition, Sentence, WatchHit
from briefing.core.text.speech import headline_of, printed_title
from briefing.store.engine import AnyRow, delete_rows, insert_into, insert_rows, update_rows, upsert
from briefing.store.tables import WATCH_ALERT, WATCHED
from briefing.store.versions import sentence_of, slice_row


@frozen
class WatchedStory:
    """A story that names entries of a list, as its edition printed it."""

    edition: str
    day: date
    #: Id of the story in the edition.
    story: str
    #: The entries, in the order in which they are named.
    entries: tuple[str, ...]
    #: Whether only its title was printed.
    named: bool
    section: str
    headline: str
    #: The printed sentence that names the first entry, or else the first of the brief; for a named
    #: story, its title.
    sentence: Sentence


def put(tx: Connection, briefing: str, edition: Edition) -> None:
    """Store the entries that the stories of an edition name."""
    rows = [
        {**row, "edition": edition.id, "briefing": briefing, "day": edition.day, "place": place}
        for place, row in enumerate(_rows(edition))
    ]
    insert_rows(tx, WATCHED, rows)


def names(tx: Connection, briefing: str) -> tuple[str, ...]:
    """Return the names of all lists that editions ever named, in alphabetical order.

    Each takes one index lookup, however many editions there are.
    """
    names: list[str] = []
    query = select(func.min(WATCHED.list)).where(WATCHED.briefing == briefing)
    name = tx.scalar(query)
    while name is not None:
        names.append(name)
        name = tx.scalar(query.where(WATCHED.list > name))
    return tuple(names)


def last(tx: Connection, briefing: str, name: str) -> date | None:
    """Return the last day on which an edition named a list; None if none has."""
    query = _of(briefing, name).with_only_columns(WATCHED.day)
    return tx.scalar(query.order_by(WATCHED.day.desc()).limit(1))


def stories(tx: Connection, briefing: str, name: str, *, since: date, upto: date) -> int:
    """Count the stories between two days that name an entry of a list."""
    story = (
        _of(briefing, name)
        .with_only_columns(WATCHED.edition, WATCHED.story)
        .where(WATCHED.day.between(since, upto))
        .distinct()
        .subquery()
    )
    return tx.execute(select(func.count()).select_from(story)).scalar_one()


def entries(
    tx: Connection, briefing: str, name: str, *, since: date, upto: date
) -> Mapping[str, int]:
    """Count the stories between two days that name each entry of a list, most first."""
    query = (
        _of(briefing, name)
        .with_only_columns(WATCHED.entry, func.count().label("stories"))
        .where(WATCHED.day.between(since, upto))
        .group_by(WATCHED.entry)
    )
    rows = sorted(tx.execute(query), key=lambda row: (-row.stories, row.entry))
    return {row.entry: row.stories for row in rows}


def by_day(
    tx: Connection, briefing: str, name: str, *, limit: int, offset: int = 0
) -> tuple[int, tuple[WatchedStory, ...]]:
    """Return the number of days on which a list was named, and one page's stories, newest first."""
    own = _of(briefing, name)
    days = own.with_only_columns(WATCHED.day).distinct()
    total: int = tx.execute(select(func.count()).select_from(days.subquery())).scalar_one()
    shown = tx.scalars(days.order_by(WATCHED.day.desc()).limit(limit).offset(offset)).all()
    if not shown:
        return total, ()
    within = own.where(WATCHED.day.between(shown[-1], shown[0]))
    rows = tx.execute(within.order_by(WATCHED.day.desc(), WATCHED.place))
    by_story: dict[tuple[str, str], list[AnyRow]] = {}
    for row in rows:
        by_story.setdefault((row.edition, row.story), []).append(row)
    return total, tuple(
        WatchedStory(
            row.edition,
            row.day,
            row.story,
            (row.entry, *(named.entry for named in others)),
            row.named,
            row.section,
            row.headline,
            sentence_of(row),
        )
        for row, *others in by_story.values()
    )


def _of(briefing: str, name: str) -> Select[Any]:
    return select(WATCHED).where(WATCHED.briefing == briefing, WATCHED.list == name)


def _rows(edition: Edition) -> Iterator[dict[str, object]]:
    """Yield the rows of an edition's stories, the top story first."""
    for section, brief in sorted(edition.placed(), key=lambda pair: not pair[1].top):
        for hit in brief.watched:
            holding = (sentence for sentence in brief.sentences if hit.within(sentence))
            sentence = next(holding, brief.sentences[0])
            row = _row(brief.story, hit, sentence, headline=headline_of(brief, edition))
            yield {**row, "named": False, "section": section}
    for named in edition.panel.also:
        for hit in named.watched:
            row = _row(named.story, hit, named.title, headline=printed_title(named.title.text))
            yield {**row, "named": True, "section": named.section}


def _row(story: str, hit: WatchHit, shown: Sentence, *, headline: str) -> dict[str, object]:
    own = {"list": hit.list, "story": story, "entry": hit.entry, "headline": headline}
    return own | slice_row(shown)


#: The list of the row that records until when reports were searched.
_NONE = ""


def looked(tx: Connection, briefing: str) -> datetime | None:
    """Return until when reports were searched, aware UTC; None if they never were."""
    own = WATCH_ALERT.briefing == briefing, WATCH_ALERT.list == _NONE
    return tx.scalar(select(WATCH_ALERT.at).where(*own))


def look(tx: Connection, briefing: str, *, at: datetime, forget: datetime) -> None:
    """Record until when reports were searched, and delete old alerts."""
    delete_rows(tx, WATCH_ALERT, WATCH_ALERT.briefing == briefing, WATCH_ALERT.at < forget)
    key = {"briefing": briefing, "list": _NONE, "report": _NONE}
    upsert(tx, WATCH_ALERT, key, {"at": at})


def put_alert(  # noqa: PLR0913  the columns of a row
    tx: Connection, briefing: str, name: str, reports: Sequence[str], *, at: datetime, message: str
) -> bool:
    """Record the reports of a story; return whether this is the first alert about it.

    It is not if any of them was recorded before, even by another server at the same time: the
    database makes the later one wait for the earlier. ``reports`` are digests, sorted so that two
    servers never deadlock; ``message`` is one line.
    """
    row = {"briefing": briefing, "list": name, "at": at}
    insert = insert_into(tx, WATCH_ALERT).on_conflict_do_nothing().returning(WATCH_ALERT.report)
    new = [tx.scalar(insert, {**row, "report": report}) for report in reports]
    if None in new:
        return False
    own = WATCH_ALERT.briefing == briefing, WATCH_ALERT.list == name
    update_rows(tx, WATCH_ALERT, *own, WATCH_ALERT.report == reports[0], message=message)
    return True


def recent_alerts(tx: Connection, briefing: str, *, since: datetime) -> tuple[AnyRow, ...]:
    """Return the alerts since a time that have a message, oldest first."""
    query = (
        select(WATCH_ALERT)
        .where(WATCH_ALERT.briefing == briefing, WATCH_ALERT.at > since, WATCH_ALERT.message != "")
        .order_by(WATCH_ALERT.at, WATCH_ALERT.list, WATCH_ALERT.report)
    )
    return tuple(tx.execute(query))
