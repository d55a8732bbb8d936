"""Weighs stories by importance to a desk that briefs others; the weight decides their place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from briefing.core.model import OTHER, Kind, Score, Status, Story
from briefing.core.text.choices import NOTHING, Say
from briefing.core.text.importance import factors, terms
from briefing.core.text.likeness import Bag

#: Odds that an editor would tell a story from which it is told, and named, on a day whose best
#: story has the third or more (docs/decisions/0017-importance.md).
TOLD, NAMED, SURE = 0.6, 0.45, 6.0
#: A story that only repeats printed news ranks below one that develops.
NOVELTY = {Status.NEW: 1.0, Status.UNDATED: 1.0, Status.DEVELOPING: 1.1, Status.CONTINUING: 0.6}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A story with its section and its weight, before its sentences are ranked."""

    story: Story
    #: Where it stands on the page; empty for a story of no printed section.
    section: str
    #: Probability of each section.
    topics: Mapping[str, float]
    salience: Score
    #: The editors' choices for it.
    say: Say = NOTHING


def weigh(  # noqa: PLR0913  what a weight depends on
    stories: Sequence[Story],
    topics: Sequence[Mapping[str, float]],
    *,
    sections: Sequence[str],
    bags: Mapping[str, Bag],
    kinds: Mapping[str, Kind],
    says: Mapping[str, Say] = MappingProxyType({}),
) -> tuple[Weighed, ...]:
    """Return the stories, the most important first.

    The weight, above 0, is the odds that an editor would tell the story (:func:`factors`), times
    the weights that its operator gave to its sources. Ties keep the order given. Editors' choices
    change no weight. Any story may be told, in its likeliest section; one that is likeliest of none
    has no section where ``sections`` lacks "other", unless an editor places it or a watch-list
    pulls it in.

    Args:
        stories: of the day.
        topics: the probability of each section for each of them.
        sections: printed ones, in order.
        bags: the words of each report, by its id.
        kinds: what kind of text each report is, by its id.
        says: editors' choices by id of the story.
    """
    shares = [1 - row.get(OTHER, 0.0) for row in topics]
    weighed = [
        Weighed(
            story,
            _section(row, says.get(story.id, NOTHING), sections),
            row,
            _salience(story, values),
            says.get(story.id, NOTHING),
        )
        for story, row, values in zip(
            stories, topics, terms(stories, shares, bags=bags, kinds=kinds), strict=True
        )
    ]
    return tuple(sorted(weighed, key=lambda entry: -entry.salience.value))


def worth(weighed: Sequence[Weighed]) -> dict[str, float]:
    """Return the odds of each story beside those of its day, by its id.

    Where nothing stands out, as in the news of a town, the best counts as sure, and all others
    more by the same factor.
    """
    best = max((one.salience.value for one in weighed if not one.say.dropped), default=SURE)
    lift = max(1.0, SURE / best)
    return {one.story.id: one.salience.value * lift for one in weighed}


def _section(topics: Mapping[str, float], say: Say, sections: Sequence[str]) -> str:
    """Return where an editor moved the story, or its likeliest section; empty if it has none."""
    if say.section:
        return say.section
    own = likeliest(topics, (*(name for name in sections if name != OTHER), OTHER))
    return own if own in sections else likeliest(topics, sections) * (say.placed or say.pulled)


def likeliest(topics: Mapping[str, float], sections: Sequence[str]) -> str:
    """Return the likeliest of some sections; ties: the first."""
    return max(sections, key=lambda name: topics.get(name, 0.0))


def _salience(story: Story, values: Mapping[str, float]) -> Score:
    found = {**factors(values), **_sources(story)}
    return Score(math.prod(found.values()), found)


def _sources(story: Story) -> Mapping[str, float]:
    """Return the mean of its publishers' weights, each the largest of their reports; 1: nothing."""
    weights: dict[str, float] = {}
    for document in story.documents:
        family = document.family
        weights[family] = max(weights.get(family, 0.0), document.weight)
    mean = round(math.fsum(weights.values()) / len(weights), 3)
    return {} if mean == 1.0 else {"sources": mean}
