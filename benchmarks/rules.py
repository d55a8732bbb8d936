"""Rules of our own on labeled data: ``./run bench rules DATA``.

Datelines, dates ahead, kinds of text, robots.txt files, sagas and reports in other languages; the
figures of all but the kinds and these reports are on the page of ``accuracy`` as well.
"""

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.foreign import assess_foreign
from benchmarks.sagas import assess_sagas
from briefing.core.errors import InputError
from briefing.core.language import Language
from briefing.core.model import Document, Kind, Sentence, Story
from briefing.core.text.analysis import analyze
from briefing.core.text.finders.ahead import announced, find
from briefing.core.text.finders.clauses import Sought, meet
from briefing.core.text.gate import judge, news_sentences
from briefing.lab.assess.lines import Line, given, numbered
from briefing.lab.assess.pages import labeled_days
from briefing.lab.evaluate.figures import ratio_ci95, share_of
from briefing.lab.evaluate.inputs import files_in
from briefing.lab.evaluate.pages import ReportLabel
from briefing.sources.files import read
from briefing.sources.web.crawl_policy import crawl_delay, may_fetch, parse, to_text

_ENGLISH = Language.of("en")
#: Importance from which a story should be on the page.
_SHOULD = 2

#: Files of stories with dates, and which of these are which saga, by reading their headlines.
_WEEKS = ("teasers.jsonl.gz", "roundups.jsonl.gz")
_SAGAS = Path(__file__).with_name("sagas.tsv")


def bench(data: Path) -> list[dict[str, Any]]:
    """Measure each rule that the folder has data for."""
    rows = []
    for name, (paths, measure) in rules(data).items():
        missing = [str(path) for path in paths if not path.exists()]
        rows.append({"case": name, **({"failed": missing} if missing else measure(paths))})
    return rows


def rules(
    data: Path,
) -> dict[str, tuple[tuple[Path, ...], Callable[[Sequence[Path]], dict[str, Any]]]]:
    """Return by name the files that a rule is measured on, and what measures it."""
    weeks = tuple(data / "stories" / name for name in _WEEKS)
    return {
        "sagas": (weeks, lambda paths: assess_sagas(paths, labels=_SAGAS)),
        "datelines": ((data / "kinds" / "datelines.jsonl.gz",), assess_datelines),
        "dates": ((data / "kinds" / "dates.jsonl.gz",), assess_dates),
        "robots": ((data / "robots" / "robots.tar.gz",), assess_robots),
        "foreign": ((data / "languages" / "sections" / "pud_news.jsonl.gz",), assess_foreign),
        "kinds": (tuple(data / name for name in ("days", "kinds")), assess_kinds),
    }


def assess_robots(paths: Sequence[Path]) -> dict[str, Any]:
    """Measure how robots.txt files are read; folders or tar files, one a host."""
    read = (file for path in paths for file in files_in(path, of="robots.txt files"))
    files = sorted((Path(name).name, body) for name, body in read if name.endswith(".txt"))
    if not files:
        raise InputError("no robots.txt files; give a folder or tar file of HOST.txt")
    seconds, roots, delays, failed = [0.0], 0, 0, []
    for host, body in files:
        began = time.perf_counter()
        try:
            rules = parse(to_text(body))
            address = f"https://{host.removesuffix('.txt')}/"
            roots += may_fetch(rules, url=address, agent="Briefing")
            delays += crawl_delay(rules, agent="Briefing") > 0
        except Exception as error:  # what is measured
            failed.append((host, f"{type(error).__name__}: {error}"))
        seconds.append(time.perf_counter() - began)
    return {
        "files": len(files),
        "crashes": len(failed),
        "slowest_seconds": round(max(seconds), 4),
        "allowed_root": roots,
        "delays": delays,
        "failed": failed,
    }


#: Words of an expression that name a day, beside its number in the month.
_NAMES_A_DAY = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow", re.IGNORECASE)


