"""Puts commentary beside its event: evidence for that story, and none of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from briefing.core.model import Document
from briefing.core.text.style import is_likely
from briefing.core.text.weigh import Weighed


def beside_events(weighed: Sequence[Weighed]) -> tuple[Weighed, ...]:
    """Return the stories without commentary whose event may be printed, which has it beside it.

    Commentary is a story of opinion by style; its event is the likeliest of the stories near it
    that report, and have a section. Stories that editors placed, or dropped, are neither.

    Args:
        weighed: all stories, in any order, which is kept.
    """
    untouched = {one.story.id: one for one in weighed if not one.say.placed and one.story.near}
    opinions = {name for name, one in untouched.items() if is_likely(one.opinion)}
    events = {name for name, one in untouched.items() if one.section and name not in opinions}
    beside: defaultdict[str, list[tuple[Document, float]]] = defaultdict(list)
    attached = set()
    for one in weighed:
        found = [(name, likelihood) for name, likelihood in one.story.near if name in events]
        if one.story.id in opinions and found:
            event, likelihood = found[0]
            beside[event] += ((document, likelihood) for document in one.story.documents)
            attached.add(one.story.id)
    return tuple(
        replace(one, story=replace(one.story, commentary=tuple(beside[one.story.id])))
        if one.story.id in beside
        else one
        for one in weighed
        if one.story.id not in attached
    )
