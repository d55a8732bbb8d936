"""PURE: a budget for mails that outsiders set off; what is above it goes into one digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

#: For which time a budget is, and how many mails in it are about one source, and for one reader: a
#: busy hour of news, read as it comes.
SPAN, OF_SOURCE, OF_READER = timedelta(hours=1), 5, 12


def is_spent(before: Sequence[tuple[str, str]], *, source: str, reader: str) -> bool:
    """Tell whether a reader gets no further mail of their own about a source.

    Args:
        before: source and reader of each mail of the last :data:`SPAN`.
        source: whose text sets it off; empty: several together.
        reader: whom it is for.
    """
    own = [by for by, to in before if to == reader]
    return len(own) >= OF_READER or (source != "" and own.count(source) >= OF_SOURCE)
