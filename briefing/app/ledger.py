"""Outcomes of reports and of announced dates, and counts for each publisher."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.model import DateAhead, Document, Edition, Ledger
from briefing.core.text.dates import stands, tells
from briefing.core.text.finders.ahead import HORIZON
from briefing.core.text.words import content_stems
from briefing.press.ledger import (
    LedgerRow,
    as_printed,
    dropped_rows,
    report_rows,
    story_rows,
    with_titles,
)
from briefing.store import Transaction, archive, documents, editions, sources, statistics
from briefing.store.archive import Announcement, PrintedBrief, fold, words_of
from briefing.store.editions import StoredEdition

#: Reason in the ledger for a collected report that is not read.
TOO_OLD = "published too long ago"


def is_unprinted(edition: Edition, story: str) -> bool:
    """Return whether a story was found but not printed."""
    is_known = any(row.story == story for row in edition.ledger.ranked)
    return is_known and all(brief.story != story for brief in edition.briefs())


def has_words(words: str) -> Callable[[str], bool]:
    """Return a test whether a text has all of some words; case and accents are ignored."""
    terms = words_of(words)

    def has(text: str) -> bool:
        folded = fold(text) if terms else ""
        return all(term in folded for term in terms)

    return has


def rows_of_day(edition: Edition, *, words: str = "") -> tuple[LedgerRow, ...]:
    """Return the stories and the reports left out; with ``words``, only matching reports.

    A report matches if its title has all the words, case and accents ignored, or if they are the
    id of its story, which is not printed. ``edition`` has a document for every report whose title
    is known.

    InputError: no title has all of the words.
    """
    if not words_of(words):
        return with_titles(
            (*as_printed(story_rows(edition), edition), *dropped_rows(edition)), edition.documents
        )
    rows = with_titles(report_rows(edition), edition.documents)
    if is_unprinted(edition, words):
        return tuple(row for row in rows if row.story == words)
    has = has_words(words)
    matches = tuple(row for row in rows if has(row.title))
    if not matches:
        raise InputError(
            f"no report that came in for {edition.id} has {words!r} in its title; use fewer words"
        )
    return matches


def with_reports(tx: Transaction, stored: StoredEdition, edition: Edition) -> Edition:
    """Return an edition with a document for every report that came in and is still stored.

    Reports that were only counted, because they were published too long ago, are added to its
    ledger.
    """
    whole = _with_too_old(tx, stored, edition)
    titles = sources.titles(tx, _reports(whole.ledger))
    return replace(whole, documents={**titles, **whole.documents})


def with_texts(tx: Transaction, edition: Edition, story: str) -> Edition:
    """Return an edition with the stored texts of the reports of a story."""
    evidence = edition.evidence.get(story)
    links = evidence.every_link if evidence else ()
    known = documents.texts(tx, (name for name, _ in links))
    return replace(edition, documents={**edition.documents, **known})


def rows_by_reason(
    tx: Transaction, stored: StoredEdition, edition: Edition, *, most: int
) -> dict[str, tuple[LedgerRow, ...]]:
    """Return what was left out, by reason in the ledger, with at most ``most`` for each.

    Reports whose titles are no longer known are left out.
    """
    whole = _with_too_old(tx, stored, edition)
    groups: dict[str, list[LedgerRow]] = {}
    for row in (*as_printed(story_rows(whole), whole), *dropped_rows(whole)):
        if row.why and len(group := groups.setdefault(row.why, [])) < most:
            group.append(row)
    titles = sources.titles(tx, (row.document for group in groups.values() for row in group))
    documents = {**titles, **whole.documents}
    return {
        why: tuple(row for row in with_titles(tuple(group), documents) if row.title)
        for why, group in groups.items()
    }


def _reports(ledger: Ledger) -> list[str]:
    in_stories = (name for story in ledger.ranked for name in story.documents)
    return [*in_stories, *(name for name, _ in ledger.drops)]


def _with_too_old(tx: Transaction, stored: StoredEdition, edition: Edition) -> Edition:
    """Add the reports that an edition counted as too old, but that its ledger does not list."""
    ledger = edition.ledger
    count = ledger.dropped_documents.get(TOO_OLD, 0)
    if not count or not ledger.ranked:
        return edition
    known = {*_reports(ledger), *edition.documents}
    collected = sources.collected_titles(tx, since=stored.since, until=stored.until)
    old = [(name, TOO_OLD) for name in collected if name not in known][:count]
    return replace(edition, ledger=replace(ledger, drops=(*ledger.drops, *old)))


#: For how long after a day editions may report what happened on it.
_AFTER = timedelta(days=2)


def due_on(tx: Transaction, briefing: str, day: date) -> tuple[tuple[DateAhead, Document], ...]:
    """Return what was announced for a day, as first announced, oldest announcement first.

    Left out is what the newest version of the report no longer says, and what was never printed
    and cannot be read on its own.
    """
    since, upto = day - timedelta(days=HORIZON), day - timedelta(days=1)
    announced = archive.announced(tx, briefing, since=since, upto=upto)
    entries = sorted(
        (entry for entry in announced if entry.day == day), key=lambda entry: entry.printed
    )
    records = editions.records_of(tx, {entry.edition for entry in entries})
    slices = [each for entry in entries for each in _announced(entry, records[entry.edition])]
    names = {ahead.clause.document for ahead, _ in slices}
    newest = editions.newest(tx, names)
    texts = documents.texts(tx, {*names, *newest.values()})
    return tuple(
        (ahead, texts[name])
        for ahead, printed in slices
        if (name := ahead.clause.document) in texts
        and ahead.clause.text in texts[newest[name]].text
        and (printed or stands(ahead, texts[name]))
    )


def outcomes(
    tx: Transaction, briefing: str, entries: Iterable[Announcement], *, today: date
) -> dict[Announcement, PrintedBrief | None]:
    """Return the outcome of announcements whose day is over, if any brief was printed since.

    This is the first brief about it on that day or the two days after, by :func:`tells`; None: no
    edition reported it.
    """
    past = [entry for entry in entries if entry.day < today]
    if not past:
        return {}
    first, last = min(entry.day for entry in past), max(entry.day for entry in past) + _AFTER
    briefs = archive.briefs_between(tx, briefing, first=first, last=min(last, today))
    stems = {brief: content_stems(f"{brief.headline} {brief.words}") for brief in briefs}
    became = {}
    for entry in past:
        near = [brief for brief in briefs if entry.day <= brief.day <= entry.day + _AFTER]
        telling = (own for own in near if tells(stems[own], entry.words, title=entry.headline))
        if near:
            became[entry] = next(telling, None)
    return became


def _announced(entry: Announcement, text: str) -> Iterator[tuple[DateAhead, bool]]:
    """Yield the slice of an announcement in its edition's record, and whether it was printed."""
    edition = record.read(text, name=entry.edition).edition
    for ahead in (*edition.panel.ahead, *edition.announced):
        if (ahead.day, ahead.clause.text) == (entry.day, entry.words):
            yield replace(ahead, announced=entry.printed), ahead in edition.panel.ahead
            return


def ledger_of(
    tx: Transaction, briefing: str, *, today: date, days: int, name: str = ""
) -> tuple[statistics.PublisherCount, ...]:
    """Return the counts of the last days, including today: of all publishers, or of one.

    InputError: nothing came in on these days, or nothing from this publisher.
    """
    since = today - timedelta(days=days - 1)
    counts = statistics.publisher_counts(tx, briefing, since=since, until=today)
    if not counts:
        raise InputError(f"no reports since {since}; collect some: briefing collect")
    asked = tuple(count for count in counts if count.name.casefold() == name.casefold())
    if name and not asked:
        raise InputError(
            f"no reports of {name!r} since {since}; `briefing sources ledger` lists the publishers"
        )
    return asked if name else counts
