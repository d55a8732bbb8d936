"""Every measure of speed, and ``docs/performance.md`` made of them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.prose import table, wrapped

Rows = Sequence[Mapping[str, Any]]

_HEAD = """\
`./run bench performance` writes this page; do not edit it. Each figure is a ratio of two things
measured in one run on one machine, so that yours should come out near it although your seconds
differ. `./run bench NAME` measures one of them again, with `--json` for programs."""

_READ = """\
A ratio above 1 means more of what its case names first. *At most* and *at least* are aims that
were set before the work began."""

#: What each benchmark compares, in the order of the page.
_COMPARED = {
    "edition": """\
Publishing from a store in which all reports are collected and analyzed and the edition is made
ahead, as the round does when it collects before an edition, in a process of its own against one
plain WeasyPrint render of its page; *unprepared*: the same where a report came since; what making
it ahead takes (*prepare*); a page of a reader who chose sections, made after it; and analyzing and
keeping the reports, against splitting their texts at white space and counting the words once. Two
in three are articles of 600 to 900 words, the others are short; few stories have many reports, many
have one. *3 languages / 1* is publishing reports in English, German and French, with
`briefing[languages]`, against English ones. All is CPU.""",
    "ranking": """\
The ranker `salience` against sumy's LexRank over one text of 1,400 sentences: how many times as
long LexRank takes. *Cold* is the first use in a process.""",
    "rendering": """\
From chosen sentences to a PDF that was read back, as the first page of a process, against one plain
WeasyPrint render of the final page; and the draft that an editor sees after a choice.""",
    "collecting": """\
500 feeds of 20 whole reports into the store, against a loop that fetches and parses the same
feeds with the same client and parser, and keeps nothing; all take turns, three times.""",
    "delivering": """\
Mails from the store to a relay on the same machine, each claimed, sent and marked durably,
against a loop of smtplib that sends the same bytes over as many connections and remembers
nothing.""",
    "day": """\
A day of a desk with 40 feeds of 20 reports that are asked every half an hour, one edition and 500
readers: CPU of each step, against one plain render of the page, and what the tables of its
store, indexes included, hold after a year of such days. Analyses are kept for a week.""",
    "web": """\
Requests a second of CPU, against a bare Starlette application that renders a template of 50
lines.""",
    "lists": """\
Whole answers to pages of long lists, by the clock: 100,000 subscribers, and an archive of 3,000
editions with 84,000 passages; PostgreSQL is measured once it has vacuumed what was filled in.""",
    "cluster": """\
Four workers against one, on one PostgreSQL, with a relay that takes 20 ms for a mail and feeds on
100 hosts that take 2 or 5 seconds to answer. A worker asks up to 25 of them at a time, so that
with 2 seconds two processors are what bounds four workers, and with 5 seconds the waiting.""",
    "grow": """\
What a service takes, by a day of it that is run minute by minute from the costs of one visit,
report, edition and mail, which `./run bench fit` measures on a real PostgreSQL. The last mail is
to be out 30 minutes after an edition's time, a relay takes 300 mails a second, and reports and
deliveries are kept for 90 days. Prices are assumed: 20 dollars a month for a core, 10 cents for a
gigabyte. *Ends first*: how many readers of one briefing a part serves in time, if there is one of
it.""",
    "peers": """\
The reports of the example day, as feeds of up to five, made into a PDF by `briefing make` and by
goosepaper, each in a process of its own. Every report is fetched from its page. Goosepaper prints
all of them whole.""",
    "start": """\
CPU of whole processes, against an interpreter that imports what a command cannot do without.""",
}

#: What keeps a figure from being better, below its table, from profiles of 27 November 2026.
_BOUNDS = {
    "edition": """\
What bounds it: an edition that was made ahead is laid out (half of the CPU of publishing 1,000),
written as PDF (a fifth) and in other formats; reading what it is made of, to know that nothing has
changed, takes a tenth, of 10,000 reports a third. Unprepared, a third is ranking and a third
fitting; copies and stories take 6 % of publishing 1,000 and a third of 10,000. What an analysis
costs, and what was tried, says [decision 20](decisions/0020-kept-analysis.md).""",
    "rendering": """\
