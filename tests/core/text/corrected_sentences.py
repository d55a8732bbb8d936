"""Invented sentences as printed and as their sources have them now, by what the change is.

Written before the rules of ``briefing/core/text/corrections.py``. Every second pair was kept back
while they were made (:func:`kept_back`).
"""

from pathlib import Path
from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]


def _read(blocks: str) -> tuple[Pair, ...]:
    pairs = (block.splitlines() for block in blocks.split("\n\n") if "\n" in block.strip())
    return tuple((old, new.replace(r"\n", "\n")) for old, new in pairs)


#: What was printed is no longer so; and what is still so.
SUBSTANTIVE, COSMETIC = map(
    _read, Path(__file__).with_suffix(".txt").read_text("utf-8").split("== cosmetic")
)


def kept_back(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Return every second pair: those that the rules were not made on."""
    return pairs[1::2]


def tuned_on(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Return the pairs that the rules were made on."""
    return pairs[::2]
