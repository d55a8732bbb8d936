"""Stories to sections and briefs, in printed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from briefing.core.model import Brief, DateAhead, Edition, Figure, Quote, Sentence, Status, Story
from briefing.core.page.headline import choose_headline
from briefing.core.page.panel import compose_panel
from briefing.core.ports import NO_STORY, Candidate, Draft

#: Briefs at most, the top story among them (docs/page.md, "Scales").
MOST_BRIEFS = 16
#: Each further brief of a section weighs this much of the one before, so that no section fills
#: the page while another has news: the fourth of one ranks with the first of half its salience.
_NEXT_IN_SECTION = 0.8
#: A story's brief in a further section weighs this much of the one before.
_NEXT_OF_STORY = 0.6
#: A chart of fewer days shows no rhythm.
_LEAST_DAYS = 5

#: The sentences of a brief with 1, 2, … of them, each in reading order.
Lengths = tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One story with all that the page may take from it."""

    story: Story
    status: Status
    #: Larger is more important; above 0.
    salience: float
    #: Section and sentences of each brief it may have; its own section first.
    briefs: tuple[tuple[str, Lengths], ...]
    #: Whether an editor wants its first brief printed, before all that is only ranked.
    pinned: bool = False
    #: Best first.
    figures: tuple[Figure, ...] = ()
    quotes: tuple[Quote, ...] = ()
    ahead: tuple[DateAhead, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """One brief that a story may have."""

    entry: StoryEntry
    section: str
    lengths: Lengths
    #: Salience after the story's earlier briefs have taken theirs.
    weight: float
    pinned: bool = False


def compose(
    entries: Sequence[StoryEntry],
    *,
    edition: Edition,
    sections: Sequence[str],
    most: int = MOST_BRIEFS,
) -> Draft:
    """Put stories in printed order.

    Args:
        entries: by salience; the first opens the page with its first brief. None only where the
            edition has corrections. Fewer than ``most`` of the others may be pinned.
        edition: all of the edition but its sections, panel and setting.
        sections: names in printed order.
        most: briefs at most, the top story among them.
    """
    chosen = tuple(islice(_by_weight(_items(entries)), most))
    top, *rest = [*_candidates(chosen)] or [NO_STORY]
    stories = {item.entry.story.id: item.entry for item in chosen}.values()
    panel = compose_panel(
        [entry.figures for entry in stories],
        [entry.quotes for entry in stories],
        [entry.ahead for entry in stories],
        chart=len(edition.days) >= _LEAST_DAYS,
    )
    documents = {document.id: document for entry in stories for document in entry.story.documents}
    for correction in edition.corrections:
        documents |= {
            slice_.document: edition.documents[slice_.document] for slice_ in correction.slices
        }
    chosen_ids = {item.entry.story.id for item in chosen}
    no_room = tuple(_no_room(entry) for entry in entries if entry.story.id not in chosen_ids)
    return Draft(
        replace(
            edition,
            panel=panel,
            documents=documents,
            ledger=replace(edition.ledger, no_room=no_room),
        ),
        top,
        tuple(sorted(rest, key=lambda other: (sections.index(other.section), other.rank))),
        tuple(sections),
    )


def _no_room(entry: StoryEntry) -> tuple[str, str, str]:
    section, lengths = entry.briefs[0]
    headline, _ = choose_headline(entry.story, lengths[0], used=frozenset())
    return (entry.story.id, headline, section)


def _items(entries: Iterable[StoryEntry]) -> Iterator[_Item]:
    for entry in entries:
        for place, (section, lengths) in enumerate(entry.briefs):
            weight = entry.salience * _NEXT_OF_STORY**place
            yield _Item(entry, section, lengths, weight, entry.pinned and not place)


def _by_weight(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield briefs by weight; each one makes the next of its section weigh less.

    The first comes first, whatever its weight, then what is pinned; a story's further brief
    never before its first. Equal weights keep the order given.
    """
    waiting = list(items)
    printed: dict[str, int] = {}
    best = waiting[0] if waiting else None
    while best is not None:
        waiting.remove(best)
        printed[best.section] = printed.get(best.section, 0) + 1
        yield best
        best = max(_next_of_each(waiting), key=lambda item: _weight(item, printed), default=None)


def _next_of_each(waiting: Iterable[_Item]) -> Iterable[_Item]:
    """Return the next brief of each story, in the order given."""
    following: dict[str, _Item] = {}
    for item in waiting:
        following.setdefault(item.entry.story.id, item)
    return following.values()


def _weight(item: _Item, printed: Mapping[str, int]) -> tuple[bool, float]:
    return item.pinned, item.weight * _NEXT_IN_SECTION ** printed.get(item.section, 0)


def _candidates(items: Iterable[_Item]) -> Iterator[Candidate]:
    headlines: set[str] = set()
    for rank, item in enumerate(items):
        headline, titled = choose_headline(item.entry.story, item.lengths[0], used=headlines)
        headlines.add(headline)
        briefs = tuple(
            _brief(item.entry, sentences, headline=headline, titled=titled, top=not rank)
            for sentences in item.lengths
        )
        yield Candidate(item.section, briefs, rank, item.pinned)


def _brief(
    entry: StoryEntry, sentences: tuple[Sentence, ...], *, headline: str, titled: str, top: bool
) -> Brief:
    story = entry.story
    cited = dict.fromkeys((titled, *(sentence.document for sentence in sentences)))
    return Brief(
        story=story.id,
        headline=headline,
        status=entry.status,
        reports=story.reports,
        publishers=story.publishers,
        sentences=sentences,
        sources=(*cited, *_further(story, cited)),
        top=top,
    )


def _further(story: Story, cited: Iterable[str]) -> tuple[str, ...]:
    """Return the most central report of a publisher that is not cited yet, if there is one."""
    named = set(cited)
    families = {document.family for document in story.documents if document.id in named}
    others = (document.id for document in story.documents if document.family not in families)
    return tuple(islice(others, 1))
