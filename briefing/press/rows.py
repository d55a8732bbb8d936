"""Rows of the printed page: one block, or two side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Protocol, TypeVar

from briefing.core.model import Flow


class Flowing(Protocol):
    """A section, or a block of the panel, that knows how it stands."""

    @property
    def flow(self) -> Flow:
        """How it stands."""
        ...


B = TypeVar("B", bound=Flowing)


def in_rows(blocks: Iterable[B]) -> Iterator[tuple[B, ...]]:
    """Yield blocks in rows of one, or of two side by side.

    One that should stand beside another, and has none behind it, has a row of its own.
    """
    for flow, group in groupby(blocks, key=lambda block: block.flow):
        alike, wide = tuple(group), 2 if flow is Flow.BESIDE else 1
        yield from (alike[start : start + wide] for start in range(0, len(alike), wide))
