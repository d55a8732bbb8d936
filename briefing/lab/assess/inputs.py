"""How well pages, feeds and robots.txt files from outside are read."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError
from briefing.lab.assess.lines import Watch, given, numbered, watched
from briefing.lab.evaluate import extraction, feeds, robots
from briefing.sources.extract import PAGE_LIMIT, extract
from briefing.sources.sandbox.pool import shared
from briefing.sources.stream import Stream
from briefing.sources.web.robots import crawl_delay, may_fetch, parse, to_text


def assess_extraction(paths: Iterable[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the text extracted from pages; a page that gives none counts as empty text.

    "trafilatura" is the bar: the same pages read by it alone, with its own settings.
    """
    pages = [
        (folder / given(line, "html", where), given(line, "text", where))
        for folder in paths
        for where, line in numbered(_pages_file(folder))
    ]
    if not pages:
        raise InputError("no pages to measure on; give a pages.jsonl with at least one line")
    found = [(_read(path), expected) for path, expected in watched(pages, watch)]
    ours = extraction.measure([(_extracted(page), expected) for page, expected in found])
    bare = extraction.measure([(_bare(page), expected) for page, expected in found])
    return {**ours, "trafilatura": bare}


def _pages_file(folder: Path) -> Path:
    found = [folder / name for name in ("pages.jsonl", "pages.jsonl.gz")]
    for path in found:
        if path.is_file():
            return path
    raise InputError(f"{folder}: no pages.jsonl in it; give the folder that holds it")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as raw:
            return Stream(raw).head(PAGE_LIMIT + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _extracted(page: bytes) -> str:
    try:
        return extract(page).document.text
    except InputError:
        return ""


def _bare(page: bytes) -> str:
    try:
        return str(shared()("bare", page)["text"])
    except InputError:
        return ""


def assess_feeds(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure how feeds are read; folders or tar files of them, one after the other.

    Raises:
        InputError: no feeds in a path.
    """
    rows = [feeds.measure(path, parse=shared(), watch=watch) for path in paths]
    return rows[0] if len(rows) == 1 else dict(zip(map(str, paths), rows, strict=True))


def assess_robots(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure how robots.txt files are read; folders or tar files, one a host.

    Raises:
        InputError: no files in the paths.
    """
    files = [one for path in paths for one in _files(path)]
    if not files:
        raise InputError("no robots.txt files; give a folder or tar file of HOST.txt")
    return robots.measure_robots(watched(files, watch), look=_look, clock=time.perf_counter)


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file of a folder or a tar file, by name."""
    try:
        if path.is_dir():
            yield from ((one.name, one.read_bytes()) for one in sorted(path.glob("*.txt")))
            return
        with tarfile.open(path) as packed:
            for member in sorted(packed.getmembers(), key=lambda one: one.name):
                content = packed.extractfile(member) if member.isfile() else None
                if content is not None:
                    yield Path(member.name).name, content.read(PAGE_LIMIT)
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error


def _look(host: str, body: bytes) -> robots.RobotsFacts:
    rules = parse(to_text(body))
    root = may_fetch(rules, url=f"https://{host.removesuffix('.txt')}/", agent="Briefing")
    return robots.RobotsFacts(
        rules=rules.count, cut=rules.cut, root=root, delay=crawl_delay(rules, agent="Briefing")
    )
