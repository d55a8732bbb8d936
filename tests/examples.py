"""Tables of sentences, which are language and no code: they stand in JSON beside their module."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Test = Callable[..., None]


def examples(names: str) -> Callable[[Test], Test]:
    """Call a test with each row of the table of its name; ``names`` are those of its columns."""

    def with_examples(test: Test) -> Test:
        module = Path(test.__code__.co_filename)
        file = module.with_name(f"{module.stem.removeprefix('test_')}.json")
        table: list[Any] = json.loads(file.read_text(encoding="utf-8"))[test.__name__]
        return pytest.mark.parametrize(names, table)(test)

    return with_examples


def news(module: str) -> list[tuple[str, str]]:
    """Return the invented reports that stand in a file beside a module, as title and text."""
    blocks = Path(module).with_suffix(".txt").read_text(encoding="utf-8").strip().split("\n\n")
    parts = [block.partition("\n") for block in blocks]
    return [(title, text) for title, _, text in parts]
