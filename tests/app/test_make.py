from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from briefing.app.make import make, save
from briefing.core.edition import STEPS
from briefing.core.errors import InputError, LayoutError, OutputError
from briefing.core.model import Document, Edition, Material, Sentence
from briefing.press.measure import Press
from briefing.setup import parts
from briefing.setup.pages import read_inputs
from briefing.setup.settings import Settings
from tests.small_day import DAY, assert_whole, write_lines

MARCH_11 = date(2026, 3, 11)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def documents(tmp_path: Path) -> tuple[Document, ...]:
    return read_inputs([str(write_lines(tmp_path / "day.jsonl", DAY))]).documents


def test_an_edition_is_made_printed_and_read_back(
    documents: tuple[Document, ...], tmp_path: Path
) -> None:
    steps: list[str] = []
    printed = make(
        Material(documents, MARCH_11, failed=[("b.txt", "the file is empty")]),
        recipe=parts.recipe(Settings(), documents),
        press=parts.press(Settings()),
        watch=steps.append,
    )
    (tmp_path / "page.pdf").write_bytes(printed.pdf)
    assert_whole(tmp_path / "page.pdf")
    assert steps == [*STEPS, "print"]
    assert printed.edition.day == MARCH_11
    assert printed.edition.ledger.failed == (("b.txt", "the file is empty"),)
    assert printed.fit.pages == 1
    assert 2 <= printed.layouts <= 4


class ForgetfulPress(Press):
    """A real press whose pages are said to lack their first sentence."""

    def missing(self, edition: Edition, pdf: bytes) -> Sequence[Sentence]:
        assert pdf.startswith(b"%PDF-")
        return tuple(edition.sentences())[:1]


def test_a_page_that_lacks_a_sentence_is_never_given_out(documents: tuple[Document, ...]) -> None:
    theme = parts.theme(Settings())
    with pytest.raises(LayoutError, match="1 sentence missing from the printed page: '"):
        make(
            Material(documents, MARCH_11),
            recipe=parts.recipe(Settings(), documents),
            press=ForgetfulPress(theme, theme.paper("A4")),
        )


def test_no_documents_make_no_edition() -> None:
    with pytest.raises(InputError, match="nothing to print: 0 documents, no text"):
        make(Material((), MARCH_11), recipe=parts.recipe(Settings()), press=parts.press(Settings()))


def test_files_are_written_whole_readable_and_alone(tmp_path: Path) -> None:
    first, second = tmp_path / "new" / "deep" / "a.pdf", tmp_path / "b.json"
    second.write_bytes(b"before")
    save({first: b"a" * 100_000, second: b""})
    assert first.read_bytes() == b"a" * 100_000
    assert second.read_bytes() == b""
    assert stat.S_IMODE(first.stat().st_mode) == 0o644
    assert names(first.parent) == ["a.pdf"]
    assert names(tmp_path) == ["b.json", "new"]


def test_nothing_to_save_is_no_fault(tmp_path: Path) -> None:
    save({})
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("folder", "is a folder or a device; name a file"),
        ("file/b.json", "cannot be written"),
        ("file/deep/b.json", "cannot be written"),
        (f"{'n' * 300}.json", "cannot be written"),
        ("pipe", "is a folder or a device; name a file"),
    ],
)
def test_when_one_file_cannot_be_written_none_is(tmp_path: Path, second: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"in the way")
    (tmp_path / "a.pdf").write_bytes(b"before")
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    for first in ("a.pdf", "new/deep/a.pdf"):
        with pytest.raises(OutputError, match=said):
            save({tmp_path / first: b"after", tmp_path / second: b"after"})
        with pytest.raises(OutputError, match=said):
            save({tmp_path / second: b"after", tmp_path / first: b"after"})
    assert names(tmp_path) == before
    assert names(tmp_path / "folder") == []
    assert (tmp_path / "a.pdf").read_bytes() == b"before"
    assert (tmp_path / "file").read_bytes() == b"in the way"


def test_a_device_is_never_replaced() -> None:
    with pytest.raises(OutputError, match="/dev/null: is a folder or a device"):
        save({Path("/dev/null"): b"page"})
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "real" / "a.pdf", tmp_path / "latest.pdf"
    target.parent.mkdir()
    link.symlink_to(target)
    save({link: b"page"})
    assert link.is_symlink()
    assert target.read_bytes() == b"page"
    assert names(target.parent) == ["a.pdf"]


def test_a_folder_that_was_empty_before_stays_when_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        save({tmp_path / "empty" / "a.pdf": b"", tmp_path / "file" / "b.json": b""})
    assert names(tmp_path) == ["empty", "file"]
    assert names(tmp_path / "empty") == []


def test_what_is_not_bytes_leaves_no_draft_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save({tmp_path / "a.pdf": "text"})  # type: ignore[dict-item]  # a mistake of a caller
    assert names(tmp_path) == []
