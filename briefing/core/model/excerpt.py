"""What may be printed of one story: chosen in one room, set on a page in another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from briefing.core.model.document import Sentence
from briefing.core.model.edition import EarlierHeadline
from briefing.core.model.saga import Saga
from briefing.core.model.story import (
    DateAhead,
    Figure,
    Quote,
    Score,
    Status,
    Story,
)
from briefing.core.model.watch import WatchHit

#: The sentences of a brief with 1, 2, … of them, each in reading order.
Lengths = tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One sentence with what speaks for it."""

    sentence: Sentence
    section: str
    score: Score


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One story with all that the page may take from it."""

    story: Story
    status: Status
    #: Larger is more important; above 0.
    salience: Score
    #: Section and sentences of each brief it may have; its own section first.
    briefs: tuple[tuple[str, Lengths], ...]
    #: Whether an editor wants its first brief printed, before all that is only ranked.
    pinned: bool = False
    #: Whether a watch-list pulls it in: printed before what is only ranked, if there is room.
    pulled: bool = False
    #: Best first; they may be sought only when asked for.
    figures: Iterable[Figure] = ()
    quotes: Iterable[Quote] = ()
    ahead: Iterable[DateAhead] = ()
    #: Probability of each section.
    topics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    #: The best sentences by score, printed or not.
    best: tuple[Ranked, ...] = ()
    #: Further sections that it surely touches.
    touches: tuple[str, ...] = ()
    #: Of a story that is not new: the headline of its saga in the newest edition that has it.
    earlier: EarlierHeadline | None = None
    #: What it goes on with, before it has a number if it is only now one; None: it begins.
    saga: Saga | None = None
    #: Where its reports name what is watched for, in reading order.
    watched: tuple[WatchHit, ...] = ()
    #: Ids of the reports whose own text holds what its briefs say; None: of all.
    supporting: frozenset[str] | None = None
    #: Id of the report whose title an editor chose as its headline; empty: none.
    titled: str = ""
