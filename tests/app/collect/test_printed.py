"""Reports that were printed are looked at again: whether they changed, or are gone."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete

from briefing.app.collect.fetches import settle
from briefing.core.model import Correction, Outcome
from briefing.store import corrections, facts
from briefing.store.tables import SOURCE
from tests.app.collect.newsroom import MORNING, Newsroom, article, blurbs, report, whole
from tests.newsserver import RSS, Act, Exchange, News, give, page, redirect, refuse, rss
from tests.store.news import publish
from tests.store.ready import look

BRIEFING = "ostra-desk"
MORE = ["Divers found a second wreck at noon."]
PLACES = tuple("Alder Birch Cedar Dane Elm Fir Gorse Hazel".split())
#: What a server may show in place of every report, with an address that differs.
WALL = (
    "We value your privacy, and so do our partners, who store and read what they know of you.",
    "Choose here which of them may do so; without your choice no report of ours can be shown.",
    "You may change it at any time at the foot of every page, where our terms can be read too.",
    "Readers who pay see no advertising, and are asked no more by any of the partners above.",
)


@pytest.fixture
def printed(room: Newsroom) -> Newsroom:
    """Return a newsroom that has printed a report from its page, to be looked at in six hours."""
    room.news.at("/a", article("Alder"))
    room.add(blurbs("/a", etag='"1"'))
    _collect_and_print(room, "A port at /a")
    return room


@pytest.fixture
def eight(room: Newsroom) -> Newsroom:
    """Return a newsroom that has printed eight reports of one host, dropped by its feed since."""
    for place in PLACES:
        room.news.at(f"/{place}", article(place))
    room.add(blurbs(*(f"/{place}" for place in PLACES), etag='"1"'))
    _collect_and_print(room, *(f"A port at /{place}" for place in PLACES))
    room.news.at("/feed", blurbs(etag='"2"'))
    return room


def _collect_and_print(room: Newsroom, *titles: str) -> None:
    room.collect()
    cited = [room.reports()[title] for title in titles]
    publish(room.store, *cited, day=MORNING.date(), recheck_at=room.clock() + timedelta(hours=6))


def untold(room: Newsroom) -> tuple[Correction, ...]:
    return look(room.store, corrections.untold, BRIEFING)


def test_a_page_is_not_looked_at_before_its_time(printed: Newsroom) -> None:
    printed.collect(hours=5)
    assert printed.news.count("/a") == 1
    told = printed.collect(hours=1)
    assert (told.edited, told.vanished, told.repaired) == (0, 0, 0)
    assert printed.news.count("/a") == 2
    assert untold(printed) == ()


def test_an_edited_page_is_a_correction_when_it_is_seen_again(printed: Newsroom) -> None:
    old = printed.reports()["A port at /a"]
    changed = report("Alder").replace("Twelve ships", "Fourteen ships")
    printed.news.at("/a", give(page("Port of Alder opens", changed.split("\n"))))
    assert printed.collect(hours=6).edited == 1
    assert untold(printed) == ()
    printed.collect(hours=0.5)
    assert printed.news.count("/a") == 2
    assert printed.collect(hours=0.5).edited == 0
    assert printed.news.count("/a") == 3
    (one,) = untold(printed)
    assert (one.document, one.what, one.lost) == (old.id, "changed", 1)
    assert one.noticed == printed.clock()
    assert printed.texts(old.id) == [old.text]
    assert "Fourteen ships" in printed.reports()["A port at /a"].text


def test_a_page_that_grows_is_a_correction_that_loses_nothing(printed: Newsroom) -> None:
    printed.news.at("/a", article("Alder", more=MORE))
    printed.collect(hours=6)
    printed.collect(hours=1)
    assert [(one.what, one.lost) for one in untold(printed)] == [("changed", 0)]


def test_words_that_were_seen_once_are_no_correction(printed: Newsroom) -> None:
    printed.news.at("/a", article("Birch"))
    printed.collect(hours=6)
    printed.news.at("/a", article("Alder"))
    for _ in range(3):
        printed.collect(hours=1)
    assert untold(printed) == ()


@pytest.mark.parametrize(
    "act", [refuse(404), refuse(410), redirect("/")], ids=["404", "410", "to the front page"]
)
def test_a_page_that_is_missed_twice_is_told_once(printed: Newsroom, act: object) -> None:
    printed.news.at("/", give(page("Ports", ["Welcome."])))
    printed.news.at("/feed", blurbs("/b", etag='"2"'))
    printed.news.at("/a", act)  # type: ignore[arg-type]
    assert printed.collect(hours=6).vanished == 0
    assert untold(printed) == ()
    assert printed.collect(hours=1).vanished == 1
    gone = printed.clock()
    assert printed.collect(hours=24).vanished == 0
    assert [(one.what, one.noticed) for one in untold(printed)] == [("vanished", gone)]
    assert printed.reports()["A port at /a"].text.endswith(report("Alder"))


def test_a_page_that_was_missed_once_is_not_gone(printed: Newsroom) -> None:
    """Its feed has dropped it, as feeds do."""
    printed.news.at("/feed", blurbs("/b", etag='"2"'))
    printed.news.at("/a", refuse(404))
    assert printed.collect(hours=6).vanished == 0
    printed.news.at("/a", article("Alder"))
    printed.collect(hours=1)
    printed.news.at("/a", refuse(404))
    assert printed.collect(hours=24).vanished == 0
    assert untold(printed) == ()


def test_what_its_feed_still_lists_is_not_gone(printed: Newsroom) -> None:
    """Whether or not the feed says that it is unchanged; one that fails says nothing."""
    printed.news.at("/a", refuse(404))
    for _ in range(8):
        printed.collect(hours=6)
        printed.collect(hours=1)
    assert untold(printed) == ()
    printed.news.at("/feed", refuse(503))
    printed.collect(hours=17)
    printed.collect(hours=24)
    assert untold(printed) == ()
    printed.news.at("/feed", blurbs("/b", etag='"2"'))
    printed.collect(hours=24)
    assert [one.what for one in untold(printed)] == ["vanished"]
    printed.news.at("/feed", blurbs("/a", etag='"3"'))
    printed.collect(hours=1)
    assert untold(printed) == ()


@pytest.mark.parametrize("act", [refuse(404), refuse(410)], ids=["404", "410"])
def test_many_reports_of_a_host_missed_at_once_are_not_gone(eight: Newsroom, act: Act) -> None:
    pages = [eight.news.act_at(f"/{place}") for place in PLACES]
    for place in PLACES[:7]:
        eight.news.at(f"/{place}", act)
    for hours in (6, 1, 23, 24):
        eight.collect(hours=hours)
    assert untold(eight) == ()
    for place, served in zip(PLACES, pages, strict=True):
        eight.news.at(f"/{place}", served)
    eight.collect(hours=24)
    for place in PLACES[:2]:
        eight.news.at(f"/{place}", act)
    eight.collect(hours=24)
    assert untold(eight) == ()
    assert eight.collect(hours=1).vanished == 2


def test_what_was_missed_while_its_site_failed_is_not_gone_afterwards(eight: Newsroom) -> None:
    for place in PLACES[:7]:
        eight.news.at(f"/{place}", refuse(404))
    for hours in (6, 1, 23, 24):
        eight.collect(hours=hours)
    later = eight.clock() + timedelta(hours=2)
    with eight.store.write() as tx:
        # as if their feeds had listed them no more
        tx.execute(delete(SOURCE))
        first, *others = sorted(one.number for one in facts.doubts(tx, at=later) if one.missed)
        for number in others:
            facts.answered(tx, number)
        (left,) = [one for one in facts.doubts(tx, at=later) if one.missed]
        assert (left.number, left.unlisted) == (first, True)
        assert settle(tx, at=later) == 0
    assert untold(eight) == ()


@pytest.mark.parametrize("status", [200, 404])
def test_the_same_text_on_many_pages_is_no_correction(eight: Newsroom, status: int) -> None:
    before = eight.reports()
    for place in PLACES[:7]:
        lines = (*WALL, *WALL[::-1], f"You came from the page {place} of ours, number 1.")
        body = page("Your choice", lines).encode()
        eight.news.at(f"/{place}", partial(Exchange.answer, body=body, status=status))
    edit = report("Hazel").replace("Twelve ships", "Fourteen ships")
    eight.news.at("/Hazel", give(page("Port of Hazel opens", edit.split("\n"))))
    for hours in (6, 1, 23, 24, 24):
        eight.collect(hours=hours)
    assert [one.document for one in untold(eight)] == [before["A port at /Hazel"].id]


def test_a_text_that_changes_at_every_look_is_told_after_a_day(room: Newsroom) -> None:
    url = room.add(whole("Northwick"))
    _collect_and_print(room, "Port of Northwick opens")
    for half_hours in range(1, 50):
        text = report("Northwick").replace("Twelve", f"{half_hours + 12}")
        room.news.at("/feed", give(rss([News("Port of Northwick opens", "/northwick", text)]), RSS))
        room.collect(hours=0.5)
        assert len(untold(room)) == (half_hours == 49)
        assert room.source_status(url).is_unstable(at=room.clock()) == (half_hours >= 4)
    room.clock.later(days=1)
    assert not room.source_status(url).is_unstable(at=room.clock())


def test_a_server_that_fails_is_no_correction(printed: Newsroom) -> None:
    printed.news.at("/a", refuse(503))
    told = printed.collect(hours=6)
    assert (told.edited, told.vanished, untold(printed)) == (0, 0, ())
    printed.news.at("/a", article("Alder", more=MORE))
    assert printed.collect(days=1).edited == 1


@pytest.mark.parametrize("lines", [["Please accept."], ["Only for subscribers …"]])
def test_a_page_that_shows_little_is_no_correction(printed: Newsroom, lines: list[str]) -> None:
    printed.news.at("/a", give(page("Port of Alder opens", lines)))
    assert printed.collect(hours=6).edited == 0
    assert untold(printed) == ()


def test_a_page_is_looked_at_once_a_day_for_a_week(printed: Newsroom) -> None:
    for _ in range(10 * 2):
        printed.collect(hours=12)
    assert printed.news.count("/a") == 1 + 8


def test_a_late_look_delays_none_after_it(printed: Newsroom) -> None:
    """Else each look would be later than the one before, and in the end than the next edition."""
    for hours in (9, 21, 24, 24):
        printed.collect(hours=hours)
    assert printed.news.count("/a") == 1 + 4


def test_of_a_report_that_stood_in_the_feed_only_its_page_is_asked(room: Newsroom) -> None:
    room.add(whole("Northwick"))
    room.news.at("/northwick", give(page("Sign in", ["Sign in to read."])))
    _collect_and_print(room, "Port of Northwick opens")
    told = room.collect(hours=6)
    assert (told.edited, told.vanished) == (0, 0)
    room.news.at("/northwick", refuse(404))
    room.news.at("/feed", whole())
    room.collect(hours=24)
    assert room.collect(hours=1).vanished == 1
    assert [one.what for one in untold(room)] == ["vanished"]
    room.news.at("/northwick", give(page("Sign in", ["Sign in to read."])))
    room.collect(hours=24)
    assert untold(room) == ()


def test_a_printed_report_edited_in_its_feed_is_a_correction_once_listed(room: Newsroom) -> None:
    room.add(whole("Northwick"))
    _collect_and_print(room, "Port of Northwick opens")
    line = report("Northwick").split("\n")[3] + "\n"
    shorter = News("Port of Northwick opens", "/northwick", report("Northwick").replace(line, ""))
    room.news.at("/feed", give(rss([shorter]), RSS, etag='"2"'))
    assert sum(visit.edited for visit in room.collect(hours=1).visits) == 1
    assert untold(room) == ()
    room.collect(hours=0.5)
    assert untold(room) == ()
    room.collect(hours=0.5)
    (one,) = untold(room)
    assert (one.what, one.lost) == ("changed", 1)
    # What is a fact needs no further look.
    assert room.visit().outcome is Outcome.UNCHANGED
