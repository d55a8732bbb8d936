"""The sagas with which the stories of an edition go on, and the numbers of those that begin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from briefing.core.model import Edition, Excerpt, Material, Saga
from briefing.core.text.sagas import find_sagas, register_of


def follow(excerpts: Sequence[Excerpt], *, material: Material) -> tuple[Excerpt, ...]:
    """Return the excerpts with the sagas with which they go on."""
    weeks = material.weeks or material.before
    found = find_sagas(
        [one.story for one in excerpts],
        weeks,
        follows=[one.follows for one in excerpts],
        register=material.register or register_of(weeks),
        day=material.day,
    )
    return tuple(replace(one, saga=saga) for one, saga in zip(excerpts, found, strict=True))


def number_sagas(edition: Edition, *, material: Material) -> Edition:
    """Give the sagas that begin with an edition their ids, in printed order.

    Stories that begin one with the same earlier story are the same saga. Of stories of one saga
    the later ones say beside which they stand.
    """
    register = material.register or register_of(material.weeks or material.before)
    begun: dict[tuple[str, str], str] = {}
    strands: dict[str, Saga] = {}
    stories: defaultdict[str, list[str]] = defaultdict(list)
    for brief in sorted(edition.briefs(), key=lambda brief: not brief.top):
        saga = brief.saga
        if saga is None:
            continue
        if not saga.id:
            first = saga.entries[0].edition, saga.entries[0].story
            saga = replace(saga, id=begun.setdefault(first, f"s{register.last + len(begun) + 1}"))
        strands[brief.story] = replace(saga, beside=tuple(stories[saga.id]))
        stories[saga.id].append(brief.story)
    sections = (
        replace(
            section,
            briefs=tuple(
                replace(one, saga=strands[one.story]) if one.saga else one for one in section.briefs
            ),
        )
        for section in edition.sections
    )
    return replace(edition, sections=tuple(sections)) if strands else edition
