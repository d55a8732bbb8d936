"""Confidence intervals by bootstrap, and figures as lines for a terminal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Resamples; Efron and Tibshirani (1993), An introduction to the bootstrap, ask for 1,000 or more.
_RESAMPLES = 2_000

#: Arbitrary, but fixed, so that runs agree.
_SEED = 2004

#: Means resampled at a time, so that memory stays at about 10 MB for 10,000 values.
_BATCH = 100

#: Between the 2.5th and the 97.5th percentile lie 95 %.
_LEVELS = (0.025, 0.975)


def ci95(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean, low end first.

    Raises:
        ValueError: there are no values.

    References:
        Efron, B. (1979), Bootstrap methods: another look at the jackknife, Annals of Statistics
        7(1); percentile method.
    """
    if not values:
        raise ValueError("an interval needs at least one value")
    return ratio_ci95([(value, 1.0) for value in values])


def ratio_ci95(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the 95 % interval of the sum of parts over the sum of wholes, low end first.

    Each pair has the part and the whole of one item, such as an article or a day, which is the unit
    of resampling. Resamples with wholes that sum to zero count as 0. Raises ValueError if there are
    no pairs.
    """
    if not pairs:
        raise ValueError("an interval needs at least one value")
    return ci95_of(np.asarray(pairs, dtype=np.float64), _ratios)


def _ratios(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    parts, wholes = sums.T
    ratios: NDArray[np.float64] = parts / np.where(wholes, wholes, 1.0)
    return np.where(wholes, ratios, 0.0)


def share_of(pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return the sum of parts over the sum of wholes, its 95 % interval, and the sum of wholes.

    Raises ValueError if there are no pairs.
    """
    part, whole = (sum(column) for column in zip(*pairs, strict=True))
    low, high = ratio_ci95(pairs)
    return {
        "mean": round(part / (whole or 1), 4),
        "ci95": [round(low, 4), round(high, 4)],
        "of": int(whole),
    }


def paired_ci95(values: Sequence[float], baseline: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean of ``values - baseline``, item by item.

    An interval above 0 means that the values beat the baseline on items like these.

    Raises:
        ValueError: the two differ in length, or are empty.

    References:
        Koehn, P. (2004), Statistical significance tests for machine translation evaluation,
        EMNLP; paired bootstrap.
    """
    return ci95([value - base for value, base in zip(values, baseline, strict=True)])


def ci95_of(
    units: NDArray[np.float64], measure: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[float, float]:
    """Return the 95 % interval of a measure of sums over units that are resampled as a whole.

    Args:
        units: shape (n_units, n_sums), one unit per row, at least one.
        measure: from sums of shape (n_resamples, n_sums) to a figure per row.

    References:
        Davison, A. & Hinkley, D. (1997), Bootstrap methods and their application, section 3.8
        (units that belong together are resampled whole).
    """
    random = np.random.Generator(np.random.PCG64(_SEED))
    figures = np.concatenate([
        measure(units[random.integers(0, len(units), size=(_BATCH, len(units)))].sum(axis=1))
        for _ in range(_RESAMPLES // _BATCH)
    ])  # fmt: skip
    low, high = np.quantile(figures, _LEVELS)
    return float(low), float(high)


def in_words(report: Mapping[str, Any]) -> str:
    """Return a report as lines: plain figures first, then a table for each group of figures."""
    plain = [f"{name:<24} {_said(value)}" for name, value in report.items() if _is_plain(value)]
    groups = [
        line
        for name, value in report.items()
        if not _is_plain(value)
        for line in ("", name, *_table(value))
    ]
    return "\n".join(plain + groups)


def _is_plain(value: object) -> bool:
    return not isinstance(value, Mapping) and not (
        isinstance(value, list) and any(isinstance(row, Mapping) for row in value)
    )


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:.2f}"
    if isinstance(value, list | tuple):
        return " to ".join(map(_said, value))
    return str(value)


def _table(group: Mapping[str, Any] | list[Mapping[str, Any]]) -> Iterator[str]:
    rows = (
        group.items()
        if isinstance(group, Mapping)
        else ((row.get("name", ""), row) for row in group)
    )
    for name, row in rows:
        yield f"  {name:<20} {_row(row)}"


def _row(row: object) -> str:
    if not isinstance(row, Mapping):
        return _said(row)
    return "  ".join(
        f"{key} ({_row(value)})" if isinstance(value, Mapping) else f"{key} {_said(value)}"
        for key, value in row.items()
        if key != "name"
    )
