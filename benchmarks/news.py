"""Many documents out of few: paragraphs of the example days dealt anew, names made their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from zlib import crc32

from briefing.core.model import Document
from briefing.sources.files import read

_EXAMPLES = Path(__file__).parents[1] / "examples"
_NAME = re.compile(r"\b[A-Z][a-z]{3,}")
#: What a headline takes of the first words of its report: no articles, few prepositions.
_TELLING, _IN_HEADLINE = re.compile(r"[^\W_][\w’'-]{3,}"), 8

#: Words of articles, and of the shorter reports that every third is.
_ARTICLE, _SHORT = (600, 900), (60, 200)
#: A story has s reports with a probability that falls with this power of s, and at most this share
#: of the day.
_POWER, _LARGEST = 2.5, 0.04
#: Each name is written in so many ways, so that two events seldom share one.
_WAYS = 997


def make_documents(count: int) -> tuple[Document, ...]:
    """Return ``count`` documents of four to nine paragraphs, the same on every run.

    Every twelfth is a second report of the event of the one before: the same opening and names,
    other paragraphs below. The names of all others are made their own.
    """
    models, paragraphs = _dealt()
    return tuple(_document(number, models, paragraphs) for number in range(count))


@lru_cache
def _dealt(language: str = "en") -> tuple[tuple[Document, ...], list[str]]:
    """Return the documents of an example day, and their paragraphs."""
    folder = _EXAMPLES if language == "en" else _EXAMPLES / language
    models = read([str(folder / "2026-03-12")]).documents
    return models, [
        part for document in models for part in document.text.split("\n\n") if len(part) > 80
    ]


def make_day(count: int, languages: Sequence[str] = ("en",)) -> tuple[Document, ...]:
    """Return ``count`` documents as long as those of real days, the same on every run.

    Events are told in the languages in turn. Reports of one event share title, opening and names.
    Most events have one report, few have many: the sizes follow a power law.
    """
    return tuple(islice(_reports(languages, most=max(1, round(count * _LARGEST))), count))


def _reports(languages: Sequence[str], *, most: int) -> Iterator[Document]:
    number = event = 0
    while True:
        models, paragraphs = _dealt(languages[event % len(languages)])
        size = min(most, int(_share("size", event) ** (-1 / (_POWER - 1))))
        for _ in range(size):
            yield _report(number, event=event, model=models[event % len(models)], among=paragraphs)
            number += 1
        event += 1


def _report(number: int, *, event: int, model: Document, among: list[str]) -> Document:
    least, most = _SHORT if number % 3 == 0 else _ARTICLE
    wanted = least + (most - least) * _share("words", number)
    parts = [among[crc32(f"opening {event}".encode()) % len(among)]]
    words = len(parts[0].split())
    while words < wanted:
        parts.append(among[crc32(f"{number} {len(parts)}".encode()) % len(among)])
        words += len(parts[-1].split())
    text, title = (
        _NAME.sub(lambda name: f"{name.group()}{_way(name.group(), event)}", written)
        for written in ("\n\n".join(parts), _headline(parts[0]))
    )
    publisher, language = f"Paper {number % 200}", model.language or "en"
    return replace(
        model, id=f"d{number}", title=title, text=text, publisher=publisher, language=language
    )


def _headline(opening: str) -> str:
    """Return a headline that an opening bears out, and that is no copy of it."""
    words = " ".join(_TELLING.findall(opening)[:_IN_HEADLINE])
    return words[:1].upper() + words[1:]


def _way(name: str, event: int) -> str:
    return _suffix(crc32(f"{event} {name}".encode()) % _WAYS)


def _share(what: str, number: int) -> float:
    """Return a number above 0 and at most 1 that looks drawn by chance."""
    return (crc32(f"{what} {number}".encode()) + 1) / 2**32


def _document(number: int, models: tuple[Document, ...], paragraphs: list[str]) -> Document:
    event = number - 1 if number % 12 == 11 else number
    model = models[event % len(models)]
    opening = (event * 17) % len(paragraphs)
    below = [
        (number * 29 + step * step * 13 + 1) % len(paragraphs) for step in range(3 + event % 6)
    ]
    text = "\n\n".join(paragraphs[place] for place in (opening, *below))
    return replace(
        model,
        id=f"b{number}",
        title=_named(_headline(paragraphs[opening]), event),
        text=_named(text, event),
        publisher=f"Paper {number % 40}",
        language="en",
    )


def _named(text: str, event: int) -> str:
    return _NAME.sub(lambda name: f"{name.group()}{_suffix(event)}", text)


def _suffix(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:04}")
