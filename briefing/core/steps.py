"""Keeps what steps of an edition gave, for the next one that is made of the same."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class KeptSteps:
    """What pure functions returned last, given again as long as they are asked of equal values.

    An editor's choice changes little of what a draft is made of.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, object], tuple[object, Any]] = {}
        self._asked: set[tuple[object, object]] = set()

    def __call__(
        self, step: Callable[P, T], about: object = None, /, *args: P.args, **named: P.kwargs
    ) -> T:
        """Return what a step gives; one result is kept of what it is ``about``."""
        key, given = (step, about), (args, named)
        self._asked.add(key)
        if key not in self._kept or self._kept[key][0] != given:
            self._kept[key] = given, step(*args, **named)
        result: T = self._kept[key][1]
        return result

    def trim(self) -> None:
        """Let go of what was not asked for since this was last done."""
        self._kept = {key: its for key, its in self._kept.items() if key in self._asked}
        self._asked = set()
