"""From labeled reports to figures on stories."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from briefing.core import model
from briefing.core.errors import InputError
from briefing.core.frozen import frozen
from briefing.core.language import LANGUAGES, in_language
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.lab.assess.lines import Line, Watch, given, numbered, table, watched
from briefing.lab.evaluate.stories import Row, measure_stories
from briefing.sources.records import moment

#: Name of the file of labels beside the files of its days.
_LABELS = "labels.tsv"
#: Length of the date at the end of a file's name, and of its year and month.
_DAY, _MONTH = 10, 7
#: Up to this number of days, figures of each day are given.
_SHOWN_DAYS = 20


@frozen
class LabeledReport:
    """A report and its true story."""

    document: model.Document
    #: Empty if not labeled; such a report is clustered with the others but not measured.
    story: str


def by_day(reports: Sequence[LabeledReport]) -> Mapping[str, list[LabeledReport]]:
    """Return the dated reports of each day, earliest first, as an edition would get them."""
    days: defaultdict[date, list[LabeledReport]] = defaultdict(list)
    for report in reports:
        if report.document.published is not None:
            days[report.document.published.date()].append(report)
    return {day.isoformat(): days[day] for day in sorted(days)}


def assess_stories(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the clustering of labeled reports, with each file clustered separately.

    If reports are dated, each day is also clustered and measured separately. Reports in different
    languages ("lang") are clustered separately; "languages" has the figures of each.

    Args:
        paths: files of reports with "story"; a table of day, id and story beside files named
            after the days; or the folder of such a table. Stories in a table are per day or, if
            the column is "file", per month, since an event may be reported again later.
        watch: called for each file.
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
    """Yield the reports of each file; all days of a table count as one file."""
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
    """Return a unique name of a row's story; empty if it has none."""
    if row["story"] in {"", "-"}:
        return ""
    return f"{row.get('day') or row['file'][-_DAY:][:_MONTH]} {row['story']}"


def document(line: Line, name: str, *, day: str) -> model.Document:
    """Return the report of a line; ``day`` applies if the line has no time."""
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
    """Return true story and cluster of each labeled report; clusters are unique across calls."""
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
