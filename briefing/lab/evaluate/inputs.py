"""How well feeds, pages, robots.txt files and returned mails are read."""

from __future__ import annotations

import ast
import codecs
import html
import json
import re
import tarfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean
from typing import Any, Protocol
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
_TAG = re.compile(r"<[^<>]{0,2000}>")

#: Told how many of how many are done.
Watch = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What one file showed."""

    name: str
    seconds: float
    #: Why it broke the reader; empty when it was read or refused in words.
    crash: str
    #: Whether what is expected of it was found; None: nothing that can be compared is expected.
    right: bool | None
    #: Items that stand in it, and items found.
    items: int
    found: int
    #: In which words it was refused; empty when it was read.
    refusal: str = ""


def measure_feeds(
    path: Path, *, parse: Parse, watch: Watch = lambda _done, _of: None
) -> dict[str, Any]:
    """Read every feed of a folder or tar file and tell how it went.

    Expected is what feedparser's own test files say in their first comment, as far as it is about
    what an answer holds. Tags are taken out of what is expected, since answers are plain text.

    Returns:
        ``files crashes refused slowest_seconds over_limit expected_checked expected_right items
        items_found`` as numbers, and the names of the files behind the bad ones.

    Raises:
        InputError: there is no such folder or tar file, or nothing in it.
    """
    files = list(_files(path))
    if not files:
        raise InputError(f"{path}: no feeds in it; give a folder or a .tar.gz of feeds")
    facts = []
    for done, (name, body) in enumerate(files):
        watch(done, len(files))
        facts.append(look(name, body, parse=parse))
    watch(len(files), len(files))
    return summarize_feeds(facts)


def summarize_feeds(facts: Iterable[FeedFacts]) -> dict[str, Any]:
    """Return the figures of some files."""
    facts = list(facts)
    checked = [one for one in facts if one.right is not None]
    return {
        "files": len(facts),
        "crashes": sum(1 for one in facts if one.crash),
        "refused": sum(1 for one in facts if one.refusal),
        "slowest_seconds": max((one.seconds for one in facts), default=0.0),
        "over_limit": sum(1 for one in facts if one.seconds > LIMIT),
        "expected_checked": len(checked),
        "expected_right": sum(1 for one in checked if one.right),
        "items": sum(one.items for one in facts),
        "items_found": sum(min(one.items, one.found) for one in facts),
        "refusals": [f"{one.name}: {one.refusal}" for one in facts if one.refusal],
        "crashed": [f"{one.name}: {one.crash}" for one in facts if one.crash],
        "wrong": [one.name for one in checked if not one.right],
        "incomplete": [one.name for one in facts if one.found != one.items],
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
    answer, reason = _ask(body, about=about, parse=parse)
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
        found=len(answer.get("entries", ())),
    )


def _ask(body: bytes, *, about: Mapping[str, str], parse: Parse) -> tuple[Mapping[str, Any], str]:
    try:
        return parse("feed", body, about=about), ""
    except InputError as error:
        return {}, str(error)


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
    items = held.get("items", _below(held, "rss", "channel", "item"))
    return len(items) if isinstance(items, list) else 0


def _below(held: object, *path: str) -> object:
    """Return what stands at the end of a path of names; None where it ends before."""
    for name in path:
        held = held.get(name) if isinstance(held, dict) else None
    return held


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
        wanted = [_equation(part) for part in parts if not _is_bozo(part)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return wanted or None


def _is_bozo(part: ast.expr) -> bool:
    """Tell whether a part is about well-formedness, which is not ours to say."""
    inner = part.operand if isinstance(part, ast.UnaryOp) else part
    return isinstance(inner, ast.Name) and inner.id == "bozo"


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


def holds(answer: Mapping[str, Any], wanted: Iterable[tuple[tuple[str, ...], Any]]) -> bool:
    """Tell whether an answer has every value in its place."""
    try:
        return all(_same(_at(answer, place), value) for place, value in wanted)
    except (KeyError, IndexError):
        return False


def _at(answer: Mapping[str, Any], place: tuple[str, ...]) -> Any:  # noqa: ANN401
    if place[0] == "entry":
        return answer["entries"][int(place[1])][place[2]]
    return answer[place[-1]]


def _same(found: str, wanted: Any) -> bool:  # noqa: ANN401  a string, or a time as nine numbers
    if isinstance(wanted, tuple):
        read = datetime.fromisoformat(found.removesuffix("Z")) if found else None
        return read is not None and read.timetuple()[:6] == wanted[:6]
    plain = html.unescape(_TAG.sub("", str(wanted)))
    return _squeezed(found) in {_squeezed(str(wanted)), _squeezed(plain)}


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.is_file():
                yield str(one.relative_to(path)), one.read_bytes()[:_FILE_LIMIT]
        return
    try:
        with tarfile.open(path) as packed:
            for member in packed:
                held = packed.extractfile(member) if member.isfile() else None
                if held is not None:
                    yield member.name, held.read(_FILE_LIMIT)
    except (OSError, tarfile.TarError) as error:
        raise InputError(f"{path}: cannot be read as a folder or tar file of feeds") from error


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
    found: Counter[tuple[str, ...]], wanted: Counter[tuple[str, ...]]
) -> tuple[float, float, float]:
    if not found and not wanted:
        return 1.0, 1.0, 1.0
    shared = (found & wanted).total()
    precision = shared / found.total() if found else 0.0
    recall = shared / wanted.total() if wanted else 0.0
    return precision, recall, 2 * shared / (found.total() + wanted.total())


@dataclass(frozen=True, slots=True)
class RobotsFacts:
    """What was seen in one robots.txt."""

    #: Lines that allow or disallow something.
    rules: int
    #: Whether a part was beyond the limits and was not read.
    cut: bool
    #: Whether it lets us see "/".
    root: bool
    #: Seconds it asks for between two requests.
    delay: float


def measure_robots(
    files: Iterable[tuple[str, bytes]],
    *,
    look: Callable[[str, bytes], RobotsFacts],
    clock: Callable[[], float],
) -> dict[str, Any]:
    """Return counts over robots.txt files, the slowest, and what could not be read.

    ``rules`` counts rules of all files, ``without_rules`` files that have none, ``cut`` files of
    which a part was not read, ``allowed_root`` files that let us see "/", ``delays`` files that
    ask for time between two requests.

    Args:
        files: host and content of each.
        look: reads one and asks it for "/"; the time it takes is measured.
        clock: seconds that only grow.
    """
    facts: list[RobotsFacts] = []
    seconds: list[tuple[float, str]] = []
    failed: list[tuple[str, str]] = []
    for host, body in files:
        began = clock()
        try:
            facts.append(look(host, body))
        except Exception as error:
            failed.append((host, f"{type(error).__name__}: {error}"))
        seconds.append((clock() - began, host))
    slowest = max(seconds, default=(0.0, ""))
    return {
        "files": len(seconds),
        "crashes": len(failed),
        "slowest": slowest[1],
        "slowest_seconds": round(slowest[0], 4),
        "rules": sum(one.rules for one in facts),
        "without_rules": sum(not one.rules for one in facts),
        "cut": sum(one.cut for one in facts),
        "allowed_root": sum(one.root for one in facts),
        "delays": sum(one.delay > 0 for one in facts),
        "failed": failed,
    }


class Judged(Protocol):
    """What a reader of mail says of one."""

    @property
    def permanent(self) -> Iterable[str]:
        """Addresses that failed for good."""
        ...

    @property
    def temporary(self) -> Iterable[str]:
        """Addresses not reached yet."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What a mail says, as people read it."""

    #: Addresses that failed for good, and those not reached yet.
    permanent: frozenset[str]
    temporary: frozenset[str]


def measure_bounces(
    mails: Iterable[tuple[str, bytes]],
    *,
    expected: Mapping[str, Expected],
    classify: Callable[[bytes], Judged],
) -> dict[str, object]:
    """Return how many mails are read as expected.

    A mail is right when the addresses that failed for good and those not reached yet are the
    expected ones, no more and no fewer. One without an expectation counts only when reading it
    raises an error; one that is expected and missing is wrong.

    Returns:
        "files" with an expectation, "right", "share" (0 to 1, larger is better; 1 for no files),
        "crashes", and the names that are "wrong", in order.
    """
    right: set[str] = set()
    crashes = 0
    for name, raw in mails:
        try:
            judged = classify(raw)
        except Exception:  # any error at all is what is counted
            crashes += 1
            continue
        if expected.get(name) == Expected(frozenset(judged.permanent), frozenset(judged.temporary)):
            right.add(name)
    return {
        "files": len(expected),
        "right": len(right),
        "share": len(right) / len(expected) if expected else 1.0,
        "crashes": crashes,
        "wrong": sorted(expected.keys() - right),
    }
