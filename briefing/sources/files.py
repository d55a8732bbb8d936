"""Files, folders and standard input to documents, with a reason for whatever gave none."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from briefing.errors import InputError
from briefing.model import Document
from briefing.sources import formats
from briefing.sources import language as languages
from briefing.sources.records import Failed, Found, Outcome, Reading, distinct
from briefing.sources.stream import FILE_LIMIT, Stream

#: The name that stands for standard input.
STANDARD_INPUT = "-"
#: Bytes that tell what a file without an ending holds.
_SNIFF = 4_096
#: Characters of a path that are printed, its end first; longer ones fill the terminal.
_SHOWN = 300
#: What reads a file with one of these endings; ".gz" may follow.
_FORMATS: dict[str, Callable[..., Iterator[Outcome]]] = {
    ".txt": formats.from_text,
    ".text": formats.from_text,
    ".md": formats.from_markdown,
    ".markdown": formats.from_markdown,
    ".html": formats.from_page,
    ".htm": formats.from_page,
    ".xhtml": formats.from_page,
    ".json": formats.from_json,
    ".jsonl": formats.from_lines,
    ".ndjson": formats.from_lines,
}
#: What is not read yet, by file ending.
_LATER = {
    ".pdf": formats.PDF_LATER,
    ".eml": "mails are not read yet: save the text as .txt",
    ".rss": formats.FEED_LATER,
    ".atom": formats.FEED_LATER,
    ".xml": formats.FEED_LATER,
}
_URL_REASON = "web addresses are not read yet: save the page as .html"


def read(
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    tell: Callable[[str], str] = languages.tell,
    progress: Callable[[str], None] | None = None,
) -> Reading:
    """Read every document of the inputs, in their order; a folder's files by name.

    Nothing raises: what cannot be read stands in ``failed`` with its reason.

    Args:
        paths: files, folders or "-".
        stdin: what "-" reads.
        tell: the language of a text; asked when a document does not say.
        progress: told the name of each file before it is read.
    """
    found: list[Found] = []
    failed: list[tuple[str, str]] = []
    for outcome in _outcomes(paths, stdin=stdin, progress=progress or _keep_quiet):
        if isinstance(outcome, Found):
            found.append(outcome)
        else:
            failed.append((outcome.where, outcome.reason))
    documents, noted = distinct(found)
    told = (each if each.language else _told(each, tell=tell) for each in documents)
    return Reading(tuple(told), tuple(failed), noted)


def _keep_quiet(_name: str) -> None:
    """Stand in for a progress bar."""


def _told(document: Document, *, tell: Callable[[str], str]) -> Document:
    return replace(document, language=tell(document.text))


def _outcomes(
    paths: Sequence[str], *, stdin: BinaryIO | None, progress: Callable[[str], None]
) -> Iterator[Outcome]:
    for path in paths:
        if path == STANDARD_INPUT:
            progress(path)
            yield from _from_stdin(stdin)
        elif path.lower().startswith(("http://", "https://")):
            yield Failed(shown(path), _URL_REASON)
        elif _is_folder(path):
            yield from _from_folder(path, progress=progress)
        else:
            progress(shown(path))
            yield from _from_file(Path(path))


def shown(path: str | Path) -> str:
    """Return a path as it may be printed: one line, no control characters, no half characters."""
    name = str(path)
    name = name if len(name) <= _SHOWN else "…" + name[-_SHOWN:]
    return "".join(mark if mark.isprintable() else "�" for mark in name)


def _from_stdin(stdin: BinaryIO | None) -> Iterator[Outcome]:
    if stdin is None:
        yield Failed(STANDARD_INPUT, "there is no standard input; give a file")
        return
    raw = stdin.read(FILE_LIMIT + 1)
    yield from _from_bytes(BytesIO(raw), ending="", where=STANDARD_INPUT)


def _from_folder(folder: str, *, progress: Callable[[str], None]) -> Iterator[Outcome]:
    known = 0
    for path in _walk(Path(folder)):
        if isinstance(path, Failed):
            yield path
        elif _ending(path) in _FORMATS:
            known += 1
            progress(shown(path))
            yield from _from_file(path)
    if not known:
        yield Failed(shown(folder), f"no file to read in this folder; known: {_known()}")


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


def _from_file(path: Path) -> Iterator[Outcome]:
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
        yield from _from_bytes(raw, ending=_ending(path), where=where)


def _from_bytes(raw: BinaryIO, *, ending: str, where: str) -> Iterator[Outcome]:
    """Yield what becomes of one input; whatever it raises ends as its one failure."""
    stream = Stream(raw)
    try:
        if not ending:
            ending = formats.sniff(stream.head(_SNIFF))
            raw.seek(0)
            stream = Stream(raw)
        yield from _format(ending)(stream, where=where)
    except InputError as error:
        yield Failed(where, str(error))
    if stream.fault:
        yield Failed(where, stream.fault)


def _format(ending: str) -> Callable[..., Iterator[Outcome]]:
    if ending in _FORMATS:
        return _FORMATS[ending]
    raise InputError(_LATER.get(ending) or f"{ending} files are not read; known: {_known()}")


def _ending(path: Path) -> str:
    """Return the lower-case ending of a file, without a last ".gz"."""
    name = Path(path.name.lower().removesuffix(".gz"))
    return name.suffix


def _known() -> str:
    return " ".join(_FORMATS)
