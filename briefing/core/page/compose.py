"""Stories to sections and briefs, in printed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from briefing.core.model import (
    Brief,
    DateAhead,
    Document,
    Edition,
    Excerpt,
    Lengths,
    NamedStory,
    Sentence,
    marked,
)
from briefing.core.page.earlier import differing
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


@dataclass(frozen=True, slots=True)
class _Item:
    """One brief that a story may have."""

    excerpt: Excerpt
    section: str
    lengths: Lengths
    #: Salience after the story's earlier briefs have taken theirs.
    weight: float
    pinned: bool = False
    pulled: bool = False


def compose(  # noqa: PLR0913  each is a part of the page
    excerpts: Sequence[Excerpt],
    *,
    edition: Edition,
    sections: Sequence[str],
    also: Sequence[NamedStory] = (),
    due: Sequence[tuple[DateAhead, Document]] = (),
    most: int = MOST_BRIEFS,
) -> Draft:
    """Put stories in printed order.

    Args:
        excerpts: by salience; the first opens the page with its first brief. None only where the
            edition has corrections. Fewer than ``most`` of the others may be pinned.
        edition: all of the edition but its sections, panel and setting; with the documents of
            corrections, of stories to name and of earlier headlines.
        sections: names in printed order.
        also: stories worth naming; the page names those that it does not print.
        due: what earlier editions announced for this day, with its documents; it comes before
            other dates.
        most: briefs at most, the top story among them.
    """
    chosen = tuple(islice(_by_weight(_items(excerpts)), most))
    top, *rest = [*_candidates(chosen)] or [NO_STORY]
    stories = {item.excerpt.story.id: item.excerpt for item in chosen}.values()
    panel = compose_panel(
        [tuple(excerpt.figures) for excerpt in stories],
        [tuple(excerpt.quotes) for excerpt in stories],
        [*((one,) for one, _ in due), *(tuple(excerpt.ahead) for excerpt in stories)],
        also=also,
        chart=len(edition.days) >= _LEAST_DAYS,
    )
    documents = {document.id: document for _, document in due}
    documents |= {
        document.id: document for excerpt in stories for document in excerpt.story.documents
    }
    titles = [named.title for named in also]
    titles += [excerpt.earlier.title for excerpt in stories if excerpt.earlier is not None]
    documents |= {title.document: edition.documents[title.document] for title in titles}
    for correction in edition.corrections:
        documents |= {
            slice_.document: edition.documents[slice_.document] for slice_ in correction.slices
        }
    chosen_ids = {item.excerpt.story.id for item in chosen}
    no_room = tuple(_no_room(excerpt) for excerpt in excerpts if excerpt.story.id not in chosen_ids)
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
        told={
            document.id: excerpt.story.id
            for excerpt in stories
            for document in excerpt.story.documents
        },
    )


def _no_room(excerpt: Excerpt) -> tuple[str, str, str]:
    section, lengths = excerpt.briefs[0]
    headline, _ = choose_headline(
        excerpt.story, lengths[0], used=frozenset(), wanted=excerpt.titled
    )
    return (excerpt.story.id, headline, section)


def _items(excerpts: Iterable[Excerpt]) -> Iterator[_Item]:
    for excerpt in excerpts:
        for place, (section, lengths) in enumerate(excerpt.briefs):
            weight = excerpt.salience.value * _NEXT_OF_STORY**place
            pinned, pulled = excerpt.pinned and not place, excerpt.pulled and not place
            yield _Item(excerpt, section, lengths, weight, pinned, pulled)


def _by_weight(items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield briefs by weight; each one makes the next of its section weigh less.

    The first comes first, whatever its weight, then what is pinned, then what watch-lists pull in;
    a story's further brief never before its first. Equal weights keep the order given.
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
        following.setdefault(item.excerpt.story.id, item)
    return following.values()


def _weight(item: _Item, printed: Mapping[str, int]) -> tuple[bool, bool, float]:
    weight = item.weight * _NEXT_IN_SECTION ** printed.get(item.section, 0)
    return item.pinned, item.pulled, weight


def _candidates(items: Iterable[_Item]) -> Iterator[Candidate]:
    headlines: set[str] = set()
    told: set[str] = set()
    for rank, item in enumerate(items):
        story = item.excerpt.story
        # A further brief of the story has another title, if there is one.
        wanted = "" if story.id in told else item.excerpt.titled
        headline, titled = choose_headline(story, item.lengths[0], used=headlines, wanted=wanted)
        headlines.add(headline)
        is_first = story.id not in told
        earlier = differing(item.excerpt, headline=headline) if is_first else None
        told.add(story.id)
        briefs = tuple(
            replace(
                _brief(item.excerpt, sentences, headline=headline, titled=titled, top=not rank),
                earlier=earlier,
                saga=item.excerpt.saga if is_first else None,
            )
            for sentences in item.lengths
        )
        if is_first and item.excerpt.watched:
            briefs = tuple(_marked(brief, item.excerpt) for brief in briefs)
        yield Candidate(item.section, briefs, rank, item.pinned)


def _marked(brief: Brief, excerpt: Excerpt) -> Brief:
    hits = marked(excerpt.watched, printed=brief.sentences, cited=brief.sources)
    return replace(brief, watched=hits)


def _brief(
    excerpt: Excerpt, sentences: tuple[Sentence, ...], *, headline: str, titled: str, top: bool
) -> Brief:
    story = excerpt.story
    cited = dict.fromkeys((titled, *(sentence.document for sentence in sentences)))
    return Brief(
        story=story.id,
        headline=headline,
        status=excerpt.status,
        reports=story.reports,
        publishers=story.publishers,
        sentences=sentences,
        sources=(*cited, *_further(excerpt, cited)),
        top=top,
        touches=excerpt.touches if len(excerpt.briefs) == 1 else (),
    )


def _further(excerpt: Excerpt, cited: Iterable[str]) -> tuple[str, ...]:
    """Return the most central report of a publisher that is not cited yet, if there is one.

    Its text shares the words of its briefs: its mark says that it also reports them.
    """
    named, documents = set(cited), excerpt.story.documents
    families = {document.family for document in documents if document.id in named}
    others = (one.id for one in documents if one.family not in families and one.id not in named)
    supporting = excerpt.supporting
    return tuple(islice((id_ for id_ in others if supporting is None or id_ in supporting), 1))
