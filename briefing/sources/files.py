"""Reads files, folders and standard input; gives a reason for each input without a document."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from briefing.core.errors import InputError, OverloadError, printable
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
#: Number of bytes by which the format of a file without a suffix is detected.
_SNIFF = 4_096
#: Readers by suffix that run in this process; ".gz" may follow the suffix.
_PLAIN: dict[str, Callable[..., Iterator[Outcome]]] = {
    **dict.fromkeys((".txt", ".text"), formats.from_text),
    **dict.fromkeys((".md", ".markdown"), formats.from_markdown),
    **dict.fromkeys((".jsonl", ".ndjson"), formats.from_lines),
}
#: Readers by suffix that parse in a child process.
_SANDBOXED: dict[str, Callable[..., Iterator[Outcome]]] = {
    **dict.fromkeys((".html", ".htm", ".xhtml"), formats.from_page),
    ".pdf": formats.from_pdf,
    ".eml": formats.from_mail,
    ".json": formats.from_json,
    **dict.fromkeys((".xml", ".rss", ".atom"), formats.from_feed),
}
#: Message about a folder without a file to read.
NOTHING_HERE = "no file to read in this folder"


def read(
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    detect: Callable[[str], str] = languages.detect,
    visit: Visit | None = None,
    parse: Parse | None = None,
) -> Reading:
    """Read every document of the inputs, in order; the files of a folder are read by name.

    Raises nothing: inputs that cannot be read are in ``failed`` with the reason.

    Args:
        paths: files, folders, web addresses or "-".
        stdin: read for "-".
        detect: detects the language of a document that does not state it.
        visit: reads a web address; None: web addresses fail.
        parse: parses pages, PDFs and feeds; None: the shared sandbox of this process.
    """
    parsed: list[ParsedDocument] = []
    failed: list[tuple[str, str]] = []
    for outcome in _outcomes(paths, stdin=stdin, visit=visit, parse=parse or shared()):
        if isinstance(outcome, ParsedDocument):
            parsed.append(outcome)
        else:
            failed.append((outcome.where, outcome.reason))
    reading = distinct(parsed)
    documents = (
        document if document.language else replace(document, language=detect(document.text))
        for document in reading.documents
    )
    return replace(reading, documents=tuple(documents), failed=tuple(failed))


_KNOWN = " ".join((*_PLAIN, *_SANDBOXED))


def _outcomes(
    paths: Sequence[str], *, stdin: BinaryIO | None, visit: Visit | None, parse: Parse
) -> Iterator[Outcome]:
    """Yield the outcomes of all inputs, in order; an input without a document gives a reason."""
    for path in paths:
        if path == STANDARD_INPUT:
            if stdin is None:
                yield Failed(STANDARD_INPUT, "there is no standard input; give a file")
                continue
            raw = BytesIO(stdin.read(FILE_LIMIT + 1))
            yield from _from_bytes(raw, suffix="", where=STANDARD_INPUT, parse=parse)
        elif is_address(path):
            if visit is None:
                unread = "web addresses are not read here: save the page as .html"
                yield Failed(printable(path), unread)
                continue
            try:
                yield from visit(path)
            except InputError as error:
                # One more failure, after what was read before it.
                yield Failed(printable(path), str(error))
        elif os.path.isdir(path):  # noqa: PTH112
            count = 0
            for file in _walk(Path(path)):
                if isinstance(file, Failed):
                    yield file
                elif _suffix(file) in _PLAIN or _suffix(file) in _SANDBOXED:
                    count += 1
                    yield from _from_file(file, parse=parse)
            if not count:
                yield Failed(printable(path), f"{NOTHING_HERE}; known: {_KNOWN}")
        else:
            yield from _from_file(Path(path), parse=parse)


def _from_file(path: Path, *, parse: Parse) -> Iterator[Outcome]:
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
        for outcome in _from_bytes(raw, suffix=_suffix(path), where=where, parse=parse):
            if isinstance(outcome, ParsedDocument):
                yield replace(outcome, file=str(path))
            else:
                yield outcome


def is_address(path: str) -> bool:
    """Tell whether an input is a web address."""
    return path.lower().startswith(("http://", "https://"))


def files_at(path: str) -> Files:
    """Return the files in a folder, or the file itself."""
    # Path.is_dir raises an error if a parent folder may not be searched.
    entries = list(_walk(Path(path))) if os.path.isdir(path) else [Path(path)]  # noqa: PTH112
    files = frozenset(str(file) for file in entries if isinstance(file, Path))
    unread = tuple(file.where for file in entries if isinstance(file, Failed))
    empty = (folder for folder, inside, names in os.walk(Path(path)) if not inside and not names)
    return Files(files, unread, tuple(sorted(empty)))


def _walk(folder: Path) -> Iterator[Path | Failed]:
    """Yield the files below a folder by name, except hidden ones and links to folders."""
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            if path != folder and not stat.S_ISDIR(path.lstat().st_mode):
                yield path
                continue
            inside = sorted(path.iterdir(), reverse=True)
        except OSError as error:
            yield Failed(
                printable(path), f"cannot be opened ({error.strerror}); check its permissions"
            )
            continue
        waiting.extend(child for child in inside if not child.name.startswith("."))


def _from_bytes(raw: BinaryIO, *, suffix: str, where: str, parse: Parse) -> Iterator[Outcome]:
    """Yield the outcomes of one input; an error becomes a failure."""
    stream = Stream(raw)
    try:
        if not suffix:
            suffix = formats.sniff(stream.head(_SNIFF))
            raw.seek(0)
            stream = Stream(raw)
        if suffix in _SANDBOXED:
            yield from _SANDBOXED[suffix](stream, where=where, parse=parse)
        elif suffix in _PLAIN:
            yield from _PLAIN[suffix](stream, where=where)
        else:
            yield Failed(where, f"{suffix} files cannot be read; known: {_KNOWN}")
    except (InputError, OverloadError) as error:
        yield Failed(where, str(error))
    if stream.fault:
        yield Failed(where, stream.fault)


def _suffix(path: Path) -> str:
    """Return the lower-case suffix of a file, without a final ".gz"."""
    return Path(path.name.lower().removesuffix(".gz")).suffix
