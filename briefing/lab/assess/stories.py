"""Labeled reports to figures on how they are grouped, and to a model of pairs."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.lab import train_stories as training
from briefing.lab.assess.lines import Line, Watch, given, numbered, watched
from briefing.lab.evaluate import stories
from briefing.lab.rounds import LabeledReport, by_day, rounds
from briefing.sources.records import moment

#: Labels that stand beside the files of the days they are for.
_LABELS = "labels.tsv"
#: Characters of a date at the end of the name of a file, and of its year and month.
_DAY, _MONTH = 10, 7
#: Days up to which the figures of each are given.
_SHOWN_DAYS = 20


def assess_stories(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the grouping of labeled reports, each file grouped alone.

    With dates also day by day, one grouping a day, and by rounds, of which the model may have
    learned from every second one: "learned" and "held_out".

    Args:
        paths: files of reports with "story"; a table of day, id and story beside files named
            after the days; or the folder of such a table. A story of a table is of its day; where
            the column is "file" it is of its month, for its event may be reported again.
        watch: told of each file.

    Raises:
        InputError: a report has no story, or there is none.
    """
    files = [reports for path in paths for reports in _read(path)]
    whole = [row for reports in watched(files, watch) for row in _grouped(reports)]
    if not whole:
        raise InputError("no reports to measure on; give a file with at least one line")
    days: defaultdict[str, list[stories.Row]] = defaultdict(list)
    for reports in files:
        for day, of_day in by_day(reports).items():
            days[day] += _grouped(of_day)
    return {
        **asdict(stories.measure(whole)),
        **(_by_day(files, days) if any(days.values()) else {}),
    }


def _by_day(
    files: Sequence[Sequence[LabeledReport]], days: Mapping[str, Sequence[stories.Row]]
) -> dict[str, Any]:
    report = {"by_day": asdict(stories.measure([row for rows in days.values() for row in rows]))}
    parts = [[_grouped(one) for one in rounds(reports)] for reports in files]
    for name, first in (("learned", 0), ("held_out", 1)):
        half = [row for part in parts for rows in part[first::2] for row in rows]
        if half:
            report[name] = asdict(stories.measure(half))
    if len(days) <= _SHOWN_DAYS:
        report["days"] = {day: stories.measure(rows).b3_f1 for day, rows in days.items() if rows}
    return report


def train_stories(files: Sequence[Path]) -> tuple[bytes, int]:
    """Train a model of pairs; return it and the number of reports learned from.

    Learned from is every second round of each file, so that the others can tell what it is worth.
    """
    learned = [rounds(reports)[::2] for path in files for reports in _read(path)]
    return training.train(learned), sum(len(one) for part in learned for one in part)


def _read(path: Path) -> Iterator[list[LabeledReport]]:
    """Yield the reports of a file; all days of a table are one."""
    table = path / _LABELS if path.is_dir() else path
    if table.suffix == ".tsv":
        yield list(_by_table(table))
        return
    yield [
        LabeledReport(document(line, where, day=""), f"{path} {given(line, 'story', where)}")
        for where, line in numbered(path)
    ]


def _by_table(table: Path) -> Iterator[LabeledReport]:
    try:
        with table.open(encoding="utf-8", newline="") as lines:
            labels = {
                (row.get("day") or row["file"], row["id"]): _key(row)
                for row in csv.DictReader(lines, delimiter="\t")
            }
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise InputError(f"{table}: no table of day, id and story ({error})") from error
    for name in sorted({name for name, _ in labels}):
        files = (table.with_name(f"{name}{suffix}") for suffix in (".jsonl.gz", ".jsonl"))
        path = next((one for one in files if one.is_file()), None)
        if path is None:
            raise InputError(f"{table}: no {name}.jsonl or {name}.jsonl.gz beside it")
        day = name[-_DAY:]
        for where, line in numbered(path):
            story = labels.get((name, given(line, "id", where)), "")
            yield LabeledReport(document(line, where, day=day), story)


def _key(row: Mapping[str, str]) -> str:
    """Return the name of the story of a row, empty where it has none."""
    if row["story"] in {"", "-"}:
        return ""
    return f"{row.get('day') or row['file'][-_DAY:][:_MONTH]} {row['story']}"


def document(line: Line, name: str, *, day: str) -> Document:
    """Return the report of a line; the day counts where the line has no time."""
    published, timed = moment(str(line.get("published") or day))
    return Document(
        id=name,
        title=str(line.get("title") or ""),
        text=str(line.get("text") or ""),
        publisher=str(line.get("source") or ""),
        published=published,
        timed=timed,
    )


def _grouped(reports: Sequence[LabeledReport]) -> list[stories.Row]:
    """Return the true and the found story of each labeled report, told apart from other calls'."""
    documents = [report.document for report in reports]
    found = {
        document.id: story.documents[0].id
        for story in cluster(documents, copies=find_copies(documents))
        for document in (*story.documents, *story.copies)
    }
    return [(report.story, found[report.document.id]) for report in reports if report.story]
