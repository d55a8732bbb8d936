"""What each publisher brought within some days, counted from reports and editions."""

from __future__ import annotations

from datetime import date, timedelta

from briefing.core.errors import InputError
from briefing.store import Transaction, publishers
from briefing.store.publishers import PublisherCount


def ledger_of(
    tx: Transaction, briefing: str, *, today: date, days: int, name: str = ""
) -> tuple[PublisherCount, ...]:
    """Return the counts of the last days, today included: of all publishers, or of one.

    Raises:
        InputError: nothing came in within these days, or nothing of that publisher.
    """
    since = today - timedelta(days=days - 1)
    counts = publishers.counts(tx, briefing, since=since, until=today)
    if not counts:
        raise InputError(f"no reports since {since}; collect some: briefing collect")
    asked = tuple(one for one in counts if one.name.casefold() == name.casefold())
    if name and not asked:
        raise InputError(
            f"no reports of {name!r} since {since}; `briefing sources ledger` lists the publishers"
        )
    return asked if name else counts
