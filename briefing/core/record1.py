"""Editions of schema 1, as they were written before 0.2.0: brought into the form of schema 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from briefing.core.model.document import digest

Json = Any

#: The parts of a slice, which stood beside what is said of it.
_SLICE = ("text", "document", "start", "end", "sha256")
#: A reason in the ledger that had another name.
_REASONS = {"dropped by an editor": "left out by an editor"}


def upgraded(content: Json) -> tuple[Json, str, bool]:
    """Return an edition of schema 1 as one of schema 2, its digest, and whether it was right.

    That digest was of the printed passages alone; it stands at the foot of the page.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    old = dict(content)
    claimed = old.pop("proof", "")
    panel = {
        "figures": _each(old.pop("figures", []), _apart("clause")),
        "discrepancies": _each(old.pop("discrepancies", []), _discrepancy),
        "quotes": _each(old.pop("quotes", []), _apart("words")),
        "ahead": _each(old.pop("ahead", []), _apart("clause")),
        "chart": old.pop("chart", False),
        "also": _each(old.pop("also", []), _named),
    }
    corrections = _each(old.pop("corrections", []), _correction)
    sections = [
        section | {"briefs": _each(section["briefs"], _brief)} for section in old.pop("sections")
    ]
    manifest = dict(old.pop("manifest", None) or {})
    day, days = old["date"], old.pop("days", [])
    new = old | {
        "number": old.get("number", 1),
        "dateline": old.get("dateline", ""),
        "sections": sections,
        "panel": panel,
        "documents": {key: one | {"id": key} for key, one in old.pop("documents").items()},
        "days": [one | {"stories": [*map(list, one["stories"].items())]} for one in days],
        "ledger": _ledger(old.pop("ledger", None) or {}),
        "setting": old.pop("setting"),
        "evidence": {key: _evidence(one) for key, one in (old.pop("evidence", 0) or {}).items()},
        "choices": [_choice(one, day) for one in manifest.pop("choices", [])],
        "manifest": {key: str(value) for key, value in manifest.items()},
        "corrections": corrections,
        "since": old.get("since", max((d["date"] for d in days if d["date"] < day), default=None)),
        "announced": _each(old.pop("announced", []), _apart("clause")),
        "lists": [*map(list, old.pop("lists", {}).items())],
    }
    if labels := new.get("letterhead", {}).get("labels"):
        new["letterhead"] = new["letterhead"] | {"labels": [*map(list, labels.items())]}
    printed = digest("\n".join(_lines(sections, panel, corrections)))
    return new, printed, claimed in {"", printed}


def _each(values: Json, one: Callable[[Json], Json]) -> list[Json]:
    return [one(dict(value)) for value in values]


def _apart(name: str) -> Callable[[Json], Json]:
    """Return what puts the slice that a value began with under a name of its own."""
    return lambda value: {name: {key: value.pop(key) for key in _SLICE}} | value


def _title(value: Json) -> Json:
    title, document = value.pop("title"), value.pop("document")
    return {
        "text": title, "document": document, "start": 0, "end": len(title), "sha256": digest(title)
    }  # fmt: skip


def _discrepancy(value: Json) -> Json:
    left, right = _each(value.pop("sides"), _apart("clause"))
    return value | {"left": left, "right": right}


def _watched(value: Json) -> list[Json]:
    return _each(
        value.pop("watched", []),
        lambda hit: {"titled": hit.pop("in") == "title"} | _apart("words")(hit),
    )


def _named(value: Json) -> Json:
    return value | {"watched": _watched(value), "title": _title(value)}


def _brief(value: Json) -> Json:
    if earlier := value.pop("earlier", None):
        value["earlier"] = dict(earlier, title=_title(dict(earlier)))
        del value["earlier"]["document"]
    if saga := value.pop("saga", None):
        value["saga"] = dict(saga, timeline=_each(saga["timeline"], _apart("sentence")))
        del value["saga"]["day"]
    return value | {"watched": _watched(value)}


def _correction(value: Json) -> Json:
    old, new = dict(value.pop("old")), value.pop("new")
    both = {"headline": value.pop("part") == "headline", "old_marks": old.pop("differs")}
    if new is not None:
        new = dict(new)
        both["new_marks"] = new.pop("differs")
    return value | both | {"old": old, "new": new}


def _ledger(value: Json) -> Json:
    def reason(name: str) -> str:
        return _REASONS.get(name, name)

    stories = value.get("dropped_stories", {})
    found = [dict(one) for one in value.get("found", [])]
    for one in found:
        if "why" in one:
            one["why"] = reason(one["why"])
    return value | {
        "failures": len(value.get("failed", [])),
        "dropped_stories": {reason(name): count for name, count in stories.items()},
        "found": found,
    }


def _evidence(value: Json) -> Json:
    sentences = [
        [one["text"], one["section"], one["score"], one["printed"]] for one in value["sentences"]
    ]
    return value | {"sentences": sentences, "shared": dict(value.get("shared", []))}


def _choice(value: Json, day: str) -> Json:
    outcome = {"effect": value["effect"], "story": value["story"]}
    choice = {key: one for key, one in value.items() if key not in outcome}
    return outcome | {"choice": choice | {"day": day}}


def _lines(sections: Json, panel: Json, corrections: Json) -> Iterator[str]:
    """Yield a line for each printed passage, as the digest of schema 1 was made."""
    passages = [one for part in sections for brief in part["briefs"] for one in brief["sentences"]]
    sides = [side for pair in panel["discrepancies"] for side in (pair["left"], pair["right"])]
    for figure in (*panel["figures"], *sides):
        passages += [figure["clause"], figure["numeral"]]
    for quote in panel["quotes"]:
        passages += [quote["words"], quote["speaker"], *filter(None, [quote.get("office")])]
    passages += [ahead["clause"] for ahead in panel["ahead"]]
    for one in corrections:
        if not one["headline"]:
            passages += [one["old"], *filter(None, [one["new"]])]
    for one in passages:
        yield f"{one['document']} {one['start']} {one['end']} {one['sha256']}"
