"""How well feeds, pages and robots.txt files are read."""

import ast
import codecs
import html
import json
import re
import tarfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any
from urllib.parse import urljoin

from briefing.core.errors import InputError
from briefing.core.ports import Parse

#: Seconds that a feed of a test set may take.
LIMIT = 2.0
#: Bytes of one file of a set; the largest of the known ones has 0.4 MB.
_FILE_LIMIT = 20_000_000
#: Where feedparser's test files expect that they were served.
_ADDRESS = "http://127.0.0.1:8097/"
#: Words by which a feed is refused; that is an answer, no crash.
_REFUSALS = ("not a feed", "not text", "the feed is larger")
#: The lines of a test file's first comment that count.
_EXPECT = re.compile(r"^[ \t]{0,40}Expect:[ \t]{0,40}(.{1,4000}?)[ \t]{0,40}$", re.MULTILINE)
_HEADER = re.compile(
    r"^[ \t]{0,40}Header:[ \t]{0,40}([\w-]{1,40}):[ \t]{0,9}(.{0,500})$", re.MULTILINE
)
_HEAD = 4_000
#: How text in UTF-16 begins, with its mark or with markup.
_MARKS = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
#: Items, counted without the reader that is measured.
_ITEM = re.compile(r"<(?:[\w.-]{1,30}:)?(?:item|entry)[\s/>]", re.IGNORECASE)
#: What stands aside of the elements, by how it begins and ends.
_ASIDES = (("<!--", "-->"), ("<![CDATA[", "]]>"))
#: Where an expectation over feedparser's result is found in an answer.
_FEED_KEYS = {"title": "title", "link": "link", "language": "language"}
_ENTRY_KEYS = {
    ("title",): "title",
    ("link",): "url",
    ("id",): "guid",
    ("guid",): "guid",
    ("summary",): "text",
    ("description",): "text",
    ("content", "0", "value"): "text",
    ("author_detail", "name"): "author",
    ("published_parsed",): "published",
    ("updated_parsed",): "published",
    ("date_parsed",): "published",
}
#: Expectations on whether a feed is well-formed.
_FORMED = {"bozo", "not bozo"}
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What one file showed."""

    name: str
    seconds: float
    #: Why it broke the reader; empty when it was read or refused in words.
    crash: str
    #: Whether what is expected of it was found; None: nothing that can be compared is expected.
    right: bool | None
    #: Items that stand in it, and items that were read.
    items: int
    read: int
    #: In which words it was refused; empty when it was read.
    refusal: str = ""


def measure_feeds(files: Iterable[tuple[str, bytes]], *, parse: Parse) -> dict[str, Any]:
    """Read feeds, each with its name, and return how it went.

    Expected is what feedparser's own test files say in their first comment, as far as it is about
    what an answer holds. Tags are taken out of what is expected, since answers are plain text.

    Returns:
        ``files crashes refused slowest_seconds over_limit expected_checked expected_right items
        items_found`` as numbers, and the names of the files behind the bad ones.
    """
    facts = [look(name, body, parse=parse) for name, body in files]
    checked = [file for file in facts if file.right is not None]
    return {
        "files": len(facts),
        "crashes": sum(bool(file.crash) for file in facts),
        "refused": sum(bool(file.refusal) for file in facts),
        "slowest_seconds": max((file.seconds for file in facts), default=0.0),
        "over_limit": sum(file.seconds > LIMIT for file in facts),
        "expected_checked": len(checked),
        "expected_right": sum(bool(file.right) for file in checked),
        "items": sum(file.items for file in facts),
        "items_found": sum(min(file.items, file.read) for file in facts),
        "refusals": [f"{file.name}: {file.refusal}" for file in facts if file.refusal],
        "crashed": [f"{file.name}: {file.crash}" for file in facts if file.crash],
        "wrong": [file.name for file in checked if not file.right],
        "incomplete": [file.name for file in facts if file.read != file.items],
    }


def look(name: str, body: bytes, *, parse: Parse) -> FeedFacts:
    """Read one file and compare."""
    text = _decoded(body)
    headers = {key.lower(): value for key, value in _HEADER.findall(text[:_HEAD])}
    about = {
        "url": urljoin(_ADDRESS, headers.get("content-location", "")),
        "content_type": headers.get("content-type", ""),
    }
    began = time.perf_counter()
    answer: Mapping[str, Any] = {}
    reason = ""
    try:
        answer = parse("feed", body, about=about)
    except InputError as error:
        reason = str(error)
    is_refusal = reason.startswith(_REFUSALS)
    seconds = time.perf_counter() - began
    expected = _EXPECT.search(text[:_HEAD])
    wanted = wanted_of(expected[1]) if expected else None
    return FeedFacts(
        name=name,
        seconds=seconds,
        crash="" if is_refusal else reason,
        refusal=reason if is_refusal else "",
        right=None if wanted is None else holds(answer, wanted),
        items=count_items(text),
        read=len(answer.get("entries", ())),
    )


def count_items(text: str) -> int:
    """Count the items of a feed by its elements, or by its lists when it is JSON."""
    if not text.lstrip("\ufeff \r\n\t").startswith("{"):
        for opening, closing in _ASIDES:
            text = _without(text, opening, closing)
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


def _without(text: str, opening: str, closing: str) -> str:
    """Return a text without all that stands between two marks, in linear time."""
    kept, at = [], 0
    while (start := text.find(opening, at)) >= 0:
        end = text.find(closing, start)
        if end < 0:
            break
        kept.append(text[at:start])
        at = end + len(closing)
    return "".join((*kept, text[at:]))


def _decoded(body: bytes) -> str:
    """Return the text of a file as far as items can be counted in it."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")


