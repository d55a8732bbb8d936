"""The ledger as one line of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from briefing.core.counting import counted
from briefing.core.model import (
    COMMENTARY,
    COPY,
    DROPPED_BY_EDITOR,
    NO_SECTION,
    Correction,
    Edition,
    Ledger,
)

#: Reasons that are counted as nouns.
_NOUNS = {COPY: "copy", "live blog": "live blog", "roundup": "roundup"}


def ledger_text(edition: Edition) -> str:
    """Return the ledger as one line: every report and every story, with what became of it."""
    ledger = edition.ledger
    reports = f"{counted(ledger.documents, 'report')} of {counted(ledger.publishers, 'publisher')}"
    out = sum(ledger.dropped_documents.values())
    read = [reports + _dates_text(ledger)]
    read += [f"{out} left out: {_reasons(ledger.dropped_documents)}"] if out else []
    failed = f"{counted(len(ledger.failed), 'input')} failed" if ledger.failed else "Nothing failed"
    last = "; ".join((failed, *_corrections_text(ledger.corrections), *_corrected_text(ledger)))
    return (
        f"{'; '.join(read)}. {counted(ledger.stories, 'story')}: {_stories_text(edition)}. {last}."
    )


def _reasons(counts: Mapping[str, int]) -> str:
    """Return counts with their reasons, the most frequent first."""
    pairs = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(
        counted(count, _NOUNS[reason]) if reason in _NOUNS else f"{count} {reason}"
        for reason, count in pairs
    )


def _stories_text(edition: Edition) -> str:
    """Return how many stories are printed, named, and neither, with reasons."""
    ledger = edition.ledger
    named = {story.story: story.section for story in edition.panel.also}
    aside = ledger.dropped_stories.get(NO_SECTION, 0) - list(named.values()).count("")
    room = sum(story not in named for story, _, _ in ledger.no_room)
    dropped = ledger.dropped_stories.get(DROPPED_BY_EDITOR, 0)
    commentary = ledger.dropped_stories.get(COMMENTARY, 0)
    rest = ledger.stories - ledger.printed - len(named) - aside - room - dropped - commentary
    counts = (
        (ledger.printed, "printed"),
        (len(named), "in brief"),
        (aside, "of no section here"),
        (room, "without room"),
        (dropped, DROPPED_BY_EDITOR),
        (commentary, COMMENTARY),
        (rest, "with nothing new to print"),
    )
    return ", ".join(f"{count} {what}" for count, what in counts if count > 0) or "none printed"


def _dates_text(ledger: Ledger) -> str:
    """Return how many reports came without a date, in brackets; empty for none."""
    whose = "its" if ledger.dated_by_words == 1 else "their"
    parts = (
        (ledger.undated, "undated"),
        (ledger.dated_by_words, f"dated by {whose} words"),
    )
    said = ", ".join(f"{count} {how}" for count, how in parts if count)
    return f" ({said})" if said else ""


def _corrected_text(ledger: Ledger) -> Iterator[str]:
    """Yield how many corrections are printed, and how many wait for room."""
    if ledger.corrected:
        yield f"{counted(ledger.corrected, 'correction')} printed"
    if ledger.corrections_waiting:
        yield f"{ledger.corrections_waiting} more due"


def _corrections_text(corrections: Iterable[Correction]) -> Iterator[str]:
    """Yield how many printed sources have changed or vanished, and how many sentences are lost."""
    of: dict[str, set[str]] = {"changed": set(), "vanished": set()}
    lost = 0
    for correction in corrections:
        of[correction.what].add(correction.document)
        lost += correction.lost
    counts = [(len(documents), what) for what, documents in of.items() if documents]
    if counts:
        (first, what), *others = counts
        more = "".join(f", {count} {other}" for count, other in others)
        yield f"{counted(first, 'printed source')} {what}{more} since"
    if lost:
        yield lost_text(lost)


def lost_text(lost: int) -> str:
    """Return how many printed sentences are gone from their source."""
    verb = "stands" if lost == 1 else "stand"
    return f"{counted(lost, 'printed sentence')} no longer {verb} there"
