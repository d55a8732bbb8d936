"""Corrections in an edition's JSON: sources that changed, and printed words no longer so."""

from __future__ import annotations

from datetime import UTC, date, datetime

from briefing.core.model import Correction, CorrectionBrief, CorrectionKind, Sentence
from briefing.press.record_parts import Json, each, read_slice, slice_facts, typed

#: What may have become of a printed source.
_BECOME = ("changed", "vanished")


def correction_facts(correction: Correction) -> Json:
    """Return what is said of a source that changed."""
    return {
        "document": correction.document,
        "title": correction.title,
        "publisher": correction.publisher,
        "url": correction.url,
        "what": correction.what,
        "noticed": correction.noticed.isoformat(),
        "edition": correction.edition,
        "lost": correction.lost,
    }


def read_correction(told: Json) -> Correction:
    """Read it back."""
    if told["what"] not in _BECOME:
        raise ValueError(f"{told['what']!r} is not {' or '.join(_BECOME)}")
    return Correction(
        document=typed(told["document"], str),
        title=typed(told["title"], str),
        publisher=typed(told["publisher"], str),
        url=typed(told["url"], str),
        what=told["what"],
        noticed=datetime.fromisoformat(told["noticed"]).astimezone(UTC),
        edition=typed(told["edition"], str),
        lost=typed(told["lost"], int),
    )


def correction_brief_facts(brief: CorrectionBrief) -> Json:
    """Return what is said of a correction."""
    return {
        "kind": brief.kind.value,
        "part": "headline" if brief.headline else "text",
        "old": _words(brief.old, brief.old_marks),
        "new": None if brief.new is None else _words(brief.new, brief.new_marks),
        "edition": brief.edition,
        "date": brief.day.isoformat(),
        "noticed": brief.noticed.isoformat(),
    }


def read_correction_brief(told: Json) -> CorrectionBrief:
    """Read a correction back."""
    new = told["new"]
    return CorrectionBrief(
        kind=CorrectionKind(told["kind"]),
        old=read_slice(told["old"]),
        new=None if new is None else read_slice(new),
        edition=typed(told["edition"], str),
        day=date.fromisoformat(told["date"]),
        noticed=datetime.fromisoformat(told["noticed"]).astimezone(UTC),
        headline=told["part"] == "headline",
        old_marks=each(told["old"]["differs"], _read_mark),
        new_marks=() if new is None else each(new["differs"], _read_mark),
    )


def _words(words: Sentence, marks: tuple[tuple[int, int], ...]) -> Json:
    return {**slice_facts(words), "differs": [list(mark) for mark in marks]}


def _read_mark(told: Json) -> tuple[int, int]:
    start, end = told
    return typed(start, int), typed(end, int)