def wanted_of(expression: str) -> list[tuple[tuple[str, ...], Any]] | None:
    """Return the equations of an expectation as place and value, or None when one is not ours.

    Places are ("kind",), ("feed", key) and ("entry", number, key).
    """
    try:
        tree = ast.parse(expression, mode="eval").body
        parts = tree.values if isinstance(tree, ast.BoolOp) else [tree]
        if isinstance(tree, ast.BoolOp) and not isinstance(tree.op, ast.And):
            return None
        # whether it is well-formed is not ours to say
        wanted = [_equation(part) for part in parts if ast.unparse(part) not in _FORMED]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return wanted or None


def _equation(part: ast.expr) -> tuple[tuple[str, ...], Any]:
    match part:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return _place(_keys(left)), ast.literal_eval(right)
        case _:
            raise ValueError("not an equation")


def _keys(node: ast.expr) -> list[str]:
    """Return the path of an expression such as ``entries[0]['title']``."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        return [*_keys(node.value), node.attr]
    if isinstance(node, ast.Subscript):
        return [*_keys(node.value), str(ast.literal_eval(node.slice))]
    raise ValueError("not a path")


def _place(keys: list[str]) -> tuple[str, ...]:
    match keys:
        case ["version"]:
            return ("kind",)
        case ["feed", key] if key in _FEED_KEYS:
            return ("feed", _FEED_KEYS[key])
        case ["entries", number, *path] if tuple(path) in _ENTRY_KEYS:
            return ("entry", number, _ENTRY_KEYS[tuple(path)])
        case _:
            raise ValueError("not in an answer")


def _is(value: str, wanted: Any) -> bool:  # noqa: ANN401  a string, or a time as nine numbers
    if isinstance(wanted, tuple):
        read = datetime.fromisoformat(value.removesuffix("Z")) if value else None
        return read is not None and read.timetuple()[:6] == wanted[:6]
    plain = html.unescape(_TAG.sub("", str(wanted)))
    return value.split() in (str(wanted).split(), plain.split())


def holds(answer: Mapping[str, Any], wanted: Iterable[tuple[tuple[str, ...], Any]]) -> bool:
    """Tell whether an answer has every value in its place."""
    try:
        for place, value in wanted:
            of = answer["entries"][int(place[1])] if place[0] == "entry" else answer
            if not _is(of[place[-1]], value):
                return False
    except (KeyError, IndexError):
        return False
    return True


def files_in(path: Path, *, of: str) -> list[tuple[str, bytes]]:
    """Return name and content of each file of a folder or a tar file.

    InputError: the folder or tar file does not exist, or holds nothing.
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

    Each is computed for every page over its shingles of four words, then averaged over pages; 0
    to 1, larger is better. A shingle counts as often as it stands there, so text printed twice
    costs precision. No pages give 0.

    References:
        Broder, A. (1997), On the resemblance and containment of documents (shingles).
        Scrapinghub (2020), Article extraction benchmark (counted 4-shingles, page averages).
    """
    rows = [_compare(_shingles(extracted), _shingles(expected)) for extracted, expected in pages]
    columns = zip(*rows, strict=True) if rows else ((0.0,), (0.0,), (0.0,))
    return dict(zip(("precision", "recall", "f1"), map(fmean, columns), strict=True))


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    """Count the shingles; a text shorter than one is one, an empty text has none."""
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
