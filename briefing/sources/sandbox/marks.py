"""Marks of a report, from the names of its sections and tags."""

from __future__ import annotations

import re
from collections.abc import Iterable

from briefing.core.model import Mark

#: Names of opinion sections, whole and in any case.
_OPINION = frozenset(
    "opinion opinions editorial editorials op-ed op-eds oped commentary columnists viewpoint "
    "viewpoints letters leaders".split()
) | {
    "comment",
    "opinion & analysis",
    "opinion and analysis",
    "guest essay",
    "letters to the editor",
}
#: Names of sections and tags of live pages.
_LIVE = frozenset({"live", "live blog", "liveblog", "live-blog", "live blogs", "live updates"})
_LEVELS = re.compile(r"[/>|,;]")
#: Most names, and characters of each, that are read; a report has a handful of short ones.
_NAMES = 50
_LONGEST = 200


def by_sections(names: Iterable[object]) -> set[Mark]:
    """Return the marks that names of sections or tags imply; "World/Opinion" is two names."""
    marks = set()
    for name in [name for name in names if isinstance(name, str)][:_NAMES]:
        for level in _LEVELS.split(name[:_LONGEST]):
            folded = " ".join(level.casefold().split())
            if folded in _OPINION:
                marks.add(Mark.OPINION)
            elif folded in _LIVE:
                marks.add(Mark.LIVE)
    return marks


def in_order(marks: Iterable[Mark]) -> list[str]:
    """Return the values of marks, each once, in the order of :class:`Mark`."""
    distinct = set(marks)
    return [mark.value for mark in Mark if mark in distinct]
