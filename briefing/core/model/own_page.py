"""Which page a reader gets who has chosen sections or watch-lists."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

#: The page of all sections.
GENERAL = ""
#: What stands in place of sections where only watch-lists are chosen; no section has this name.
NO_SECTIONS = ("none",)
#: Before the place of a watch-list in a key. A plus sign would be safe in an address, but not with
#: everybody who reads one: in a form it is a space.
_LIST = "w"


@dataclass(frozen=True, slots=True)
class PageChoice:
    """What a reader chose of an edition."""

    #: Names of sections in any case and order; empty: all; :data:`NO_SECTIONS`: none.
    sections: tuple[str, ...] = ()
    #: Names of watch-lists: what names them is wanted, whatever its section.
    lists: tuple[str, ...] = ()


def page_key(chosen: PageChoice, *, printed: Collection[str], lists: Collection[str] = ()) -> str:
    """Return how the page of a choice is called.

    "1-3" is that of the first and the third section, "1-3-w2" also of what names the second list,
    "w2" of nothing else. It is :data:`GENERAL` if all sections are chosen and no list, or nothing
    that there is.

    Args:
        chosen: unknown sections and lists do not count.
        printed: names of all sections in printed order.
        lists: names of the lists that readers may choose, in the order of the settings.
    """
    wanted = {name.casefold() for name in chosen.sections}
    places = [
        f"{place}"
        for place, name in enumerate(printed, 1)
        if not wanted or name.casefold() in wanted
    ]
    marks = [f"{_LIST}{place}" for place, name in enumerate(lists, 1) if name in chosen.lists]
    if not marks and len(places) == len(printed):
        return GENERAL
    return "-".join(places + marks)


def sections_of(key: str, *, printed: Collection[str]) -> tuple[str, ...]:
    """Return the names of the sections of a page, in printed order; none for that of all."""
    return _named(key, printed, mark="")


def lists_of(key: str, *, lists: Collection[str]) -> tuple[str, ...]:
    """Return the names of the watch-lists of a page, in the order given."""
    return _named(key, lists, mark=_LIST)


def _named(key: str, names: Collection[str], *, mark: str) -> tuple[str, ...]:
    places = key.split("-")
    return tuple(name for place, name in enumerate(names, 1) if f"{mark}{place}" in places)
