"""Measures what kind of text reports are taken for, and what of each kind passes the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from briefing.lab.evaluate.intervals import ratio_ci95

#: Importance from which a report should be on the page.
_SHOULD = 2


@dataclass(frozen=True, slots=True)
class KindOfReport:
    """One report of one day."""

    day: str
    #: What a reader calls it, and what it is taken for.
    labeled: str
    taken: str
    #: 3 must be on the page … 0 does not belong, as a reader says.
    importance: int
    #: Whether it passes the gate.
    passes: bool


def measure_kinds(reports: Sequence[KindOfReport]) -> dict[str, Any]:
    """Return shares with their 95 % intervals by day, by kind and by series of days.

    right: taken for what a reader calls it. gated: of all of a kind, and of those of importance 2
    or 3. series: right, by the first part of the day's name. confusion: what each kind is taken
    for.
    """
    kinds = sorted({one.labeled for one in reports})
    series = sorted({_series(one) for one in reports})

    def of(kind: str) -> list[KindOfReport]:
        return [one for one in reports if one.labeled == kind]

    return {
        "reports": len(reports),
        "right": _share(reports, _is_right),
        "gated": {kind: _share(of(kind), _is_gated) for kind in kinds},
        "gated_important": {
            kind: _share((one for one in of(kind) if one.importance >= _SHOULD), _is_gated)
            for kind in kinds
        },
        "series": {
            name: _share((one for one in reports if _series(one) == name), _is_right)
            for name in series
        },
        "confusion": {kind: dict(Counter(one.taken for one in of(kind))) for kind in kinds},
    }


def _is_right(report: KindOfReport) -> bool:
    return report.labeled == report.taken


def _is_gated(report: KindOfReport) -> bool:
    return not report.passes


def _series(report: KindOfReport) -> str:
    return report.day.partition("-")[0]


def _share(
    reports: Iterable[KindOfReport], holds: Callable[[KindOfReport], bool]
) -> dict[str, Any]:
    parts: Counter[str] = Counter()
    wholes: Counter[str] = Counter()
    for one in reports:
        parts[one.day] += holds(one)
        wholes[one.day] += 1
    low, high = ratio_ci95([(parts[day], whole) for day, whole in wholes.items()] or [(0.0, 0.0)])
    return {
        "mean": round(parts.total() / max(1, wholes.total()), 4),
        "ci95": [round(low, 4), round(high, 4)],
        "of": wholes.total(),
    }
