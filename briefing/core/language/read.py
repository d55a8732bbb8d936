"""Reads the table of a language: patterns, lists of words and forms, by the types of a part."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

Pattern = re.Pattern[str]
Patterns = tuple[Pattern, ...]
Words = frozenset[str]
#: Pairs of a lower-case substring, without which the pattern cannot match, and the pattern; the
#: substring is fast to test.
Guarded = tuple[tuple[str, Pattern], ...]
#: What each form of a word stands for.
Forms = Mapping[str, str]
#: Words by the name of their class, and what each weighs.
Groups = Mapping[str, Words]
Weights = Mapping[str, float]

Table = Mapping[str, Any]
T = TypeVar("T")

#: Matches nothing: in place of a pattern that a table does not have.
NOTHING = "(?!)"
_REFERENCE = re.compile(r"\(\?&(?:(\w+)\.)?(\w+)\)")


def read(part: type[T], name: str, tables: Mapping[str, Table]) -> T:
    """Return the part of this name; what the tables lack is empty and matches nothing."""
    own = tables.get(name, {})
    hints = get_type_hints(part)

    def pattern(text: str) -> Pattern:
        return re.compile(expand(text, name, tables))

    readers: Mapping[Any, Callable[[Any], Any]] = {
        Pattern: lambda text: pattern(text or NOTHING),
        Patterns: lambda texts: tuple(map(pattern, texts or ())),
        Words: lambda text: frozenset((text or "").split()),
        Guarded: lambda rows: tuple(
            (needle, pattern(f"(?i){text}")) for needle, text in rows or ()
        ),
        Forms: lambda table: MappingProxyType(
            {form: word for word, forms in (table or {}).items() for form in forms.split()}
        ),
        Groups: lambda table: {name: frozenset(row.split()) for name, row in (table or {}).items()},
        Weights: lambda table: table or {},
        tuple[str, ...]: lambda rows: tuple(rows or ()),
        str: lambda text: text or "",
    }
    return part(
        **{field.name: readers[hints[field.name]](own.get(field.name)) for field in fields(part)}  # type: ignore[arg-type]
    )


def expand(text: str, part: str, tables: Mapping[str, Table]) -> str:
    """Return a pattern on one line, with ``(?&name)`` or ``(?&part.name)`` replaced by it."""

    def referred(match: re.Match[str]) -> str:
        owner = match[1] or part
        return f"(?:{expand(tables[owner][match[2]], owner, tables).removeprefix('(?i)')})"

    return _REFERENCE.sub(referred, text.replace("\n", ""))
