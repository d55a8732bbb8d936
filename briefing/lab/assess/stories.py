"""Labeled reports to figures on stories."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from briefing.core import model
from briefing.core.errors import InputError
from briefing.core.language import LANGUAGES, in_language
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.lab.assess.lines import Line, Watch, given, numbered, table, watched
from briefing.lab.evaluate.stories import Row, measure_stories
from briefing.sources.records import moment

#: Labels that stand beside the files of the days they are for.
_LABELS = "labels.tsv"
#: Characters of a date at the end of the name of a file, and of its year and month.
_DAY, _MONTH = 10, 7
#: Days up to which the figures of each are given.
_SHOWN_DAYS = 20


@dataclass(frozen=True, slots=True)
class LabeledReport:
    """A report and the story it truly belongs to."""

    document: model.Document
    #: Empty when nobody has read it; then it is grouped with the others and not measured.
    story: str


def by_day(reports: Sequence[LabeledReport]) -> Mapping[str, list[LabeledReport]]:
    """Return the dated reports of each day, earliest first, as an edition would see them."""
    days: defaultdict[date, list[LabeledReport]] = defaultdict(list)
    for report in reports:
        if report.document.published is not None:
            days[report.document.published.date()].append(report)
    return {day.isoformat(): days[day] for day in sorted(days)}


def assess_stories(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the grouping of labeled reports, each file grouped alone.

    With dates also day by day, one grouping a day. Reports in different languages ("lang") are
    grouped apart; "languages" has the figures of each.

    Args:
        paths: files of reports with "story"; a table of day, id and story beside files named
            after the days; or the folder of such a table. A story of a table is of its day; where
            the column is "file" it is of its month, for its event may be reported again.
        watch: told of each file.
    """
    files = [reports for path in paths for reports in read_reports(path)]
    whole = [row for reports in watched(files, watch) for row in grouped(reports)]
    if not whole:
        raise InputError("no reports to measure on; give a file with at least one line")
    days: defaultdict[str, list[Row]] = defaultdict(list)
    for reports in files:
        for day, of_day in by_day(reports).items():
            days[day] += grouped(of_day)
    own: defaultdict[str, list[Row]] = defaultdict(list)
    for code in sorted({report.document.language for reports in files for report in reports}):
        for reports in files if code else ():
            own[code] += grouped([each for each in reports if each.document.language == code])
    dated: dict[str, Any] = {}
    if rows := [row for of_day in days.values() for row in of_day]:
        dated["by_day"] = measure_stories(rows)
        if len(days) <= _SHOWN_DAYS:
            dated["days"] = {d: measure_stories(own)["b3_f1"] for d, own in days.items() if own}
    return {
        **measure_stories(whole),
        **dated,
        **({"languages": {code: measure_stories(own[code]) for code in own}} if own else {}),
    }


def read_reports(path: Path) -> Iterator[list[LabeledReport]]:
    """Yield the reports of a file; all days of a table are one."""
    file = path / _LABELS if path.is_dir() else path
    if file.suffix == ".tsv":
        yield list(_by_table(file))
        return
    yield [
        LabeledReport(document(line, where, day=""), f"{path} {given(line, 'story', where)}")
        for where, line in numbered(path)
    ]


def _by_table(path: Path) -> Iterator[LabeledReport]:
    labels = dict(
        table(
            path,
            lambda row: ((row.get("day") or row["file"], row["id"]), _key(row)),
            what="no table of day, id and story",
        )
    )
    for name in sorted({name for name, _ in labels}):
        files = (path.with_name(f"{name}{suffix}") for suffix in (".jsonl.gz", ".jsonl"))
        day = next((file for file in files if file.is_file()), None)
        if day is None:
            raise InputError(f"{path}: no {name}.jsonl or {name}.jsonl.gz beside it")
        for where, line in numbered(day):
            story = labels.get((name, given(line, "id", where)), "")
            yield LabeledReport(document(line, where, day=name[-_DAY:]), story)


def _key(row: Mapping[str, str]) -> str:
    """Return the name of the story of a row, empty where it has none."""
    if row["story"] in {"", "-"}:
        return ""
    return f"{row.get('day') or row['file'][-_DAY:][:_MONTH]} {row['story']}"


def document(line: Line, name: str, *, day: str) -> model.Document:
    """Return the report of a line; the day counts where the line has no time."""
    published, timed = moment(str(line.get("published") or day))
    return model.Document(
        id=name,
        title=str(line.get("title") or ""),
        text=str(line.get("text") or ""),
        publisher=str(line.get("source") or ""),
        published=published,
        timed=timed,
        language=str(line.get("lang") or ""),
    )


def grouped(reports: Sequence[LabeledReport]) -> list[Row]:
    """Return the true story and the cluster of each labeled report, apart from other calls'."""
    spoken: defaultdict[str, list[model.Document]] = defaultdict(list)
    for report in reports:
        spoken[report.document.language].append(report.document)
    clusters = {
        document.id: story.documents[0].id
        for documents in spoken.values()
        for story in _stories_of(documents)
        for document in (*story.documents, *story.copies)
    }
    return [(report.story, clusters[report.document.id]) for report in reports if report.story]


@in_language(lambda documents: documents[0].language or LANGUAGES[0])
def _stories_of(documents: Sequence[model.Document]) -> Sequence[model.Story]:
    return cluster(documents, copies=find_copies(documents))
