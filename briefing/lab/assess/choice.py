"""Days of labeled articles to printed editions to figures on what was chosen."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from briefing.core.edition import cluster_reports, tell_topics
from briefing.core.errors import InputError, NothingToPrintError
from briefing.core.model import COPY, OTHER, Edition, Material
from briefing.core.ports import Recipe
from briefing.core.sift import sift
from briefing.core.text.importance import terms
from briefing.lab.assess.editions import NewPress, PrintedFile, print_editions
from briefing.lab.assess.lines import Watch, watched
from briefing.lab.evaluate.choice import DayChoice, Printed, ReportLabel, measure_choice
from briefing.lab.train_importance import WeighedDay, train_importance
from briefing.sources.files import read

_COLUMNS = ("id", "story", "section", "kind", "importance")

#: Labels by id of the article, by day.
Labels = Mapping[str, Mapping[str, ReportLabel]]


def assess_choice(
    paths: Sequence[Path], *, labels: Path | None, recipe: Recipe, press: NewPress, watch: Watch
) -> dict[str, Any]:
    """Print the edition of each labeled day and measure what it chose.

    The files of documents are named by their day; days without labels are not printed. The labels
    are tab-separated, with a header: file or day, id, story, section, kind, importance; and, where
    they are known, also, crisis and top. Without a file of labels they stand in ``labels.tsv``
    beside the days.

    Raises:
        InputError: the labels cannot be read, no day has any, or a day cannot be printed.
    """
    files = [
        (file, by_day[file.name.partition(".")[0]])
        for path in paths
        for by_day in [read_labels(labels or beside(path))]
        for file in labeled_files(path, by_day)
    ]
    if not files:
        raise InputError(f"{labels or beside(paths[0])}: no labels for any of the days given")
    return measure_choice([
        _choice(file, own, recipe=recipe, press=press) for file, own in watched(files, watch)
    ])  # fmt: skip


def beside(path: Path) -> Path:
    """Return the file of labels beside a file of reports, or in a folder of them."""
    return (path if path.is_dir() else path.parent) / "labels.tsv"


def _choice(
    file: Path, labels: Mapping[str, ReportLabel], *, recipe: Recipe, press: NewPress
) -> DayChoice:
    """Print a day; one of which nothing can be printed counts as a page without a word."""
    try:
        (printed,) = print_editions([file], recipe=recipe, press=press, watch=lambda *_: None)
    except NothingToPrintError:
        return DayChoice(file.name, labels, (), (), (), frozenset(labels), 0.0)
    return _day(printed, labels)


def train_importance_on(paths: Sequence[Path], *, recipe: Recipe) -> dict[str, Any]:
    """Fit the weights of :mod:`briefing.core.text.importance` to labeled days.

    Raises:
        InputError: as :func:`assess_choice`, or too few days.
    """
    return train_importance([
        _weighed(file, labels[file.name.partition(".")[0]], recipe=recipe)
        for path in paths
        for labels in [read_labels(beside(path))]
        for file in labeled_files(path, labels)
    ])  # fmt: skip


def _weighed(file: Path, labels: Mapping[str, ReportLabel], *, recipe: Recipe) -> WeighedDay:
    documents = read([str(file)]).documents
    day = max(one.published for one in documents if one.published is not None).date()
    news = sift(Material(documents, day), recipe=recipe, known={})
    stories = [
        story
        for story in cluster_reports(news, window=recipe.window)
        if story.documents[0].id in labels
    ]
    shares = [1 - row.get(OTHER, 0.0) for row in tell_topics(stories, news.sentences, recipe)]
    first = [labels[story.documents[0].id] for story in stories]
    return WeighedDay(
        file.name.partition(".")[0],
        terms(stories, shares, bags=news.bags, kinds=news.kinds),
        [label.importance for label in first],
        [bool(label.top) for label in first],
    )


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
    labels: dict[str, dict[str, ReportLabel]] = {}
    for at, row in enumerate(rows, 2):
        day = row.get("file") or row.get("day") or ""
        labels.setdefault(day, {})[row.get("id") or ""] = _label(row, path, at)
    return labels


def _label(row: Mapping[str, str], path: Path, line: int) -> ReportLabel:
    missing = [name for name in _COLUMNS if not row.get(name)]
    if missing:
        raise InputError(f"{path}:{line}: no {missing[0]}; columns are {', '.join(_COLUMNS)}")
    importance = row["importance"]
    if importance not in {"0", "1", "2", "3"}:
        raise InputError(f"{path}:{line}: importance is {importance!r}; give 0, 1, 2 or 3")
    also, crisis = (row.get(name) or "-" for name in ("also", "crisis"))
    return ReportLabel(
        row["story"],
        row["section"],
        frozenset(re.findall(r"\w+", also)),
        row["kind"],
        int(importance),
        crisis="" if crisis == "-" else crisis,
        top=None if row.get("top") is None else row["top"] == "y",
    )


def _day(file: PrintedFile, labels: Mapping[str, ReportLabel]) -> DayChoice:
    edition = file.printed.edition
    briefs = [brief for section in edition.sections for brief in section.briefs]
    weights = {one.story: one.salience for one in edition.ledger.found}
    briefs.sort(key=lambda brief: (not brief.top, -weights[brief.story]))
    return DayChoice(
        file.name,
        labels,
        tuple(_sentences(edition)),
        tuple(brief.sources[0] for brief in briefs),
        tuple(story.title.document for story in edition.panel.also),
        frozenset(id_ for id_, reason in edition.ledger.drops if reason != COPY),
        file.printed.fit.fill,
    )


def _sentences(edition: Edition) -> list[Printed]:
    return [
        Printed(place, section.name, sentence.document, len(sentence.text.split()))
        for place, (section, brief) in enumerate(
            (section, brief) for section in edition.sections for brief in section.briefs
        )
        for sentence in brief.sentences
    ]
