"""What a source says of a report beside its words, from the names it gives its sections."""

from __future__ import annotations

import re
from collections.abc import Iterable

from briefing.core.model import Mark

#: Names of sections, whole and in any case, that hold views.
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
#: Names of sections and tags that stand on pages which are written on while things happen.
_LIVE = frozenset({"live", "live blog", "liveblog", "live-blog", "live blogs", "live updates"})
_LEVELS = re.compile(r"[/>|,;]")
#: Names looked at, and characters of each; a report has a handful of short ones.
_NAMES = 50
_LONGEST = 200


def by_sections(names: Iterable[object]) -> set[Mark]:
    """Return the marks that names of sections or tags stand for; "World/Opinion" is two names."""
    found = set()
    for name in [name for name in names if isinstance(name, str)][:_NAMES]:
        for level in _LEVELS.split(name[:_LONGEST]):
            word = " ".join(level.casefold().split())
            if word in _OPINION:
                found.add(Mark.OPINION)
            elif word in _LIVE:
                found.add(Mark.LIVE)
    return found


def in_order(marks: Iterable[Mark]) -> list[str]:
    """Return marks as words, each once, in the order of :class:`Mark`."""
    held = set(marks)
    return [mark.value for mark in Mark if mark in held]
