"""Every measure of speed, and ``docs/performance.md`` made of them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.performance_page import Machine, Rows, page_of

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


#: In the order of the page.
RUNS = (
    Run("edition", ("100", "1000", "10000", "30000")),
    Run("ranking"),
    Run("rendering"),
    Run("collecting"),
    Run("delivering"),
    Run("web"),
    Run("lists"),
    Run("cluster"),
    Run("grow"),
    Run("start"),
    Run("peers"),
)
#: Their names.
MEASURED = tuple(run.name for run in RUNS)


def bench_performance(*names: str) -> list[dict[str, Any]]:
    """Run every benchmark of speed, or those named, and write the page.

    The figures of those that are not named are kept as they were measured last.
    A benchmark that fails is told on stderr and on the page; the others go on.
    """
    figures: dict[str, Rows] = _kept() if names else {}
    rows: list[dict[str, Any]] = []
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    for run in RUNS:
        if names and run.name not in names:
            continue
        began = time.perf_counter()
        results, failed = measure(run)
        row: dict[str, Any] = {"case": run.name, "seconds": round(time.perf_counter() - began, 1)}
        rows.append({**row, "failed": failed} if failed else row)
        print(f"{run.name}: {failed or row['seconds']}", file=sys.stderr, flush=True)
        figures[run.name] = results
        FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page_of(figures, machine=machine()), encoding="utf-8")
    print(f"{PAGE}: written", file=sys.stderr)
    return rows


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
