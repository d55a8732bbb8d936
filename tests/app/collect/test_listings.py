import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from briefing.app.collect.fetches import deleted
from briefing.core.errors import InputError
from briefing.core.model import Outcome
from briefing.core.ports import Files
from briefing.store import corrections
from briefing.store.tables import DOCUMENT, VERSION
from tests.app.collect.newsroom import MORNING, Newsroom, article, report
from tests.newsserver import RSS, News, give, rss
from tests.store.news import publish
from tests.store.ready import look


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
    found = room.collect(hours=1)
    with room.store.read() as tx:
        gone = {row.version for row in tx.execute(select(DOCUMENT)) if row.vanished_at}
    titles = {title for title, one in room.reports().items() if one.id in gone}
    assert found.vanished == 0 or titles
    return titles


def test_a_report_vanishes_and_comes_back_with_its_file(room: Newsroom, folder: Path) -> None:
    text = (folder / "Alder.txt").read_text()
    (folder / "Alder.txt").unlink()
    assert vanished(room) == {"Alder opens"}
    assert room.collect().vanished == 0
    (folder / "Alder.txt").write_text(text)
    assert vanished(room) == set()
    assert len(room.reports()) == 5


def test_one_deleted_file_is_a_correction_and_many_are_none(room: Newsroom, folder: Path) -> None:
    publish(room.store, *room.reports().values(), day=MORNING.date())

    def told() -> list[str]:
        room.collect(hours=1)
        return [one.title for one in look(room.store, corrections.untold, "ostra-desk")]

    (folder / "Alder.txt").unlink()
    assert told() == []
    assert told() == ["Alder opens"]
    (folder / ".keep").touch()
    for path in ("Birch.txt", "late/Cedar.txt", "wire.jsonl"):
        (folder / path).unlink()
    (folder / "late").rmdir()
    assert [told() for _ in range(3)] == [["Alder opens"]] * 3


def test_a_report_that_a_file_no_longer_lists_is_dropped(room: Newsroom, folder: Path) -> None:
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
    visit = room.visit(days=1)
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
    assert deleted(ABSENT, folder="/news", files=files) == (gone, note)


OUTSIDE = "https://ministry.example/statement"
HARBOR = News("Port opens", OUTSIDE, report("Northwick"), guid="a1")
STRIKE = News("Dockers end their strike", OUTSIDE, report("Elmstad"), guid="a2")


def test_an_empty_folder_in_which_nothing_stood_is_no_failure() -> None:
    bare = Files(frozenset(), bare=("/news",))
    assert deleted({}, folder="/news", files=bare) == ((), "")
    with pytest.raises(InputError, match="mount it"):
        deleted(ABSENT, folder="/news/", files=bare)


def visits(room: Newsroom, *listings: Sequence[News], path: str = "/feed") -> list[tuple[int, int]]:
    url = room.add(None, path)
    told = []
    for listing in listings:
        room.news.at(path, give(rss(listing), RSS))
        visit = room.visit(url)
        told.append((visit.fresh, visit.edited))
        room.clock.later(hours=1)
    return told


def counts(room: Newsroom) -> tuple[int, int]:
    """Return how many reports are given out, and how many texts are stored."""
    with room.store.read() as tx:
        reports = select(func.count()).select_from(DOCUMENT).where(DOCUMENT.c.same_as.is_(None))
        texts = select(func.count()).select_from(VERSION)
        return tx.execute(reports).scalar_one(), tx.execute(texts).scalar_one()


def renamed(one: News, number: int) -> News:
    return News(one.title, one.link, one.text, guid=f"{one.guid}-{number}")


TWO = [HARBOR, STRIKE]
LONGER = News(HARBOR.title, OUTSIDE, f"{HARBOR.text} More at six.", guid="a1")
PORTS = [
    News(f"Port of {place} opens", f"/{place}", report(place), guid="0")
    for place in ("alder", "birch", "cedar")
]
ALIKE = {
    guid: [
        News(HARBOR.title, OUTSIDE, HARBOR.text, guid=guid),
        News(STRIKE.title, OUTSIDE, "They are back at work.", guid=guid),
    ]
    for guid in ("", "0")
}


