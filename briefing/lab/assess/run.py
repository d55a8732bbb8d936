"""Labeled days in a row to editions that know each other, and figures on what goes on."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import MEMORY, Brief, Edition, Status
from briefing.core.ports import Recipe
from briefing.lab.assess.editions import NewPress, print_run
from briefing.lab.assess.lines import Watch, watched
from briefing.lab.evaluate.run import (
    MOVED_ON,
    NEW,
    UNCHANGED,
    EventLabel,
    RunDay,
    RunStory,
    measure_run,
)

_COLUMNS = ("file", "id", "story", "crisis")
_NONE = "-"
_WORDS = {
    Status.NEW: NEW,
    Status.UNDATED: NEW,
    Status.DEVELOPING: MOVED_ON,
    Status.CONTINUING: UNCHANGED,
}
_NAME = re.compile(r"(.*?)(\d{4}-\d\d-\d\d)\.jsonl(?:\.gz)?")


def assess_run(
    paths: Sequence[Path], *, labels: Path, recipe: Recipe, press: NewPress, watch: Watch
) -> dict[str, Any]:
    """Print the labeled days one after another and measure what the editions say of earlier ones.

    Files are named by their day, with or without a prefix: bbc-2021-08-22.jsonl.gz. Those of one
    prefix are one run as long as no two follow each other by more than seven days. The labels are
    tab-separated, with a header: file (without its ending), id, story, crisis ("-": none).

    Raises:
        InputError: the labels cannot be read, no run has two labeled days, or a file cannot be
            read.
    """
    known = _read_labels(labels)
    runs = [run for run in _runs(paths, known) if len(run) > 1]
    if not runs:
        raise InputError(f"{labels}: no two labeled days in a row among those given")
    steps = iter(watched([file for run in runs for file in run], watch))
    measured = []
    for run in runs:
        files = (next(steps) for _ in run)
        made = {
            one.name: one.printed.edition for one in print_run(files, recipe=recipe, press=press)
        }
        sagas = _sagas([*made.values()])
        measured.append([
            RunDay(name, tuple(_stories(edition, known[name], sagas)))
            for name, edition in made.items()
        ])  # fmt: skip
    return measure_run(measured)


def _runs(paths: Sequence[Path], known: Mapping[str, object]) -> list[list[Path]]:
    files = (file for path in paths for file in (path.iterdir() if path.is_dir() else [path]))
    named = ((file, match) for file in files if (match := _NAME.fullmatch(file.name)))
    dated = sorted(
        (match[1], date.fromisoformat(match[2]), file)
        for file, match in named
        if match[1] + match[2] in known
    )
    runs: list[list[Path]] = []
    last = ("", date.min)
    for prefix, day, file in dated:
        if not runs or prefix != last[0] or day - last[1] > MEMORY:
            runs.append([])
        runs[-1].append(file)
        last = prefix, day
    return runs


def _read_labels(path: Path) -> Mapping[str, Mapping[str, EventLabel]]:
    """Return the labels by id of the report, by name of the file."""
    labels: defaultdict[str, dict[str, EventLabel]] = defaultdict(dict)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", strict=True):
                name, report, story, crisis = (row[column] or "" for column in _COLUMNS)
                labels[name][report] = EventLabel(story, crisis if crisis != _NONE else "")
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        columns = ", ".join(_COLUMNS)
        raise InputError(f"{path}: no table with the columns {columns} ({error})") from error
    return labels


def _sagas(editions: Sequence[Edition]) -> dict[tuple[str, str], str]:
    """Return the saga that the editions say of each story, by edition and story."""
    of: dict[tuple[str, str], str] = {}
    for edition in editions:
        for brief in edition.briefs():
            if brief.saga is not None:
                keys = ((entry.edition, entry.story) for entry in brief.saga.entries)
                of |= dict.fromkeys([*keys, (edition.id, brief.story)], brief.saga.id)
    return of


def _stories(
    edition: Edition, known: Mapping[str, EventLabel], sagas: Mapping[tuple[str, str], str]
) -> Iterator[RunStory]:
    briefs: defaultdict[str, list[Brief]] = defaultdict(list)
    for brief in edition.briefs():
        briefs[brief.story].append(brief)
    for story, own in briefs.items():
        printed = [sentence for brief in own for sentence in brief.sentences]
        labels = [known[one.document] for one in printed if one.document in known]
        yield RunStory(
            own[0].headline,
            tuple(labels),
            _WORDS[own[0].status],
            sagas.get((edition.id, story), ""),
            tuple(sentence.text for sentence in printed),
            goes_on=own[0].saga is not None,
        )
    for named in edition.panel.also:
        if named.story not in briefs:
            label = known.get(named.title.document)
            words = _WORDS[named.status]
            yield RunStory(named.title.text, (label,) if label else (), words)
