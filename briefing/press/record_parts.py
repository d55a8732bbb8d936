"""Building blocks of an edition's JSON: slices, lists, typed values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from briefing.core.model import Sentence

#: Decimals of scores: enough to compare, and the same on every machine.
DECIMALS = 4

Json = Any
T = TypeVar("T")


def slice_facts(sentence: Sentence) -> dict[str, Json]:
    """Return a slice as JSON."""
    return {
        "text": sentence.text,
        "document": sentence.document,
        "start": sentence.start,
        "end": sentence.end,
        "sha256": sentence.sha256,
    }


def read_slice(value: Json) -> Sentence:
    """Read a slice back."""
    return Sentence(
        typed(value["document"], str),
        typed(value["start"], int),
        typed(value["end"], int),
        typed(value["text"], str),
    )


def typed(value: Json, kind: type[T]) -> T:
    """Return a value after checking its type.

    Raises:
        TypeError: it has another type.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


def each(values: Json, read_one: Callable[[Json], T]) -> tuple[T, ...]:
    """Read each value of a list."""
    return tuple(read_one(value) for value in typed(values, list))