@pytest.mark.parametrize(
    ("listings", "fresh", "kept"),
    [
        pytest.param([TWO, TWO, TWO[::-1]], [2, 0, 0], 2, id="two with one link"),
        pytest.param(
            [[HARBOR], TWO, [STRIKE], [HARBOR], TWO[::-1]], [1, 1, 0, 0, 0], 2, id="one listed"
        ),
        pytest.param([[renamed(HARBOR, n)] for n in range(3)], [1, 0, 0], 1, id="another id"),
        pytest.param([PORTS, PORTS, PORTS[::-1]], [3, 0, 0], 3, id="one id, own links"),
        pytest.param([ALIKE[""], ALIKE[""], ALIKE[""][::-1]], [2, 0, 0], 2, id="words, no id"),
        pytest.param([ALIKE["0"], ALIKE["0"], ALIKE["0"][::-1]], [2, 0, 0], 2, id="words, one id"),
        pytest.param(
            [[HARBOR, LONGER], [LONGER, HARBOR], [HARBOR, LONGER]], [1, 0, 0], 1, id="listed twice"
        ),
    ],
)
def test_each_report_is_one_at_every_visit(
    room: Newsroom, listings: list[list[News]], fresh: list[int], kept: int
) -> None:
    assert visits(room, *listings) == [(number, 0) for number in fresh]
    assert counts(room) == (kept, kept)


def test_two_blurbs_with_one_link_stay_two_when_their_page_is_read(room: Newsroom) -> None:
    room.news.at("/page", article("Northwick"))
    link = room.link("/page")
    both = [
        News("Port opens", link, "The port opens …", guid="a1"),
        News("Strike ends", link, "The dockers are back …", guid="a2"),
    ]
    assert visits(room, both, both, both) == [(2, 0), (0, 0), (0, 0)]
    assert counts(room) == (2, 2)
    assert room.news.count("/page") == 2


def test_items_with_ids_whose_links_lead_to_one_page_are_two_reports(room: Newsroom) -> None:
    own = f'<link rel="canonical" href="{room.link("/2026/port-opens")}">'
    for path in ("/s/1", "/s/2"):
        room.news.at(path, article("Northwick", head=own))
    both = [
        News("Port opens", room.link("/s/1"), "The port opens …", guid="a1"),
        News("Strike ends", room.link("/s/2"), "The dockers are back …", guid="a2"),
    ]
    assert visits(room, both, both[::-1], both) == [(2, 0), (0, 0), (0, 0)]
    assert counts(room) == (2, 2)


def test_an_edit_of_one_of_two_items_with_one_link_is_its_own(room: Newsroom) -> None:
    edited = News(STRIKE.title, OUTSIDE, report("Overby"), guid="a2")
    assert visits(room, [HARBOR, STRIKE], [HARBOR, edited]) == [(2, 0), (0, 1)]
    found = room.reports()
    assert found[HARBOR.title].text == HARBOR.text
    assert found[STRIKE.title].text == edited.text


@pytest.mark.parametrize(
    "link", ["/port?utm_source=b&utm_medium=rss", "/port#top"], ids=["trackers", "fragment"]
)
def test_two_feeds_with_one_link_do_not_edit_each_other(room: Newsroom, link: str) -> None:
    room.news.at("/port", article("Northwick"))
    room.news.at(link.partition("#")[0], article("Northwick"))
    first = room.add(None, "/a")
    second = room.add(None, "/b")
    edits = []
    for number in range(3):
        blurb = News("Port opens", room.link("/port"), "The port opens …", guid=f"x{number}")
        whole = News("The port is open", room.link(link), report("Northwick"), guid=f"y{number}")
        room.news.at("/a", give(rss([blurb]), RSS))
        room.news.at("/b", give(rss([whole]), RSS))
        told = {visit.source: visit for visit in room.collect().visits}
        edits.append((told[first].edited, told[second].edited))
        room.clock.later(hours=1)
    assert sum(map(sum, edits)) <= 1
    assert edits[1:] == [(0, 0), (0, 0)]
    assert counts(room)[0] == 1


def test_another_headline_over_the_same_page_is_no_edit(room: Newsroom) -> None:
    room.news.at("/port", article("Northwick"))
    link = room.link("/port")
    assert visits(room, [News("Port opens", link, "The port opens …")]) == [(1, 0)]
    assert visits(room, [News("Our port is open", link, "Open at last …")], path="/b") == [(0, 0)]
    assert list(room.reports()) == ["Port opens"]
    assert counts(room) == (1, 1)
