"""Reports of ``briefing evaluate`` to the tables of ``docs/accuracy.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.prose import figure, table

Report = Mapping[str, Any]
#: By the name of their measure; one that was not made is not there.
Reports = Mapping[str, Report]

_SETS = {
    "writers": "clean articles, summaries written for pay",
    "noisy": "articles with page furniture, the publisher's highlights",
    "daily": "several reports of one event, a day's update",
}
_STORIES = {
    "days": "six labeled days",
    "days8": "eight whole days",
    "teasers": "first paragraphs, as feeds give them",
    "medium": "one event, several outlets",
    "wikinews": "sources of Wikinews articles",
    "roundups": "two or three views of an event",
}
#: ROUGE-1 and ROUGE-2 below which the ranker must not fall.
_ROUGE_AIMS = {"writers": (38.17, 15.03), "noisy": (37.43, 16.69), "daily": (25.35, None)}
_STORIES_AIMS = {"days": 0.92, "days8": 0.92, "teasers": 0.87, "wikinews": 0.80}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the table of all measures."""

    measure: str
    value: float
    #: Low and high end of the 95 % interval, where it has one.
    ci95: Sequence[float] | None
    #: What was counted.
    items: str
    #: What the project aims at, at least or at most.
    least: float | None = None
    most: float | None = None
    #: Digits behind the point.
    digits: int = 3

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed."""
        interval = between(self.ci95, self.digits) if self.ci95 else ""
        return (self.measure, figure(self.value, self.digits), interval, self.items, *self._aim())

    def _aim(self) -> tuple[str, str]:
        """Return the aim, and whether the figure as it is printed meets it."""
        shown = round(self.value, self.digits)
        if self.least is not None:
            return f"≥ {figure(self.least, None)}", "yes" if shown >= self.least else "no"
        if self.most is not None:
            aim = f"≤ {figure(self.most, None)}" if self.most else "0"
            return aim, "yes" if shown <= self.most else "no"
        return "", ""


def between(ci95: Sequence[float], digits: int = 3) -> str:
    """Return an interval."""
    return f"{figure(ci95[0], digits)} to {figure(ci95[1], digits)}".replace("-", "−")


def by_date(stories: Report) -> Report:
    """Return the figures of a grouping day by day, or those of all at once where it has no days."""
    result: Report = stories.get("by_day") or stories
    return result


def all_rows(reports: Reports) -> list[Row]:
    """Return each figure with its interval and its aim."""
    groups = (_choice, _reading, _grouping, _sagas, _run, _sections, _rouge, _pages, _inputs)
    return [row for rows in groups for row in rows(reports)]


def every_measure(reports: Reports) -> str:
    """Return the table of all measures."""
    head = ("measure", "figure", "95 % interval", "measured on", "aim", "met")
    return table(head, [row.cells() for row in all_rows(reports)])


def _choice(reports: Reports) -> Iterator[Row]:
    titles = {"choice": "choice", "choice/held": "choice, unseen", "choice/fresh": "choice, fresh"}
    for name, title in titles.items():
        if name in reports:
            yield from _chosen(reports[name], title)


def _chosen(report: Report, title: str) -> Iterator[Row]:
    days = f"{report['days']} days"
    aims: dict[str, tuple[str, str, dict[str, Any]]] = {
        "lead_right": ("a right story leads", "days", {"least": 0.7}),
        "lead_in_first": ("one of three is among the first three", "days", {"least": 0.95}),
        "must_told": ("must-print stories printed", "stories", {"least": 0.9}),
        "must_carried": ("must-print stories printed or named", "stories", {"least": 0.95}),
        "must_told_wire": ("must-print stories printed, wire day", "stories", {"least": 0.75}),
        "section_acceptable": ("in an acceptable section", "sentences", {"least": 0.93}),
        "section_right": ("in the right section", "sentences", {}),
        "poor_above_supply": ("poor beyond what the day supplies", "sentences", {"most": 0.05}),
        "poor_in_first": ("poor, first six briefs", "sentences", {"most": 0.2}),
        "named_worth": ("named and worth it", "titles", {"least": 0.8}),
        "teasers_gated": ("teasers left out", "reports", {"most": 0.03}),
        "official_gated": ("statements, transcripts left out", "reports", {"most": 0.05}),
        "opinion": ("from opinion pieces", "sentences", {"most": 0.03}),
        "importance": ("importance, 0 to 3", "sentences", {"digits": 2}),
        "long": ("over 40 words", "sentences", {}),
    }
    for name, (words, unit, aim) in aims.items():
        part = report[name]
        items = f"{part['of']} {unit}, {days}"
        if part["of"]:
            yield Row(f"{title}: {words}", part["mean"], part["ci95"], items, **aim)
    yield Row(f"{title}: stories told twice", report["told_twice"], None, days, most=0, digits=0)
    yield Row(f"{title}: largest crisis", report["largest_crisis"], None, days, most=0.5)
    yield Row(f"{title}: nearly empty", report["nearly_empty"], None, days, most=0, digits=0)


def _reading(reports: Reports) -> Iterator[Row]:
    report = reports.get("reading")
    if report is None:
        return
    for where, part in (("pages of one article", report), ("briefs", report["brief"])):
        items = f"{part['printed']} sentences, {part['articles']} articles"
        yield Row(
            f"reading: needs a sentence that is not above it, {where}",
            *_share(part, "unresolved"),
            items,
            most=0.03,
        )
        yield Row(
            f"reading: fragments printed, {where}", part["junk"], None, items, most=0, digits=0
        )
    articles = f"{report['articles']} articles"
    refused = _share(report, "refused")
    yield Row("reading: refused, though it stands alone", *refused, articles, most=0.1)
    yield Row("reading: opens with the news", *_share(report, "lead_opens"), articles)


def _share(report: Report, name: str) -> tuple[float, Sequence[float]]:
    return report[name], report["ci95"][name]


def _grouping(reports: Reports) -> Iterator[Row]:
    for name, words in _STORIES.items():
        report = reports.get(f"stories/{name}")
        if report is not None:
            # what the model has learned from would flatter it
            held = report.get("held_out")
            part, aim = held or by_date(report), _STORIES_AIMS.get(name)
            items = f"{report['reports']:,} reports{', half held out' if held else ''}"
            yield Row(f"stories: B³ F1, {words}", part["b3_f1"], part.get("ci95"), items, aim)


def _sagas(reports: Reports) -> Iterator[Row]:
    report = reports.get("sagas")
    if report is None:
        return
    held = report["held_out"]
    measures = {
        "links_right": "put into a saga: it is the same",
        "links_near": "put into a saga: it is the same, or of its theme",
        "links_found": "that goes on with a saga: put into it",
    }
    for name, words in measures.items():
        part = held[name]
        items = f"{part['of']} stories, held out"
        yield Row(f"sagas: story {words}", part["value"], part["ci95"], items)


def _run(reports: Reports) -> Iterator[Row]:
    measures: dict[str, tuple[str, float | None]] = {
        "sequels_right": ("stories that go on, marked right", 0.9),
        "saga_precision": ("pairs put into one saga: of one crisis", 0.95),
        "saga_recall": ("pairs of one crisis: put into one saga", 0.7),
    }
    for task, report in reports.items():
        if task.startswith("run/"):
            for name, (words, least) in measures.items():
                part = report[name]
                items = f"{part['of']}, {report['days']} days"
                yield Row(f"run: {words}", part["mean"], part["ci95"], items, least)
            beside = report["new_beside_saga"]
            yield Row(
                "run: new beside a saga", beside, None, f"{report['days']} days", most=0, digits=0
            )


def _sections(reports: Reports) -> Iterator[Row]:
    names = {"five-fold": "sentences, five-fold", "stories": "stories of days never learned"}
    for name, words in names.items():
        report = reports.get(f"sections/{name}")
        if report is not None:
            items = f"{report['items']:,} texts"
            least = 0.78 if name == "five-fold" else None
            yield Row(f"sections: macro-F1, {words}", *_share(report, "macro_f1"), items, least)
            yield Row(f"sections: right, {words}", *_share(report, "accuracy"), items)
            if name == "five-fold":
                lenient = _share(report, "lenient_accuracy")
                yield Row("sections: right or acceptable, sentences", *lenient, items)


def _rouge(reports: Reports) -> Iterator[Row]:
    for name, aims in _ROUGE_AIMS.items():
        report = reports.get(f"summaries/{name}")
        if report is not None:
            ours = report["rankers"]["salience"]
            for at, measure in enumerate(("rouge1", "rouge2")):
                yield Row(
                    f"sentences: ROUGE-{at + 1}, {name}",
                    *_share(ours, measure),
                    f"{report['items']} items",
                    aims[at],
                    digits=2,
                )


def _pages(reports: Reports) -> Iterator[Row]:
    report = reports.get("pages")
    if report is None:
        return
    days = f"{report['editions']} days"
    passages = f"{sum(day['passages'] for day in report['days'])} passages, {days}"
    pages = report["one_page"]
    yield Row("pages: exactly one", pages, None, days, least=report["editions"], digits=0)
    for name, words in (
        ("missing", "missing from the PDF"),
        ("unverified", "not in the source"),
    ):
        count = report[f"{name}_sentences"]
        yield Row(f"pages: passages {words}", count, None, passages, most=0, digits=0)
    yield Row("pages: fill, least", report["fill_min"], None, days, least=0.85)
    yield Row("pages: fill, mean", report["fill_mean"], None, days)
    yield Row("pages: smallest type, points", report["smallest_type"], None, days, digits=1)
    yield Row("pages: layouts, mean", report["layouts_mean"], None, days, digits=2)


def _dates(report: Report) -> Iterator[Row]:
    for half, words in (("learned", "learned half"), ("held_out", "held out")):
        for name, of in (("precision", "kept"), ("recall", "announcements")):
            if half in report:
                days = f"{report[half][of]} {of}"
                yield Row(f"dates ahead, {words}: {name}", report[half][name] or 0, None, days)


def _inputs(reports: Reports) -> Iterator[Row]:
    if report := reports.get("extraction"):
        pages, bare = f"{report['pages']} pages", report["trafilatura"]["f1"]
        yield Row("web pages: F1 of the article", report["f1"], None, pages)
        yield Row("web pages: the same, trafilatura alone", bare, None, pages)
    for name, words in (("feedparser_tests", "test files"), ("saved_feeds", "real feeds")):
        if report := reports.get(f"feeds/{name}"):
            files = f"{report['files']:,} {words}"
            result = report["items_found"] / (report["items"] or 1)
            yield Row(f"feeds: items found, {words}", result, None, f"{report['items']:,} items")
            crashes = report["crashes"]
            yield Row(f"feeds: crashes, {words}", crashes, None, files, most=0, digits=0)
    if report := reports.get("datelines"):
        openings = f"{report['openings']} openings of {report['styles']} styles"
        yield Row("datelines: cut exactly", report["exact"], report["ci95"], openings, least=0.98)
        yield Row("datelines: words lost", report["lost"], None, openings, most=0, digits=0)
    yield from _dates(reports.get("dates", {}))
    if report := reports.get("robots"):
        files = f"{report['files']} files"
        yield Row("robots.txt: crashes", report["crashes"], None, files, most=0, digits=0)
    if report := reports.get("bounces"):
        yield Row("returned mail: read right", report["share"], None, f"{report['files']} mails")


def rankers(reports: Reports) -> str:
    """Return a table of rankers for each set of summaries, best first."""
    head = ("ranker", "ROUGE-1", "95 %", "against lead, 95 %", "ROUGE-2", "95 %", "ROUGE-Lsum")
    parts = []
    for name, words in _SETS.items():
        report = reports.get(f"summaries/{name}")
        if report is None:
            continue
        best = sorted(report["rankers"].items(), key=lambda part: (-part[1]["rouge1"], part[0]))
        rows = [
            (
                f"**{ranker}**" if ranker == "salience" else ranker,
                *(figure(part["rouge1"], 2), between(part["ci95"]["rouge1"], 2)),
                "" if ranker == "lead" else between(part["over_lead"]["rouge1"], 2),
                *(figure(part["rouge2"], 2), between(part["ci95"]["rouge2"], 2)),
                figure(part["rougeLsum"], 2),
            )
            for ranker, part in best
        ]
        parts += [f"`{name}`: {words}, {report['items']} items.", table(head, rows)]
    return "\n\n".join(parts)


def stories(reports: Reports) -> str:
    """Return a table of how reports are grouped, with the half nothing was learned from."""
    head = ("set", "reports", "B³ F1", "95 %", "precision", "recall", "pairs, F1", "held out, F1")
    rows = []
    for name, words in _STORIES.items():
        report = reports.get(f"stories/{name}")
        if report is not None:
            part = by_date(report)
            held = report.get("held_out", {})
            rows.append((
                f"{words} (`{name}`)",
                f"{report['reports']:,}",
                figure(part["b3_f1"]),
                between(part["ci95"]) if "ci95" in part else "",
                figure(part["b3_precision"]),
                figure(part["b3_recall"]),
                figure(part["pairwise_f1"]),
                figure(held["b3_f1"]) if held else "",
            ))  # fmt: skip
    return table(head, rows)


def sections(report: Report) -> str:
    """Return precision, recall and F1 by section, and the confusion matrix beside them."""
    names = list(report["confusion"])
    rows = [
        (
            f"**{name}**",
            *(str(report["confusion"][name][other]) for other in names),
            *(figure(report["per_section"][name][part]) for part in ("precision", "recall", "f1")),
        )
        for name in names
    ]
    return table(("label", *(f"given {part}" for part in names), "precision", "recall", "F1"), rows)


def kinds(report: Report) -> str:
    """Return a table of kinds of text, each told by what was learned from the others."""
    head = ("kind", "texts", "macro-F1", "95 %", "right", "right or acceptable")
    rows = [
        (
            *(
                kind,
                f"{part['items']:,}",
                figure(part["macro_f1"]),
                between(part["ci95"]["macro_f1"]),
            ),
            *(figure(part["accuracy"]), figure(part["lenient_accuracy"])),
        )
        for kind, part in report.items()
    ]
    return table(head, rows)


def halves(report: Report) -> str:
    """Return a table of reading by half, alone on a page and in briefs."""
    head = ("half", "where", "printed", "lacks a need", "95 %", "fragments", "refused", "opens")
    rows = [
        (
            *(half, where, str(part["printed"]), figure(part["unresolved"])),
            *(between(part["ci95"]["unresolved"]), str(part["junk"])),
            *(figure(part["refused"]), figure(part["lead_opens"])),
        )
        for where, whole in (("page of one article", report), ("brief", report["brief"]))
        for half, part in whole["halves"].items()
    ]
    return table(head, rows)


def days_of_choice(report: Report) -> str:
    """Return a table of what was chosen, a row a day; what a day has none of is left open."""
    names = ("lead_right", "section_acceptable", "must_told", "poor", "importance")
    head = ("day", "sentences", "lead", "section", "must be told", "poor", "importance")
    rows = [
        (
            *(day["name"], str(day["sentences"])),
            *(figure(day[name], 2) if name in day else "–" for name in names),
            *(str(day["told_twice"]), figure(day["fill"], 2)),
        )
        for day in report["by_day"]
    ]
    return table((*head, "told twice", "fill"), rows)


def days_of_pages(report: Report) -> str:
    """Return a table of printed pages, a row a day."""
    rows = [
        (
            *(day["name"].partition(".")[0], str(day["sentences"]), str(day["passages"])),
            *(figure(day["fill"], 2), str(day["layouts"])),
        )
        for day in report["days"]
    ]
    return table(("day", "sentences", "passages", "fill", "layouts"), rows)
