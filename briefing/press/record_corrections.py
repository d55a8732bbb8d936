"""Corrections in an edition's JSON: changed sources and printed corrections."""

from __future__ import annotations

from datetime import UTC, date, datetime

from briefing.core.model import Correction, CorrectionBrief, CorrectionKind, Sentence
from briefing.press.record_parts import Json, each, read_slice, slice_facts, typed

#: Changes of a printed source.
_CHANGES = ("changed", "vanished")


def correction_facts(correction: Correction) -> Json:
    """Return a changed source as JSON."""
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


def read_correction(value: Json) -> Correction:
    """Read a changed source back."""
    if value["what"] not in _CHANGES:
        raise ValueError(f"{value['what']!r} is not {' or '.join(_CHANGES)}")
    return Correction(
        document=typed(value["document"], str),
        title=typed(value["title"], str),
        publisher=typed(value["publisher"], str),
        url=typed(value["url"], str),
        what=value["what"],
        noticed=datetime.fromisoformat(value["noticed"]).astimezone(UTC),
        edition=typed(value["edition"], str),
        lost=typed(value["lost"], int),
    )


def correction_brief_facts(brief: CorrectionBrief) -> Json:
    """Return a correction as JSON."""
    return {
        "kind": brief.kind.value,
        "part": "headline" if brief.headline else "text",
        "old": _wording(brief.old, brief.old_marks),
        "new": None if brief.new is None else _wording(brief.new, brief.new_marks),
        "edition": brief.edition,
        "date": brief.day.isoformat(),
        "noticed": brief.noticed.isoformat(),
    }


def read_correction_brief(value: Json) -> CorrectionBrief:
    """Read a correction back."""
    new = value["new"]
    return CorrectionBrief(
        kind=CorrectionKind(value["kind"]),
        old=read_slice(value["old"]),
        new=None if new is None else read_slice(new),
        edition=typed(value["edition"], str),
        day=date.fromisoformat(value["date"]),
        noticed=datetime.fromisoformat(value["noticed"]).astimezone(UTC),
        headline=value["part"] == "headline",
        old_marks=each(value["old"]["differs"], _read_mark),
        new_marks=() if new is None else each(new["differs"], _read_mark),
    )


def _wording(sentence: Sentence, marks: tuple[tuple[int, int], ...]) -> Json:
    return {**slice_facts(sentence), "differs": [list(mark) for mark in marks]}


def _read_mark(value: Json) -> tuple[int, int]:
    start, end = value
    return typed(start, int), typed(end, int)
