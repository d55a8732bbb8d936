"""The ledger as the page says it, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from briefing.core.counting import counted
from briefing.core.model import Correction, Ledger


def ledger_words(ledger: Ledger) -> str:
    """Say the ledger in one line."""
    said = ", ".join(
        (
            counted(ledger.publishers, "source"),
            counted(ledger.documents, "report"),
            counted(ledger.stories, "story"),
            f"{ledger.printed} printed",
        )
    )
    failed = counted(len(ledger.failed), "input") if ledger.failed else "nothing"
    changed = _corrections_words(ledger.corrections)
    return "; ".join((said, f"{failed} failed", *changed, *_corrected_words(ledger)))


def _corrected_words(ledger: Ledger) -> Iterator[str]:
    """Say how many corrections are printed, and how many wait for room."""
    if ledger.corrected:
        yield f"{counted(ledger.corrected, 'correction')} printed"
    if ledger.corrections_waiting:
        yield f"{ledger.corrections_waiting} more due"


def _corrections_words(corrections: Iterable[Correction]) -> Iterator[str]:
    """Say how many printed sources are no longer what they were, and what is lost of them."""
    of: dict[str, set[str]] = {"changed": set(), "vanished": set()}
    lost = 0
    for correction in corrections:
        of[correction.what].add(correction.document)
        lost += correction.lost
    counts = [(len(documents), what) for what, documents in of.items() if documents]
    if counts:
        (first, what), *others = counts
        more = "".join(f", {count} {word}" for count, word in others)
        yield f"{counted(first, 'printed source')} {what}{more} since"
    if lost:
        yield lost_words(lost)


def lost_words(lost: int) -> str:
    """Say how many printed sentences are gone from their source."""
    verb = "stands" if lost == 1 else "stand"
    return f"{counted(lost, 'printed sentence')} no longer {verb} there"
