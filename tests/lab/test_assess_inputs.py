import io
import json
import tarfile
from pathlib import Path
from typing import Any

from briefing.cli import FAILED
from tests.small_day import Said, told

FEED = (
    '<rss version="2.0"><channel><title>Ostra Courier</title>'
    "<item><title>Rate rises</title><link>https://ostra.example/1</link></item>"
    "<item><title>Mines found</title><link>https://ostra.example/2</link></item>"
    "</channel></rss>"
)


def measured(capsys: Said, *words: object) -> Any:  # noqa: ANN401  JSON
    return json.loads(told(capsys, "evaluate", *words, "--json")[0])


def packed(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            tar.addfile(member, io.BytesIO(content.encode()))
    return path


def test_feeds_are_measured_by_items(tmp_path: Path, capsys: Said) -> None:
    feeds = packed(tmp_path / "feeds.tar.gz", {"one.xml": FEED, "two.xml": FEED})
    found = measured(capsys, "feeds", feeds)
    assert (found["files"], found["crashes"]) == (2, 0)
    assert (found["items"], found["items_found"]) == (4, 4)
    assert list(measured(capsys, "feeds", feeds, feeds)) == [str(feeds)]


def test_what_cannot_be_measured_is_told_in_one_line(tmp_path: Path, capsys: Said) -> None:
    assert "no feeds" in told(capsys, "evaluate", "feeds", tmp_path, code=FAILED)[1]
    broken = tmp_path / "feeds.tar.gz"
    broken.write_bytes(b"not packed")
    assert "cannot be read" in told(capsys, "evaluate", "feeds", broken, code=FAILED)[1]
