"""Who releases an edition before it leaves, and what happens when nobody does in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """What must happen before an edition leaves."""

    #: Operators who must release it, 0 to 2; 0: it leaves when it is made.
    by: int = 0
    #: A local time, or how long after the time of the edition; None: there is no deadline.
    deadline: time | timedelta | None = None
    #: Whether an edition that is not released leaves at its deadline; else it is held.
    go: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One operator's release of an edition as it is, byte for byte."""

    #: Name of the operator, or :data:`DEADLINE`.
    who: str
    #: Aware UTC.
    at: datetime
    #: SHA-256 of the record and the files that were signed.
    digest: str

    @property
    def words(self) -> str:
        """Who and when, for people."""
        return f"{self.who}, {self.at:%Y-%m-%d %H:%M} UTC"


#: In place of an operator where an edition left at its deadline; no operator's name has a space.
DEADLINE = "the deadline"
