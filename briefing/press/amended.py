"""What a stored edition printed and its sources have changed since, for those who read it later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from briefing.core.model import CorrectionBrief, CorrectionKind
from briefing.press.dates import long_date

#: What became of the words.
_SINCE = {
    CorrectionKind.CHANGED: "Corrected since",
    CorrectionKind.REMOVED: "No longer in the source",
    CorrectionKind.WITHDRAWN: "Withdrawn by its source since",
}


@dataclass(frozen=True, slots=True)
class AmendedWords:
    """Printed words, and what their source says now."""

    #: Of the printed slice.
    key: tuple[str, int, int]
    #: As printed.
    old: str
    #: "Corrected since, seen Thursday 12 March 2026".
    since: str
    #: In the words of the source; empty: it says nothing in their place.
    new: str


def amended(briefs: Iterable[CorrectionBrief]) -> tuple[AmendedWords, ...]:
    """Prepare corrections of one edition for those who read it now; headlines are left out."""
    return tuple(
        AmendedWords(
            brief.old.key,
            brief.old.text,
            f"{_SINCE[brief.kind]}, seen {long_date(brief.noticed.date())}",
            brief.new.text if brief.new else "",
        )
        for brief in briefs
        if not brief.headline
    )
