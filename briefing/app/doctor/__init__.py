"""VERB: checks everything that a briefing depends on, and says which check blocks what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from briefing.core.errors import BriefingError

#: Checks of what a plug-in may provide, and what to do when one fails unforeseen.
_PLUGGABLE = frozenset({"ranker", "classifier", "theme", "fonts", "press"})
_PLUGGED = "if a plug-in provides it, repair or remove the plug-in"


def examine(checks: Mapping[str, Callable[[], Finding]]) -> Iterator[Finding]:
    """Yield the finding of each check, in order; an exception becomes a finding too."""
    for name, look in checks.items():
        try:
            finding = look()
        except BriefingError as error:
            finding = replace(broken(str(error)), code=error.exit_code)
        except OSError as error:
            finding = broken(f"system error ({error})", "check disk space and permissions")
        except Exception as error:  # a plug-in may raise anything, and the other checks are to come
            message = f"fails with {type(error).__name__}: {' '.join(str(error).split())[:200]}"
            finding = broken(message, _PLUGGED if name in _PLUGGABLE else "please report it")
        yield replace(finding, name=name)


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


class Use(StrEnum):
    """What is about to begin."""

    #: One page without a store.
    MAKE = "make"
    #: The round once.
    RUN = "run"
    #: The round, again and again, with its pages on the web.
    SERVE = "serve"
    #: The pages on the web alone.
    PAGES = "pages"


_PAGE = frozenset({"settings", "ranker", "classifier", "theme", "fonts", "pango", "press"})
_MAIL = frozenset({"sender", "relay", "signing", "secrets", "links"})
# Sources are missing here: they are added while the service runs, and what is due is sent without
# them. So are timestamps that are still to come: no start would mend them.
_ROUND = _PAGE | _MAIL | frozenset("store disk temp schedule clock alerts engine".split())

#: Checks without which it cannot do its work; any other may fail and is only reported.
REQUIRED: Mapping[Use, frozenset[str]] = MappingProxyType(
    {
        Use.MAKE: _PAGE,
        Use.RUN: _ROUND,
        Use.SERVE: _ROUND,
        Use.PAGES: _MAIL | {"settings", "theme", "store"},
    }
)


def blockers(findings: Iterable[Finding], *, use: Use) -> tuple[Finding, ...]:
    """Return what is broken and keeps something from being done, in the order given."""
    needed = REQUIRED[use]
    return tuple(
        finding for finding in findings if finding.mark is Level.BROKEN and finding.name in needed
    )


def warnings(findings: Iterable[Finding], *, use: Use) -> tuple[Finding, ...]:
    """Return what is not as it should be and keeps nothing from being done."""
    fatal = set(blockers(listed := tuple(findings), use=use))
    return tuple(
        finding for finding in listed if finding.mark is not Level.GOOD and finding not in fatal
    )


def line(finding: Finding) -> str:
    """Return a finding and its advice as one line that begins with the name of the check."""
    advice = f"; {finding.advice}" if finding.advice else ""
    return f"{finding.name}: {finding.words}{advice}"