#: What begins so is a bound, on which nothing happens.
_BOUNDS = ("through ", "until ", "till ", "before ", "beyond ", "after ", "since ")


#: Days for which a diary announces.
_AHEAD = timedelta(days=120)


def assess_dates(paths: Iterable[Path]) -> dict[str, Any]:
    """Measure the days that panel and diary keep from single sentences, by half.

    Rules may be learned from lines whose id has a SHA-256 that begins with an even byte:
    "learned"; the others are "held_out". Only days in the labelled expression are judged. Right is
    the first day of a future one. An announcement is one that names a day within 120 days, and
    not as a bound.
    """
    read: dict[str, list[tuple[int, int, bool]]] = {"learned": [], "held_out": []}
    for where, line in (line for path in paths for line in numbered(path)):
        try:
            half = hashlib.sha256(given(line, "id", where).encode()).digest()[0] % 2
            read["held_out" if half else "learned"].append(_dates_of(line))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: no sentence with a date ({error})") from error
    return {half: _share_of_dates(rows) for half, rows in read.items()}


def _dates_of(line: Line) -> tuple[int, int, bool]:
    """Return how many days are kept, how many of them are right, and if a day is announced."""
    text, words, by = line["sentence"], line["expression"], date.fromisoformat(line["published"])
    first = date.fromisoformat(line["resolved"][:10]) if line["resolved"] else by
    made = datetime(by.year, by.month, by.day, tzinfo=UTC)
    story = Story("s", (Document("d", "", text, published=made),))
    sentences = [Sentence("d", 0, len(text), text, 0)]
    kept = {
        item.day
        for item in (
            *announced(sentences, published=story.published, today=by, language=_ENGLISH),
            *Sought(
                lambda: find(
                    sentences,
                    cast=meet(sentences, language=_ENGLISH),
                    published=story.published,
                    today=by,
                )
            ),
        )
        for place in re.finditer(re.escape(words), text)
        if item.mention.start < place.end() and item.mention.end > place.start()
    }
    number = re.search(rf"(?<!\d){first.day}(?!\d)", words) or _NAMES_A_DAY.search(words)
    bound = words.lower().startswith(_BOUNDS)
    is_announced = line["future"] and by < first <= by + _AHEAD and bool(number) and not bound
    return len(kept), int(line["future"] and first in kept), is_announced


def _share_of_dates(rows: Sequence[tuple[int, int, bool]]) -> dict[str, Any]:
    kept, right = sum(row[0] for row in rows), sum(row[1] for row in rows)
    hits = [row[1] for row in rows if row[2]]
    return {
        "sentences": len(rows),
        "kept": kept,
        "right": right,
        "precision": right / kept if kept else None,
        "announcements": len(hits),
        "recall": sum(hits) / len(hits) if hits else None,
    }


def assess_datelines(paths: Iterable[Path]) -> dict[str, Any]:
    """Measure what is printed of the openings of reports, whose bodies begin at ``body_start``.

    ``exact``: one sentence begins with the body, and no character before it would be printed.
    ``lost``: the first words of the body are in no sentence. The interval resamples styles whole,
    since openings of one style are cut alike.
    """
    styles: dict[str, list[tuple[bool, bool]]] = {}
    for where, line in (line for path in paths for line in numbered(path)):
        try:
            outcome = _cut(line["text"], int(line["body_start"]))
            styles.setdefault(given(line, "style", where), []).append(outcome)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: no opening of a report ({error})") from error
    cut = [outcome for style in styles.values() for outcome in style]
    shares = [
        (float(sum(outcome[0] for outcome in style)), float(len(style)))
        for style in styles.values()
    ]
    return {
        "openings": len(cut),
        "styles": len(styles),
        "exact": sum(outcome[0] for outcome in cut) / max(1, len(cut)),
        "ci95": ratio_ci95(shares) if shares else None,
        "lost": sum(outcome[1] for outcome in cut),
    }


