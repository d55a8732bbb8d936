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
class Observation:
    """The result of a check, without its name."""

    mark: Level
    #: One line.
    words: str
    #: What to do; empty for nothing.
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; as :class:`Observation`, with the name of the check."""

    name: str
    mark: Level
    words: str
    advice: str
    #: Exit code of a command that it keeps from its work.
    code: int = 1


def good(message: str) -> Observation:
    """Report that something is as it should be."""
    return Observation(Level.GOOD, message)


def note(message: str, advice: str = "") -> Observation:
    """Report what could be better."""
    return Observation(Level.NOTE, message, advice)


def broken(message: str, advice: str = "") -> Observation:
    """Report what does not work."""
    return Observation(Level.BROKEN, message, advice)
