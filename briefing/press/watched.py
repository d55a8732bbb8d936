"""Which watch-lists stand at the end of a story: those that readers may choose, by their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefing.core.model import WatchHit

#: Lists named at one story.
_MOST = 3


@dataclass(frozen=True, slots=True)
class WatchedView:
    """The lists that a story names."""

    #: Label of a list, and its name in an address.
    names: tuple[tuple[str, str], ...] = ()
    #: Behind them: "and 2 more"; often empty.
    more: str = ""

    @property
    def words(self) -> str:
        """Return "watched: Southern Africa, Straits and 2 more"; empty without any."""
        if not self.names:
            return ""
        names = ", ".join(label for label, _ in self.names)
        return f"watched: {names}{f' {self.more}' if self.more else ''}"


#: Of a story that names no list.
UNWATCHED = WatchedView()


def watched_view(hits: Sequence[WatchHit], lists: Mapping[str, str]) -> WatchedView:
    """Prepare the hits of a story for templates; a list that is not offered stays the desk's own.

    ``lists`` are the labels of those that are, by name.
    """
    names = tuple({lists[hit.list]: hit.list for hit in hits if hit.list in lists}.items())
    more = f"and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return WatchedView(names[:_MOST], more)
