"""VERB: checks everything that a briefing depends on, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from briefing.app.doctor.finding import Finding, Level, broken, good, note
from briefing.app.doctor.preflight import Use, blockers, line, warnings
from briefing.core.errors import BriefingError

__all__ = [
    "Finding",
    "Level",
    "Use",
    "blockers",
    "broken",
    "examine",
    "good",
    "line",
    "note",
    "warnings",
]


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
