"""Finds the stories that only pages of chosen watch-lists print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from briefing.core.model import WatchHit
from briefing.core.text.weigh import Weighed, likeliest


def named_for_readers(  # noqa: PLR0913  what the choice depends on
    told: Sequence[Weighed],
    hits: Mapping[str, Sequence[WatchHit]],
    lists: Iterable[str],
    *,
    sections: Sequence[str],
    most: int,
    beside: Sequence[Weighed],
) -> tuple[Weighed, ...]:
    """Return the stories that name a list which readers may choose, in the order given.

    One that belongs to no section stands in its likeliest.

    Args:
        told: all stories, the most important first.
        hits: where their reports name what is watched for, by story.
        lists: names of the lists.
        sections: printed ones, in order.
        most: stories of one list at most, those that are about it first.
        beside: stories that are printed anyway, which count and are left out.
    """
    still = [one for one in told if not one.say.dropped]
    wanted: set[str] = set()
    for name in lists:
        leads = {
            one.story.id: any(hit.leads for hit in own)
            for one in still
            if (own := [hit for hit in hits.get(one.story.id, ()) if hit.list == name])
        }
        wanted |= {*sorted(leads, key=lambda story: not leads[story])[:most]}
    wanted -= {one.story.id for one in beside}
    return tuple(
        one if one.section else replace(one, section=likeliest(one.topics, sections))
        for one in still
        if one.story.id in wanted
    )
