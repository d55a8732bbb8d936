"""Labeled stories to figures on where their publishers give different numbers."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Document, Sentence
from briefing.core.text.classifiers.learning import share_of
from briefing.core.text.copies import find_copies
from briefing.core.text.dateline import skip_dateline
from briefing.core.text.finders.clauses import meet
from briefing.core.text.finders.discrepancies import contradictions, find
from briefing.core.text.segment import segment
from briefing.lab.assess.lines import Watch, given, numbered, watched
from briefing.lab.assess.stories import document

#: All reports of a story count as told at this time: their files give days only.
_AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)

#: Report and first character of the one number, and of the other.
_Place = tuple[str, int, str, int]


def assess_differences(paths: Sequence[Path], *, labels: Path, watch: Watch) -> dict[str, Any]:
    """Measure how many pairs of numbers are of one thing, as a reader judged them.

    Of each file the first half by date may be learned from: "learned"; the other is "held_out".

    Args:
        paths: files of reports with "story", or of groups of "documents".
        labels: a table of left, at, right, at, right: the ids of two reports, where in their texts
            the numbers begin, and "yes" if both are of one thing.
        watch: told of each file.

    Raises:
        InputError: the labels cannot be read, or there is no story.
    """
    judged = _read_labels(labels)
    halves: dict[str, list[Sequence[Document]]] = {"learned": [], "held_out": []}
    for path in watched(paths, watch):
        stories = [*_stories(path)]
        middle = len(stories) // 2
        halves["learned"] += stories[:middle]
        halves["held_out"] += stories[middle:]
    if not any(halves.values()):
        raise InputError("no stories to measure on; give a file with at least two reports of one")
    found = {
        name: {place: printed for one in half for place, printed in _found(one).items()}
        for name, half in halves.items()
    }
    every = {place for half in found.values() for place in half}
    same = [place for place, is_same in judged.items() if is_same]
    return {
        **{
            name: _measured(half, judged, stories=len(halves[name])) for name, half in found.items()
        },
        "read": len(judged),
        "recall": _share([place in every for place in same]),
        "unread": [list(place) for place in sorted(every - judged.keys())],
    }


def _measured(
    found: Mapping[_Place, bool], judged: Mapping[_Place, bool], *, stories: int
) -> dict[str, Any]:
    read = {place: printed for place, printed in found.items() if place in judged}
    return {
        "stories": stories,
        "precision": _share([judged[place] for place in read]),
        "printed": _share([judged[place] for place, printed in read.items() if printed]),
    }


def _share(right: Sequence[bool]) -> dict[str, Any]:
    """Return a share with its 95 % interval (Wilson)."""
    share = share_of(sum(right), len(right))
    return {"value": share.value, "ci95": (share.low, share.high), "of": len(right)}


def _found(reports: Sequence[Document]) -> dict[_Place, bool]:
    """Return each pair of one story and day, and whether a page could print it."""
    copies, day = find_copies(reports), {one.id: one.published for one in reports}
    documents = {
        one.id: replace(one, published=_AT_ONCE, timed=True)
        for one in reports
        if one.id not in copies
    }
    sentences = [skip_dateline(sentence) for one in documents.values() for sentence in segment(one)]
    printed = find(sentences, documents=documents, cast=meet(sentences))
    shown = {_place(one.left.numeral, one.right.numeral) for one in printed}
    places = [_place(*pair) for pair in contradictions(sentences, documents=documents)]
    return {place: place in shown for place in places if day[place[0]] == day[place[2]]}


def _place(left: Sentence, right: Sentence) -> _Place:
    return left.document, left.start, right.document, right.start


def _stories(path: Path) -> Iterator[Sequence[Document]]:
    """Yield the stories of a file by date, those without one by name."""
    reports: defaultdict[str, list[Document]] = defaultdict(list)
    told: set[str] = set()
    for where, line in numbered(path):
        name = given(line, "id", where)
        if "documents" not in line:
            reports[given(line, "story", where)].append(document(line, name, day=""))
        for number, each in enumerate(line.get("documents", ())):
            one = document(each, f"{name}#{number}", day="")
            if one.text not in told:  # a group may hold the reports of the day before again
                told.add(one.text)
                named = one.publisher or f"publisher {number}"
                reports[name].append(replace(one, publisher=named))
    dated = [(_day(group), name, group) for name, group in reports.items() if len(group) > 1]
    yield from (group for _, _, group in sorted(dated, key=lambda row: row[:2]))


def _day(reports: Sequence[Document]) -> str:
    return min((str(one.published.date()) for one in reports if one.published), default="")


def _read_labels(path: Path) -> Mapping[_Place, bool]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            _, *rows = csv.reader(lines, delimiter="\t", strict=True)
            return {
                (left, int(at), right, int(there)): same == "yes"
                for left, at, right, there, same in rows
            }
    except (OSError, UnicodeDecodeError, ValueError, csv.Error) as error:
        raise InputError(f"{path}: no table of left, at, right, at, same ({error})") from error
