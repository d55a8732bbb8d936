"""Corrections as the page says them: old words beside new ones, what differs marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from briefing.core.counting import counted
from briefing.core.model import CorrectionKind, Edition, Sentence
from briefing.press.lines import Numbering, PrintedLine, line_of

#: Above what stands in the place of the old words.
_NOW = {
    CorrectionKind.CHANGED: "Now",
    CorrectionKind.REMOVED: "No longer in the source",
    CorrectionKind.WITHDRAWN: "Withdrawn by its source since",
}


@dataclass(frozen=True, slots=True)
class MarkedWords:
    """A slice cut where its words begin and cease to differ from others."""

    #: Text, and whether it differs.
    pieces: tuple[tuple[str, bool], ...]
    line: PrintedLine


@dataclass(frozen=True, slots=True)
class CorrectionBriefView:
    """What was printed beside what the source says now."""

    #: From 1, in printed order.
    number: int
    #: "Printed Tue 10 March", "Headline printed Tue 10 March".
    was: str
    old: MarkedWords
    #: None where nothing stands in its place; then the words that say so.
    new: MarkedWords | None
    #: "Now"; "No longer in the source"; "Withdrawn by its source since".
    now: str

    @property
    def lines(self) -> Iterator[PrintedLine]:
        """The slices that are printed, old words first."""
        yield self.old.line
        if self.new is not None:
            yield self.new.line


def corrected(
    edition: Edition, numbering: Numbering, *, say: Callable[[date], str]
) -> Iterator[CorrectionBriefView]:
    """Yield the corrections of an edition in words; a day is said as ``say`` does."""
    for number, one in enumerate(edition.corrections, start=1):
        what = "Headline printed" if one.headline else "Printed"
        year = "" if one.day.year == edition.day.year else f" {one.day.year}"
        yield CorrectionBriefView(
            number,
            f"{what} {say(one.day)}{year}",
            _wording(one.old, one.old_marks, numbering, titled=one.headline),
            None
            if one.new is None
            else _wording(one.new, one.new_marks, numbering, titled=one.headline),
            _NOW[one.kind],
        )


def _wording(
    sentence: Sentence,
    marks: Iterable[tuple[int, int]],
    numbering: Numbering,
    *,
    titled: bool,
) -> MarkedWords:
    pieces, at = [], 0
    for start, end in marks:
        first, last = start - sentence.start, end - sentence.start
        pieces += [(sentence.text[at:first], False), (sentence.text[first:last], True)]
        at = last
    pieces.append((sentence.text[at:], False))
    line = line_of(sentence, [numbering.mark(sentence.document)], titled=titled)
    return MarkedWords(tuple(piece for piece in pieces if piece[0]), line)


def waiting_words(edition: Edition) -> str:
    """Say how many more corrections are due and what to do; nothing when none is."""
    more = edition.ledger.corrections_waiting
    if not more:
        return ""
    verb = "is" if more == 1 else "are"
    return (
        f"{counted(more, 'more correction')} {verb} due and had no room; the next edition "
        "prints them first. Until then, look at the source before you rely on an earlier page."
    )
