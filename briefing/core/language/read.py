"""Reads a language table: each entry as a pattern, a word list or a mapping, by its type."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, TypeVar, get_type_hints

Pattern = re.Pattern[str]
Patterns = tuple[Pattern, ...]
Words = frozenset[str]
#: Pairs of a lower-case substring, fast to test, and a pattern that cannot match without it.
Guarded = tuple[tuple[str, Pattern], ...]
#: Pairs of words that are easily confused.
Pairs = frozenset[frozenset[str]]
#: Word by each of its forms.
Forms = Mapping[str, str]
#: Texts by name.
Texts = dict[str, str]
#: Words, and weights, by name of the class.
Groups = Mapping[str, Words]
Weights = Mapping[str, float]

Table = Mapping[str, Any]
T = TypeVar("T")

#: Matches nothing; replaces a pattern that a table lacks.
NOTHING = "(?!)"
_REFERENCE = re.compile(r"\(\?&(?:(\w+)\.)?(\w+)\)")


class Entries(Generic[T]):
    """The entries of one part of a table, each read on first access.

    The English table determines which entries exist. An entry has the type that a subclass declares
    for it, else that of the part; one that a language lacks is empty or matches nothing.
    """

    def __init__(self, name: str, kind: object, tables: Mapping[str, Table], known: Table) -> None:
        """Take the part ``name`` of ``tables``; ``known`` has the names of its entries."""
        self._name, self._kind, self._tables, self._known = name, kind, tables, known
        self._types = get_type_hints(type(self))

    def __getattr__(self, entry: str) -> T:
        """Return an entry of the table."""
        if entry.startswith("_") or entry not in self._known:
            raise AttributeError(f"no {entry} in this part of a language")
        kind = self._types.get(entry, self._kind)
        value: T = self._readers[kind](self._tables.get(self._name, {}).get(entry))
        setattr(self, entry, value)
        return value

    @property
    def _readers(self) -> Mapping[Any, Callable[[Any], Any]]:
        def pattern(text: str) -> Pattern:
            return re.compile(expand(text, self._name, self._tables))

        return {
            Pattern: lambda text: pattern(text or NOTHING),
            Patterns: lambda texts: tuple(map(pattern, texts or ())),
            Words: lambda text: frozenset((text or "").split()),
            Guarded: lambda rows: tuple(
                (needle, pattern(f"(?i){text}")) for needle, text in rows or ()
            ),
            Forms: lambda table: MappingProxyType(
                {form: word for word, forms in (table or {}).items() for form in forms.split()}
            ),
            Groups: lambda table: {
                name: frozenset(row.split()) for name, row in (table or {}).items()
            },
            Pairs: lambda rows: frozenset(frozenset(row.split()) for row in rows or ()),
            Weights: lambda table: table or {},
            Texts: lambda table: table or {},
            tuple[str, ...]: lambda rows: tuple(rows or ()),
            str: lambda text: text or "",
        }


def expand(text: str, part: str, tables: Mapping[str, Table]) -> str:
    """Return a pattern on one line; each ``(?&name)`` or ``(?&part.name)`` is replaced by it."""

    def referred(match: re.Match[str]) -> str:
        owner = match[1] or part
        return f"(?:{expand(tables[owner][match[2]], owner, tables).removeprefix('(?i)')})"

    return _REFERENCE.sub(referred, text.replace("\n", ""))
