"""PURE: what came of a run, in a few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from briefing.core.counting import counted
from briefing.core.model import Ending, Run, Step

Figures = Mapping[str, int]


def came_of(run: Run) -> str:
    """Say in a line what a run that has ended brought, or why it did not."""
    if run.ending in {Ending.FAILED, Ending.EMPTY, Ending.BLIND, Ending.BUSY}:
        return run.words
    return figures_of(run) or run.words


def figures_of(run: Run) -> str:
    """Say the figures of a run; as they are named where nothing better is known."""
    say = _SAID.get(run.step)
    try:
        said = say(run.figures) if say else ""
    except KeyError:
        said = ""
    return said or ", ".join(f"{number} {name}" for name, number in run.figures.items())


def _collected(told: Figures) -> str:
    answered = told["sources"] - told["failing"]
    fresh = counted(told["fresh"], "new report")
    return f"{fresh}, {answered} of {told['sources']} sources"


def _published(told: Figures) -> str:
    return f"{told['printed']} of {told['stories']} stories, page {told['full']} per cent full"


_SAID: Mapping[Step, Callable[[Figures], str]] = MappingProxyType(
    {Step.COLLECT: _collected, Step.PUBLISH: _published}
)
