"""PURE: the ledger of an edition as a table: what each step left and dropped, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from briefing.core.counting import counted
from briefing.core.model import Ledger


@dataclass(frozen=True, slots=True)
class LedgerStep:
    """One step of making the page."""

    name: str
    left: int
    #: None for steps that drop nothing.
    dropped: int | None
    why: str


def stages(ledger: Ledger) -> tuple[LedgerStep, ...]:
    """Return the steps in pipeline order."""
    dropped, left_out = _sum(ledger.dropped_documents), _sum(ledger.dropped_stories)
    no_room = len(ledger.no_room)
    why = {**ledger.dropped_stories, "no room": no_room} if no_room else ledger.dropped_stories
    lost = ledger.sentences - ledger.sentences_printed
    passed = {"not chosen": lost - _sum(ledger.dropped_sentences)}
    return (
        LedgerStep("Reports read", ledger.documents, None, _publishers(ledger)),
        LedgerStep(
            "News reports", ledger.documents - dropped, dropped, _why(ledger.dropped_documents)
        ),
        LedgerStep("Stories", ledger.stories, None, "reports of one event, joined"),
        LedgerStep("Stories printed", ledger.printed, left_out + no_room, _why(why)),
        LedgerStep("Sentences", ledger.sentences, None, "of the stories above"),
        LedgerStep(
            "Sentences printed",
            ledger.sentences_printed,
            lost,
            _why({**ledger.dropped_sentences, **passed}),
        ),
    )


def _publishers(ledger: Ledger) -> str:
    return f"of {counted(ledger.publishers, 'publisher')}"


def _sum(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _why(counts: Mapping[str, int]) -> str:
    """List the reasons, most frequent first."""
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{number} {reason}" for reason, number in most if number > 0)
