"""The sagas with which the stories of an edition go on, and the numbers of those that begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from briefing.core.model import Brief, Edition, Excerpt, Material, Saga
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

    Stories that begin one with the same earlier story are the same saga.
    """
    register = material.register or register_of(material.weeks or material.before)
    last, begun = register.last, dict[tuple[str, str], str]()
    for brief in sorted(edition.briefs(), key=lambda brief: not brief.top):
        if brief.saga is not None and not brief.saga.id:
            last += _start(brief.saga) not in begun
            begun.setdefault(_start(brief.saga), f"s{last}")
    if not begun:
        return edition
    sections = tuple(
        replace(section, briefs=tuple(_numbered(brief, begun) for brief in section.briefs))
        for section in edition.sections
    )
    return replace(edition, sections=sections)


def _numbered(brief: Brief, begun: dict[tuple[str, str], str]) -> Brief:
    if brief.saga is None or brief.saga.id:
        return brief
    return replace(brief, saga=replace(brief.saga, id=begun[_start(brief.saga)]))


def _start(saga: Saga) -> tuple[str, str]:
    return saga.entries[0].edition, saga.entries[0].story
