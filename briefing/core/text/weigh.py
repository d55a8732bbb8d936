"""Weighs stories by importance to a desk that briefs others; the weight decides their place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from briefing.core.model import Score, Status, Story
from briefing.core.text.choices import NOTHING, Say
from briefing.core.text.importance import cues
from briefing.core.text.style import opinion_of
from briefing.core.text.topics import admitted

#: Exponent of the number of publishers: ten publishers weigh about three times one.
_SPREAD = 0.5
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
    #: How likely it is opinion by style, and no news, 0 to 1.
    opinion: float = 0.0


def weigh(  # noqa: PLR0913  what a weight depends on
    stories: Sequence[Story],
    topics: Sequence[Mapping[str, float]],
    *,
    sections: Sequence[str],
    says: Mapping[str, Say] = MappingProxyType({}),
    past: Sequence[str] = (),
    opinions: Mapping[str, float] = MappingProxyType({}),
    seen: Sequence[float] = (),
) -> tuple[Weighed, ...]:
    """Return the stories, the most important first.

    The weight, above 0, is the product of how widely a story is reported (publishers and, less,
    reports), how surely it belongs to its sections, the weights that its operator gave to its
    sources, and what :func:`cues` finds. Ties keep the order given. Editors' choices change no
    weight; a story that they place, or a watch-list pulls in, always has a section.

    Args:
        stories: of the day.
        topics: the probability of each section for each of them.
        sections: printed ones, in order.
        says: editors' choices by id of the story.
        past: headlines of the weeks before.
        opinions: how likely a report is opinion by style, by its id, where that is known.
        seen: as :func:`admitted` takes them.
    """
    opinion = [opinion_of(story.documents, opinions) for story in stories]
    heard = [says.get(story.id, NOTHING) for story in stories]
    weighed = [
        Weighed(
            story,
            _section(row, say, sections) if news or say.placed or say.pulled else "",
            row,
            _salience(story, row, sections, found),
            say,
            style,
        )
        for story, row, style, found, say, news in zip(
            stories,
            topics,
            opinion,
            cues(stories, past=past, opinions=opinion),
            heard,
            admitted(topics, sections, seen=seen),
            strict=True,
        )
    ]
    return tuple(sorted(weighed, key=lambda entry: -entry.salience.value))


def _section(topics: Mapping[str, float], say: Say, sections: Sequence[str]) -> str:
    """Return where an editor moved the story, or its likeliest section; ties: the first printed."""
    return say.section or likeliest(topics, sections)


def likeliest(topics: Mapping[str, float], sections: Sequence[str]) -> str:
    """Return the likeliest of the printed sections; ties: the first."""
    return max(sections, key=lambda name: topics.get(name, 0.0))


def _salience(
    story: Story, topics: Mapping[str, float], sections: Sequence[str], found: Mapping[str, float]
) -> Score:
    spread = story.publishers + 0.5 * math.log(story.reports)
    terms = {
        "spread": spread**_SPREAD,
        "belongs": max(0.01, sum(topics.get(name, 0.0) for name in sections)),
        **_sources(story),
        **found,
    }
    return Score(math.prod(terms.values()), terms)


def _sources(story: Story) -> Mapping[str, float]:
    """Return the mean of its publishers' weights, each the largest of their reports; 1: nothing."""
    weights: dict[str, float] = {}
    for document in story.documents:
        family = document.family
        weights[family] = max(weights.get(family, 0.0), document.weight)
    mean = round(math.fsum(weights.values()) / len(weights), 3)
    return {} if mean == 1.0 else {"sources": mean}
