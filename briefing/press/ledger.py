"""The ledger as one line of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from briefing.core.counting import counted
from briefing.core.model import Correction, Ledger


def ledger_text(ledger: Ledger) -> str:
    """Return the ledger as one line."""
    counts = ", ".join(
        (
            counted(ledger.publishers, "source"),
            counted(ledger.documents, "report"),
            counted(ledger.stories, "story"),
            f"{ledger.printed} printed",
            *([f"{ledger.named} in brief"] if ledger.named else []),
        )
    )
    failed = counted(len(ledger.failed), "input") if ledger.failed else "nothing"
    changed = _corrections_text(ledger.corrections)
    return "; ".join((counts, f"{failed} failed", *changed, *_corrected_text(ledger)))


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
