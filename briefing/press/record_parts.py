"""The parts of an edition's JSON that others are made of: slices, lists, values of one kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from briefing.core.model import Sentence

Json = Any
T = TypeVar("T")


def slice_facts(sentence: Sentence) -> dict[str, Json]:
    """Return what is said of a slice."""
    return {
        "text": sentence.text,
        "document": sentence.document,
        "start": sentence.start,
        "end": sentence.end,
        "sha256": sentence.sha256,
    }


def read_slice(told: Json) -> Sentence:
    """Read a slice back."""
    return Sentence(
        typed(told["document"], str),
        typed(told["start"], int),
        typed(told["end"], int),
        typed(told["text"], str),
    )


def typed(value: Json, kind: type[T]) -> T:
    """Return a value of the kind it must be of.

    Raises:
        TypeError: it is of another.
    """
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


def each(values: Json, read_one: Callable[[Json], T]) -> tuple[T, ...]:
    """Read each value of a list."""
    return tuple(read_one(value) for value in typed(values, list))