What bounds it: the layout that is printed takes a third of the CPU, a plain render is that layout
and its PDF. The probe, which lays out one block of each build and counts the lines of the others,
takes another third, writing the PDF an eighth, garbage a tenth, choosing a tenth. A draft after a
choice is one layout; [decision 31](decisions/0031-counted-lines.md) has what was tried.""",
    "collecting": """\
What bounds it: the processor. A feed of 20 reports takes 12 ms of CPU in the main process and 10 in
those that parse, where the loop takes 12 in all. Of the 22, 26 % is feedparser (the loop's own
takes twice as long: it also cleans markup and resolves addresses), 16 % other work on the markup,
26 % the store (4 % compresses texts), 14 % asking the server and changing between threads,
and 12 % the keys by which a report is known again and its fields. What the main process does holds
the interpreter's lock for the most part, so it is that which bounds two processors. Not taken: a
quicker table by which feedparser mends Windows-1252 (1.5 %, in its private parts).""",
    "delivering": """\
What bounds it: on one connection the disk, which each mail waits for before its message leaves.
With eight and letters of 30 kB the interpreter's lock: of the CPU of a mail SMTP takes 40 %, its
claim and its row in the store 25 %, its line in the journal 10 %, and the disk 10 %; smtplib
records nothing. *Busy* is with two more processes that never wait: a claim then takes 30 ms to
come to the disk, and all connections wait for it. With 150 kB smtplib's own work on the letter
weighs more, and ours is ahead.""",
    "day": """\
What bounds it: half of the rounds find reports, 80 each. Such a round takes 0.9 s in the main
process, half of it analyses, and 0.8 s in two that parse: 0.35 to start them, the rest to read 20
reports of each feed, of which two are new. A round without any takes 0.1 s.""",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What measured, as far as it matters to a reader."""

    day: date
    cores: int
    #: Of memory.
    gigabytes: int
    python: str


@dataclass(frozen=True, slots=True)
class Aim:
    """What one ratio, or another figure of its row, should be."""

    case: str
    least: float | None = None
    most: float | None = None
    #: The figure of the row that counts.
    figure: str = "ratio"

    def shown(self) -> str:
        """Return the aim as it is printed."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"

    def met(self, value: float) -> bool:
        """Return whether a figure meets the aim."""
        return value >= self.least if self.least is not None else value <= (self.most or 0)


AIMS = (
    Aim("publish 1000 / render", most=4),
    Aim("publish 10000 / render", most=12),
    Aim("publish 10000 / render", most=500, figure="peak_mb"),
    Aim("own page of 1000 / render", most=1.5),
    Aim("analyze 1000 / floor", most=20),
    Aim("rank 1400 cold / lexrank", least=300),
    Aim("page / render", most=2),
    Aim("draft after one choice / render", most=1.5),
    Aim("deliver 30kB x1 / smtplib", least=0.9),
    Aim("make, median / LexRank, render", most=1),
    Aim("make, longest / LexRank, render", most=1.2),
    Aim("collect and analyze / loop", least=0.5),
    Aim("deliver 30kB x8 / smtplib", least=1.3),
    Aim("deliver 150kB x8 / smtplib", least=1.5),
    Aim("deliver 30kB x8 / smtplib, busy", least=0.7),
    Aim("deliver 4 workers / 1", least=3),
    Aim("deliver 4 workers / 1, 200 readers", least=2.5),
    Aim("collect 4 workers / 1", least=3),
)


def page_of(figures: Mapping[str, Rows], *, machine: Machine) -> str:
    """Return the whole page; a benchmark without figures says so."""
    measured = (
        f"Measured on {machine.day.day} {machine.day:%B %Y} with {machine.cores} cores, "
        f"{machine.gigabytes} GB of memory and Python {machine.python}."
    )
    parts = ["# How fast it is", _HEAD, measured, "## Aims", _READ, _aims(figures)]
    for name, compared in _COMPARED.items():
        rows = figures.get(name, ())
        bounds = [_BOUNDS[name]] if name in _BOUNDS else []
        parts += [f"## {name.capitalize()}", compared, _table(rows), *bounds]
    return "\n\n".join(map(wrapped, parts)) + "\n"


def _aims(figures: Mapping[str, Rows]) -> str:
    rows = {row["case"]: row for rows in figures.values() for row in rows}
    return table(
        ("case", "figure", "measured", "aim", "met"),
        [_aim(aim, rows.get(aim.case, {}).get(aim.figure)) for aim in AIMS],
    )


def _aim(aim: Aim, value: float | None) -> tuple[str, ...]:
    figure = aim.figure.replace("_", " ")
    if value is None:
        return aim.case, figure, "not measured", aim.shown(), "no"
    return aim.case, figure, _said(value), aim.shown(), "yes" if aim.met(value) else "**no**"


def _table(rows: Rows) -> str:
    """Return one table of all figures; what a row has not is empty."""
    if not rows:
        return "Not measured."
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = [name.replace("_", " ") for name in names]
    return table(head, [[_said(row.get(name, "")) for name in names] for row in rows])


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


ROOT = Path(__file__).parents[1]
#: The page that is written.
PAGE = ROOT / "docs" / "performance.md"
#: The figures it was made of, whole; not committed.
FIGURES = ROOT / "out" / "performance.json"


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark, in a process of its own."""

    name: str
    words: tuple[str, ...] = ()
    #: Whether CPU is measured, so that another may run beside it.
    cpu: bool = False


