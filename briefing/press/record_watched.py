"""What an edition's JSON says of the entries of watch-lists that a story names."""

from __future__ import annotations

from collections.abc import Sequence

from briefing.core.model import WatchHit
from briefing.press.record_parts import Json, each, read_slice, slice_facts, typed


def watched_facts(hits: Sequence[WatchHit]) -> dict[str, Json]:
    """Return the hits of a story as JSON; nothing without any."""
    return {"watched": [_facts(hit) for hit in hits]} if hits else {}


def _facts(hit: WatchHit) -> Json:
    return {
        "list": hit.list,
        "label": hit.label,
        "entry": hit.entry,
        "pull": hit.pull,
        "in": "title" if hit.titled else "text",
        **slice_facts(hit.words),
    }


def read_watched(value: Json) -> tuple[WatchHit, ...]:
    """Read the hits of a story back.

    Raises:
        ValueError: one is neither in a title nor in a text.
    """
    return each(value.get("watched", []), _read)


def _read(value: Json) -> WatchHit:
    place = value["in"]
    if place not in {"title", "text"}:
        raise ValueError(f"{place!r} is neither title nor text")
    return WatchHit(
        typed(value["list"], str),
        typed(value["label"], str),
        typed(value["entry"], str),
        read_slice(value),
        titled=place == "title",
        pull=typed(value["pull"], bool),
    )
