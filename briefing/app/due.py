"""VERB: finds what earlier editions announced for a day, with the texts of its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from briefing.core.model import DateAhead, Document
from briefing.core.text.finders.ahead import HORIZON
from briefing.press import record
from briefing.store import Transaction, diary, documents, editions
from briefing.store.diary import Announcement


def due_on(tx: Transaction, briefing: str, day: date) -> tuple[tuple[DateAhead, Document], ...]:
    """Return what was announced for a day, as it was first, the oldest announcement first.

    Left out are words that the newest version of their report no longer has.
    """
    since, upto = day - timedelta(days=HORIZON), day - timedelta(days=1)
    announced = diary.announced(tx, briefing, since=since, upto=upto)
    entries = sorted((one for one in announced if one.day == day), key=lambda one: one.printed)
    records = editions.records_of(tx, {entry.edition for entry in entries})
    found = [one for entry in entries for one in _printed(entry, records[entry.edition])]
    names = {ahead.clause.document for ahead in found}
    newest = editions.newest(tx, names)
    texts = documents.texts(tx, {*names, *newest.values()})
    return tuple(
        (ahead, texts[name])
        for ahead in found
        if (name := ahead.clause.document) in texts
        and ahead.clause.text in texts[newest[name]].text
    )


def _printed(entry: Announcement, text: str) -> Iterator[DateAhead]:
    """Yield the slice of an announcement, by the record of its edition."""
    edition = record.read(text, name=entry.edition).edition
    for ahead in edition.panel.ahead:
        if (ahead.day, ahead.clause.text) == (entry.day, entry.words):
            yield replace(ahead, announced=entry.printed)
            return
