"""What an edition's JSON says of the saga with which a story goes on."""

from __future__ import annotations

from datetime import date

from briefing.core.model import Brief, Saga, SagaEntry
from briefing.core.text.sagas import number_of
from briefing.press.record_parts import Json, each, read_slice, slice_facts, typed


def saga_facts(brief: Brief, *, day: date) -> dict[str, Json]:
    """Return the saga of a brief as JSON; nothing without one."""
    saga = brief.saga
    if saga is None:
        return {}
    return {
        "saga": {
            "id": saga.id,
            "since": saga.since.isoformat(),
            "day": saga.day_of(day),
            "timeline": [entry_facts(entry) for entry in saga.entries],
            **({"also": list(saga.also)} if saga.also else {}),
            **({"beside": list(saga.beside)} if saga.beside else {}),
        }
    }


def entry_facts(entry: SagaEntry) -> dict[str, Json]:
    """Return what one edition told of a saga as JSON."""
    return slice_facts(entry.sentence) | {
        "edition": entry.edition,
        "date": entry.day.isoformat(),
        "story": entry.story,
        "headline": entry.headline,
    }


def read_saga(value: Json) -> Saga | None:
    """Read the saga of a brief back.

    Raises:
        ValueError: its id is none.
    """
    saga = value.get("saga")
    if saga is None:
        return None
    return Saga(
        _read_id(saga["id"]),
        date.fromisoformat(saga["since"]),
        each(saga["timeline"], _read_entry),
        each(saga.get("also", []), _read_id),
        each(saga.get("beside", []), lambda story: typed(story, str)),
    )


def _read_id(value: Json) -> str:
    id_ = typed(value, str)
    if number_of(id_) < 1 or id_ != f"s{number_of(id_)}":
        raise ValueError(f"{id_!r} is not the id of a saga")
    return id_


def _read_entry(value: Json) -> SagaEntry:
    return SagaEntry(
        typed(value["edition"], str),
        date.fromisoformat(value["date"]),
        typed(value["story"], str),
        typed(value["headline"], str),
        read_slice(value),
    )
