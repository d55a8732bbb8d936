"""The name of an edition, as the store, its JSON and its mails carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

_NOTICE = "/withdrawn"
_FORM = re.compile(
    r"(?P<briefing>[^/]+)/(?P<day>\d{4}-\d\d-\d\d)"
    rf"(?:-(?P<revision>[2-9]|[1-9]\d+))?(?P<notice>{_NOTICE})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class EditionId:
    """Which edition of which briefing: "asia-desk/2026-01-04" as text.

    It is "asia-desk/2026-01-04-2" when the first of that day was withdrawn; the notice that it was
    is mailed as "asia-desk/2026-01-04/withdrawn".
    """

    #: The briefing's name as the store has it, without "/".
    briefing: str
    #: The local date.
    day: date
    #: 1 for the first of its day.
    revision: int = 1
    #: Whether it is the notice of a withdrawal that is named, not the edition.
    is_notice: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id.

        Raises:
            ValueError: it is none.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"not the id of an edition: {text!r}")
        return cls(
            found["briefing"],
            date.fromisoformat(found["day"]),
            int(found["revision"] or 1),
            found["notice"] is not None,
        )

    @property
    def notice(self) -> Self:
        """The id under which the notice of its withdrawal is mailed."""
        return replace(self, is_notice=True)

    def __str__(self) -> str:
        again = f"-{self.revision}" if self.revision > 1 else ""
        return f"{self.briefing}/{self.day}{again}{_NOTICE if self.is_notice else ''}"
