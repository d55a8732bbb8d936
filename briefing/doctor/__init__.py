"""VERB: everything that a briefing stands on, each looked at and told in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from briefing.doctor.finding import Finding, Mark, Seen, broken, good, note
from briefing.errors import BriefingError

__all__ = ["Finding", "Mark", "Seen", "broken", "examine", "good", "note"]


def examine(checks: Mapping[str, Callable[[], Seen]]) -> Iterator[Finding]:
    """Yield what each check found, in their order; an error of ours is a finding too."""
    for name, look in checks.items():
        try:
            seen = look()
        except BriefingError as error:
            seen = broken(str(error))
        except OSError as error:
            seen = broken(f"the system refused ({error})", "check permissions")
        yield Finding(name, seen.mark, seen.words, seen.advice)
