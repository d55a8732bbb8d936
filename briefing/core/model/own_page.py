"""Which page a reader gets who has chosen sections."""

from __future__ import annotations

from collections.abc import Collection

#: The page of all sections.
GENERAL = ""


def page_key(chosen: Collection[str], *, printed: Collection[str]) -> str:
    """Return how the page of some sections is called: "1-3" is that of the first and the third.

    It is :data:`GENERAL` if all are chosen, or none that is printed.

    Args:
        chosen: names of sections in any case and order; unknown ones do not count.
        printed: names of all sections in printed order.
    """
    wanted = {name.casefold() for name in chosen}
    places = [place for place, name in enumerate(printed, 1) if name.casefold() in wanted]
    return GENERAL if len(places) == len(printed) else "-".join(map(str, places))


def sections_of(key: str, *, printed: Collection[str]) -> tuple[str, ...]:
    """Return the names of the sections of a page, in printed order; none for that of all."""
    places = {int(place) for place in key.split("-") if place}
    return tuple(name for place, name in enumerate(printed, 1) if place in places)
