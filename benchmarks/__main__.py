"""Run benchmarks: ``python -m benchmarks [NAME ...] [--json]``.

Behind ``accuracy`` and ``rules`` stands a folder of data, behind ``edition`` may stand numbers of
documents, and behind ``performance`` the names of those that are to be measured again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.performance import MEASURED

#: Module of each benchmark whose name is another.
_MODULES = {"day": "desk_day", "edition": "editions", "start": "starting"}
_NAMES = (
    "accuracy cluster collecting day delivering edition fit grow killing lists morning paging "
    "peers performance pipeline proving ranking readers rendering rules start storm walks web weeks"
).split()
#: Module of each; that of one that is run alone is imported.
BENCHES = {name: f"benchmarks.{_MODULES.get(name, name)}" for name in _NAMES}
#: Runs of many minutes, only when they are asked for by name.
LONG = (
    "accuracy cluster day delivering edition fit killing lists morning paging peers performance "
    "proving readers rules storm"
).split()
#: Those that measure on a folder of data, named right behind them.
ON_DATA = ("accuracy", "rules")
#: Those that measure so many documents, or mails, as the numbers behind them say.
SIZED = ("cluster", "edition", "storm")


def main(words: list[str]) -> int:
    """Run the benchmarks named, or all but the long ones.

    Returns:
        The exit code: 1 when a benchmark could not measure all that it should, 2 for wrong use.
    """
    as_json = "--json" in words
    short = [name for name in BENCHES if name not in LONG]
    asked, wrong = _asked([word for word in words if word != "--json"] or short)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    results = [row for name, data in asked for row in _run(name, data, as_json=as_json)]
    return int(any("failed" in row for row in results))


def _asked(words: list[str]) -> tuple[list[tuple[str, list[Any]]], str]:
    """Return the benchmarks with data or sizes of each, and what is wrong with the words."""
    asked: list[tuple[str, list[Any]]] = []
    left = iter(words)
    for name in left:
        before = asked[-1][0] if asked else ""
        if before in SIZED and name.isdecimal() and int(name) > 0:
            asked[-1][1].append(int(name))
            continue
        if before == "performance" and name in MEASURED:
            asked[-1][1].append(name)
            continue
        if name not in BENCHES:
            return [], f"unknown benchmark {name!r}; known: {', '.join(BENCHES)}"
        data: list[Any] = (
            [Path(word) for word in (next(left, ""),) if word] if name in ON_DATA else []
        )
        if name in ON_DATA and not (data and data[0].is_dir()):
            given = f"{data[0]} is no folder; " if data else ""
            return [], f"{given}name the folder of the data: ./run bench {name} DATA"
        asked.append((name, data))
    return asked, ""


def _run(name: str, data: list[Any], *, as_json: bool) -> list[dict[str, Any]]:
    bench: Callable[..., list[dict[str, Any]]] = import_module(BENCHES[name]).bench
    results = bench(*data)
    if as_json:
        print(json.dumps({"bench": name, "results": results}))
        return results
    print(name)
    for row in results:
        rest = "  ".join(f"{key} {value}" for key, value in row.items() if key != "case")
        print(f"  {row['case']:<28} {rest}")
    return results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
