"""Whether feeds are read as feedparser's own test files expect: ``python -m benchmarks.feeds TAR``.

Expected is what the first comment of a file says, as far as it is about what an answer holds. Tags
are taken out of what is expected, since answers are plain text.
"""

import ast
import html
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from briefing.core.errors import InputError
from briefing.core.ports import Parse
from briefing.lab.evaluate.inputs import decoded, files_in
from briefing.sources.sandbox.pool import shared

#: Where feedparser's test files expect that they were served.
_ADDRESS = "http://127.0.0.1:8097/"
#: The lines of a test file's first comment that count.
_EXPECT = re.compile(r"^[ \t]{0,40}Expect:[ \t]{0,40}(.{1,4000}?)[ \t]{0,40}$", re.MULTILINE)
_HEADER = re.compile(
    r"^[ \t]{0,40}Header:[ \t]{0,40}([\w-]{1,40}):[ \t]{0,9}(.{0,500})$", re.MULTILINE
)
_HEAD = 4_000
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


def compare(files: Iterable[tuple[str, bytes]], *, parse: Parse) -> dict[str, Any]:
    """Read feeds as they were served; return how many could be compared, were right, and were not.

    The latter by name.
    """
    right: dict[str, bool] = {}
    for name, body in files:
        comment = decoded(body)[:_HEAD]
        expected = _EXPECT.search(comment)
        wanted = wanted_of(expected[1]) if expected else None
        if wanted is not None:
            headers = {key.lower(): value for key, value in _HEADER.findall(comment)}
            about = {
                "url": urljoin(_ADDRESS, headers.get("content-location", "")),
                "content_type": headers.get("content-type", ""),
            }
            try:
                right[name] = holds(parse("feed", body, about=about), wanted)
            except InputError:
                right[name] = False
    wrong = [name for name, its in right.items() if not its]
    return {"checked": len(right), "right": len(right) - len(wrong), "wrong": wrong}


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


if __name__ == "__main__":
    for given in sys.argv[1:]:
        print(compare(files_in(Path(given), of="feeds"), parse=shared()))
