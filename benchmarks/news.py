"""Many documents out of few: paragraphs of the example days dealt anew, names made their own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from briefing.core.model import Document
from briefing.sources.files import read

_EXAMPLES = Path(__file__).parents[1] / "examples"
_NAME = re.compile(r"\b[A-Z][a-z]{3,}")


def make_documents(count: int) -> tuple[Document, ...]:
    """Return ``count`` documents of four to nine paragraphs, the same on every run.

    Every twelfth is a second report of the event of the one before: the same opening and names,
    other paragraphs below. The names of all others are made their own.
    """
    found = read([str(_EXAMPLES / "2026-03-12")]).documents
    paragraphs = [part for one in found for part in one.text.split("\n\n") if len(part) > 80]
    return tuple(_document(number, found, paragraphs) for number in range(count))


def _document(number: int, found: tuple[Document, ...], paragraphs: list[str]) -> Document:
    event = number - 1 if number % 12 == 11 else number
    model = found[event % len(found)]
    opening = (event * 17) % len(paragraphs)
    below = [
        (number * 29 + step * step * 13 + 1) % len(paragraphs) for step in range(3 + event % 6)
    ]
    text = "\n\n".join(paragraphs[place] for place in (opening, *below))
    return replace(
        model,
        id=f"b{number}",
        title=_named(model.title, event),
        text=_named(text, event),
        publisher=f"Paper {number % 40}",
        language="en",
    )


def _named(text: str, event: int) -> str:
    return _NAME.sub(lambda name: f"{name.group()}{_suffix(event)}", text)


def _suffix(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:04}")
