"""Measures how well feeds and pages are read."""

import codecs
import json
import re
import tarfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from briefing.core.errors import InputError
from briefing.core.ports import Parse

#: Seconds that a feed of a test set may take.
LIMIT = 2.0
#: Most bytes of a file in a set; the largest known one has 0.4 MB.
_FILE_LIMIT = 20_000_000
#: Messages by which a feed is refused, which is a valid outcome and not a crash.
_REFUSALS = ("not a feed", "not text", "the feed is larger")
#: How UTF-16 text begins, with a byte order mark or with markup.
_MARKS = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
#: Items, counted independently of the reader being measured.
_ITEM = re.compile(r"<(?:[\w.-]{1,30}:)?(?:item|entry)[\s/>]", re.IGNORECASE)
#: Delimiters of what is not an element.
_ASIDES = (("<!--", "-->"), ("<![CDATA[", "]]>"))


def measure_feeds(files: Iterable[tuple[str, bytes]], *, parse: Parse) -> dict[str, Any]:
    """Read named feeds and return the outcomes.

    Returns:
        ``files crashes refused slowest_seconds over_limit items items_found`` as numbers, and the
        names of the files behind the bad ones.
    """
    seconds, items, items_found = [0.0], 0, 0
    refusals: list[str] = []
    crashed: list[str] = []
    incomplete: list[str] = []
    for name, body in files:
        held, read = count_items(decoded(body)), 0
        began = time.perf_counter()
        try:
            read = len(parse("feed", body).get("entries", ()))
        except InputError as error:
            reasons = refusals if str(error).startswith(_REFUSALS) else crashed
            reasons.append(f"{name}: {error}")
        seconds.append(time.perf_counter() - began)
        items += held
        items_found += min(held, read)
        incomplete += [name] if read != held else []
    return {
        "files": len(seconds) - 1,
        "crashes": len(crashed),
        "refused": len(refusals),
        "slowest_seconds": max(seconds),
        "over_limit": sum(each > LIMIT for each in seconds),
        "items": items,
        "items_found": items_found,
        "refusals": refusals,
        "crashed": crashed,
        "incomplete": incomplete,
    }


def count_items(text: str) -> int:
    """Count the items of a feed by its elements, or for JSON by its lists."""
    if not text.lstrip("\ufeff \r\n\t").startswith("{"):
        for opening, closing in _ASIDES:
            # A text without anything between two delimiters, in linear time
            kept, at = [], 0
            while (start := text.find(opening, at)) >= 0:
                end = text.find(closing, start)
                if end < 0:
                    break
                kept.append(text[at:start])
                at = end + len(closing)
            text = "".join((*kept, text[at:]))
        return len(_ITEM.findall(text))
    try:
        held = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return 0
    items = held.get("items")
    if "items" not in held:
        items = held
        for name in ("rss", "channel", "item"):
            items = items.get(name) if isinstance(items, dict) else None
    return len(items) if isinstance(items, list) else 0


def decoded(body: bytes) -> str:
    """Return the text of a file, decoded well enough to count items."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")


def files_in(path: Path, *, of: str) -> list[tuple[str, bytes]]:
    """Return name and content of each file in a folder or tar file.

    Raises InputError if the folder or tar file does not exist, or is empty.
    """
    try:
        if path.is_dir():
            paths = (file for file in sorted(path.rglob("*")) if file.is_file())
            files = [
                (str(file.relative_to(path)), file.read_bytes()[:_FILE_LIMIT]) for file in paths
            ]
        else:
            with tarfile.open(path) as packed:
                members = (
                    (member.name, packed.extractfile(member))
                    for member in packed
                    if member.isfile()
                )
                files = [(name, content.read(_FILE_LIMIT)) for name, content in members if content]
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"{path}: cannot be read as a folder or tar file of {of}") from error
    if not files:
        raise InputError(f"{path}: no {of} in it; give a folder or a .tar.gz of {of}")
    return files


#: Words in a shingle, as in the benchmark of article extraction below.
_SHINGLE = 4
_WORD = re.compile(r"\w+")


def measure_extraction(pages: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Return mean precision, recall and F1 of pages given as (extracted, expected) text.

    Each is computed per page over its shingles of four words, then averaged over pages; 0 to 1,
    higher is better. Shingles are counted as often as they occur, so text printed twice lowers
    precision. Without pages, all are 0.

    References:
        Broder, A. (1997), On the resemblance and containment of documents (shingles).
        Scrapinghub (2020), Article extraction benchmark (counted 4-shingles, page averages).
    """
    rows = [_compare(_shingles(extracted), _shingles(expected)) for extracted, expected in pages]
    columns = zip(*rows, strict=True) if rows else ((0.0,), (0.0,), (0.0,))
    return dict(zip(("precision", "recall", "f1"), map(fmean, columns), strict=True))


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    """Count the shingles; a shorter text is a single shingle, an empty text has none."""
    words = _WORD.findall(text)
    starts = range(max(min(len(words), 1), len(words) - _SHINGLE + 1))
    return Counter(tuple(words[start : start + _SHINGLE]) for start in starts)


def _compare(
    extracted: Counter[tuple[str, ...]], wanted: Counter[tuple[str, ...]]
) -> tuple[float, float, float]:
    if not extracted and not wanted:
        return 1.0, 1.0, 1.0
    shared = (extracted & wanted).total()
    precision = shared / extracted.total() if extracted else 0.0
    recall = shared / wanted.total() if wanted else 0.0
    return precision, recall, 2 * shared / (extracted.total() + wanted.total())
