"""Days in words."""

from __future__ import annotations

from datetime import date


def long_date(day: date) -> str:
    """Format a day as "Thursday 12 March 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Format a day as "Fri 13 March"."""
    return f"{day:%a} {day.day} {day:%B}"
