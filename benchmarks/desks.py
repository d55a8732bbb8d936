"""Measures the choice on the days of each desk with words that were learned from other desks alone.

``python -m benchmarks.desks DATA`` holds out the 40 labeled days desk by desk (a broadcaster, a
government, a wire, a year of a pool of outlets), and with them the learning windows of that wire
and year. The few weights of the terms stay as they ship.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.days import LEARN, write_days
from benchmarks.weights import WeighedDay, learn_words, weigh_day
from briefing.core.text import importance, opening
from briefing.core.text.classifiers import linear
from briefing.lab.assess.pages import choice_of, labeled_days
from briefing.lab.evaluate.figures import in_words
from briefing.lab.evaluate.pages import DayChoice, measure_choice
from briefing.settings import Settings
from briefing.setup.parts import press, recipe

_FOLDERS = ("days", "days3", "kinds")
_WIRE, _POOL = "wire", "pool"


def desk_of(name: str) -> str:
    """Return the desk of a day or window: "wire", "pool" and the year, or the first of its name."""
    first = name.partition("-")[0]
    year = first.removeprefix(_WIRE).removeprefix(_POOL)[:4]
    if not year.isdigit():
        return first
    return _WIRE if year.startswith("198") else _POOL + year


def bench(data: Path) -> dict[str, Any]:
    """Return the figures of all days together."""
    days = labeled_days([data / name for name in _FOLDERS])
    with tempfile.TemporaryDirectory() as folder:
        windows = labeled_days([write_days(data, Path(folder), LEARN)])
        weighed = [weigh_day(*day) for day in (*windows, *days)]
    settings, choices = Settings(), list[DayChoice]()
    for desk in sorted({desk_of(file.name) for file, _ in days}):
        others = [day for day in weighed if desk_of(day.name) != desk]
        own = [day for day in days if desk_of(day[0].name) == desk]
        with _learned(others):
            choices += (
                choice_of(*day, recipe=recipe(settings), press=lambda: press(settings))
                for day in own
            )
        print(f"{desk}: {len(own)} days, learned from {len(others)}", file=sys.stderr, flush=True)
    return measure_choice(choices)


@contextmanager
def _learned(days: Sequence[WeighedDay]) -> Iterator[None]:
    """Weigh reports by the words of these days."""
    model = linear.from_bytes(learn_words(days))

    def worth_of(passages: Sequence[str]) -> list[float]:
        return [opening.log_odds(row[opening.WORTH]) for row in model(passages)]

    with (
        mock.patch.object(importance, "word_model", return_value=worth_of),
        mock.patch.object(opening, "word_model", return_value=worth_of),
    ):
        yield


if __name__ == "__main__":
    print(in_words(bench(Path(sys.argv[1]))))
