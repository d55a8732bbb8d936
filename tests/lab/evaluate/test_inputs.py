import tarfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.lab.evaluate import inputs
from briefing.lab.evaluate.inputs import count_items, files_in, measure_extraction, measure_feeds
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


def test_a_folder_of_feeds_is_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "LIMIT", 0.0)
    report = measure_feeds(files_in(folder, of="feeds"), parse=shared())
    assert 0 < report.pop("slowest_seconds") < 60
    assert report == {
        "files": 4,
        "crashes": 0,
        "refused": 1,
        "over_limit": 4,
        "items": 4,
        "items_found": 4,
        "refusals": ["d: not a feed but something else"],
        "crashed": [],
        "incomplete": [],
    }


def test_a_tar_file_is_measured_and_a_crash_counted(folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "feeds.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(folder / "in", "in")
        tar.add(folder / "a.xml", "a.xml")
    assert dict(files_in(packed, of="feeds")) == {"in/b.xml": WRONG.encode(), "a.xml": RSS.encode()}
    packed.unlink()

    def broken(task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})) -> Any:  # noqa: ANN401
        raise InputError(f"the {task} crashed its reader; {len(body)} {len(about)}")

    report = measure_feeds(files_in(folder, of="feeds"), parse=broken)
    assert (report["crashes"], report["items"], report["items_found"]) == (4, 4, 0)
    assert report["crashed"][0].startswith("a.xml: the feed crashed its reader")
    assert report["incomplete"] == ["a.xml", "c.json", "in/b.xml"]


def test_what_holds_no_feeds_is_told_and_what_is_none_counted(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("no tar file")
    for name in ["empty", "missing", "text"]:
        with pytest.raises(InputError, match=name):
            files_in(tmp_path / name, of="feeds")
    for name, (body, items, found) in OTHERS.items():
        facts = measure_feeds([(name, body)], parse=shared())
        assert (facts["crashes"], facts["items"], facts["items_found"]) == (0, items, found)


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


EXPECTED = "The harbor opened again on Monday"


@pytest.mark.parametrize(
    ("extracted", "expected", "precision", "recall", "f1"),
    [
        (EXPECTED, EXPECTED, 1.0, 1.0, 1.0),
        ("", "", 1.0, 1.0, 1.0),
        ("", EXPECTED, 0.0, 0.0, 0.0),
        (EXPECTED, "", 0.0, 0.0, 0.0),
        ("Share this story", "The harbor opened again", 0.0, 0.0, 0.0),
        ("Two words", "Two words", 1.0, 1.0, 1.0),
        # Three expected shingles; five extracted, three of them right.
        (EXPECTED + " share it", EXPECTED, 3 / 5, 1.0, 3 / 4),
        # Two of the three expected shingles.
        ("The harbor opened again on", EXPECTED, 1.0, 2 / 3, 4 / 5),
        ("The harbor,\nopened again", "The harbor opened again.", 1.0, 1.0, 1.0),
        # Nine shingles when the text stands there twice, three of them expected.
        (f"{EXPECTED} {EXPECTED}", EXPECTED, 3 / 9, 1.0, 1 / 2),
    ],
)
def test_one_page_is_measured_as_by_hand(
    extracted: str, expected: str, precision: float, recall: float, f1: float
) -> None:
    assert measure_extraction([(extracted, expected)]) == pytest.approx(
        {"precision": precision, "recall": recall, "f1": f1}
    )


def test_pages_and_items_count_the_same_whatever_their_length() -> None:
    long = " ".join(f"w{n}" for n in range(1000))
    assert measure_extraction([(long, long), ("", "one short page here")])["f1"] == 0.5
    assert measure_extraction([]) == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert count_items("<a:entry x='1'/><!-- <item> --><ITEM></ITEM><items/>") == 2
    assert count_items('\ufeff{"rss": {"channel": {"item": [1, 2, 3]}}}') == 3


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_the_measures_stay_between_zero_and_one(pages: list[tuple[str, str]]) -> None:
    assert all(0 <= value <= 1 for value in measure_extraction(pages).values())
