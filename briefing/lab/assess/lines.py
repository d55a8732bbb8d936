"""Labeled data as lines, and files of documents as printed editions."""

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from briefing.app.make import PrintedEdition, make
from briefing.core.errors import InputError, NothingToPrintError, reading
from briefing.core.frozen import frozen
from briefing.core.model import Document, Edition, Material, recent
from briefing.core.ports import Recipe
from briefing.press.measure import Press
from briefing.sources.decode import Stream
from briefing.sources.files import read
from briefing.sources.records import parse

#: Called with the number done and the total.
Watch = Callable[[int, int], None]
Line = Mapping[str, Any]
T = TypeVar("T")


def read_lines(path: Path) -> list[Line]:
    """Read JSON lines, plain or gzipped."""
    with reading(path), path.open("rb") as raw:
        stream = Stream(raw)
        lines = [_object(line, f"{path}:{at}") for at, line in stream.lines()]
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
    """Yield the items, calling ``watch`` before each."""
    for done, item in enumerate(items):
        watch(done, len(items))
        yield item
    watch(len(items), len(items))


def numbered(path: Path) -> Iterator[tuple[str, Line]]:
    """Yield the lines of a file, each with its location for messages."""
    for at, line in enumerate(read_lines(path), 1):
        yield f"{path}:{at}", line


def given(line: Line, key: str, where: str) -> str:
    """Return a field as text; raise InputError if it is missing."""
    if key not in line:
        raise InputError(f'{where}: no "{key}"; give it in every line')
    return str(line[key])


def table(
    path: Path, row_of: Callable[[dict[str, str]], T], *, what: str, strict: bool = False
) -> list[T]:
    """Return the rows of a tab-separated file with a header; ``what`` describes it in errors."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [row_of(row) for row in csv.DictReader(lines, delimiter="\t", strict=strict)]
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise InputError(f"{path}: {what} ({error})") from error


#: Makes a press; each edition gets its own.
NewPress = Callable[[], Press]


@frozen
class PrintedFile:
    """A file of documents with the edition printed from it."""

    path: Path
    documents: tuple[Document, ...]
    printed: PrintedEdition
    press: Press
    #: Time from documents to PDF.
    seconds: float

    @property
    def name(self) -> str:
        """Name of the file without its suffixes; for a file of a day, the date."""
        return self.path.name.partition(".")[0]


def print_editions(
    paths: Sequence[Path], *, recipe: Recipe, press: NewPress, watch: Watch
) -> Iterator[PrintedFile]:
    """Print an edition for each file; a folder stands for the .jsonl(.gz) files in it.

    The day of an edition is that of its latest document.
    """
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise InputError("no editions to print; give .jsonl files of documents, one a day")
    for file in watched(files, watch):
        yield _print(file, recipe=recipe, press=press())


def print_run(files: Iterable[Path], *, recipe: Recipe, press: NewPress) -> Iterator[PrintedFile]:
    """Print an edition for each file, following those of the previous files; skip empty days."""
    weeks: tuple[Edition, ...] = ()
    for file in files:
        try:
            printed = _print(file, recipe=recipe, press=press(), weeks=weeks)
        except NothingToPrintError:
            continue
        weeks = (printed.printed.edition, *weeks)
        yield printed


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.name.endswith((".jsonl", ".jsonl.gz")))


def _print(
    path: Path, *, recipe: Recipe, press: Press, weeks: Sequence[Edition] = ()
) -> PrintedFile:
    began = time.perf_counter()
    reading = read([str(path)])
    if not reading.documents:
        where, reason = reading.failed[0] if reading.failed else (path, "no documents in it")
        raise InputError(f"{where}: {reason}")
    dates = (document.published for document in reading.documents if document.published)
    latest = max(dates, default=None)
    if latest is None:
        raise InputError(f"{path}: no document says when it was published")
    day = latest.date()
    material = Material(reading.documents, day, before=recent(weeks, day=day), weeks=weeks)
    printed = make(material, recipe=recipe, press=press)
    seconds = time.perf_counter() - began
    return PrintedFile(path, tuple(reading.documents), printed, press, seconds)
