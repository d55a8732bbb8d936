"""How sources stand after several rounds."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from briefing.core.model import Outcome, Source, Validators
from briefing.store import sources
from tests.app.collect.newsroom import MORNING, Newsroom, blurbs, whole
from tests.newsserver import RSS, give, redirect, refuse, rss

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

HOUR = timedelta(hours=1)


def test_failures_are_counted_from_the_first_until_it_recovers(room: Newsroom) -> None:
    url = room.add(refuse(503))
    first = room.visit()
    for day in (1, 2):
        room.clock.at = MORNING + timedelta(days=day)
        assert room.visit().outcome is Outcome.FAILED
    source_status = room.source_status(url)
    assert (source_status.failing_since, source_status.failures) == (first.at, 3)
    assert source_status.answered is None
    room.clock.later(days=1)
    room.news.at("/feed", whole("Northwick"))
    told = room.collect()
    source_status = room.source_status(url)
    assert (source_status.failing_since, source_status.failures, source_status.reason) == (
        None,
        0,
        "",
    )
    assert source_status.retry_at is None
    assert source_status.answered == source_status.fresh_at == told.visits[0].at
    assert told.failing == ()


def test_the_wait_grows_with_the_failures(room: Newsroom) -> None:
    url = room.add(refuse(404))
    waits = []
    for _ in range(3):
        visit = room.visit(url)
        assert visit.retry_at is not None
        waits.append(visit.retry_at - visit.at)
        room.clock.at = visit.retry_at
    assert waits == [HOUR / 4, HOUR / 2, HOUR]


@pytest.mark.parametrize(
    "after", ["18000", format_datetime(MORNING + 5 * HOUR, usegmt=True)], ids=["seconds", "date"]
)
def test_who_is_told_to_come_back_later_does(room: Newsroom, after: str) -> None:
    url = room.add(refuse(429, retry_after=after))
    assert room.visit().retry_at == MORNING + 5 * HOUR
    room.news.at("/feed", whole("Northwick"))
    room.clock.later(hours=4, minutes=59)
    told = room.collect()
    (visit,) = told.visits
    assert visit.outcome is Outcome.WAITING
    assert visit.reason == (
        "not asked before 2026-01-04 11:30 UTC; last: news.example: answers 429 (Too Many Requests)"
    )
    assert room.news.count("/feed") == 1
    source_status = room.source_status(url)
    assert (source_status.failures, source_status.failing_since) == (1, MORNING)
    assert [one.source.url for one in told.failing] == [url]
    room.clock.later(minutes=1)
    assert room.visit().outcome is Outcome.READ
    assert room.news.count("/feed") == 2


def test_a_host_that_wants_to_be_left_alone_is_left_alone_for_all_its_sources(
    room: Newsroom,
) -> None:
    room.add(refuse(429, retry_after="7200"), "/a")
    room.collect()
    room.clock.later(minutes=30)
    other = room.add(whole("Northwick"), "/b")
    visit = room.visit(other)
    assert visit.outcome is Outcome.FAILED
    assert "asked to wait until 2026-01-04 08:30 UTC" in visit.reason
    assert visit.retry_at == MORNING + 2 * HOUR
    assert room.news.count("/b") == 0


@pytest.mark.parametrize("status", [301, 308])
def test_a_source_that_moved_for_good_is_asked_there(room: Newsroom, status: int) -> None:
    room.news.at("/new", whole("Northwick"))
    url = room.add(redirect("/new", status=status), "/old")
    room.collect()
    room.clock.later(hours=1)
    room.news.at("/new", whole("Northwick", "Elmstad"))
    visit = room.visit(url)
    assert (visit.source, visit.fresh) == (url, 1)
    assert (room.news.count("/old"), room.news.count("/new")) == (1, 2)
    assert room.source_status(url).moved_to == room.link("/new")
    assert {one.source.url for one in room.collect().source_statuses} == {url}


def test_a_source_that_moved_for_now_is_asked_where_it_was(room: Newsroom) -> None:
    room.news.at("/new", whole("Northwick"))
    url = room.add(redirect("/new"), "/old")
    room.collect()
    room.collect()
    assert room.news.count("/old") == 2
    assert room.source_status(url).moved_to == ""


def test_a_move_is_seen_though_nothing_has_changed(room: Newsroom) -> None:
    feed = give(rss([]), RSS, etag='"1"')
    url = room.add(feed, "/old")
    room.collect()
    room.news.at("/new", feed)
    room.news.at("/old", redirect("/new", status=301))
    assert room.visit().outcome is Outcome.UNCHANGED
    assert room.source_status(url).moved_to == room.link("/new")


def test_what_has_not_changed_is_not_sent_again(room: Newsroom) -> None:
    when = "Sun, 04 Jan 2026 06:00:00 GMT"
    url = room.add(give(rss([]), RSS, etag='"1"', modified=when))
    assert room.visit().validators == Validators('"1"', when)
    for _ in range(2):
        visit = room.visit()
        assert (visit.outcome, visit.status, visit.items) == (Outcome.UNCHANGED, 304, 0)
        assert room.news.last("/feed")["If-None-Match"] == '"1"'
        assert room.news.last("/feed")["If-Modified-Since"] == when
    assert room.source_status(url).validators == Validators('"1"', when)


def test_robots_txt_is_read_once_a_day(room: Newsroom) -> None:
    room.add(whole("Northwick"))
    for _ in range(3):
        room.clock.later(hours=13)
        room.collect()
    assert room.news.count("/robots.txt") == 2


def test_a_source_without_news_for_a_week_is_told(room: Newsroom) -> None:
    still, lively = (room.add(whole(name), f"/{name}") for name in ("Northwick", "Elmstad"))
    room.add(refuse(503), "/broken")
    never = room.add(give(rss([]), RSS), "/empty")
    room.clock.later(minutes=1)
    assert room.collect().silent == ()
    room.clock.later(days=5)
    room.news.at("/Elmstad", whole("Elmstad", "Overby"))
    assert room.collect().silent == ()
    room.clock.later(days=2, hours=1)
    silent = room.collect().silent
    assert [one.source.url for one in silent] == [never, still]
    assert lively not in {one.source.url for one in silent}


def test_visits_are_recorded_with_what_they_brought(room: Newsroom) -> None:
    url = room.add(blurbs("/a", "/b"))
    visit = room.visit()
    with room.store.read() as tx:
        assert sources.visits(tx, url, limit=9) == (visit,)
    assert visit.decoded_bytes == visit.wire_bytes > 200
    assert visit.seconds > 0


def test_a_source_that_is_removed_meanwhile_leaves_no_trace(room: Newsroom) -> None:
    url = room.add(whole("Northwick"))
    builtin = room.kind("feed")

    def kind(_name: str) -> object:
        with room.store.write() as tx:
            sources.remove(tx, url)
        return builtin

    room.kind = kind  # type: ignore[assignment]
    told = room.collect()
    assert (told.count(Outcome.READ), told.source_statuses) == (1, ())
    assert list(room.reports()) == ["Port of Northwick opens"]


def test_without_sources_nothing_happens(room: Newsroom) -> None:
    told = room.collect()
    assert (told.visits, told.source_statuses, told.failing, told.silent) == ((), (), (), ())
    assert told.at == MORNING


def test_a_paused_source_is_not_asked_and_does_not_count_as_failing(room: Newsroom) -> None:
    paused = room.add(refuse(404), "/paused")
    other = room.add(whole("Northwick"))
    room.collect()
    with room.store.write() as tx:
        sources.pause(tx, paused, at=room.clock())
    room.clock.later(days=1)
    told = room.collect()
    assert [visit.source for visit in told.visits] == [other]
    assert told.failing == ()
    assert room.news.count("/paused") == 1
    with room.store.write() as tx:
        sources.resume(tx, paused)
    assert len(room.collect().visits) == 2
    assert room.news.count("/paused") == 2


def test_the_page_of_a_kept_report_is_read_though_its_source_is_paused(room: Newsroom) -> None:
    url = room.add(blurbs("Northwick"), text="page")
    room.news.at("/Northwick", refuse(503))
    room.collect()
    feed = room.news.count("/feed")
    with room.store.write() as tx:
        sources.pause(tx, url, at=room.clock())
        sources.add(tx, Source("https://other.example/feed"), at=room.clock())
    before = room.news.count("/Northwick")
    room.clock.later(days=1)
    room.collect()
    assert room.news.count("/Northwick") > before
    assert room.news.count("/feed") == feed
