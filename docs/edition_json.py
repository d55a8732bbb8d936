"""Writes the tables of the record into edition-json.md, from the types of the core.

Run as a module of its own (``./run docs``).
"""

# ruff: noqa: ANN401  any type of the core

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import MISSING, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from briefing.core.model import Edition
from briefing.core.record import canonical, fields_of, to_json

PAGE = Path(__file__).with_name("edition-json.md")
#: These lines of the page enclose the tables.
BEGIN, END = "<!-- tables: written by ./run docs -->\n", "<!-- end of tables -->\n"
#: Types of JSON by those of Python.
PLAIN = {str: "text", int: "integer", float: "number", bool: "boolean"} | {
    date: "date",
    datetime: "time",
}
_FIELD = re.compile(r"    (?:#: ?(?P<words>.+)|(?P<name>\w+)(?:: | = ).*)")
_ROLE = re.compile(r"(?::\w+:)?`{1,2}([^`]+)`{1,2}")


def with_tables(page: str) -> str:
    """Return the page with its tables written again."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{''.join(map(_table, _kinds()))}\n{END}{rest.partition(END)[2]}"


def _kinds() -> list[Any]:
    """Return the types that a record is made of, each after the first that holds it."""
    kinds: list[Any] = [Edition]
    for kind in kinds:
        hints = (field.hint for field in fields_of(kind)) if is_dataclass(kind) else ()
        kinds += [one for one in dict.fromkeys(_within(tuple(hints))) if one not in kinds]
    return kinds


def _within(hint: Any) -> Iterator[Any]:
    if is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, StrEnum)):
        yield hint
    for part in hint if isinstance(hint, tuple) else typing.get_args(hint):
        yield from _within(part)


def _table(kind: Any) -> str:
    head = f"\n## {kind.__name__}\n\n{_plain(inspect.getdoc(kind) or '')}\n\n"
    words = dict(_comments(kind))
    if not is_dataclass(kind):
        rows = [f"| `{one.value}` | {words[one.name]} |" for one in kind]
        return head + "\n".join(("| value | meaning |", "|---|---|", *rows)) + "\n"
    rows = []
    for field in fields_of(kind):
        empty = () if field.pairs else field.default
        default = "" if field.default is MISSING else f"`{canonical(to_json(empty))}`"
        only = "Of the desk alone. " if field.private else ""
        meaning = words[field.name]
        if field.value != field.name:
            meaning, default = inspect.getdoc(getattr(kind, field.value)) or "", ""
        type_ = _type(field.hint, pairs=field.pairs)
        rows.append(f"| `{field.json}` | {type_} | {default} | {only}{meaning} |")
    for name in getattr(kind, "DERIVED", ()):
        rows.append(f"| `{name}` | text | | {inspect.getdoc(getattr(kind, name))} |")
    return (
        head
        + "\n".join(("| field | type | default | content |", "|---|---|---|---|", *rows))
        + "\n"
    )


def _type(hint: Any, *, pairs: bool = False) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return f"{_type(args[0])} or null"
    if origin is tuple and args[-1] is ...:
        return f"list of {_type(args[0])}"
    if pairs or origin is tuple:
        return f"{'list of ' if pairs else ''}[{', '.join(map(_type, args))}]"
    if origin is not None:
        return f"object of {_type(args[1])}"
    return PLAIN.get(hint) or f"[{hint.__name__}](#{hint.__name__.lower()})"


def _comments(kind: Any) -> Iterator[tuple[str, str]]:
    """Yield each field with the comment above it."""
    words = ""
    for line in inspect.getsource(kind).splitlines():
        if match := _FIELD.fullmatch(line):
            words += f"{match['words'] or ''} "
            if match["name"]:
                yield match["name"], _plain(words)
                words = ""


def _plain(words: str) -> str:
    return _ROLE.sub(r"`\1`", " ".join(words.split())).replace("None", "null")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
