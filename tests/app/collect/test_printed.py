"""Reports that were printed are looked at again: whether they changed, or are gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from briefing.core.model import Correction
from briefing.store import source_changes
from tests.app.collect.newsroom import MORNING, Newsroom, article, blurbs, report, whole
from tests.newsserver import RSS, News, give, page, redirect, refuse, rss
from tests.store.news import publish

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

BRIEFING = "ostra-desk"
MORE = ["Divers found a second wreck at noon."]


@pytest.fixture
def printed(room: Newsroom) -> Newsroom:
    """Return a newsroom that has printed a report from its page, to be looked at in six hours."""
    room.news.at("/a", article("Alder"))
    room.add(blurbs("/a", etag='"1"'))
    _collect_and_print(room, "A port at /a")
    return room


def _collect_and_print(room: Newsroom, *titles: str) -> None:
    room.collect()
    cited = [room.reports()[title] for title in titles]
    publish(room.store, *cited, day=MORNING.date(), recheck_at=room.clock() + timedelta(hours=6))


def untold(room: Newsroom) -> tuple[Correction, ...]:
    with room.store.read() as tx:
        return source_changes.untold(tx, BRIEFING)


def test_a_page_is_not_looked_at_before_its_time(printed: Newsroom) -> None:
    printed.clock.later(hours=5)
    printed.collect()
    assert printed.news.count("/a") == 1
    printed.clock.later(hours=1)
    told = printed.collect()
    assert (told.edited, told.vanished, told.repaired) == (0, 0, 0)
    assert printed.news.count("/a") == 2
    assert untold(printed) == ()


def test_an_edited_page_is_a_correction(printed: Newsroom) -> None:
    old = printed.reports()["A port at /a"]
    changed = report("Alder").replace("Twelve ships", "Fourteen ships")
    printed.news.at("/a", give(page("Port of Alder opens", changed.split("\n"))))
    printed.clock.later(hours=6)
    assert printed.collect().edited == 1
    (one,) = untold(printed)
    assert (one.document, one.what, one.lost) == (old.id, "changed", 1)
    assert one.noticed == printed.clock()
    assert printed.texts(old.id) == [old.text]
    assert "Fourteen ships" in printed.reports()["A port at /a"].text


def test_a_page_that_grows_is_a_correction_that_loses_nothing(printed: Newsroom) -> None:
    printed.news.at("/a", article("Alder", more=MORE))
    printed.clock.later(hours=6)
    printed.collect()
    assert [(one.what, one.lost) for one in untold(printed)] == [("changed", 0)]


@pytest.mark.parametrize(
    "act", [refuse(404), refuse(410), redirect("/")], ids=["404", "410", "to the front page"]
)
def test_a_page_that_is_gone_is_told_once(printed: Newsroom, act: object) -> None:
    printed.news.at("/", give(page("Ports", ["Welcome."])))
    printed.news.at("/a", act)  # type: ignore[arg-type]
    printed.clock.later(hours=6)
    gone = printed.clock()
    assert printed.collect().vanished == 1
    printed.clock.later(days=1)
    assert printed.collect().vanished == 0
    assert [(one.what, one.noticed) for one in untold(printed)] == [("vanished", gone)]
    assert printed.reports()["A port at /a"].text.endswith(report("Alder"))


def test_a_page_that_comes_back_is_not_told(printed: Newsroom) -> None:
    printed.news.at("/a", refuse(404))
    printed.clock.later(hours=6)
    printed.collect()
    printed.news.at("/a", article("Alder"))
    printed.clock.later(days=1)
    printed.collect()
    assert untold(printed) == ()


def test_a_server_that_fails_is_no_correction(printed: Newsroom) -> None:
    printed.news.at("/a", refuse(503))
    printed.clock.later(hours=6)
    told = printed.collect()
    assert (told.edited, told.vanished, untold(printed)) == (0, 0, ())
    printed.news.at("/a", article("Alder", more=MORE))
    printed.clock.later(days=1)
    assert printed.collect().edited == 1


@pytest.mark.parametrize("lines", [["Please accept."], ["Only for subscribers …"]])
def test_a_page_that_shows_little_is_no_correction(printed: Newsroom, lines: list[str]) -> None:
    printed.news.at("/a", give(page("Port of Alder opens", lines)))
    printed.clock.later(hours=6)
    assert printed.collect().edited == 0
    assert untold(printed) == ()


def test_a_page_is_looked_at_once_a_day_for_a_week(printed: Newsroom) -> None:
    for _ in range(10 * 2):
        printed.clock.later(hours=12)
        printed.collect()
    assert printed.news.count("/a") == 1 + 8


def test_a_late_look_delays_none_after_it(printed: Newsroom) -> None:
    """Else each look would be later than the one before, and in the end than the next edition."""
    for hours in (9, 21, 24, 24):
        printed.clock.later(hours=hours)
        printed.collect()
    assert printed.news.count("/a") == 1 + 4


def test_of_a_report_that_stood_in_the_feed_only_its_page_is_asked(room: Newsroom) -> None:
    room.add(whole("Northwick"))
    room.news.at("/northwick", give(page("Sign in", ["Sign in to read."])))
    _collect_and_print(room, "Port of Northwick opens")
    room.clock.later(hours=6)
    told = room.collect()
    assert (told.edited, told.vanished) == (0, 0)
    room.news.at("/northwick", refuse(404))
    room.clock.later(days=1)
    assert room.collect().vanished == 1
    assert [one.what for one in untold(room)] == ["vanished"]


def test_a_printed_report_that_its_feed_edits_is_a_correction(room: Newsroom) -> None:
    room.add(whole("Northwick"))
    _collect_and_print(room, "Port of Northwick opens")
    line = report("Northwick").split("\n")[3] + "\n"
    shorter = News("Port of Northwick opens", "/northwick", report("Northwick").replace(line, ""))
    room.news.at("/feed", give(rss([shorter]), RSS))
    room.clock.later(hours=1)
    assert room.visit().edited == 1
    (one,) = untold(room)
    assert (one.what, one.lost) == ("changed", 1)
