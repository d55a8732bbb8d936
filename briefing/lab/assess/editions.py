"""Files of documents to printed editions, as the measures of whole pages need them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from briefing.app.make import PrintedEdition, make
from briefing.core.errors import InputError, NothingToPrintError
from briefing.core.model import Document, Edition, Material, recent
from briefing.core.ports import Recipe
from briefing.lab.assess.lines import Watch, watched
from briefing.press.measure import Press
from briefing.sources.files import read

#: Makes a press; each edition gets one of its own.
NewPress = Callable[[], Press]


@dataclass(frozen=True, slots=True)
class PrintedFile:
    """One file of documents with the edition that was printed of it."""

    path: Path
    documents: tuple[Document, ...]
    printed: PrintedEdition
    press: Press
    #: From documents to the PDF.
    seconds: float

    @property
    def name(self) -> str:
        """Name of the file without its endings: a day's is its date."""
        return self.path.name.partition(".")[0]


def print_editions(
    paths: Sequence[Path], *, recipe: Recipe, press: NewPress, watch: Watch
) -> Iterator[PrintedFile]:
    """Print one edition for each file; a folder gives one for each .jsonl(.gz) file in it.

    The day of an edition is that of its latest document.

    Raises:
        InputError: an input holds no documents or none with a date, or there is no input.
    """
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise InputError("no editions to print; give .jsonl files of documents, one a day")
    for file in watched(files, watch):
        yield _print(file, recipe=recipe, press=press())


def print_run(files: Iterable[Path], *, recipe: Recipe, press: NewPress) -> Iterator[PrintedFile]:
    """Print one edition for each file, each with the former ones before it; skip empty days.

    Raises:
        InputError: as :func:`print_editions`.
    """
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
    path: Path,
    *,
    recipe: Recipe,
    press: Press,
    weeks: Sequence[Edition] = (),
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
    before = recent(weeks, day=day)
    material = Material(reading.documents, day, before=before, weeks=weeks)
    printed = make(material, recipe=recipe, press=press)
    seconds = time.perf_counter() - began
    return PrintedFile(path, tuple(reading.documents), printed, press, seconds)
