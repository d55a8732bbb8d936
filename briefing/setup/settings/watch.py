"""Settings of watch-lists."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from briefing.core.model import LONGEST_LABEL, WatchEntry, WatchList
from briefing.core.text.watch import folded_words
from briefing.setup.settings.lines import ONE_LINE, Table, checked_label, checked_line

#: Entries of one list.
_MOST = 5_000


def _aliases(words: str) -> list[str]:
    return [part.strip() for part in words.split("|")]


def _watchable(value: str) -> str:
    if not all(map(folded_words, _aliases(checked_line(value)))):
        raise ValueError(f'"{value[:40]}": each part between "|" must have a letter or a digit')
    return value


def _few(value: tuple[str, ...]) -> tuple[str, ...]:
    if not 0 < len(value) <= _MOST:
        raise ValueError(f"must be 1 to {_MOST:,} words or phrases; there are {len(value):,}")
    return value


class WatchSettings(Table):
    """What is watched for: people, places, organizations, phrases."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,29}$", examples=["southern-africa"])]
    """Name of the list in commands and addresses: up to 30 lower-case letters, digits and hyphens,
    starting with a letter."""
    words: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_watchable)], ...],
        AfterValidator(_few),
        Field(examples=[("Nambuda", "Mozambique|Moçambique")]),
    ]
    """What is watched for, whole words in any script; other words for the same follow after "|".
    Case and accents written apart do not matter."""
    label: Annotated[
        str, Field(max_length=LONGEST_LABEL, examples=["Southern Africa"]), ONE_LINE
    ] = ""
    """Name as readers see it if they may choose the list, in Latin, Greek or Cyrillic script;
    empty: `name`."""
    pull: bool = False
    """Whether a story that names one of the words in a title, or in the opening of a report, is
    printed before others, also if it belongs to no section; without room it is named."""
    alert: Annotated[int, Field(ge=0, le=100)] = 0
    """Publishers that report a new story between two editions and name one of the words in a title
    or an opening before an alert about it is sent at once; 0: none is sent."""
    alert_mail: tuple[Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")], ...] = ()
    """Mail addresses that get these alerts; empty: who gets all others (alerts.mail and
    alerts.webhook)."""
    offer: bool = False
    """Whether readers may choose the list: then its label is on the form where they choose and at
    stories that name one of the words, and what names one is on their page, whatever its section.
    Otherwise the list is the desk's own, and nothing of it is shown to readers."""

    @field_validator("label")
    @classmethod
    def _printable(cls, value: str) -> str:
        return checked_label(value)

    @property
    def watched(self) -> WatchList:
        """What it says, for the core."""
        entries = (WatchEntry(first, tuple(others)) for first, *others in map(_aliases, self.words))
        return WatchList(self.name, tuple(entries), self.label, self.pull, self.alert, self.offer)
