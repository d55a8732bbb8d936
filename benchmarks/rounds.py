"""Labeled reports divided into rounds, of which the shipped weights learn every second."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from briefing.lab.assess.stories import LabeledReport, by_day, grouped, read_reports
from briefing.lab.evaluate.stories import measure_stories

#: Mean reports a day from which a day is a round of its own: with fewer there is little to confuse.
_A_DAYS_NEWS = 10


#: Days of a round otherwise.
_SPAN = 25


def rounds(reports: Sequence[LabeledReport]) -> list[list[LabeledReport]]:
    """Divide the reports of one file, so that each round is hard and no event stands in two.

    A round is a day where days have enough news, else a span of 25 days; undated reports are one
    round. Every second one, from the first, may be learned from; the others are for measuring.
    """
    days = by_day(reports)
    if not days:
        return [list(reports)] if reports else []
    if sum(map(len, days.values())) >= _A_DAYS_NEWS * len(days):
        return list(days.values())
    spans: defaultdict[int, list[LabeledReport]] = defaultdict(list)
    for day, of_day in days.items():
        spans[date.fromisoformat(day).toordinal() // _SPAN].extend(of_day)
    return [spans[span] for span in sorted(spans)]


def halves(paths: Iterable[Path]) -> dict[str, Any]:
    """Measure stories by rounds: those "learned" from, if it was this file, and "held_out"."""
    files = [rounds(reports) for path in paths for reports in read_reports(path)]
    measured = {}
    for name, first in (("learned", 0), ("held_out", 1)):
        rows = [row for parts in files for part in parts[first::2] for row in grouped(part)]
        if rows:
            measured[name] = measure_stories(rows)
    return measured
