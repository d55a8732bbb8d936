"""PURE: which checks must pass before a page is made, a round begins or pages are served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from briefing.app.doctor.finding import Finding, Level


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
_ROUND = _PAGE | _MAIL | {"store", "disk", "temp", "schedule", "clock", "alerts", "engine"}

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
