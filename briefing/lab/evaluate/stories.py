"""How well reports were grouped into stories: B³ and pairwise measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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


def measure_stories(true: Sequence[str], predicted: Sequence[str]) -> StoriesReport:
    """Compare a grouping with the true one; only equality of labels counts, not their names.

    Args:
        true: the story of each report.
        predicted: the story each report was put into, in the same order.

    Raises:
        ValueError: the two differ in length, or there is no report.

    References:
        Bagga, A. & Baldwin, B. (1998), Algorithms for scoring coreference chains, section 3.
        Amigó, E., Gonzalo, J., Artiles, J. & Verdejo, F. (2009), A comparison of extrinsic
        clustering evaluation metrics based on formal constraints, section 4.
    """
    if len(true) != len(predicted) or not true:
        raise ValueError(f"labels must pair up: {len(true)} true, {len(predicted)} predicted")
    true_sizes, predicted_sizes = Counter(true), Counter(predicted)
    together = Counter(zip(true, predicted, strict=True))
    precision = sum(n * n / predicted_sizes[p] for (_, p), n in together.items()) / len(true)
    recall = sum(n * n / true_sizes[t] for (t, _), n in together.items()) / len(true)
    return StoriesReport(
        b3_precision=precision,
        b3_recall=recall,
        b3_f1=2 * precision * recall / (precision + recall),
        pairwise_f1=_pairwise_f1(true_sizes, predicted_sizes, together),
        clusters=len(predicted_sizes),
    )


def _pairwise_f1(
    true: Counter[str], predicted: Counter[str], both: Counter[tuple[str, str]]
) -> float:
    found, total = _pairs(both.values()), _pairs(true.values()) + _pairs(predicted.values())
    return 2 * found / total if total else 1.0


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