def _cut(text: str, body: int) -> tuple[bool, bool]:
    """Return whether an opening is cut at its body, and whether words of the body are lost."""
    document = Document("d", "", text)
    sentences = news_sentences(document, language="en")
    reasons = judge(document, sentences, kind=Kind.WIRE, language="en").sentences
    left = any(
        sentence.start < body and (sentence.end > body or reason is None)
        for sentence, reason in zip(sentences, reasons, strict=True)
    )
    starts = [sentence.start for sentence in sentences if sentence.end > body]
    return body in starts and not left, min(starts, default=len(text)) > body


@dataclass(frozen=True, slots=True)
class KindOfReport:
    """One report of one day."""

    day: str
    #: What a reader calls it, and what it is taken for.
    labeled: str
    taken: str
    #: 3 must be on the page … 0 does not belong, as a reader says.
    importance: int
    #: Whether it passes the gate.
    passes: bool


def measure_kinds(reports: Sequence[KindOfReport]) -> dict[str, Any]:
    """Return shares with their 95 % intervals by day, by kind and by series of days.

    right: taken for what a reader calls it. gated: of all of a kind, and of those of importance 2
    or 3. series: right, by the first part of the day's name. confusion: what each kind is taken
    for.
    """
    kinds = _grouped(reports, lambda report: report.labeled)
    series = _grouped(reports, lambda report: report.day.partition("-")[0])
    return {
        "reports": len(reports),
        "right": _share_of_right(reports),
        "gated": {kind: _share_gated(own) for kind, own in kinds.items()},
        "gated_important": {
            kind: _share_gated([report for report in own if report.importance >= _SHOULD])
            for kind, own in kinds.items()
        },
        "series": {name: _share_of_right(own) for name, own in series.items()},
        "confusion": {
            kind: dict(Counter(report.taken for report in own)) for kind, own in kinds.items()
        },
    }


def _grouped(
    reports: Sequence[KindOfReport], of: Callable[[KindOfReport], str]
) -> dict[str, list[KindOfReport]]:
    return {key: [*group] for key, group in groupby(sorted(reports, key=of), key=of)}


def _share_of_right(reports: Sequence[KindOfReport]) -> dict[str, Any]:
    return _by_day([(report.day, report.labeled == report.taken) for report in reports])


def _share_gated(reports: Sequence[KindOfReport]) -> dict[str, Any]:
    return _by_day([(report.day, not report.passes) for report in reports])


def _by_day(outcomes: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    parts: Counter[str] = Counter()
    wholes: Counter[str] = Counter()
    for day, holds in outcomes:
        parts[day] += holds
        wholes[day] += 1
    return share_of([(parts[day], whole) for day, whole in wholes.items()] or [(0.0, 0.0)])


#: As the first labels call two kinds.
_OLD = {"news": "wire", "other": "feature"}


def labeled_reports(paths: Sequence[Path]) -> Iterator[tuple[str, Document, ReportLabel]]:
    """Yield the day, the report and its label of each labeled report."""
    days = labeled_days(paths)
    for file, own in days:
        for document in read([str(file)]).documents:
            if document.id in own:
                label = own[document.id]
                kind = _OLD.get(label.kind, label.kind)
                yield file.name.partition(".")[0], document, replace(label, kind=kind)
    if not days:
        raise InputError(
            "no labels for any of the days given; they stand in labels.tsv beside them"
        )


def assess_kinds(paths: Sequence[Path]) -> dict[str, Any]:
    """Measure the kinds of the reports of labeled days, and what of each passes the gate."""
    reports = []
    for day, document, label in labeled_reports(paths):
        analysis = analyze(document, language="en")
        passes = analysis.passes(rescued=False)
        reports.append(KindOfReport(day, label.kind, analysis.kind, label.importance, passes))
    return measure_kinds(reports)
