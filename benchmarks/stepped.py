"""A process whose clock another one steps: ``python -m benchmarks.stepped FILE COMMAND ...``."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from briefing.cli import run
from briefing.setup import clock


def main(file: str, *words: str) -> int:
    """Run a command of ours by a clock that is ahead by as many seconds as a file says."""
    ahead = Path(file)
    clock.run_by(lambda: clock.real() + timedelta(seconds=float(ahead.read_text())))
    return run(list(words))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
