"""One process of a cluster by the clock of a file: ``python -m tests.cluster.process FOLDER …``."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from briefing.app.rounds.round import Wait
from briefing.app.rounds.runs import RunRequests
from briefing.cli import run
from briefing.core.model import Step
from briefing.setup import clock

#: Real seconds between two looks at the clock.
_LOOK = 0.05


def waits(now: Callable[[], datetime], requests: RunRequests) -> Wait:
    """Return how a round waits by a clock that another process sets."""

    def wait(until: datetime, seen: int) -> tuple[tuple[Step, date | None, str], ...]:
        while not requests.closed and requests.woken == seen and now() < until:
            requests.take(_LOOK, of=(), seen=seen)
        return ()

    return wait


def main(folder: str, *words: str) -> int:
    file = Path(folder) / "time"

    def now() -> datetime:
        return datetime.fromisoformat(file.read_text())

    clock.run_by(now, waits=lambda requests: waits(now, requests))
    return run([*words, f"--config={Path(folder) / 'briefing.toml'}"])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
