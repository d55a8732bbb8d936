"""Days of labeled reports to figures on their kinds, and to the weights of style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.text.analysis import analyze
from briefing.core.text.shape import count_words
from briefing.core.text.speaker import is_party
from briefing.lab.assess.choice import beside, labeled_files, read_labels
from briefing.lab.assess.lines import Watch, watched
from briefing.lab.evaluate.choice import ReportLabel
from briefing.lab.evaluate.kinds import KindOfReport, measure_kinds
from briefing.lab.train_style import StyledReport, train_style
from briefing.sources.files import read

#: The name of the labels beside the files of days.
_LABELS = "labels.tsv"
#: As the first labels call two kinds.
_OLD = {"news": "wire", "other": "feature"}
#: Kinds among which style decides, and words from which it can.
_STYLED = frozenset({"wire", "analysis", "opinion", "feature", "live"})
_FEWEST_WORDS = 100


def assess_kinds(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the kinds of the reports of labeled days, and what of each passes the gate.

    Raises:
        InputError: no labels beside the files, or a file cannot be read.
    """
    reports = []
    for day, document, label in watched([*_labeled(paths)], watch):
        found = analyze(document, language="en")
        passes = found.passes(rescued=False)
        reports.append(KindOfReport(day, _kind(label), found.kind, label.importance, passes))
    return measure_kinds(reports)


def train_style_on(paths: Sequence[Path]) -> dict[str, Any]:
    """Fit the weights of :mod:`briefing.core.text.style` to labeled days.

    Raises:
        InputError: as :func:`assess_kinds`, or too few days.
    """
    return train_style(
        [
            StyledReport(day, document, _kind(label) == "opinion")
            for day, document, label in _labeled(paths)
            if _kind(label) in _STYLED
            and not is_party(document)
            and count_words(document.text) > _FEWEST_WORDS
        ]
    )


def _kind(label: ReportLabel) -> str:
    return _OLD.get(label.kind, label.kind)


def _labeled(paths: Sequence[Path]) -> Iterator[tuple[str, Document, ReportLabel]]:
    """Yield the day, the report and its label of each labeled report."""
    files = 0
    for path in paths:
        by_day = read_labels(beside(path))
        for file in labeled_files(path, by_day):
            files += 1
            day = file.name.partition(".")[0]
            for document in read([str(file)]).documents:
                if document.id in by_day[day]:
                    yield day, document, by_day[day][document.id]
    if not files:
        raise InputError(
            f"no labels for any of the days given; they stand in {_LABELS} beside them"
        )
