"""No parser of bytes from outside takes more than linear time, or more than it may."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.sources.growth import PARSERS

#: Twice the input may take three times as long; below so many yardsticks the clock says nothing.
_GROWTH = 3.0
_NOISE = 5.0
#: Yardsticks and megabytes for any input; the slowest took 21 to 32 where this was set.
_MOST = 60.0
_MEGABYTES = 300


def measure(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.sources.growth", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own
    assert done.returncode == 0, done.stderr[-500:]
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


@pytest.mark.slow
@pytest.mark.parametrize("parser", PARSERS)
def test_twice_the_input_takes_no_parser_more_than_about_twice_the_time(parser: str) -> None:
    measured = measure(parser)
    slow = {
        case: (once, twice)
        for case, (once, twice) in measured["took"].items()
        if twice > _GROWTH * once + _NOISE or twice > _MOST
    }
    assert slow == {}
    assert measured["megabytes"] < _MEGABYTES
