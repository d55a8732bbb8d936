"""What became of everything that came in on a day, as text for a terminal and as facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from briefing.core.counting import counted
from briefing.core.model import Edition
from briefing.press.choices import outcome_text
from briefing.press.ledger_rows import LedgerRow
from briefing.press.reasons import wrapped

#: Characters of the columns before a headline.
_INDENT = 34


def rows_facts(edition: Edition, rows: Sequence[LedgerRow]) -> dict[str, Any]:
    """Return rows with the edition that they are of."""
    return {"edition": edition.id, "reports": [_facts(row) for row in rows]}


def _facts(row: LedgerRow) -> dict[str, Any]:
    return {
        "document": row.document,
        "title": row.title,
        "publisher": row.publisher,
        "url": row.url,
        "became": row.became,
        "why": row.why,
        "story": row.story,
        "beside": row.beside,
        "section": row.section,
        "probability": row.probability,
        "score": row.score,
    }


def day_text(edition: Edition, rows: Sequence[LedgerRow]) -> str:
    """Return rows grouped by what became of them, in the order given; 80 columns."""
    groups: dict[str, list[LedgerRow]] = {}
    for row in rows:
        groups.setdefault(row.became, []).append(row)
    reports = counted(edition.ledger.documents, "report")
    lines = [f"{edition.id}: {reports}, {counted(edition.ledger.stories, 'story')}"]
    for became, group in groups.items():
        lines += ["", f"{became}: {len(group)}"]
        lines += (line for row in group for line in _lines(row))
    if not edition.ledger.found:
        lines += ["", "This edition was made before the ledger named every story."]
    return "\n".join(lines)


def rows_text(edition: Edition, rows: Sequence[LedgerRow]) -> str:
    """Return each report with what became of it; 80 columns."""
    return "\n".join(
        line for row in rows for line in (*wrapped(_titled(row)), *_what(edition, row))
    )


def _what(edition: Edition, row: LedgerRow) -> Iterator[str]:
    parts = (
        row.story,
        row.why if row.why != row.became else "",
        f"{row.section} {row.probability:.2f}" if row.probability is not None else row.section,
        f"score {row.score:.3f}" if row.score is not None else "",
        row.beside and f"belongs to {row.beside}",
    )
    said = ", ".join(filter(None, parts))
    yield from wrapped(f"{row.became}: {said}" if said else row.became, indent=2)
    for outcome in edition.choices:
        if row.story and outcome.story == row.story:
            yield from wrapped(outcome_text(outcome), indent=2)


def _lines(row: LedgerRow) -> list[str]:
    if not row.story:
        return wrapped(_titled(row) + (f": {row.beside}" if row.beside else ""), indent=2)
    score = "" if row.score is None else f"{row.score:.3f}"
    likely = "" if row.probability is None else f"{row.probability:.2f}"
    start = f"  {row.story:<6}{score:>7}  {likely:>4} {row.section}  "
    title = wrapped(_titled(row), indent=_INDENT)
    return [start.ljust(_INDENT) + title[0].lstrip(), *title[1:]]


def _titled(row: LedgerRow) -> str:
    title = row.title or row.document or "without a title"
    return f"{title} ({row.publisher})" if row.publisher else title
