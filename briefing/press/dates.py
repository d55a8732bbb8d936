"""Days and moments in words."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from briefing.core.model import Document, Edition


def title_date(edition: Edition) -> str:
    """Return the day of an edition, or its week as "The week, 6 to 12 April 2026"."""
    day = edition.day
    if edition.week is None:
        return long_date(day)
    first = edition.week.first
    year = "" if first.year == day.year else f" {first.year}"
    month = "" if (first.year, first.month) == (day.year, day.month) else f" {first:%B}"
    return f"The week, {first.day}{month}{year} to {day.day} {day:%B %Y}"


def long_date(day: date) -> str:
    """Format a day as "Thursday 12 March 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Format a day as "Fri 13 March"."""
    return f"{day:%a} {day.day} {day:%B}"


def dates(document: Document, *, zone: tzinfo, day: date) -> str:
    """Return when a report was published and collected, the shared date only once."""
    parts: list[str] = []
    published: date | None = None
    if document.published is not None:
        local = document.published.astimezone(zone)
        parts.append(f"published {moment(local, day=day, timed=document.timed)}")
        published = local.date() if document.timed else None
    if document.collected is not None:
        local = document.collected.astimezone(zone)
        when = f"{local:%H:%M}" if local.date() == published else moment(local, day=day)
        parts.append(f"collected {when}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def moment(local: datetime, *, day: date, timed: bool = True) -> str:
    """Return a moment as "Wed 11 March, 19:20"; the year only if it is not that of ``day``."""
    year = "" if local.year == day.year else f" {local.year}"
    return f"{short_date(local.date())}{year}" + (f", {local:%H:%M}" if timed else "")
