"""PURE: the result of a run in a few words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from briefing.core.counting import counted
from briefing.core.model import Ending, Run, Step

Figures = Mapping[str, int]

#: Commands that messages advise and that the administration has a button for.
_COMMAND = re.compile(
    r": briefing (?:sources|subscribers) (?:add|resume) ADDRESS|; run `briefing \w+`(?: first)?"
)


def came_of(run: Run) -> str:
    """Return the result of a finished run in one line, or why it has none."""
    if run.ending in {Ending.FAILED, Ending.EMPTY, Ending.BLIND, Ending.BUSY}:
        return in_browser(run.words)
    return figures_of(run) or in_browser(run.words)


def in_browser(words: str) -> str:
    """Return words without the command that they advise, where a button does it."""
    return _COMMAND.sub("", words)


def figures_of(run: Run) -> str:
    """Format the figures of a run; by their names for steps without a format of their own."""
    describe = _DESCRIPTIONS.get(run.step)
    try:
        text = describe(run.figures) if describe else ""
    except KeyError:
        text = ""
    return text or ", ".join(f"{number} {name}" for name, number in run.figures.items())


def _collected(figures: Figures) -> str:
    answered = figures["sources"] - figures["failing"]
    fresh = counted(figures["fresh"], "new report")
    return f"{fresh}, {answered} of {figures['sources']} sources"


def _published(figures: Figures) -> str:
    printed = f"{figures['printed']} of {figures['stories']} stories"
    return f"{printed}, page {figures['full']} per cent full"


_DESCRIPTIONS: Mapping[Step, Callable[[Figures], str]] = MappingProxyType(
    {Step.COLLECT: _collected, Step.PUBLISH: _published, Step.WEEK: _published}
)
