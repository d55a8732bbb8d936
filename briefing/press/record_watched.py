"""What an edition's JSON says of watch-lists: what stories name of them, and what readers chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from briefing.core.glyphs import is_settable
from briefing.core.model import LONGEST_LABEL, Edition, WatchHit
from briefing.press.record_parts import Json, each, read_slice, slice_facts, typed


class ReadLists(TypedDict):
    """Fields of an edition."""

    lists: Mapping[str, str]
    only_lists: tuple[str, ...]


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


def choice_facts(edition: Edition) -> dict[str, Json]:
    """Return as JSON what readers may choose, and what those of this page chose; often nothing."""
    facts: dict[str, Json] = {
        "lists": dict(edition.lists),
        "only": list(edition.only),
        "only_lists": list(edition.only_lists),
    }
    return {name: value for name, value in facts.items() if value}


def read_lists(value: Json) -> ReadLists:
    """Read the watch-lists back.

    Raises:
        ValueError: what one is called cannot be printed, or the page is of one that there is not.
    """
    lists = typed(value.get("lists", {}), dict)
    for label in lists.values():
        if not is_settable(typed(label, str), longest=LONGEST_LABEL):
            raise ValueError(f"{label!r} is not a label of a watch-list")
    only = each(value.get("only_lists", []), lambda name: typed(name, str))
    if unknown := {*only} - {*lists}:
        raise ValueError(f"no watch-list {min(unknown)!r}")
    return {"lists": lists, "only_lists": only}


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
