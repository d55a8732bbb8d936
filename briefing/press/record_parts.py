"""Building blocks of an edition's JSON: slices, lists, typed values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any, TypeVar

from briefing.core.glyphs import is_settable
from briefing.core.model import LONGEST_LABEL, DeskNote, Letterhead, Sentence, Week
from briefing.press.logo import check_embedded

#: Decimals of scores: enough to compare, and the same on every machine.
DECIMALS = 4

Json = Any
T = TypeVar("T")

_COLOR = re.compile("#[0-9a-f]{6}")


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


def letterhead_facts(letterhead: Letterhead) -> dict[str, Json]:
    """Return a letterhead as JSON; nothing if it adds nothing."""
    every = asdict(letterhead) | {"labels": dict(letterhead.labels)}
    facts = {name: value for name, value in every.items() if value}
    return {"letterhead": facts} if facts else {}


def read_letterhead(value: Json) -> Letterhead:
    """Read a letterhead back.

    Raises:
        ValueError: its accent is no color, its logo not as it is embedded, or a label cannot be
            printed.
    """
    accent = typed(value.get("accent", ""), str)
    if accent and not _COLOR.fullmatch(accent):
        raise ValueError(f"{accent!r} is not a color")
    labels = typed(value.get("labels", {}), dict)
    for label in labels.values():
        if not is_settable(typed(label, str), longest=LONGEST_LABEL):
            raise ValueError(f"{label!r} is not a label of a section")
    return Letterhead(
        typed(value.get("marking", ""), str),
        typed(value.get("name_line", ""), str),
        accent,
        check_embedded(typed(value.get("logo", ""), str)),
        tuple(labels.items()),
    )


def read_note(value: Json) -> DeskNote | None:
    """Read the desk's own note, if there is one."""
    if value is None:
        return None
    return DeskNote.of(typed(value["text"], str), signed=typed(value["signed"], str))


def week_facts(week: Week | None) -> dict[str, Json]:
    """Return the week that an edition reviews as JSON; nothing without one."""
    if week is None:
        return {}
    return {"week": {"first": week.first.isoformat(), "editions": list(week.editions)}}


def read_week(value: Json) -> Week | None:
    """Read the week that an edition reviews, if it reviews one."""
    if value is None:
        return None
    editions = each(value["editions"], lambda one: typed(one, str))
    return Week(date.fromisoformat(value["first"]), editions)


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
