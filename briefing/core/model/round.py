"""The daily round: what was done, when, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from briefing.core.model.edition_id import weekly


class Step(StrEnum):
    """One kind of work of the round."""

    COLLECT = "collect"
    PUBLISH = "publish"
    #: Making the week in review.
    WEEK = "week"
    DELIVER = "deliver"
    #: Reading the mail that came back.
    BOUNCES = "bounces"

    def series(self, briefing: str) -> str:
        """Return the name under which the store has what the step makes for a briefing."""
        return weekly(briefing) if self is Step.WEEK else briefing


class Ending(StrEnum):
    """How a run ended; one that was killed has no ending."""

    DONE = "done"
    #: Some of it failed; the words say what.
    PART = "part"
    #: There was nothing to print, though the sources were read after the edition's time.
    EMPTY = "empty"
    #: There was nothing to print, and the sources could not be read: nobody knows what happened.
    BLIND = "blind"
    #: Another process did the same work at that moment.
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one step."""

    #: Given by the store; 0 before it is kept.
    id: int
    #: Slug of the briefing.
    briefing: str
    step: Step
    #: Aware UTC.
    began: datetime
    #: Local date of the edition; None for what belongs to none.
    day: date | None = None
    #: None while it runs, and for ever when it was killed.
    ended: datetime | None = None
    ending: Ending | None = None
    #: Whether it began noticeably after its time.
    late: bool = False
    #: One line: what failed, or what came of it.
    words: str = ""
    #: Counts by name, such as {"items": 120, "fresh": 14}.
    figures: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
