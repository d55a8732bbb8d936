"""Which watch-lists stand at the end of a story: those that readers may choose, by their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from briefing.core.model import Brief, NamedStory, lists_named

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


def watched_view(told: Brief | NamedStory, labels: Mapping[str, str]) -> WatchedView:
    """Prepare the lists of a story for templates; one that is not offered stays the desk's own.

    ``labels`` are those of the lists that are, by name.
    """
    names = {labels[name]: name for name in told.lists or lists_named(told.watched, labels)}
    more = f"and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return WatchedView(tuple(names.items())[:_MOST], more)
