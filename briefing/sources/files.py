"""Files, folders and standard input to documents, with a reason for whatever gave none."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.ports import Files, Parse
from briefing.sources import formats
from briefing.sources import language as languages
from briefing.sources.records import Failed, Outcome, ParsedDocument, Reading, distinct
from briefing.sources.sandbox.pool import shared
from briefing.sources.stream import FILE_LIMIT, Stream

#: Reads one web address.
Visit = Callable[[str], Iterator[Outcome]]

#: The name that stands for standard input.
STANDARD_INPUT = "-"
#: Bytes that tell what a file without an ending holds.
_SNIFF = 4_096
#: Characters of a path that are printed, its end first; longer ones fill the terminal.
_SHOWN = 300
#: What reads a file with one of these endings here; ".gz" may follow.
_PLAIN: dict[str, Callable[..., Iterator[Outcome]]] = {
    ".txt": formats.from_text,
    ".text": formats.from_text,
    ".md": formats.from_markdown,
    ".markdown": formats.from_markdown,
    ".jsonl": formats.from_lines,
    ".ndjson": formats.from_lines,
}
#: What reads one of these in a child process, as far as it may harm.
_BOXED: dict[str, Callable[..., Iterator[Outcome]]] = {
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
#: Said of a folder without a file to read.
NOTHING_HERE = "no file to read in this folder"


def read(  # noqa: PLR0913  all that reading may need of the world
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    tell: Callable[[str], str] = languages.tell,
    progress: Callable[[str], None] | None = None,
    visit: Visit | None = None,
    parse: Parse | None = None,
) -> Reading:
    """Read every document of the inputs, in their order; a folder's files by name.

    Nothing raises: what cannot be read stands in ``failed`` with its reason.

    Args:
        paths: files, folders, web addresses or "-".
        stdin: what "-" reads.
        tell: the language of a text; asked when a document does not say.
        progress: told the name of each input before it is read.
        visit: what reads a web address; without it none is read.
        parse: what reads pages, PDFs and feeds; None: the children that this process shares.
    """
    ways = _Ways(stdin, progress or _keep_quiet, visit, parse or shared())
    found: list[ParsedDocument] = []
    failed: list[tuple[str, str]] = []
    for outcome in _outcomes(paths, ways=ways):
        if isinstance(outcome, ParsedDocument):
            found.append(outcome)
        else:
            failed.append((outcome.where, outcome.reason))
    reading = distinct(found)
    told = (each if each.language else _told(each, tell=tell) for each in reading.documents)
    return replace(reading, documents=tuple(told), failed=tuple(failed))


@dataclass(frozen=True, slots=True)
class _Ways:
    """How inputs are reached."""

    stdin: BinaryIO | None
    progress: Callable[[str], None]
    visit: Visit | None
    parse: Parse


def _keep_quiet(_name: str) -> None:
    """Stand in for a progress bar."""


def _told(document: Document, *, tell: Callable[[str], str]) -> Document:
    return replace(document, language=tell(document.text))


def source_status(path: str) -> Files:
    """Return the files that stand in a folder, or the one that a path is."""
    files: set[str] = set()
    unread: list[str] = []
    bare: list[str] = []
    for one in _walk(Path(path)) if _is_folder(path) else [Path(path)]:
        if isinstance(one, Failed):
            unread.append(one.where)
        else:
            files.add(str(one))
    for folder, inside, names in os.walk(Path(path)):
        if not inside and not names:
            bare.append(folder)
    return Files(frozenset(files), tuple(unread), tuple(sorted(bare)))


def _outcomes(paths: Sequence[str], *, ways: _Ways) -> Iterator[Outcome]:
    for path in paths:
        if path == STANDARD_INPUT:
            ways.progress(path)
            yield from _from_stdin(ways)
        elif path.lower().startswith(("http://", "https://")):
            ways.progress(shown(path))
            yield from _from_address(path, ways=ways)
        elif _is_folder(path):
            yield from _from_folder(path, ways=ways)
        else:
            ways.progress(shown(path))
            yield from _from_file(Path(path), ways=ways)


def _from_address(url: str, *, ways: _Ways) -> Iterator[Outcome]:
    """Yield what a visit to an address brings; what it raises ends as one more failure."""
    if ways.visit is None:
        yield Failed(shown(url), "web addresses are not read here: save the page as .html")
        return
    try:
        yield from ways.visit(url)
    except InputError as error:
        yield Failed(shown(url), str(error))


def shown(path: str | Path) -> str:
    """Return a path as it may be printed: one line, no control characters, no half characters."""
    name = str(path)
    name = name if len(name) <= _SHOWN else "…" + name[-_SHOWN:]
    return "".join(mark if mark.isprintable() else "�" for mark in name)


def _from_stdin(ways: _Ways) -> Iterator[Outcome]:
    if ways.stdin is None:
        yield Failed(STANDARD_INPUT, "there is no standard input; give a file")
        return
    raw = ways.stdin.read(FILE_LIMIT + 1)
    yield from _from_bytes(BytesIO(raw), ending="", where=STANDARD_INPUT, parse=ways.parse)


def _from_folder(folder: str, *, ways: _Ways) -> Iterator[Outcome]:
    known = 0
    for path in _walk(Path(folder)):
        if isinstance(path, Failed):
            yield path
        elif _ending(path) in _PLAIN or _ending(path) in _BOXED:
            known += 1
            ways.progress(shown(path))
            yield from _from_file(path, ways=ways)
    if not known:
        yield Failed(shown(folder), f"{NOTHING_HERE}; known: {_known()}")


def _walk(folder: Path) -> Iterator[Path | Failed]:
    """Yield the files below a folder by name; hidden ones and links to folders are passed over."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            is_file = path != folder and not stat.S_ISDIR(path.lstat().st_mode)
            inside = [] if is_file else sorted(_visible(path), reverse=True)
        except OSError as error:
            yield Failed(shown(path), f"cannot be opened ({error.strerror}); check its permissions")
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


def _from_file(path: Path, *, ways: _Ways) -> Iterator[Outcome]:
    where = shown(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not make us wait
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        yield Failed(where, f"cannot be opened ({reason}); check name and permissions")
        return
    with os.fdopen(descriptor, "rb") as raw:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            yield Failed(where, "not a regular file; give its content on standard input with -")
            return
        for outcome in _from_bytes(raw, ending=_ending(path), where=where, parse=ways.parse):
            yield (
                replace(outcome, file=str(path)) if isinstance(outcome, ParsedDocument) else outcome
            )


def _from_bytes(raw: BinaryIO, *, ending: str, where: str, parse: Parse) -> Iterator[Outcome]:
    """Yield what becomes of one input; whatever it raises ends as its one failure."""
    stream = Stream(raw)
    try:
        if not ending:
            ending = formats.sniff(stream.head(_SNIFF))
            raw.seek(0)
            stream = Stream(raw)
        yield from _format(ending, parse=parse)(stream, where=where)
    except InputError as error:
        yield Failed(where, str(error))
    if stream.fault:
        yield Failed(where, stream.fault)


def _format(ending: str, *, parse: Parse) -> Callable[..., Iterator[Outcome]]:
    if ending in _BOXED:
        return partial(_BOXED[ending], parse=parse)
    if ending in _PLAIN:
        return _PLAIN[ending]
    raise InputError(f"{ending} files are not read; known: {_known()}")


def _ending(path: Path) -> str:
    """Return the lower-case ending of a file, without a last ".gz"."""
    name = Path(path.name.lower().removesuffix(".gz"))
    return name.suffix


def _known() -> str:
    return " ".join((*_PLAIN, *_BOXED))
