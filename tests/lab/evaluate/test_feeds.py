import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.lab.evaluate import feeds
from briefing.lab.evaluate.feeds import FeedFacts, count_items, holds, measure, wanted_of
from briefing.sources.sandbox.pool import shared

RSS = """<!--
Description: an item
Header:      Content-Location: http://news.example/a/
Expect:      not bozo and entries[0]['link'] == 'http://news.example/a/1' and feed.title == 'Post'
-->
<rss version="2.0"><channel><title>Post</title><item><link>1</link>
<description><![CDATA[<item>]]></description></item></channel></rss>"""
WRONG = "<!-- \nExpect: entries[0].title == 'Quay'\n--><rss><channel><item/></channel></rss>"
JSON = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}, {"id": "2"}]}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name, body in {"a.xml": RSS, "in/b.xml": WRONG, "c.json": JSON, "d": "Hello"}.items():
        (tmp_path / name).write_text(body)
    return tmp_path


def test_a_folder_of_feeds_is_measured(folder: Path) -> None:
    told = []
    found = measure(folder, parse=shared(), watch=lambda done, of: told.append((done, of)))
    assert 0 < found.pop("slowest_seconds") < 60
    assert found.pop("over_limit") in {0, 1}  # the first starts the child
    assert found == {
        "files": 4,
        "crashes": 0,
        "refused": 1,
        "expected_checked": 2,
        "expected_right": 1,
        "items": 4,
        "items_found": 4,
        "refusals": ["d: not a feed but something else"],
        "crashed": [],
        "wrong": ["in/b.xml"],
        "incomplete": [],
    }
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_tar_file_gives_what_its_folder_gives(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "feeds.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        folder_info = tarfile.TarInfo("in")
        folder_info.type = tarfile.DIRTYPE
        tar.addfile(folder_info)
        info = tarfile.TarInfo("a.xml")
        info.size = len(RSS.encode())
        tar.addfile(info, io.BytesIO(RSS.encode()))
    found = measure(packed, parse=shared())
    assert (found["files"], found["expected_right"]) == (1, 1)


class Breaking:
    """Breaks at some bytes, as a reader does that is killed."""

    def __call__(
        self, task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        raise InputError(f"the {task} crashed its reader; {len(body)} {len(about)}")


def test_a_crash_is_counted_and_its_items_are_missed(folder: Path) -> None:
    found = measure(folder, parse=Breaking())
    assert (found["crashes"], found["items"], found["items_found"]) == (4, 4, 0)
    assert found["crashed"][0].startswith("a.xml: the feed crashed its reader")
    assert found["incomplete"] == ["a.xml", "c.json", "in/b.xml"]


def test_what_takes_longer_than_the_limit_is_counted() -> None:
    facts = [FeedFacts("a", seconds, "", None, 0, 0) for seconds in (0.1, feeds.LIMIT + 1)]
    assert feeds.summarize(facts)["over_limit"] == 1


@pytest.mark.parametrize("name", ["empty", "missing", "text"])
def test_what_holds_no_feeds_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("no tar file")
    with pytest.raises(InputError, match=name):
        measure(tmp_path / name, parse=shared())


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("version == 'rss20'", [(("kind",), "rss20")]),
        ("not bozo and feed['title'] == 'A'", [(("feed", "title"), "A")]),
        ("bozo", None),
        ("entries[0].content[0].value == 'x'", [(("entry", "0", "text"), "x")]),
        ("entries[1]['date_parsed'] == (2026, 1)", [(("entry", "1", "published"), (2026, 1))]),
        ("feed.title == 'A' or feed.title == 'B'", None),
        ("entries[0].rating == 'x'", None),
        ("len(entries) == 1", None),
        ("feed.title != 'A'", None),
        ("feed.title ==", None),
        ("(" * 500, None),
    ],
)  # fmt: skip
def test_only_what_an_answer_holds_is_expected(expression: str, wanted: object) -> None:
    assert wanted_of(expression) == wanted


def test_values_are_compared_as_plain_text_and_times_to_the_second() -> None:
    answer = {
        "title": "A < b",
        "entries": [{"title": "One two", "published": "2026-01-04T08:30:00Z"}, {"published": ""}],
    }
    stamp = ("entry", "0", "published")
    assert holds(answer, [(("feed", "title"), "A &lt; b")])
    assert holds(answer, [(("entry", "0", "title"), "<b>One</b>\n two")])
    assert holds(answer, [(stamp, (2026, 1, 4, 8, 30, 0, 6, 4, 0))])
    assert not holds(answer, [(stamp, (2026, 1, 4, 8, 31, 0, 6, 4, 0))])
    assert not holds(answer, [(("entry", "1", "published"), (2026, 1, 4, 8, 31, 0, 6, 4, 0))])
    assert not holds(answer, [(("entry", "2", "title"), "x")])
    assert not holds({}, [(("kind",), "rss20")])


def test_items_are_counted_by_elements_or_lists() -> None:
    assert count_items("<a:entry x='1'/><!-- <item> --><ITEM></ITEM><items/>") == 2
    assert count_items('\ufeff{"rss": {"channel": {"item": [1, 2, 3]}}}') == 3


#: Files that are no feed in UTF-8, how many items are counted in each, and how many found.
OTHERS = {
    "binary": (b"\x89PNG\0\0\1", 0, 0),
    "empty": (b"", 0, 0),
    "page": (b"<!doctype html><html><body>Hello</body></html>", 0, 0),
    "latin-1 JSON": (JSON.replace('"1"', '"\u00e9"').encode("latin-1"), 2, 2),
    "UTF-16 JSON": (JSON.encode("utf-16"), 2, 2),
    "UTF-16 XML": (WRONG.encode("utf-16"), 1, 1),
    "broken JSON": (b'{"items": [', 0, 0),
    "other JSON": (b'{"rss": [], "a": 1}', 0, 0),
    "odd JSON": (b'{"items": {"a": 1}}', 0, 0),
    "nested JSON": (b'{"a":' * 100_000, 0, 0),
    "unclosed comments": (b"<rss>" + b"<!--" * 20_000, 0, 0),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_feed_in_utf_8_is_counted_and_no_crash(name: str) -> None:
    body, items, found = OTHERS[name]
    facts = feeds.look(name, body, parse=shared())
    assert (facts.crash, facts.items, facts.found) == ("", items, found)


def test_the_command_measures_a_folder_of_anything(tmp_path: Path) -> None:
    for number, (body, _, _) in enumerate(OTHERS.values()):
        (tmp_path / f"{number}.xml").write_bytes(body)
    command = [str(Path(sys.executable).with_name("briefing")), "evaluate", "feeds", "--json"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)  # noqa: S603  our own command
    found = json.loads(done.stdout)
    assert (found["files"], found["crashes"], found["refused"]) == (11, 0, 7)
