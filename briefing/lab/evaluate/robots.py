"""How well and how fast the robots.txt files of many hosts are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RobotsFacts:
    """What was seen in one robots.txt."""

    #: Lines that allow or disallow something.
    rules: int
    #: Whether a part was beyond the limits and was not read.
    cut: bool
    #: Whether it lets us see "/".
    root: bool
    #: Seconds it asks for between two requests.
    delay: float


def measure_robots(
    files: Iterable[tuple[str, bytes]],
    *,
    look: Callable[[str, bytes], RobotsFacts],
    clock: Callable[[], float],
) -> dict[str, Any]:
    """Return counts over robots.txt files, the slowest, and what could not be read.

    ``rules`` counts rules of all files, ``without_rules`` files that have none, ``cut`` files of
    which a part was not read, ``allowed_root`` files that let us see "/", ``delays`` files that
    ask for time between two requests.

    Args:
        files: host and content of each.
        look: reads one and asks it for "/"; the time it takes is measured.
        clock: seconds that only grow.
    """
    facts: list[RobotsFacts] = []
    seconds: list[tuple[float, str]] = []
    failed: list[tuple[str, str]] = []
    for host, body in files:
        began = clock()
        try:
            facts.append(look(host, body))
        except Exception as error:
            failed.append((host, f"{type(error).__name__}: {error}"))
        seconds.append((clock() - began, host))
    slowest = max(seconds, default=(0.0, ""))
    return {
        "files": len(seconds),
        "crashes": len(failed),
        "slowest": slowest[1],
        "slowest_seconds": round(slowest[0], 4),
        "rules": sum(one.rules for one in facts),
        "without_rules": sum(not one.rules for one in facts),
        "cut": sum(one.cut for one in facts),
        "allowed_root": sum(one.root for one in facts),
        "delays": sum(one.delay > 0 for one in facts),
        "failed": failed,
    }
