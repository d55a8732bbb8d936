"""How well reports were grouped into stories: B³ and pairwise measures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from briefing.lab.evaluate.intervals import ci95_of

#: The true story of a report and the one it was put into.
Row: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StoriesReport:
    """The measures of one grouping; each is 0 to 1, larger is better, save the count."""

    #: Mean share of a report's predicted story that truly belongs with it.
    b3_precision: float
    #: Mean share of a report's true story that was put with it.
    b3_recall: float
    #: Harmonic mean of the two.
    b3_f1: float
    #: F1 over pairs of reports in one story; 1 when neither grouping has a pair.
    pairwise_f1: float
    #: Number of predicted stories.
    clusters: int
    #: 95 % interval of ``b3_f1``, true stories resampled whole.
    ci95: tuple[float, float]


def measure(rows: Sequence[Row]) -> StoriesReport:
    """Compare a grouping with the true one; only equality of labels counts, not their names.

    Args:
        rows: one a report.

    Raises:
        ValueError: there is no report.

    References:
        Bagga, A. & Baldwin, B. (1998), Algorithms for scoring coreference chains, section 3.
        Amigó, E., Gonzalo, J., Artiles, J. & Verdejo, F. (2009), A comparison of extrinsic
        clustering evaluation metrics based on formal constraints, section 4.
    """
    if not rows:
        raise ValueError("there are no reports to measure")
    true = Counter(story for story, _ in rows)
    predicted = Counter(story for _, story in rows)
    together = Counter(rows)
    sums: defaultdict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(3))
    for (story, found), n in together.items():
        sums[story] += n * n / predicted[found], n * n / true[story], n
    units = np.stack(list(sums.values()))
    precision, recall, reports = units.sum(axis=0)
    return StoriesReport(
        b3_precision=float(precision / reports),
        b3_recall=float(recall / reports),
        b3_f1=float(_f1(units.sum(axis=0, keepdims=True))[0]),
        pairwise_f1=_pairwise_f1(true, predicted, together),
        clusters=len(predicted),
        ci95=ci95_of(units, _f1),
    )


def _f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    precision, recall, reports = sums.T
    f1: NDArray[np.float64] = 2 * precision * recall / (precision + recall) / reports
    return f1


def _pairwise_f1(true: Counter[str], predicted: Counter[str], both: Counter[Row]) -> float:
    found, total = _pairs(both.values()), _pairs(true.values()) + _pairs(predicted.values())
    return 2 * found / total if total else 1.0


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
