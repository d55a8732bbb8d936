"""Figures as lines for a terminal; the same figures as in the JSON, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def in_words(report: Mapping[str, Any]) -> str:
    """Say a report in lines: plain figures first, then a table for each group of figures."""
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
        isinstance(value, list) and any(isinstance(one, Mapping) for one in value)
    )


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:.2f}"
    if isinstance(value, list | tuple):
        return " to ".join(_said(one) for one in value)
    return str(value)


def _table(group: Mapping[str, Any] | list[Mapping[str, Any]]) -> Iterator[str]:
    rows = group.items() if isinstance(group, Mapping) else _named(group)
    for name, row in rows:
        yield f"  {name:<20} {_row(row)}"


def _named(rows: list[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for row in rows:
        yield str(row.get("name", "")), {key: one for key, one in row.items() if key != "name"}


def _row(row: object) -> str:
    if not isinstance(row, Mapping):
        return _said(row)
    return "  ".join(
        f"{key} ({_row(one)})" if isinstance(one, Mapping) else f"{key} {_said(one)}"
        for key, one in row.items()
    )
