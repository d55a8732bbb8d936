"""Which entries of watch-lists stand at the end of a story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from briefing.core.glyphs import is_settable
from briefing.core.model import WatchHit

#: Entries named at one story, and characters of a name that is set on the page.
_MOST, _LONGEST = 3, 40


@dataclass(frozen=True, slots=True)
class WatchedView:
    """The entries that a story names."""

    #: Name of an entry, or of its list where that cannot be set, and of its list in an address.
    names: tuple[tuple[str, str], ...] = ()
    #: Behind them: "and 2 more"; often empty.
    more: str = ""

    @property
    def words(self) -> str:
        """Return "watched: Nambuda, Suriname and 2 more"; empty without any."""
        if not self.names:
            return ""
        names = ", ".join(name for name, _ in self.names)
        return f"watched: {names}{f' {self.more}' if self.more else ''}"


#: Of a story that names no entry.
UNWATCHED = WatchedView()


def watched_view(hits: Sequence[WatchHit]) -> WatchedView:
    """Prepare the hits of a story for templates."""
    names = tuple({_name(hit): hit.list for hit in reversed(hits)}.items())[::-1]
    more = f"and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return WatchedView(names[:_MOST], more)


def _name(hit: WatchHit) -> str:
    return hit.entry if is_settable(hit.entry, longest=_LONGEST) else hit.label
