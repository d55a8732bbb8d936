"""A report whose file is deleted vanishes; one that is only out of reach does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from briefing.app.collect.facts import Deleted, deleted
from briefing.core.errors import InputError
from briefing.core.model import Outcome
from briefing.core.ports import Files
from briefing.store import source_changes
from briefing.store.tables import DOCUMENT
from tests.app.collect.newsroom import MORNING, Newsroom, report
from tests.store.news import publish

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def folder(room: Newsroom, tmp_path: Path) -> Path:
    """Return a folder that is a source, with five reports in four files, collected."""
    folder = tmp_path / "wire"
    (folder / "late").mkdir(parents=True)
    for place in ("Alder", "Birch"):
        (folder / f"{place}.txt").write_text(f"{place} opens\n\n{report(place)}")
    (folder / "late" / "Cedar.txt").write_text(f"Cedar opens\n\n{report('Cedar')}")
    lines = ({"id": name, "title": name, "text": report(name)} for name in ("Dane", "Elm"))
    (folder / "wire.jsonl").write_text("\n".join(map(json.dumps, lines)))
    room.add_address(str(folder), kind="folder")
    assert room.collect().vanished == 0
    assert len(room.reports()) == 5
    return folder


def vanished(room: Newsroom) -> set[str]:
    """Do a round, and return the titles of all that is gone after it."""
    room.clock.later(hours=1)
    found = room.collect()
    with room.store.read() as tx:
        gone = {row.version for row in tx.execute(DOCUMENT.select()) if row.vanished_at}
    titles = {title for title, one in room.reports().items() if one.id in gone}
    assert found.vanished == 0 or titles
    return titles


def test_a_report_whose_file_is_deleted_vanishes_and_one_that_comes_back_is_back(
    room: Newsroom, folder: Path
) -> None:
    text = (folder / "Alder.txt").read_text()
    (folder / "Alder.txt").unlink()
    assert vanished(room) == {"Alder opens"}
    assert room.collect().vanished == 0
    (folder / "Alder.txt").write_text(text)
    assert vanished(room) == set()
    assert len(room.reports()) == 5


def test_one_deleted_file_is_a_correction_at_the_second_look_and_many_are_none(
    room: Newsroom, folder: Path
) -> None:
    publish(room.store, *room.reports().values(), day=MORNING.date())

    def told() -> list[str]:
        room.clock.later(hours=1)
        room.collect()
        with room.store.read() as tx:
            return [one.title for one in source_changes.untold(tx, "ostra-desk")]

    (folder / "Alder.txt").unlink()
    assert told() == []
    assert told() == ["Alder opens"]
    (folder / ".keep").touch()
    for path in ("Birch.txt", "late/Cedar.txt", "wire.jsonl"):
        (folder / path).unlink()
    (folder / "late").rmdir()
    assert [told() for _ in range(3)] == [["Alder opens"]] * 3


def test_a_deleted_file_takes_every_report_in_it_along(room: Newsroom, folder: Path) -> None:
    (folder / "wire.jsonl").unlink()
    assert vanished(room) == {"Dane", "Elm"}


def test_a_report_that_a_file_no_longer_lists_is_dropped_as_from_a_feed(
    room: Newsroom, folder: Path
) -> None:
    line = json.dumps({"id": "Fir", "title": "Fir", "text": report("Fir")})
    (folder / "wire.jsonl").write_text(line)
    assert vanished(room) == set()


def test_a_file_that_is_moved_or_renamed_is_the_same(room: Newsroom, folder: Path) -> None:
    (folder / "Alder.txt").rename(folder / "late" / "old-Alder.txt")
    (folder / "wire.jsonl").rename(folder / "other.jsonl")
    assert vanished(room) == set()
    (folder / "other.jsonl").unlink()
    assert vanished(room) == {"Dane", "Elm"}


def test_a_file_that_is_damaged_is_no_deletion(room: Newsroom, folder: Path) -> None:
    (folder / "Alder.txt").write_bytes(b"\0\1")
    (folder / "Birch.txt").write_bytes(b"")
    assert vanished(room) == set()


def test_a_folder_that_is_not_mounted_is_a_failed_source(room: Newsroom, folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    assert room.visit().outcome is Outcome.FAILED
    folder.mkdir()
    room.clock.later(days=1)
    visit = room.visit()
    assert visit.outcome is Outcome.FAILED
    assert visit.reason == (
        "the folder is empty, but 5 reports came from files in it: mount it; if they were "
        "deleted, put an empty file named .keep there"
    )
    assert vanished(room) == set()
    (folder / ".keep").touch()
    room.clock.later(days=2)
    assert len(vanished(room)) == 5


def test_below_an_empty_folder_nothing_vanishes(room: Newsroom, folder: Path) -> None:
    (folder / "late" / "Cedar.txt").unlink()
    assert vanished(room) == set()
    assert "1 report not counted as deleted" in room.visit().reason
    (folder / "late").rmdir()
    assert vanished(room) == {"Cedar opens"}


ABSENT = {1: "/news/a.txt", 2: "/news/in/b.txt", 3: "/news/in/c.txt"}


@pytest.mark.parametrize(
    ("files", "gone", "note"),
    [
        (Files(frozenset()), (1, 2, 3), ""),
        (Files(frozenset({"/news/in/b.txt"})), (1, 3), ""),
        (
            Files(frozenset(), unread=("/news/in",)),
            (),
            "3 reports not counted as deleted: /news/in cannot be opened",
        ),
        (
            Files(frozenset(), bare=("/news/in", "/news/other")),
            (1,),
            (
                "2 reports not counted as deleted: /news/in is empty; mount it, or remove it if "
                "they are deleted"
            ),
        ),
    ],
)
def test_only_what_is_surely_deleted_is(files: Files, gone: tuple[int, ...], note: str) -> None:
    assert deleted(ABSENT, folder="/news", files=files) == Deleted(gone, note)


def test_an_empty_folder_in_which_nothing_stood_is_no_failure() -> None:
    bare = Files(frozenset(), bare=("/news",))
    assert deleted({}, folder="/news", files=bare) == Deleted(())
    with pytest.raises(InputError, match="mount it"):
        deleted(ABSENT, folder="/news/", files=bare)
