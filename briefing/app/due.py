"""VERB: finds what editions announced for a day, and what they told of it when it had come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from briefing.core import record
from briefing.core.model import DateAhead, Document
from briefing.core.text.due import stands, tells
from briefing.core.text.finders.ahead import HORIZON
from briefing.core.text.words import content_stems
from briefing.store import Transaction, diary, documents, editions
from briefing.store.diary import Announcement, PrintedBrief

#: For how long after a day its editions tell what happened on it.
_AFTER = timedelta(days=2)


def due_on(tx: Transaction, briefing: str, day: date) -> tuple[tuple[DateAhead, Document], ...]:
    """Return what was announced for a day, as it was first, the oldest announcement first.

    Left out are words that the newest version of their report no longer has, and words that no page
    has printed if they do not stand alone.
    """
    since, upto = day - timedelta(days=HORIZON), day - timedelta(days=1)
    announced = diary.announced(tx, briefing, since=since, upto=upto)
    entries = sorted((one for one in announced if one.day == day), key=lambda one: one.printed)
    records = editions.records_of(tx, {entry.edition for entry in entries})
    found = [one for entry in entries for one in _announced(entry, records[entry.edition])]
    names = {ahead.clause.document for ahead, _ in found}
    newest = editions.newest(tx, names)
    texts = documents.texts(tx, {*names, *newest.values()})
    return tuple(
        (ahead, texts[name])
        for ahead, printed in found
        if (name := ahead.clause.document) in texts
        and ahead.clause.text in texts[newest[name]].text
        and (printed or stands(ahead, texts[name]))
    )


@dataclass(frozen=True, slots=True)
class AnnouncementOutcome:
    """What editions told of something announced, on its day and the two after it."""

    #: The first brief with most of its words; None: no edition told it.
    brief: PrintedBrief | None


def outcomes(
    tx: Transaction, briefing: str, entries: Iterable[Announcement], *, today: date
) -> dict[Announcement, AnnouncementOutcome]:
    """Return what became of announcements whose day is over; those with no edition yet are not in.

    A brief tells an announcement as :func:`tells` says.
    """
    past = [entry for entry in entries if entry.day < today]
    if not past:
        return {}
    first, last = min(entry.day for entry in past), max(entry.day for entry in past) + _AFTER
    briefs = diary.briefs_between(tx, briefing, first=first, last=min(last, today))
    stems = {one: content_stems(f"{one.headline} {one.words}") for one in briefs}
    found = {}
    for entry in past:
        near = [one for one in briefs if entry.day <= one.day <= entry.day + _AFTER]
        telling = (one for one in near if tells(stems[one], entry.words, title=entry.headline))
        if near:
            found[entry] = AnnouncementOutcome(next(telling, None))
    return found


def _announced(entry: Announcement, text: str) -> Iterator[tuple[DateAhead, bool]]:
    """Yield the slice of an announcement by its edition's record, and whether it is printed."""
    edition = record.read(text, name=entry.edition).edition
    for ahead in (*edition.panel.ahead, *edition.announced):
        if (ahead.day, ahead.clause.text) == (entry.day, entry.words):
            yield replace(ahead, announced=entry.printed), ahead in edition.panel.ahead
            return
