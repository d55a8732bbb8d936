"""Items of one listing are told apart by their ids, and no report alternates between two texts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from briefing.store.tables import DOCUMENT, VERSION
from tests.app.collect.newsroom import Newsroom, article, report
from tests.newsserver import RSS, News, give, rss

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

OUTSIDE = "https://ministry.example/statement"
HARBOR = News("Port opens", OUTSIDE, report("Northwick"), guid="a1")
STRIKE = News("Dockers end their strike", OUTSIDE, report("Elmstad"), guid="a2")


def visits(room: Newsroom, *listings: Sequence[News], path: str = "/feed") -> list[tuple[int, int]]:
    """Visit a feed as often as it lists something; return new reports and versions of each."""
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


def test_two_items_with_one_link_are_two_reports_at_every_visit(room: Newsroom) -> None:
    both = [HARBOR, STRIKE]
    assert visits(room, both, both, both[::-1]) == [(2, 0), (0, 0), (0, 0)]
    assert counts(room) == (2, 2)
    assert set(room.reports()) == {HARBOR.title, STRIKE.title}


def test_two_items_with_one_link_stay_two_when_only_one_is_listed(room: Newsroom) -> None:
    listings = [[HARBOR], [HARBOR, STRIKE], [STRIKE], [HARBOR], [STRIKE, HARBOR]]
    assert visits(room, *listings) == [(1, 0), (1, 0), (0, 0), (0, 0), (0, 0)]
    assert counts(room) == (2, 2)


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


def test_an_item_that_gets_another_id_at_each_visit_is_one_report(room: Newsroom) -> None:
    listings = [[renamed(HARBOR, number)] for number in range(3)]
    assert visits(room, *listings) == [(1, 0), (0, 0), (0, 0)]
    assert counts(room) == (1, 1)


def test_items_that_all_have_the_same_id_are_told_apart_by_their_links(room: Newsroom) -> None:
    items = [
        News(f"Port of {place} opens", f"/{place}", report(place), guid="0")
        for place in ("alder", "birch", "cedar")
    ]
    assert visits(room, items, items, items[::-1]) == [(3, 0), (0, 0), (0, 0)]
    assert counts(room) == (3, 3)


@pytest.mark.parametrize("guid", ["", "0"], ids=["no id", "one id for all"])
def test_items_with_one_link_that_no_id_tells_apart_are_told_apart_by_their_words(
    room: Newsroom, guid: str
) -> None:
    items = [
        News(one.title, OUTSIDE, text, guid=guid)
        for one, text in ((HARBOR, report("Northwick")), (STRIKE, "They are back at work."))
    ]
    assert visits(room, items, items, items[::-1]) == [(2, 0), (0, 0), (0, 0)]
    assert counts(room) == (2, 2)


def test_an_item_that_is_listed_twice_is_one_report_with_its_newest_words(room: Newsroom) -> None:
    longer = News(HARBOR.title, OUTSIDE, report("Northwick") + " More at six.", guid="a1")
    assert visits(room, [HARBOR, longer], [longer, HARBOR], [HARBOR, longer]) == [
        (1, 0),
        (0, 0),
        (0, 0),
    ]
    assert counts(room) == (1, 1)


def test_words_that_come_back_make_no_third_version(room: Newsroom) -> None:
    other = News(HARBOR.title, OUTSIDE, report("Overby"), guid="a1")
    listings = [[HARBOR], [other], [HARBOR], [other], [HARBOR]]
    assert visits(room, *listings) == [(1, 0), (0, 1), (0, 0), (0, 0), (0, 0)]
    assert counts(room) == (1, 2)
    assert room.reports()[HARBOR.title].text == HARBOR.text


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
    told = visits(room, [News("Our port is open", link, "Open at last …")], path="/b")
    assert told == [(0, 0)]
    assert list(room.reports()) == ["Port opens"]
    assert counts(room) == (1, 1)
