import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from briefing.core.errors import InputError, printable
from briefing.core.model import Document
from briefing.sources.files import read
from briefing.sources.records import Outcome, ParsedDocument, Reading, to_line
from tests.examples import examples
from tests.sources.outside import item, rss
from tests.sources.sandbox.invented import PAGE
from tests.sources.test_extract import PDF

TEXT = "The port of Northwick opened again on Monday, and twelve ships came in before noon."


def quietly(*paths: str | Path, stdin: bytes | None = None) -> Reading:
    """Read without telling languages, which takes a model half a second to load."""
    stream = None if stdin is None else BytesIO(stdin)
    return read([str(path) for path in paths], stdin=stream, detect=lambda _text: "xx")


def reasons(reading: Reading) -> list[str]:
    assert not any("\n" in where + reason for where, reason in reading.failed)
    return [reason for _, reason in reading.failed]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.txt").write_text(TEXT + " Z")
    (tmp_path / "b" / "a.md").write_text("# Port\n\n" + TEXT)
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "one", "text": TEXT}))
    (tmp_path / "c.html").write_text(PAGE.format(head=""))
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(b'{"id": "two", "text": "Gone."}\n'))
    (tmp_path / "e.TXT").write_text(TEXT + " E")
    (tmp_path / ".hidden.txt").write_text(TEXT)
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\0")
    return tmp_path


def test_a_folder_is_read_by_name_without_hidden_and_unknown_files(folder: Path) -> None:
    reading = read([str(folder)], detect=lambda _text: "xx")
    assert [document.text[-3:] for document in reading.documents][:3] == ["on.", "on.", ". Z"]
    assert len(reading.documents) == 6
    assert reading.failed == ()


def test_what_is_read_again_is_the_same_and_names_no_path(folder: Path) -> None:
    assert quietly(folder) == quietly(folder)
    documents = quietly(folder).documents
    saved = "".join(to_line(document) for document in documents)
    assert quietly("-", stdin=saved.encode()).documents == documents
    assert str(folder) not in repr(quietly(folder).documents)
    reading = quietly("missing.txt", folder / "a.jsonl", stdin=b"")
    assert [document.id for document in reading.documents] == ["one"]
    assert len(reading.failed) == 1


def test_the_language_is_told_unless_the_record_says_it() -> None:
    lines = json.dumps({"text": TEXT}) + "\n" + json.dumps({"text": TEXT + " B", "language": "de"})
    reading = read(["-"], stdin=BytesIO(lines.encode()))
    assert [document.language for document in reading.documents] == ["en", "de"]


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        (json.dumps({"title": "T", "text": TEXT}).encode(), "T"),
        (gzip.compress(json.dumps({"title": "T", "text": TEXT}).encode(), mtime=0), "T"),
        (PAGE.format(head="").encode(), "Port opens again"),
        (f"Port\n\n{TEXT}".encode(), "Port"),
        (PDF, "Port report"),
        (rss(item(title="Port", text=TEXT)).body, "Port"),
        (f"From: a@b.example\nMessage-ID: <1>\nSubject: Port\n\n{TEXT}".encode(), "Port"),
        (f"Port\n\n{TEXT}".encode("utf-16"), "Port"),
    ],
)
def test_standard_input_is_read_by_how_it_begins(raw: bytes, title: str) -> None:
    (document,) = quietly("-", stdin=raw).documents
    assert document.title == title


def test_duplicates_across_files_are_noted(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(TEXT)
    reading = quietly(tmp_path / "a.txt", tmp_path / "b.txt")
    assert len(reading.documents) == 1
    assert reading.noted == (
        (
            str(tmp_path / "b.txt"),
            f"the same document as {reading.documents[0].id} before, dropped",
        ),
    )


@examples("path, reason")
def test_an_input_that_is_not_there_is_told(path: str, reason: str) -> None:
    ((where, failure),) = quietly(path).failed
    assert failure.startswith(reason)
    assert where.isprintable()


@examples("name, raw, reason")
def test_a_named_file_gives_its_reason(name: str, raw: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(raw)
    (failure,) = reasons(quietly(tmp_path / name))
    assert failure.startswith(reason)


def test_every_format_in_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(f"From: a@b.example\nSubject: Mail\n\n{TEXT} A")
    (tmp_path / "b.pdf").write_bytes(PDF)
    (tmp_path / "c.rss").write_bytes(rss(item(title="Feed", text=TEXT)).body)
    titles = [document.title for document in quietly(tmp_path).documents]
    assert titles == ["Mail", "Port report", "Feed"]


def test_a_web_address_is_visited_when_there_is_a_way() -> None:
    visited: list[str] = []

    def visit(url: str) -> Iterator[Outcome]:
        visited.append(url)
        yield ParsedDocument(url, Document("d1", "Port", TEXT))
        raise InputError("then the line broke")

    url = "https://news.example/a"
    reading = read([url], detect=lambda _text: "xx", visit=visit)
    assert [document.title for document in reading.documents] == ["Port"]
    assert reading.failed == ((url, "then the line broke"),)
    assert visited == [url]


def test_an_empty_folder_a_fifo_and_a_loop_of_links_end_with_a_reason(tmp_path: Path) -> None:
    assert reasons(quietly(tmp_path))[0].startswith("no file to read in this folder; known: .txt")
    os.mkfifo(tmp_path / "a.txt")
    assert reasons(quietly(tmp_path / "a.txt"))[0].startswith("not a regular file")
    assert reasons(quietly(tmp_path))[0].startswith("not a regular file")
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to("self.txt")
    reading = quietly(tmp_path)
    assert len(reading.documents) == 1
    assert reading.failed[0][0] == str(tmp_path / "self.txt")


def test_a_folder_too_deep_to_open_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(25):  # 25 names of 200 characters; Linux takes paths of 4,096
        Path("n" * 200).mkdir()
        os.chdir("n" * 200)
    assert reasons(quietly(tmp_path))[0].startswith("cannot be opened (File name too long)")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT)
    path.chmod(0)
    assert reasons(quietly(path))[0].startswith("cannot be opened (Permission denied)")


def test_a_path_is_shown_on_one_line() -> None:
    assert printable("a\nb\x1b[31m\udcff.txt") == "a�b�[31m�.txt"
    assert printable("x" * 5_000 + ".txt").endswith("x.txt")
    assert len(printable("x" * 5_000)) == 301


def test_every_format_but_the_page_is_read_without_trafilatura() -> None:
    code = (
        "import sys; from briefing.sources.files import read; read(['-']);"
        "print('trafilatura' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout == "False\n"
