"""VERB: checks everything that a briefing depends on, one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from briefing.app.doctor.finding import Finding, Level, Observation, broken, good, note
from briefing.app.doctor.preflight import Use, blockers, line, warnings
from briefing.core.errors import BriefingError

__all__ = [
    "Finding",
    "Level",
    "Observation",
    "Use",
    "blockers",
    "broken",
    "examine",
    "good",
    "line",
    "note",
    "warnings",
]


def examine(checks: Mapping[str, Callable[[], Observation]]) -> Iterator[Finding]:
    """Yield the finding of each check, in order; an exception becomes a finding too."""
    for name, look in checks.items():
        code = 1
        try:
            observation = look()
        except BriefingError as error:
            observation, code = broken(str(error)), error.exit_code
        except OSError as error:
            observation = broken(f"system error ({error})", "check disk space and permissions")
        except Exception as error:  # a plug-in may raise anything, and the other checks are to come
            message = f"fails with {type(error).__name__}: {' '.join(str(error).split())[:200]}"
            observation = broken(message, "if a plug-in provides it, repair or remove the plug-in")
        yield Finding(name, observation.mark, observation.words, observation.advice, code)
