"""A saga: stories of one matter, over weeks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from briefing.core.model.document import Sentence

#: How far back the editions are read with which a story may go on; a saga that no edition told
#: for longer is over.
WEEKS = timedelta(days=30)
_ID = re.compile("s[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class SagaEntry:
    """What one edition told of a saga."""

    #: Id of the edition.
    edition: str
    #: Its local date.
    day: date = field(metadata={"json": "date"})
    #: Id of its story there.
    story: str
    #: The headline of that brief.
    headline: str
    #: The first sentence of that brief, with the document that it is a slice of.
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Saga:
    """A saga as an edition that goes on with it knows it."""

    #: "s1", "s2" … in the order in which sagas of a briefing began; empty until it is printed.
    id: str
    #: The local date of the first edition that told it.
    since: date
    #: What the editions of the last 30 days told of it, the oldest first; without the one at hand.
    entries: tuple[SagaEntry, ...] = field(metadata={"json": "timeline"})
    #: Ids of other sagas that told the same event: here they may merge.
    also: tuple[str, ...] = ()
    #: Ids of stories of the same edition, printed before this one, that go on with it too: here it
    #: may split.
    beside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for id_ in filter(None, (self.id, *self.also)):
            if not _ID.fullmatch(id_):
                raise ValueError(f"{id_!r} is not the id of a saga")

    def day_of(self, day: date) -> int:
        """Return which day of the saga a date is; the first is 1."""
        return (day - self.since).days + 1


@dataclass(frozen=True, slots=True)
class SagaRegister:
    """Which stories of earlier editions are which sagas, corrections of editors included."""

    #: Id of the saga by edition and story.
    of: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    #: The local date of the first edition that told each saga, by its id.
    since: Mapping[str, date] = field(default_factory=lambda: MappingProxyType({}))
    #: Number of the last saga that began; 0: none did.
    last: int = 0
    #: Each two ids of which an editor has said that they are two stories.
    apart: frozenset[frozenset[str]] = frozenset()
