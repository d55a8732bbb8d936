"""What an address would bring as a source, found out without storing anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from briefing.core.model import Source
from briefing.sources.health import Health


@dataclass(frozen=True, slots=True)
class TrialReport:
    """One report that a source lists."""

    title: str
    #: Its address; may be empty.
    url: str
    #: Aware UTC; None if the source does not say.
    published: datetime | None
    #: Words of the text that the source lists.
    words: int
    #: Whether that is the whole report, and no blurb.
    whole: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of trying an address."""

    #: The source found there, the best first; at least one.
    found: tuple[Source, ...]
    #: How the first of them does.
    health: Health
    #: What it lists first.
    reports: tuple[TrialReport, ...] = ()
    #: Language of most of these reports (ISO 639-1); empty if unknown.
    language: str = ""

    @property
    def source(self) -> Source:
        """The source that would be added."""
        return self.found[0]


class Trials(Protocol):
    """Tries addresses, a few at a time."""

    def __call__(self, address: str, *, known: Source | None = None) -> Trial:
        """Try a web address; a known source is tried as what it is.

        Raises:
            InputError: nothing is found there, or it does not answer in time.
            BusyError: others are tried at this moment.
        """
        ...
