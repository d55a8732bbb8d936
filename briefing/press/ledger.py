"""The ledger as the page says it, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from briefing.model import Correction, Ledger


def count_words(number: int, noun: str) -> str:
    """Say "1 report", "2 reports"."""
    return f"{number} {noun}" if number == 1 else f"{number} {_plural(noun)}"


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def ledger_words(ledger: Ledger) -> str:
    """Say the ledger in one line."""
    said = ", ".join(
        (
            count_words(ledger.publishers, "source"),
            count_words(ledger.documents, "report"),
            count_words(ledger.stories, "story"),
            f"{ledger.printed} printed",
        )
    )
    failed = count_words(len(ledger.failed), "input") if ledger.failed else "nothing"
    return "; ".join((said, f"{failed} failed", *_corrections_words(ledger.corrections)))


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
        yield f"{count_words(first, 'printed source')} {what}{more} since"
    if lost:
        yield lost_words(lost)


def lost_words(lost: int) -> str:
    """Say how many printed sentences are gone from their source."""
    verb = "stands" if lost == 1 else "stand"
    return f"{count_words(lost, 'printed sentence')} no longer {verb} there"
