"""Results of checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check turned out."""

    GOOD = "ok"
    #: It works, but not as well as it could.
    NOTE = "warning"
    #: Something that should work does not.
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    mark: Level
    #: One line.
    words: str
    #: What to do; empty for nothing.
    advice: str = ""
    #: Name of the check; a check itself does not know it.
    name: str = ""
    #: Exit code of a command that it keeps from its work.
    code: int = 1


def good(message: str) -> Finding:
    """Report that something is as it should be."""
    return Finding(Level.GOOD, message)


def note(message: str, advice: str = "") -> Finding:
    """Report what could be better."""
    return Finding(Level.NOTE, message, advice)


def broken(message: str, advice: str = "") -> Finding:
    """Report what does not work."""
    return Finding(Level.BROKEN, message, advice)
