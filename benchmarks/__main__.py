"""Run benchmarks by name: ``python -m benchmarks [NAME ...] [--json]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.collecting import bench_collecting
from benchmarks.delivering import bench_delivering
from benchmarks.killing import bench_killing
from benchmarks.pipeline import bench_pipeline
from benchmarks.ranking import bench_ranking
from benchmarks.starting import bench_starting
from benchmarks.walks import bench_walks

BENCHES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "collecting": bench_collecting,
    "delivering": bench_delivering,
    "killing": bench_killing,
    "pipeline": bench_pipeline,
    "ranking": bench_ranking,
    "start": bench_starting,
    "walks": bench_walks,
}
#: Runs of many minutes, only when they are asked for by name.
LONG = ("delivering", "killing")


def main(words: list[str]) -> int:
    """Run the benchmarks named, or all but the long ones."""
    as_json = "--json" in words
    short = [name for name in BENCHES if name not in LONG]
    asked = [word for word in words if word != "--json"] or short
    unknown = [name for name in asked if name not in BENCHES]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; known: {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in asked:
        results = BENCHES[name]()
        if as_json:
            print(json.dumps({"bench": name, "results": results}))
            continue
        print(name)
        for row in results:
            rest = "  ".join(f"{key} {value}" for key, value in row.items() if key != "case")
            print(f"  {row['case']:<28} {rest}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
