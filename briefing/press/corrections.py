"""Corrections as printed, and changes in the sources of a stored edition."""

from collections.abc import Iterable, Iterator

from briefing.core.frozen import frozen
from briefing.core.model import CorrectionBrief, CorrectionKind, Edition, Sentence
from briefing.press.lines import Numbering, PrintedLine, line_of
from briefing.press.wording import dated, long_date, say, short_date


def _now(kind: CorrectionKind, changed: str) -> str:
    """Return the label above the replacement of the old wording."""
    words = say()
    return {
        CorrectionKind.CHANGED: changed,
        CorrectionKind.REMOVED: words.removed,
        CorrectionKind.WITHDRAWN: words.withdrawn,
    }[kind]


@frozen
class MarkedWords:
    """A slice split into the parts that differ from the other wording and the parts that do not."""

    #: Text, and whether it differs.
    pieces: tuple[tuple[str, bool], ...]
    line: PrintedLine


@frozen
class CorrectionBriefView:
    """The printed wording beside the current wording of the source."""

    #: From 1, in printed order.
    number: int
    #: "Printed Tue 10 March", "Headline printed Tue 10 March".
    was: str
    old: MarkedWords
    #: None if nothing replaces it.
    new: MarkedWords | None
    #: "Now"; "No longer in the source"; "Withdrawn by its source since".
    now: str

    @property
    def lines(self) -> Iterator[PrintedLine]:
        """The printed slices, the old wording first."""
        yield self.old.line
        if self.new is not None:
            yield self.new.line


def corrected(edition: Edition, numbering: Numbering) -> Iterator[CorrectionBriefView]:
    """Yield the corrections of an edition for printing."""
    for number, correction in enumerate(edition.corrections, start=1):
        what = say().was_headline if correction.headline else say().was_printed
        short = short_date if correction.day.year == edition.day.year else dated
        yield CorrectionBriefView(
            number,
            what.format(day=short(correction.day)),
            _wording(correction.old, correction.old_marks, numbering, titled=correction.headline),
            None
            if correction.new is None
            else _wording(
                correction.new, correction.new_marks, numbering, titled=correction.headline
            ),
            _now(correction.kind, say().now),
        )


def _wording(
    sentence: Sentence, marks: Iterable[tuple[int, int]], numbering: Numbering, *, titled: bool
) -> MarkedWords:
    pieces, at = [], 0
    for start, end in marks:
        first, last = start - sentence.start, end - sentence.start
        pieces += [(sentence.text[at:first], False), (sentence.text[first:last], True)]
        at = last
    pieces.append((sentence.text[at:], False))
    line = line_of(sentence, [numbering.mark(sentence.document)], titled=titled)
    return MarkedWords(tuple(piece for piece in pieces if piece[0]), line)


@frozen
class AmendedWords:
    """Printed words, and the current wording of their source."""

    #: Key of the printed slice.
    key: tuple[str, int, int]
    #: As printed.
    old: str
    #: "Corrected since, seen Thursday 12 March 2026".
    since: str
    #: The current wording of the source; empty if nothing replaces the printed words.
    new: str


def amended(briefs: Iterable[CorrectionBrief]) -> tuple[AmendedWords, ...]:
    """Prepare an edition's corrections for people who read it now; headlines are left out."""
    return tuple(
        AmendedWords(
            brief.old.key,
            brief.old.text,
            say().seen.format(
                what=_now(brief.kind, say().corrected_since), day=long_date(brief.noticed.date())
            ),
            brief.new.text if brief.new else "",
        )
        for brief in briefs
        if not brief.headline
    )
