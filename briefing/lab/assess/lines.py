"""Labelled data as lines, each named by its place in a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from briefing.core.errors import InputError
from briefing.sources.records import parse
from briefing.sources.stream import Stream

#: Told how many of how many are done.
Watch = Callable[[int, int], None]
Line = Mapping[str, Any]
T = TypeVar("T")


def read_lines(path: Path) -> list[Line]:
    """Read JSON lines, plain or gzipped.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object; the message names it.
    """
    try:
        with path.open("rb") as raw:
            stream = Stream(raw)
            lines = [_object(line, f"{path}:{at}") for at, line in stream.lines()]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if stream.fault:
        raise InputError(f"{path}: {stream.fault}")
    return lines


def _object(line: bytes | None, where: str) -> Line:
    try:
        value = parse((line or b"").decode("utf-8"))
    except (InputError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: not a JSON object")
    return value


def watched(items: Sequence[T], watch: Watch) -> Iterator[T]:
    """Yield the items and tell of each before it is taken."""
    for done, item in enumerate(items):
        watch(done, len(items))
        yield item
    watch(len(items), len(items))


def numbered(path: Path) -> Iterator[tuple[str, Line]]:
    """Yield the lines of a file with the place that names each in a message."""
    for at, line in enumerate(read_lines(path), 1):
        yield f"{path}:{at}", line


def given(line: Line, key: str, where: str) -> str:
    """Return a field in words.

    Raises:
        InputError: the line does not have it.
    """
    if key not in line:
        raise InputError(f'{where}: no "{key}"; give it in every line')
    return str(line[key])
