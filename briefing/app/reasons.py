"""What became of the reports of a day: of all of them, or of those with words in their titles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from briefing.core.errors import InputError
from briefing.core.model import Edition, Ledger
from briefing.press.ledger_rows import (
    LedgerRow,
    dropped_rows,
    report_rows,
    story_rows,
    with_titles,
)
from briefing.store import Transaction, documents, titles
from briefing.store.archive import fold, words_of
from briefing.store.editions import StoredEdition

#: Why a report that was collected is not read, in the words of the ledger.
TOO_OLD = "published too long ago"


def is_unprinted(edition: Edition, story: str) -> bool:
    """Tell whether a story was found and is not printed."""
    is_found = any(one.story == story for one in edition.ledger.found)
    return is_found and all(brief.story != story for brief in edition.briefs())


def has_words(words: str) -> Callable[[str], bool]:
    """Return the test of a text that has all of some words, case and accents ignored."""
    terms = words_of(words)

    def has(text: str) -> bool:
        folded = fold(text) if terms else ""
        return all(term in folded for term in terms)

    return has


def rows_of_day(edition: Edition, *, words: str = "") -> tuple[LedgerRow, ...]:
    """Return the stories and the reports left out; with words, the reports with these in the title.

    Args:
        edition: with a document for every report whose title is known.
        words: all of them are in the title, case and accents ignored; or the id of a story that
            is not printed.

    Raises:
        InputError: no title has all of the words.
    """
    if not words_of(words):
        return with_titles((*story_rows(edition), *dropped_rows(edition)), edition.documents)
    rows = with_titles(report_rows(edition), edition.documents)
    if is_unprinted(edition, words):
        return tuple(row for row in rows if row.story == words)
    has = has_words(words)
    found = tuple(row for row in rows if has(row.title))
    if not found:
        raise InputError(
            f"no report that came in for {edition.id} has {words!r} in its title; use fewer words"
        )
    return found


def with_reports(tx: Transaction, stored: StoredEdition, edition: Edition) -> Edition:
    """Return an edition with a document for every report that came in and is still stored.

    Those that were only counted, as published too long ago, are added to its ledger.
    """
    whole = _with_too_old(tx, stored, edition)
    found = titles.titles(tx, _reports(whole.ledger))
    return replace(whole, documents={**found, **whole.documents})


def with_texts(tx: Transaction, edition: Edition, story: str) -> Edition:
    """Return an edition with the stored texts of the reports of a story."""
    evidence = edition.evidence.get(story)
    known = documents.texts(tx, (name for name, _ in evidence.links)) if evidence else {}
    return replace(edition, documents={**edition.documents, **known})


def rows_by_reason(
    tx: Transaction, stored: StoredEdition, edition: Edition, *, most: int
) -> dict[str, tuple[LedgerRow, ...]]:
    """Return what was left out by its reason in the ledger, of each the first ``most``.

    Reports whose titles are no longer known are left out.
    """
    whole = _with_too_old(tx, stored, edition)
    groups: dict[str, list[LedgerRow]] = {}
    for row in (*story_rows(whole), *dropped_rows(whole)):
        if row.why and len(group := groups.setdefault(row.why, [])) < most:
            group.append(row)
    found = titles.titles(tx, (row.document for group in groups.values() for row in group))
    documents = {**found, **whole.documents}
    return {
        why: tuple(row for row in with_titles(tuple(group), documents) if row.title)
        for why, group in groups.items()
    }


def _reports(ledger: Ledger) -> list[str]:
    """Return the ids of all reports that a ledger names."""
    in_stories = (name for story in ledger.found for name in story.documents)
    return [*in_stories, *(name for name, _ in ledger.drops)]


def _with_too_old(tx: Transaction, stored: StoredEdition, edition: Edition) -> Edition:
    """Add the reports of an edition's time that its ledger counts as too old and does not name."""
    ledger = edition.ledger
    count = ledger.dropped_documents.get(TOO_OLD, 0)
    if not count or not ledger.found:
        return edition
    known = {*_reports(ledger), *edition.documents}
    collected = titles.collected(tx, since=stored.since, until=stored.until)
    old = [(name, TOO_OLD) for name in collected if name not in known][:count]
    return replace(edition, ledger=replace(ledger, drops=(*ledger.drops, *old)))
