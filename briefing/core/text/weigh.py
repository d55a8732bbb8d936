"""How much a story matters to a desk that briefs others; what decides its place on the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from briefing.core.model import Score, Status, Story
from briefing.core.text.choices import NOTHING, Say

#: Exponent of the number of publishers: ten that tell a story weigh about three times one.
_SPREAD = 0.5
#: A story that only repeats what was printed yields its place to one that moves.
NOVELTY = {Status.NEW: 1.0, Status.DEVELOPING: 1.1, Status.CONTINUING: 0.6}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A story with its section and its weight, before its sentences are looked at."""

    story: Story
    section: str
    #: Probability of each section.
    topics: Mapping[str, float]
    salience: Score
    #: What editors chose for it.
    say: Say = NOTHING


def weigh(
    stories: Sequence[Story],
    topics: Sequence[Mapping[str, float]],
    *,
    sections: Sequence[str],
    says: Mapping[str, Say] = MappingProxyType({}),
) -> tuple[Weighed, ...]:
    """Return the stories that belong to a printed section, the most important first.

    The weight, above 0, is the product of how widely a story is told (publishers and, less,
    reports) and how surely it belongs to its sections. Ties keep the order given. What editors
    chose changes no weight; a story that they speak of is never left out here.

    Args:
        stories: of the day.
        topics: the probability of each section for each of them.
        sections: printed ones, in order.
        says: what editors chose, by id of the story.
    """
    weighed = [
        Weighed(story, section, told, _salience(story, told, sections), say)
        for story, told in zip(stories, topics, strict=True)
        if (section := _section(told, say := says.get(story.id, NOTHING), sections)) is not None
    ]
    return tuple(sorted(weighed, key=lambda one: -one.salience.value))


def _section(topics: Mapping[str, float], say: Say, sections: Sequence[str]) -> str | None:
    if say == NOTHING:
        return belongs(topics, sections)
    return say.section or _likeliest(topics, sections)


def belongs(topics: Mapping[str, float], sections: Sequence[str]) -> str | None:
    """Return the likeliest of the printed sections, or None when the story is likelier none.

    The sections count together: a story torn between two of them still is news for the page.
    Ties: the first in printed order.
    """
    printed = sum(topics.get(name, 0.0) for name in sections)
    if printed < sum(topics.values()) - printed:
        return None
    return _likeliest(topics, sections)


def _likeliest(topics: Mapping[str, float], sections: Sequence[str]) -> str:
    return max(sections, key=lambda name: topics.get(name, 0.0))


def _salience(story: Story, topics: Mapping[str, float], sections: Sequence[str]) -> Score:
    told = story.publishers + 0.5 * math.log(story.reports)
    terms = {
        "spread": told**_SPREAD,
        "belongs": max(0.01, sum(topics.get(name, 0.0) for name in sections)),
    }
    return Score(math.prod(terms.values()), terms)
