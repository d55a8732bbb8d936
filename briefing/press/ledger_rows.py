"""The ledger row by row: what became of every report and every story of a day, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from briefing.core.model import Document, Edition, FoundStory

#: What became of stories that are up for print.
IN_BRIEF, NO_ROOM = "in brief", "no room"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A report, or a story by its most central report, and what became of it."""

    #: Id of the report; empty: an older edition does not say it.
    document: str
    #: Empty: not known yet.
    title: str
    #: In words: "printed in economy", "in brief", or the reason.
    became: str
    #: The reason as the ledger counts it; empty for what is printed.
    why: str = ""
    #: Id of its story; empty: it came into none.
    story: str = ""
    #: Of a copy and of commentary: the story that it belongs to, and what became of that.
    beside: str = ""
    #: Section of its story, or the likeliest of those printed; empty: unknown.
    section: str = ""
    #: Probability of that section, and weight of the story; None: unknown.
    probability: float | None = None
    score: float | None = None
    publisher: str = ""
    url: str = ""


def story_rows(edition: Edition) -> tuple[LedgerRow, ...]:
    """Return a row for each story: in printed order, then named ones, then the rest by weight."""
    became = _became(edition)
    rank = {story: place for place, story in enumerate(became)}
    rows = [row for row, _ in _stories(edition, became)]
    return tuple(sorted(rows, key=lambda row: rank[row.story]))


def dropped_rows(edition: Edition) -> tuple[LedgerRow, ...]:
    """Return a row for each report that was left out; copies with the story that they repeat."""
    became = _became(edition)
    home = {name: row.story for row, names in _stories(edition, became) for name in names}
    return tuple(
        LedgerRow(name, "", why, why, beside=_beside(home.get(name, ""), became))
        for name, why in edition.ledger.drops
    )


def report_rows(edition: Edition) -> tuple[LedgerRow, ...]:
    """Return a row for each report: those of the stories, then those that were left out."""
    dropped = {name for name, _ in edition.ledger.drops}
    told = (
        replace(row, document=name, title=row.title if name == row.document else "")
        for row, names in _stories(edition, _became(edition))
        for name in names
        if name not in dropped
    )
    return (*told, *dropped_rows(edition))


def with_titles(
    rows: tuple[LedgerRow, ...], documents: Mapping[str, Document]
) -> tuple[LedgerRow, ...]:
    """Return the rows with title, publisher and address of the reports that are known."""
    return tuple(
        replace(
            row,
            title=row.title or documents[row.document].title,
            publisher=documents[row.document].publisher,
            url=documents[row.document].url,
        )
        if row.document in documents
        else row
        for row in rows
    )


def _became(edition: Edition) -> dict[str, str]:
    """Return what became of each story, by its id."""
    printed: dict[str, list[str]] = {}
    for section in edition.sections:
        for brief in section.briefs:
            printed.setdefault(brief.story, []).append(section.name)
    became = {story: f"printed in {', '.join(names)}" for story, names in printed.items()}
    for named in edition.panel.also:
        became.setdefault(named.story, IN_BRIEF)
    for story, _, _ in edition.ledger.no_room:
        became.setdefault(story, NO_ROOM)
    for one in edition.ledger.found:
        became.setdefault(one.story, one.why)
    return became


def _beside(story: str, became: Mapping[str, str]) -> str:
    return f"{story}, {became[story]}" if story else ""


def _stories(
    edition: Edition, became: Mapping[str, str]
) -> tuple[tuple[LedgerRow, tuple[str, ...]], ...]:
    """Return each story with the ids of its reports and of their copies."""
    no_room = {story for story, _, _ in edition.ledger.no_room}
    event = {name: story for story, one in edition.evidence.items() for name, _ in one.commentary}
    return tuple(
        (
            LedgerRow(
                next(iter(one.documents), ""),
                one.headline,
                became[one.story],
                NO_ROOM if one.story in no_room else one.why,
                one.story,
                _beside(event.get(next(iter(one.documents), ""), ""), became),
                one.section,
                one.probability if one.salience else None,
                one.salience or None,
            ),
            one.documents,
        )
        for one in edition.ledger.found or _older(edition)
    )


def _older(edition: Edition) -> tuple[FoundStory, ...]:
    """Return the stories of an edition whose ledger does not keep them: those it tells of."""
    printed = (
        FoundStory(brief.story, brief.headline, brief.sources, section.name)
        for section in edition.sections
        for brief in section.briefs
    )
    named = (
        FoundStory(one.story, one.title.text, (one.title.document,), one.section)
        for one in edition.panel.also
    )
    no_room = (
        FoundStory(story, headline, (), section)
        for story, headline, section in edition.ledger.no_room
    )
    first = {one.story: one for one in reversed((*printed, *named, *no_room))}
    return tuple(reversed(first.values()))
