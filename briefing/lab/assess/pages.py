"""From labeled days to printed editions to figures: pages, choice, consecutive days."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from briefing.core import record
from briefing.core.errors import InputError, NothingToPrintError
from briefing.core.model import COPY, MEMORY, Brief, Edition, Status
from briefing.core.ports import Recipe
from briefing.core.proof import prove
from briefing.lab.assess.lines import (
    NewPress,
    PrintedFile,
    Watch,
    print_editions,
    print_run,
    table,
    watched,
)
from briefing.lab.evaluate.pages import (
    DayChoice,
    Printed,
    ReportLabel,
    count_dangling,
    measure_choice,
    measure_pages,
)
from briefing.lab.evaluate.stories import EventLabel, RunStory, measure_run
from briefing.press.readback import read_back


def assess_pages(
    paths: Sequence[Path], *, recipe: Recipe, press: NewPress, watch: Watch
) -> dict[str, Any]:
    """Print an edition for each file of documents, and read each page back."""
    files = print_editions(paths, recipe=recipe, press=press, watch=watch)
    return measure_pages([_facts(file) for file in files])


def _facts(file: PrintedFile) -> dict[str, Any]:
    printed, press = file.printed, file.press
    edition = printed.edition
    saved = record.read(record.write(edition), name=str(file.path))
    sources = {document.id: document for document in file.documents}
    proof = prove(saved.edition, sources=sources, intact=saved.intact)
    return {
        "name": file.path.name,
        "pages": read_back(printed.pdf).pages,
        "most_pages": printed.fit.most,
        "passages": proof.checked,
        "missing": len(press.missing(edition, printed.pdf)),
        "unverified": len(proof.failures),
        "fill": printed.fit.fill,
        "hole": printed.fit.hole,
        "scale": edition.setting.scale.value,
        "smallest_type": press.smallest_type(edition, printed.pdf),
        "layouts": printed.layouts,
        "sentences": sum(1 for _ in edition.sentences()),
        "dangling": sum(count_dangling(brief.sentences) for brief in edition.briefs()),
        "seconds": file.seconds,
    }


#: Name of the file of labels beside the files of days.
_LABELS = "labels.tsv"
_COLUMNS = ("id", "story", "section", "kind", "importance")

#: Labels by report id, by day.
Labels = Mapping[str, Mapping[str, ReportLabel]]


def assess_choice(
    paths: Sequence[Path], *, labels: Path | None, recipe: Recipe, press: NewPress, watch: Watch
) -> dict[str, Any]:
    """Print the edition of each labeled day and measure what it chose.

    Files of documents are named after their day; days without labels are skipped. Labels are
    tab-separated, with a header: file or day, id, story, section, kind, importance; optionally
    also, crisis and top. By default they are in ``labels.tsv`` beside the days.
    """
    days = labeled_days(paths, labels)
    if not days:
        raise InputError(f"{_labels_of(paths[0], labels)}: no labels for any of the days given")
    chosen = (
        choice_of(file, own, recipe=recipe, press=press) for file, own in watched(days, watch)
    )
    return measure_choice([*chosen])


def choice_of(
    file: Path, labels: Mapping[str, ReportLabel], *, recipe: Recipe, press: NewPress
) -> DayChoice:
    """Print the edition of a labeled day; an edition that would be empty prints and names none."""
    try:
        (printed,) = print_editions([file], recipe=recipe, press=press, watch=lambda *_: None)
    except NothingToPrintError:
        return DayChoice(file.name, labels, (), (), (), frozenset(labels), 0.0)
    edition = printed.printed.edition
    placed = [*edition.placed()]
    briefs = [brief for _, brief in placed]
    weights = {story.story: story.salience for story in edition.ledger.ranked}
    briefs.sort(key=lambda brief: (not brief.top, -weights[brief.story]))
    return DayChoice(
        printed.name,
        labels,
        tuple(
            Printed(place, section, sentence.document, len(sentence.text.split()))
            for place, (section, brief) in enumerate(placed)
            for sentence in brief.sentences
        ),
        tuple(brief.sources[0] for brief in briefs),
        tuple(story.title.document for story in edition.panel.also),
        frozenset(id_ for id_, reason in edition.ledger.drops if reason != COPY),
        printed.printed.fit.fill,
    )


def labeled_days(
    paths: Sequence[Path], labels: Path | None = None
) -> list[tuple[Path, Mapping[str, ReportLabel]]]:
    """Return the files of labeled days with their labels, in order of name within each path.

    By default the labels are in "labels.tsv" beside the days.
    """
    days = []
    for path in paths:
        by_day = read_labels(_labels_of(path, labels))
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        named = ((file, by_day.get(file.name.partition(".")[0])) for file in files)
        days += [(file, own) for file, own in named if own is not None]
    return days


def _labels_of(path: Path, labels: Path | None) -> Path:
    return labels or (path if path.is_dir() else path.parent) / _LABELS


def read_labels(path: Path) -> Labels:
    """Read labels: tab-separated, with a header; the column of the day may be called "file"."""
    rows = table(path, dict, what="cannot be read")
    labels: dict[str, dict[str, ReportLabel]] = {}
    for at, row in enumerate(rows, 2):
        day = row.get("file") or row.get("day") or ""
        missing = [name for name in _COLUMNS if not row.get(name)]
        if missing:
            raise InputError(f"{path}:{at}: no {missing[0]}; columns are {', '.join(_COLUMNS)}")
        importance = row["importance"]
        if importance not in {"0", "1", "2", "3"}:
            raise InputError(f"{path}:{at}: importance is {importance!r}; give 0, 1, 2 or 3")
        also, crisis = (row.get(name) or "-" for name in ("also", "crisis"))
        labels.setdefault(day, {})[row.get("id") or ""] = ReportLabel(
            row["story"],
            row["section"],
            frozenset(re.findall(r"\w+", also)),
            row["kind"],
            int(importance),
            crisis="" if crisis == "-" else crisis,
            top=None if row.get("top") is None else row["top"] == "y",
        )
    return labels


_COLUMNS_RUN = ("file", "id", "story", "crisis")
#: What is undated is marked as new.
_MARKS = {Status.UNDATED: Status.NEW}
_NAME = re.compile(r"(.*?)(\d{4}-\d\d-\d\d)\.jsonl(?:\.gz)?")


def assess_run(
    paths: Sequence[Path], *, labels: Path, recipe: Recipe, press: NewPress, watch: Watch
) -> dict[str, Any]:
    """Print labeled days in sequence and measure what editions say about earlier ones.

    Files are named after their day, optionally with a prefix: bbc-2021-08-22.jsonl.gz. Files with
    the same prefix are one run, unless two consecutive ones are more than seven days apart. Labels
    are tab-separated, with a header: file (without its suffix), id, story, crisis ("-" for none).
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
            day.name: day.printed.edition for day in print_run(files, recipe=recipe, press=press)
        }
        # By edition and story.
        sagas: dict[tuple[str, str], str] = {}
        for edition in made.values():
            for brief in edition.briefs():
                if brief.saga is not None:
                    keys = ((entry.edition, entry.story) for entry in brief.saga.entries)
                    sagas |= dict.fromkeys([*keys, (edition.id, brief.story)], brief.saga.id)
        measured.append([
            (name, tuple(_stories(edition, known[name], sagas)))
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
    """Return the labels by report id, by file name."""
    labels: defaultdict[str, dict[str, EventLabel]] = defaultdict(dict)
    for name, report, story, crisis in table(
        path,
        lambda row: tuple(row[column] or "" for column in _COLUMNS_RUN),
        what=f"no table with the columns {', '.join(_COLUMNS_RUN)}",
        strict=True,
    ):
        labels[name][report] = EventLabel(story, crisis if crisis != "-" else "")
    return labels


def _stories(
    edition: Edition, known: Mapping[str, EventLabel], sagas: Mapping[tuple[str, str], str]
) -> Iterator[RunStory]:
    briefs: defaultdict[str, list[Brief]] = defaultdict(list)
    for brief in edition.briefs():
        briefs[brief.story].append(brief)
    for story, own in briefs.items():
        printed = [sentence for brief in own for sentence in brief.sentences]
        labels = [known[sentence.document] for sentence in printed if sentence.document in known]
        yield RunStory(
            own[0].headline,
            tuple(labels),
            _MARKS.get(own[0].status, own[0].status),
            sagas.get((edition.id, story), ""),
            tuple(sentence.text for sentence in printed),
            goes_on=own[0].saga is not None,
        )
    for named in edition.panel.also:
        if named.story not in briefs:
            label = known.get(named.title.document)
            status = _MARKS.get(named.status, named.status)
            yield RunStory(named.title.text, (label,) if label else (), status)
