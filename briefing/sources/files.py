"""Reads files, folders and standard input, with a reason for each input that gave no document."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from briefing.core.errors import InputError, OverloadError
from briefing.core.model import Document
from briefing.core.ports import Files, Parse
from briefing.sources import formats
from briefing.sources import language as languages
from briefing.sources.decode import FILE_LIMIT, Stream
from briefing.sources.records import Failed, Outcome, ParsedDocument, Reading, distinct
from briefing.sources.sandbox.pool import shared

#: Reads one web address.
Visit = Callable[[str], Iterable[Outcome]]

#: The name that stands for standard input.
STANDARD_INPUT = "-"
#: Bytes by which the format of a file without a suffix is detected.
_SNIFF = 4_096
#: Characters at the end of a path that are printed; longer ones fill the terminal.
_PRINTED = 300
#: Readers by suffix that run in this process; ".gz" may follow the suffix.
_PLAIN: dict[str, Callable[..., Iterator[Outcome]]] = {
    ".txt": formats.from_text,
    ".text": formats.from_text,
    ".md": formats.from_markdown,
    ".markdown": formats.from_markdown,
    ".jsonl": formats.from_lines,
    ".ndjson": formats.from_lines,
}
#: Readers by suffix that parse in a child process.
_SANDBOXED: dict[str, Callable[..., Iterator[Outcome]]] = {
    ".html": formats.from_page,
    ".htm": formats.from_page,
    ".xhtml": formats.from_page,
    ".pdf": formats.from_pdf,
    ".eml": formats.from_mail,
    ".json": formats.from_json,
    ".xml": formats.from_feed,
    ".rss": formats.from_feed,
    ".atom": formats.from_feed,
}
#: Message about a folder without a file to read.
NOTHING_HERE = "no file to read in this folder"


def read(  # noqa: PLR0913  everything that reading may depend on
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    detect: Callable[[str], str] = languages.detect,
    progress: Callable[[str], None] | None = None,
    visit: Visit | None = None,
    parse: Parse | None = None,
) -> Reading:
    """Read every document of the inputs, in order; a folder's files by name.

    Raises nothing: inputs that cannot be read are in ``failed`` with the reason.

    Args:
        paths: files, folders, web addresses or "-".
        stdin: read for "-".
        detect: detects the language of a text, for a document that does not state it.
        progress: called with the name of each input before it is read.
        visit: reads a web address; None: web addresses fail.
        parse: parses pages, PDFs and feeds; None: the shared sandbox of this process.
    """
    context = _Context(stdin, progress or _no_progress, visit, parse or shared())
    parsed: list[ParsedDocument] = []
    failed: list[tuple[str, str]] = []
    for outcome in _outcomes(paths, context=context):
        if isinstance(outcome, ParsedDocument):
            parsed.append(outcome)
        else:
            failed.append((outcome.where, outcome.reason))
    reading = distinct(parsed)
    documents = (
        document if document.language else _with_language(document, detect=detect)
        for document in reading.documents
    )
    return replace(reading, documents=tuple(documents), failed=tuple(failed))


@dataclass(frozen=True, slots=True)
class _Context:
    """What readers depend on."""

    stdin: BinaryIO | None
    progress: Callable[[str], None]
    visit: Visit | None
    parse: Parse


def _no_progress(_name: str) -> None:
    """Show no progress."""


def _with_language(document: Document, *, detect: Callable[[str], str]) -> Document:
    return replace(document, language=detect(document.text))


def is_address(path: str) -> bool:
    """Return whether an input is a web address."""
    return path.lower().startswith(("http://", "https://"))


def files_at(path: str) -> Files:
    """Return the files in a folder, or the file itself."""
    files: set[str] = set()
    unread: list[str] = []
    empty: list[str] = []
    for file in _walk(Path(path)) if _is_folder(path) else [Path(path)]:
        if isinstance(file, Failed):
            unread.append(file.where)
        else:
            files.add(str(file))
    for folder, inside, names in os.walk(Path(path)):
        if not inside and not names:
            empty.append(folder)
    return Files(frozenset(files), tuple(unread), tuple(sorted(empty)))


def _outcomes(paths: Sequence[str], *, context: _Context) -> Iterator[Outcome]:
    for path in paths:
        if path == STANDARD_INPUT:
            context.progress(path)
            yield from _from_stdin(context)
        elif is_address(path):
            context.progress(printable(path))
            yield from _from_address(path, context=context)
        elif _is_folder(path):
            yield from _from_folder(path, context=context)
        else:
            context.progress(printable(path))
            yield from _from_file(Path(path), context=context)


def _from_address(url: str, *, context: _Context) -> Iterator[Outcome]:
    """Yield the outcomes of reading an address; an error becomes one more failure."""
    if context.visit is None:
        yield Failed(printable(url), "web addresses are not read here: save the page as .html")
        return
    try:
        yield from context.visit(url)
    except InputError as error:
        yield Failed(printable(url), str(error))


def printable(path: str | Path) -> str:
    """Return a path in printable form: one line, no control characters, no lone surrogates."""
    name = str(path)
    name = name if len(name) <= _PRINTED else "…" + name[-_PRINTED:]
    return "".join(char if char.isprintable() else "�" for char in name)


def _from_stdin(context: _Context) -> Iterator[Outcome]:
    if context.stdin is None:
        yield Failed(STANDARD_INPUT, "there is no standard input; give a file")
        return
    raw = context.stdin.read(FILE_LIMIT + 1)
    yield from _from_bytes(BytesIO(raw), suffix="", where=STANDARD_INPUT, parse=context.parse)


def _from_folder(folder: str, *, context: _Context) -> Iterator[Outcome]:
    count = 0
    for path in _walk(Path(folder)):
        if isinstance(path, Failed):
            yield path
        elif _suffix(path) in _PLAIN or _suffix(path) in _SANDBOXED:
            count += 1
            context.progress(printable(path))
            yield from _from_file(path, context=context)
    if not count:
        yield Failed(printable(folder), f"{NOTHING_HERE}; known: {_suffixes()}")


def _walk(folder: Path) -> Iterator[Path | Failed]:
    """Yield the files below a folder by name; hidden ones and links to folders are skipped."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            is_file = path != folder and not stat.S_ISDIR(path.lstat().st_mode)
            inside = [] if is_file else sorted(_visible(path), reverse=True)
        except OSError as error:
            yield Failed(
                printable(path), f"cannot be opened ({error.strerror}); check its permissions"
            )
            continue
        waiting.extend(inside)
        if is_file:
            yield path


