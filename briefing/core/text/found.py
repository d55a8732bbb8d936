"""Tells of every story of a day why its sentences were not up for print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from briefing.core.model import (
    LEFT_OUT_BY_EDITOR,
    NO_SECTION,
    NOT_CHOSEN,
    Excerpt,
    FoundStory,
)
from briefing.core.text.weigh import Weighed, likeliest

_BELOW, _WORDLESS = (
    "not important enough",
    "without a new sentence that can stand alone",
)
#: In the order of the ledger.
_REASONS = (NOT_CHOSEN, NO_SECTION, LEFT_OUT_BY_EDITOR, _BELOW, _WORDLESS)


def found_stories(
    weighed: Sequence[Weighed],
    *,
    foremost: Sequence[Weighed],
    excerpts: Sequence[Excerpt],
    sections: Sequence[str],
) -> tuple[FoundStory, ...]:
    """Return all stories in the order given, each with the reason for which it was left out.

    Args:
        weighed: all of the day.
        foremost: those whose sentences were ranked.
        excerpts: those that can be printed.
        sections: printed ones, in order.
    """
    asked = {one.story.id for one in foremost}
    printable = {one.story.id for one in excerpts}

    def reason(one: Weighed) -> str:
        stages = (
            (one.story.id in printable, ""),
            (not one.section, NO_SECTION),
            (one.say.dropped, LEFT_OUT_BY_EDITOR),
            (one.story.id not in asked, _BELOW),
        )
        return next((why for holds, why in stages if holds), _WORDLESS)

    return tuple(_found(one, why=reason(one), sections=sections) for one in weighed)


def count_reasons(found: Sequence[FoundStory]) -> dict[str, int]:
    """Count the stories left out, by reason."""
    counts = Counter(one.why for one in found)
    return {why: counts[why] for why in _REASONS if counts[why]}


def _found(one: Weighed, *, why: str, sections: Sequence[str]) -> FoundStory:
    story = one.story
    section = one.section or likeliest(one.topics, sections)
    return FoundStory(
        story.id,
        story.documents[0].title,
        tuple(document.id for document in (*story.documents, *story.copies)),
        section,
        one.topics.get(section, 0.0),
        one.salience.value,
        why,
    )