#: In the order of the page.
RUNS = (
    Run("edition", ("300", "1000", "10000"), cpu=True),
    Run("ranking", cpu=True),
    Run("rendering", cpu=True),
    Run("collecting"),
    Run("delivering"),
    Run("day", cpu=True),
    Run("web", cpu=True),
    Run("lists"),
    Run("cluster"),
    Run("grow"),
    Run("start", cpu=True),
    Run("peers"),
)
#: Their names.
MEASURED = tuple(run.name for run in RUNS)


def bench(*names: str) -> list[dict[str, Any]]:
    """Run every benchmark of speed, or those named, and write the page.

    Those that measure CPU run two at a time, if there are as many cores, then the others one by
    one. The figures of those that are not named are kept as they were measured last.
    A benchmark that fails is told on stderr and on the page; the others go on.
    """
    figures: dict[str, Rows] = _kept() if names else {}
    rows: list[dict[str, Any]] = []
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    runs = [run for run in RUNS if not names or run.name in names]
    with ThreadPoolExecutor(min(2, machine().cores)) as pool:
        beside = pool.map(_timed, [run for run in runs if run.cpu])
        alone = map(_timed, [run for run in runs if not run.cpu])
        for row, results in chain(beside, alone):
            print(f"{row['case']}: {row.get('failed') or row['seconds']}", file=sys.stderr)
            rows.append(row)
            figures[row["case"]] = results
            FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page_of(figures, machine=machine()), encoding="utf-8")
    print(f"{PAGE}: written", file=sys.stderr)
    return rows


def _timed(run: Run) -> tuple[dict[str, Any], Rows]:
    began = time.perf_counter()
    results, failed = measure(run)
    row = {"case": run.name, "seconds": round(time.perf_counter() - began, 1)}
    return row | ({"failed": failed} if failed else {}), results


def measure(run: Run) -> tuple[list[dict[str, Any]], str]:
    """Return the rows of a benchmark, and why there are none."""
    words = [sys.executable, "-m", "benchmarks", run.name, *run.words, "--json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        return json.loads(done.stdout.splitlines()[-1])["results"], ""
    except (IndexError, KeyError, ValueError):
        last = done.stderr.strip().splitlines()[-1:] or ["no output"]
        return [], f"not measured, exit code {done.returncode}: {last[0]}"


def machine() -> Machine:
    """Return what measures."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Machine(
        day=datetime.now(UTC).date(),
        cores=len(os.sched_getaffinity(0)),
        gigabytes=round(memory),
        python=platform.python_version(),
    )


def _kept() -> dict[str, Rows]:
    try:
        figures: Mapping[str, Sequence[dict[str, Any]]] = json.loads(FIGURES.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: list(rows) for name, rows in figures.items() if name in MEASURED}