def _visible(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def _from_file(path: Path, *, context: _Context) -> Iterator[Outcome]:
    where = printable(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # do not block on a FIFO
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        yield Failed(where, f"cannot be opened ({reason}); check name and permissions")
        return
    with os.fdopen(descriptor, "rb") as raw:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            yield Failed(where, "not a regular file; give its content on standard input with -")
            return
        for outcome in _from_bytes(raw, suffix=_suffix(path), where=where, parse=context.parse):
            yield (
                replace(outcome, file=str(path)) if isinstance(outcome, ParsedDocument) else outcome
            )


def _from_bytes(raw: BinaryIO, *, suffix: str, where: str, parse: Parse) -> Iterator[Outcome]:
    """Yield the outcomes of one input; an error becomes its one failure."""
    stream = Stream(raw)
    try:
        if not suffix:
            suffix = formats.sniff(stream.head(_SNIFF))
            raw.seek(0)
            stream = Stream(raw)
        yield from _format(suffix, parse=parse)(stream, where=where)
    except (InputError, OverloadError) as error:
        yield Failed(where, str(error))
    if stream.fault:
        yield Failed(where, stream.fault)


def _format(suffix: str, *, parse: Parse) -> Callable[..., Iterator[Outcome]]:
    if suffix in _SANDBOXED:
        return partial(_SANDBOXED[suffix], parse=parse)
    if suffix in _PLAIN:
        return _PLAIN[suffix]
    raise InputError(f"{suffix} files cannot be read; known: {_suffixes()}")


def _suffix(path: Path) -> str:
    """Return the lower-case suffix of a file, without a final ".gz"."""
    name = Path(path.name.lower().removesuffix(".gz"))
    return name.suffix


def _suffixes() -> str:
    return " ".join((*_PLAIN, *_SANDBOXED))
