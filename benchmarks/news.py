"""Many documents out of few: paragraphs of the example days dealt anew, names made their own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from briefing.model import Document
from briefing.sources.files import read

_EXAMPLES = Path(__file__).parents[1] / "examples"
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}")


def make_documents(count: int) -> tuple[Document, ...]:
    """Return ``count`` documents of four to nine paragraphs, the same on every run.

    Every twelfth tells the event of the one before in another order, as a second report would;
    the names of all others are made their own, so that they are no copies.
    """
    found = read([str(_EXAMPLES / "2026-03-12")]).documents
    paragraphs = [part for one in found for part in one.text.split("\n\n") if len(part) > 80]
    return tuple(_document(number, found, paragraphs) for number in range(count))


def _document(number: int, found: tuple[Document, ...], paragraphs: list[str]) -> Document:
    event = number - 1 if number % 12 == 11 else number
    model = found[event % len(found)]
    chosen = [
        paragraphs[(event * 17 + step * 31) % len(paragraphs)] for step in range(4 + event % 6)
    ]
    if event != number:
        chosen = [chosen[0], *chosen[:0:-1]]
    text = _NAME.sub(lambda name: f"{name.group()}{_suffix(event)}", "\n\n".join(chosen))
    return replace(
        model,
        id=f"b{number}",
        title=f"{model.title} {_suffix(event).capitalize()}",
        text=text,
        publisher=f"Paper {number % 40}",
        language="en",
    )


def _suffix(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:04}")
