"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How something is."""

    GOOD = "ok"
    #: It works, but not as well as it could.
    NOTE = "warning"
    #: Something that should work does not.
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw."""

    mark: Mark
    #: One line.
    words: str
    #: What to do; empty for nothing.
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; as :class:`Seen`, with the name of what was looked at."""

    name: str
    mark: Mark
    words: str
    advice: str
    #: Exit code of a command that it keeps from its work.
    code: int = 1


def good(words: str) -> Seen:
    """Say that something is as it should be."""
    return Seen(Mark.GOOD, words)


def note(words: str, advice: str = "") -> Seen:
    """Say what could be better."""
    return Seen(Mark.NOTE, words, advice)


def broken(words: str, advice: str = "") -> Seen:
    """Say what does not work."""
    return Seen(Mark.BROKEN, words, advice)
