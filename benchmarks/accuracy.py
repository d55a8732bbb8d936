"""Every measure of quality on the development data, and ``docs/accuracy.md`` made of them."""

from __future__ import annotations

import csv
import gzip
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks.accuracy_page import page_of, with_results
from benchmarks.accuracy_tables import Report
from benchmarks.days import FOLDERS, FRESH, HELD, write_days
from benchmarks.protocols import assess_protocol
from benchmarks.rounds import halves
from benchmarks.rules import rules
from briefing.core.errors import BriefingError, InputError
from briefing.lab.assess import evaluate
from briefing.lab.assess.lines import read_lines
from briefing.mail.bounce import classify
from briefing.settings import Settings
from tests.mail.returned import failing

ROOT = Path(__file__).parents[1]
#: The page that is written.
PAGE = ROOT / "docs" / "accuracy.md"
#: The page with a table that is written where nothing is missing.
README = ROOT / "README.md"
#: The figures it was made of, whole, for whoever wants to look closer; not committed.
FIGURES = ROOT / "out" / "accuracy.json"

#: On "daily", with several reports an item, the methods of sumy that are quadratic take many
#: minutes; there only these two are compared.
_DAILY_RANKERS = ("lead", "salience")
#: Characters of an article that stand for its story: its title and opening.
_OPENING = 700
_SUMMARIES = ("writers", "noisy", "daily")
_STORIES = ("medium", "wikinews", "days8", "teasers", "roundups")
#: How training is measured; each trains several times.
PROTOCOLS = ("five-fold", "held-out")
_LOOSE = ("wcep_2014_2018", "articles", "reuters_economy")


@dataclass(frozen=True, slots=True)
class Measure:
    """One report of figures and what it is made from."""

    #: The task and the data, as in "stories/days8".
    name: str
    #: What must be there.
    needs: tuple[Path, ...]
    report: Callable[[], Report]


