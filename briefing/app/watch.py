"""VERB: shows what editions named of watch-lists, with its proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from briefing.core.errors import InputError
from briefing.core.model import Document, WatchList
from briefing.store import Transaction, documents, watched
from briefing.store.watched import WatchedStory

#: Over which the stories of a list are counted, the last day included.
WEEK, MONTH = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class WatchSummary:
    """A watch-list with its counts."""

    name: str
    label: str
    #: Whether the settings still have it.
    active: bool
    #: Stories of the last 7 and of the last 30 days.
    week: int
    month: int
    #: The last day on which an edition named it; None: none has.
    last: date | None


@dataclass(frozen=True, slots=True)
class ProvedStory:
    """A story that names a list, compared with the stored text."""

    story: WatchedStory
    #: The document that its words are of, without its text; None: it is not stored.
    source: Document | None
    #: Whether the slice has the words that were printed.
    proved: bool


@dataclass(frozen=True, slots=True)
class ShownWatch:
    """A watch-list over time."""

    summary: WatchSummary
    #: Stories of the last 30 days by entry, most first; those that the settings name and no story
    #: did at the end.
    entries: Mapping[str, int]
    #: Days on which editions named it, and the stories of those that were asked for.
    days: int
    stories: tuple[ProvedStory, ...]


def summaries(
    tx: Transaction, briefing: str, lists: Sequence[WatchList], *, today: date
) -> tuple[WatchSummary, ...]:
    """Return the lists of the settings in their order, then those that only editions have."""
    return tuple(
        _summary(tx, briefing, one, today=today) for one in _every(tx, briefing, lists).items()
    )


def _every(
    tx: Transaction, briefing: str, lists: Sequence[WatchList]
) -> dict[str, WatchList | None]:
    """Return all lists by name; those that the settings no longer have without what they were."""
    own = {one.name: one for one in lists}
    return {**own, **{name: own.get(name) for name in watched.names(tx, briefing)}}


def _summary(
    tx: Transaction, briefing: str, known: tuple[str, WatchList | None], *, today: date
) -> WatchSummary:
    name, one = known
    week, month = (
        watched.stories(tx, briefing, name, since=_since(today, span), upto=today)
        for span in (WEEK, MONTH)
    )
    return WatchSummary(
        name,
        label=one.heading if one else name,
        active=one is not None,
        week=week,
        month=month,
        last=watched.last(tx, briefing, name),
    )


def show(  # noqa: PLR0913  which days of which list
    tx: Transaction,
    briefing: str,
    name: str,
    *,
    lists: Sequence[WatchList],
    today: date,
    limit: int,
    offset: int = 0,
) -> ShownWatch:
    """Return a list with the stories of some of its days, the newest first.

    Raises:
        InputError: neither the settings nor an edition has a list of this name.
    """
    known = _every(tx, briefing, lists)
    if name not in known:
        names = f"there are {', '.join(known)}" if known else "there is none; add one: [[watch]]"
        raise InputError(f"no watch-list {name[:40]!r}; {names}")
    counts = watched.entries(tx, briefing, name, since=_since(today, MONTH), upto=today)
    watching = known[name]
    named = [entry.name for entry in watching.entries] if watching else []
    days, stories = watched.by_day(tx, briefing, name, limit=limit, offset=offset)
    texts = documents.texts(tx, {one.sentence.document for one in stories})
    return ShownWatch(
        _summary(tx, briefing, (name, watching), today=today),
        {**counts, **{entry: 0 for entry in named if entry not in counts}},
        days,
        tuple(_proved(one, texts.get(one.sentence.document)) for one in stories),
    )


def _proved(story: WatchedStory, source: Document | None) -> ProvedStory:
    if source is None:
        return ProvedStory(story, None, proved=False)
    words = source.title if story.named else source.text
    sentence = story.sentence
    return ProvedStory(story, source, words[sentence.start : sentence.end] == sentence.text)


def _since(today: date, span: timedelta) -> date:
    return today - span + timedelta(days=1)
