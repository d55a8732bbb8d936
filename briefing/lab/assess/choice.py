"""Days of labeled articles to printed editions to figures on what was chosen."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Edition
from briefing.core.ports import Recipe
from briefing.lab.assess.editions import NewPress, PrintedFile, print_editions
from briefing.lab.assess.lines import Watch
from briefing.lab.evaluate.choice import ArticleLabel, DayChoice, Printed, measure_choice

_COLUMNS = ("day", "id", "story", "section", "kind", "importance")

#: Labels by id of the article, by day.
Labels = Mapping[str, Mapping[str, ArticleLabel]]


def assess_choice(
    paths: Sequence[Path], *, labels: Path, recipe: Recipe, press: NewPress, watch: Watch
) -> dict[str, Any]:
    """Print the edition of each labeled day and measure what it chose.

    The files of documents are named by their day; days without labels are not printed. The labels
    are tab-separated, with a header: day, id, story, section, kind, importance.

    Raises:
        InputError: the labels cannot be read, no day has any, or a day cannot be printed.
    """
    by_day = read_labels(labels)
    files = [file for path in paths for file in labeled_files(path, by_day)]
    if not files:
        raise InputError(f"{labels}: no labels for any of the days given")
    printed = print_editions(files, recipe=recipe, press=press, watch=watch)
    return measure_choice([_day(file, by_day[file.name]) for file in printed])


def labeled_files(path: Path, labels: Labels) -> list[Path]:
    """Return the files of a folder, or a file, whose days have labels, by name."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in files if file.name.partition(".")[0] in labels]


def read_labels(path: Path) -> Labels:
    """Read labels: tab-separated, with a header; the day may be called "file".

    Raises:
        InputError: they cannot be read, or a line lacks something.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    labels: dict[str, dict[str, ArticleLabel]] = {}
    for at, row in enumerate(rows, 2):
        day = {"day": row.get("day") or row.get("file", "")}
        labels.setdefault(day["day"], {})[row.get("id") or ""] = _label(row | day, path, at)
    return labels


def _label(row: Mapping[str, str], path: Path, line: int) -> ArticleLabel:
    missing = [name for name in _COLUMNS if not row.get(name)]
    if missing:
        raise InputError(f"{path}:{line}: no {missing[0]}; columns are {', '.join(_COLUMNS)}")
    importance = row["importance"]
    if importance not in {"0", "1", "2", "3"}:
        raise InputError(f"{path}:{line}: importance is {importance!r}; give 0, 1, 2 or 3")
    return ArticleLabel(row["story"], row["section"], row["kind"], int(importance))


def _day(file: PrintedFile, labels: Mapping[str, ArticleLabel]) -> DayChoice:
    edition, fill = file.printed.edition, file.printed.fit.fill
    named = tuple(story.title.document for story in edition.panel.also)
    return DayChoice(file.name, labels, tuple(_sentences(edition)), named, fill)


def _sentences(edition: Edition) -> list[Printed]:
    return [
        Printed(place, section.name, sentence.document, len(sentence.text.split()))
        for place, (section, brief) in enumerate(
            (section, brief) for section in edition.sections for brief in section.briefs
        )
        for sentence in brief.sentences
    ]