def bench(data: Path) -> list[dict[str, Any]]:
    """Run every measure that the folder has data for, and write the page.

    A measure that fails, or has no data, is told on stderr and on the page; the others go on.
    """
    reports: dict[str, Report] = {}
    rows: list[dict[str, Any]] = []
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for measure in measures(data, work=Path(folder)):
            began = time.perf_counter()
            failed = run_measure(measure, reports)
            seconds = round(time.perf_counter() - began, 1)
            print(f"{measure.name}: {failed or f'{seconds} s'}", file=sys.stderr, flush=True)
            row = {"case": measure.name, "seconds": seconds}
            rows.append({**row, "failed": failed} if failed else row)
            FIGURES.write_text(json.dumps(reports, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page_of(reports), encoding="utf-8")
    print(f"{PAGE}: written", file=sys.stderr)
    if all("failed" not in row for row in rows):
        README.write_text(
            with_results(README.read_text(encoding="utf-8"), reports), encoding="utf-8"
        )
    return rows


def run_measure(measure: Measure, reports: dict[str, Report]) -> str:
    """Add the report of a measure; return why there is none."""
    missing = [path for path in measure.needs if not path.exists()]
    if missing:
        return f"not measured, no {missing[0]}"
    try:
        # as it is read back, so that a page can be made again from the figures
        reports[measure.name] = json.loads(json.dumps(measure.report()))
    except BriefingError as error:
        return f"not measured, {error}"
    return ""


def measures(data: Path, *, work: Path) -> Iterator[Measure]:
    """Yield all measures of a folder of data, the quick ones first.

    Args:
        data: the folder.
        work: a folder for files in the form that a measure reads.
    """
    days, labels = data / "days", data / "days" / "labels.tsv"
    yield _measure("choice", "choice", *(data / name for name in ("days", "days3", "kinds")))
    sets = tuple(data / folder / f"{name}.jsonl.gz" for name, folder in FOLDERS.items())
    for part in (HELD, FRESH):
        yield Measure(f"choice/{part}", sets, partial(_choice_of, part, data, work))
    yield _measure("pages", "pages", days)
    yield _measure("reading", "reading", data / "reading" / "articles.jsonl.gz")
    yield Measure("stories/days", (days, labels), lambda: _stories_of_days(days, work))
    for name in _STORIES:
        yield _stories(f"stories/{name}", data / "stories" / f"{name}.jsonl.gz")
    yield _rule("sagas", data)
    for name in ("days3", "kinds"):
        folder = data / name
        yield _measure(f"run/{name}", "run", folder, labels=folder / "labels.tsv")
    pages = data / "extraction"
    yield Measure("extraction", (pages,), lambda: _extracted(pages))
    for name in ("feedparser_tests", "saved_feeds"):
        yield _measure(f"feeds/{name}", "feeds", data / "feeds" / f"{name}.tar.gz")
    for name in ("datelines", "dates", "robots"):
        yield _rule(name, data)
    mails = data / "bounces" / "bounce_samples.tar.gz"
    yield Measure("bounces", (mails,), lambda: _bounces(mails))
    for name in _SUMMARIES:
        rankers = _DAILY_RANKERS if name == "daily" else ("all",)
        file = data / "summaries" / f"{name}.jsonl.gz"
        yield _measure(f"summaries/{name}", "summaries", file, rankers=rankers)
    yield Measure("sections/stories", (days, labels), lambda: _sections_of_days(days, work))
    guide = data / "sections" / "guide.jsonl.gz"
    noisy = tuple(data / "sections" / f"{name}.jsonl.gz" for name in _LOOSE)
    for protocol in PROTOCOLS:
        yield _protocol(protocol, guide, noisy)


def _measure(name: str, task: str, *paths: Path, **asked: Any) -> Measure:  # noqa: ANN401
    """Return a measure that is ``briefing evaluate TASK PATHS --json``."""
    return Measure(
        name,
        (*paths, *filter(None, [asked.get("labels")])),
        lambda: _evaluate(task, *paths, **asked),
    )


def _choice_of(part: str, data: Path, work: Path) -> Report:
    return _evaluate("choice", write_days(data, work, part))


def _rule(name: str, data: Path) -> Measure:
    paths, measure = rules(data)[name]
    return Measure(name, paths, lambda: measure(paths))


def _protocol(name: str, guide: Path, noisy: tuple[Path, ...]) -> Measure:
    report = partial(assess_protocol, [guide], protocol=name, noisy=noisy)
    return Measure(f"sections/{name}", (guide, *noisy), report)


def _evaluate(task: str, *paths: Path, model: str = "", **asked: Any) -> Report:  # noqa: ANN401
    settings = Settings(model=model)
    return evaluate(task, paths, settings=settings, watch=_quietly, **asked)


def _quietly(_done: int, _of: int) -> None:
    """Tell nothing."""


def _labeled(days: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the labeled articles by day, each with the columns of its label."""
    with (days / "labels.tsv").open(encoding="utf-8", newline="") as file:
        labels = {(row["day"], row["id"]): row for row in csv.DictReader(file, delimiter="\t")}
    articles = {}
    for day in sorted({day for day, _ in labels}):
        lines = next(map(read_lines, sorted(days.glob(f"{day}.jsonl*"))), [])
        known = [(line, labels.get((day, str(line.get("id"))))) for line in lines]
        articles[day] = [{**line, **label} for line, label in known if label]
    return articles


def _stories(name: str, file: Path) -> Measure:
    return Measure(name, (file,), lambda: _grouped(file))


def _stories_of_days(days: Path, work: Path) -> Report:
    """Measure stories on the labeled days, each a file of its own."""
    labeled = _labeled(days).items()
    return _grouped(*(_write(work / f"{day}.jsonl", lines) for day, lines in labeled))


def _grouped(*files: Path) -> Report:
    """Measure stories, and say of how many reports."""
    reports = sum(len(read_lines(each)) for each in files)
    return {**_evaluate("stories", *files), **halves(files), "reports": reports}


def _sections_of_days(days: Path, work: Path) -> Report:
    """Measure the model of stories on the labeled days, of which it has learned nothing."""
    lines = [
        {
            "id": line["id"],
            "text": f"{line.get('title') or ''}\n{line.get('text') or ''}"[:_OPENING],
            "section": line["section"],
        }
        for of_day in _labeled(days).values()
        for line in of_day
    ]
    model = resources.files("briefing.core.text.classifiers") / "stories.model"
    return _evaluate("sections", _write(work / "days.jsonl", lines), model=str(model))


def _extracted(folder: Path) -> Report:
    """Measure what is taken from pages, and say of how many."""
    lines = next(map(read_lines, sorted(folder.glob("pages.jsonl*"))), [])
    return {**_evaluate("extraction", folder), "pages": len(lines)}


def _write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def _bounces(path: Path) -> Report:
    """Measure how returned mail is read; the names of files told wrong are left out."""
    try:
        with tarfile.open(path) as packed:
            files = {
                Path(member.name).name: content.read()
                for member in packed.getmembers()
                if (content := packed.extractfile(member)) is not None
            }
    except (OSError, tarfile.TarError, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    rows = map(json.loads, files.pop("expected.jsonl", b"").splitlines())
    expected = {
        row["file"]: (frozenset(row["permanent"]), frozenset(row["temporary"])) for row in rows
    }
    return measure_bounces(files.items(), expected=expected, classify=classify)


def measure_bounces(
    mails: Iterable[tuple[str, bytes]],
    *,
    expected: Mapping[str, tuple[frozenset[str], frozenset[str]]],
    classify: Callable[[bytes], Any],
) -> dict[str, Any]:
    """Return how many mails are read as expected, and the names of those that are not, in order.

    Expected are, by the name of a mail, the addresses that failed for good and those not reached
    yet, no more and no fewer. A mail without an expectation counts only when reading it raises an
    error; one that is expected and missing is wrong.
    """
    right: set[str] = set()
    crashes = 0
    for name, raw in mails:
        try:
            judged = classify(raw)
        except Exception:  # any error at all is what is counted
            crashes += 1
            continue
        permanent, temporary = failing(judged)
        if expected.get(name) == (frozenset(permanent), frozenset(temporary)):
            right.add(name)
    return {
        "files": len(expected),
        "right": len(right),
        "share": len(right) / len(expected) if expected else 1.0,
        "crashes": crashes,
        "wrong": sorted(expected.keys() - right),
    }
