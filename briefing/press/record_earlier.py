"""What an edition's JSON says of the editions before it."""

from __future__ import annotations

from datetime import date

from briefing.core.model import Brief, EarlierHeadline, Edition, Sentence
from briefing.press.record_parts import Json, typed


def since_facts(edition: Edition) -> dict[str, Json]:
    """Return the day of the edition before as JSON; null for the first."""
    return {"since": edition.since.isoformat() if edition.since else None}


def read_since(fields: Json) -> date | None:
    """Read the day of the edition before; what was written without it says it by its chart."""
    if "since" in fields:
        return date.fromisoformat(fields["since"]) if fields["since"] else None
    days = [date.fromisoformat(one["date"]) for one in fields.get("days", [])]
    return max((day for day in days if day.isoformat() < fields["date"]), default=None)


def earlier_facts(brief: Brief) -> dict[str, Json]:
    """Return the earlier headline below that of a brief as JSON; nothing without one."""
    earlier = brief.earlier
    if earlier is None:
        return {}
    about = {
        "edition": earlier.edition,
        "date": earlier.day.isoformat(),
        "title": earlier.title.text,
        "document": earlier.title.document,
    }
    return {"earlier": about}


def read_earlier(value: Json) -> EarlierHeadline | None:
    """Read the earlier headline of a brief back."""
    earlier = value.get("earlier")
    if earlier is None:
        return None
    title = typed(earlier["title"], str)
    return EarlierHeadline(
        typed(earlier["edition"], str),
        date.fromisoformat(earlier["date"]),
        Sentence(typed(earlier["document"], str), 0, len(title), title),
    )
