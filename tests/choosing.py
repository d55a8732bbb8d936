"""Choices of an invented editor about the invented day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from briefing.core.model import Action, Choice, Document
from tests.newsday import TODAY

#: When the editor sits down.
EVENING = datetime(2026, 3, 11, 17, 24, tzinfo=UTC)


def chosen(
    action: Action | str,
    report: Document,
    section: str = "",
    *,
    id: int = 1,
    minute: int = 0,
    day: date = TODAY,
    **told: Any,  # noqa: ANN401
) -> Choice:
    """Return a choice about a report, as it is unless told."""
    parts = {
        "document": report.id,
        "url": report.url,
        "headline": report.title,
        "who": "ada",
        "at": EVENING + timedelta(minutes=minute),
        **told,
    }
    return Choice(id, day, Action(action), section=section, **parts)
