"""Labeled reports, and the rounds in which they are grouped and learned from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core.model import Document

#: Mean reports a day from which a day is a round of its own: with fewer there is little to confuse.
_A_DAYS_NEWS = 10
#: Days of a round otherwise.
_SPAN = 25


@dataclass(frozen=True, slots=True)
class LabeledReport:
    """A report and the story it truly belongs to."""

    document: Document
    #: Empty when nobody has read it; then it is grouped with the others and not measured.
    story: str


def by_day(reports: Sequence[LabeledReport]) -> Mapping[str, list[LabeledReport]]:
    """Return the dated reports of each day, earliest first, as an edition would see them."""
    days: defaultdict[date, list[LabeledReport]] = defaultdict(list)
    for report in reports:
        if report.document.published is not None:
            days[report.document.published.date()].append(report)
    return {day.isoformat(): days[day] for day in sorted(days)}


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
