"""A small invented news day on disk, and what the tests of the shell ask of a run."""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from briefing.cli import DONE, WRONG_USE, run
from briefing.press.readback import read_back
from tests.plain_press import printing

Line = Mapping[str, Any]
#: What a command wrote.
Said = pytest.CaptureFixture[str]

DAY: tuple[Line, ...] = tuple(
    map(json.loads, Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines())
)
RATE, PATROL, TREATY, PATROL_AGAIN = DAY


def write_lines(path: Path, lines: Iterable[Line]) -> Path:
    """Write JSON lines, gzipped when the name says so."""
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def later(lines: Iterable[Line], *, day: str) -> list[Line]:
    """Return the lines as published on another day, under other ids."""
    return [
        {**line, "id": f"{line['id']}-{day}", "published": f"{day}T07:00:00Z"} for line in lines
    ]


def briefing(*words: object) -> int:
    """Run a command in this process."""
    return run([str(word) for word in words])


def told(capsys: Said, *words: object, code: int = DONE) -> tuple[str, str]:
    """Return what a command says that ends as it should."""
    capsys.readouterr()
    assert briefing(*words) == code, capsys.readouterr().err
    return capsys.readouterr()


def make_all(folder: Path, source: object, *further: object) -> int:
    """Make a page with every kind of output, named page.* and sources.jsonl."""
    return briefing(
        *("make", source, "-o", folder / "page.pdf", "--html", folder / "page.html"),
        *("--text", folder / "page.txt", "--json", folder / "page.json"),
        *("--save-sources", folder / "sources.jsonl", *further),
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the small day once, with every kind of output; nobody may change it."""
    folder = tmp_path_factory.mktemp("made")
    with printing(plain=False):
        assert make_all(folder, write_lines(folder / "day.jsonl", DAY)) == DONE
    return folder


def refused(capsys: Said, *words: object, code: int = WRONG_USE) -> str:
    """Return the one line on standard error that is all a command says that ends in an error."""
    out, err = told(capsys, *words, code=code)
    assert out == ""
    assert err.startswith("briefing: ")
    assert err.count("\n") == 1
    assert "internal error" not in err
    return err


def assert_whole(pdf: Path) -> None:
    """Assert that a file is a PDF of exactly one page that holds text."""
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF-")
    printed = read_back(content)
    assert printed.pages == 1
    assert printed.text.strip()
