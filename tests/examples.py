"""Tables of sentences, which are language and no code: they stand in JSON beside their module."""

import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

Test = Callable[..., None]


def tables(module: str) -> dict[str, Any]:
    """Return the tables that stand beside a module, by name."""
    file = Path(module)
    beside = file.with_name(f"{file.stem.removeprefix('test_')}.json")
    every: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"), object_hook=_typed)
    return every


def _typed(held: dict[str, Any]) -> Any:  # noqa: ANN401  whatever a table holds
    """Return what JSON has no words for: bytes, a character each, tuples, and what is repeated."""
    match held:
        case {"joined": list(parts)}:
            return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)
        case {"bytes": str(text)}:
            return text.encode("latin-1")
        case {"tuple": list(items)}:
            return tuple(items)
    return held


def examples(names: str, **readers: Callable[[Any], Any]) -> Callable[[Test], Test]:
    """Call a test with each row of the table of its name; ``names`` are those of its columns.

    A table may have its rows in groups, each below what it shows. Of columns that are not plain
    JSON ``readers`` read what is not null.
    """

    def with_examples(test: Test) -> Test:
        table = tables(test.__code__.co_filename)[test.__name__]
        rows = table if isinstance(table, list) else [*chain.from_iterable(table.values())]
        for place, name in enumerate(names.split(", ")):
            for row in rows if name in readers else ():
                row[place] = None if row[place] is None else readers[name](row[place])
        return pytest.mark.parametrize(names, rows)(test)

    return with_examples


def news(module: str) -> list[tuple[str, str]]:
    """Return the invented reports that stand in a file beside a module, as title and text."""
    blocks = Path(module).with_suffix(".txt").read_text(encoding="utf-8").strip().split("\n\n")
    return [(title, text) for title, _, text in [block.partition("\n") for block in blocks]]
