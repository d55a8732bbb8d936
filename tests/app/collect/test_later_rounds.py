import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import format_datetime
from time import thread_time
from types import MappingProxyType
from typing import Any

import pytest

from briefing.app.collect import Collected
from briefing.core.errors import OverloadError
from briefing.core.model import Mark, Outcome, Source, Validators
from briefing.core.ports import Gateway, SourceKind, SourceListing
from briefing.sources.sandbox.pool import shared
from briefing.store import sources
from tests.app.collect.newsroom import MORNING, Newsroom, article, blurbs, report, whole
from tests.newsserver import RSS, News, give, redirect, refuse, rss
from tests.store.ready import act


def said(room: Newsroom, *items: News, path: str = "/feed", host: str = "news.example") -> str:
    """Let a new source list some items; return its address."""
    return room.add(give(rss(items), RSS), path, host=host)


def fresh(told: Collected) -> int:
    return sum(visit.fresh for visit in told.visits)


def edited(told: Collected) -> int:
    return sum(visit.edited for visit in told.visits)


def test_nothing_is_doubled_and_no_page_asked_twice(room: Newsroom) -> None:
    room.add(whole("Northwick", "Elmstad"), "/whole")
    room.add(blurbs("/a", "/b"), "/blurbs")
    room.news.at("/a", article("Alder"))
    room.news.at("/b", refuse(404))
    assert fresh(room.collect()) == 4
    before = room.reports()
    for _ in range(2):
        told = room.collect(hours=1)
        assert (fresh(told), edited(told), told.repaired) == (0, 0, 0)
        assert [visit.outcome for visit in told.visits] == [Outcome.READ] * 2
    assert room.reports() == before
    assert (room.news.count("/a"), room.news.count("/b")) == (1, 1)


def test_what_a_busy_machine_could_not_read_is_read_later_and_blames_nobody(room: Newsroom) -> None:
    busy = {"page"}

    def parse(
        task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        if task in busy:
            raise OverloadError("not read because this machine is too busy")
        return shared()(task, body, about=about)

    room.parse = parse
    url = room.add(blurbs("/port"))
    room.news.at("/port", article("Northwick"))
    # More often than a page is tried that cannot be read.
    for _ in range(8):
        assert [visit.outcome for visit in room.collect().visits] == [Outcome.READ]
        room.clock.later(hours=1)
    (before,) = room.reports().values()
    busy.clear()
    assert room.collect().repaired == 1
    (after,) = room.reports().values()
    assert len(after.text) > len(before.text)
    busy.add("feed")
    room.clock.later(hours=1)
    answered = room.source_status(url).answered
    visit = room.visit()
    assert (visit.outcome, visit.reason) == (
        Outcome.WAITING,
        "not read because this machine is too busy",
    )
    status = room.source_status(url)
    assert (status.failures, status.failing_since, status.answered) == (0, None, answered)
    busy.clear()
    assert room.visit().outcome is Outcome.READ


def test_an_edited_item_is_a_new_version_and_the_old_words_stay(room: Newsroom) -> None:
    text = report("Northwick")
    room.add(give(rss([News("Port opens", "/port", text)]), RSS))
    room.collect()
    old = room.reports()["Port opens"]
    room.clock.later(hours=1)
    corrected = text.replace("Twelve ships", "Fourteen ships")
    room.news.at("/feed", give(rss([News("Port opens", "/port", corrected)]), RSS))
    visit = room.visit()
    assert (visit.fresh, visit.edited) == (0, 1)
    new = room.reports()["Port opens"]
    assert (new.text, new.id != old.id) == (corrected, True)
    assert room.texts(old.id, new.id) == [text, corrected]
    assert room.visit().edited == 0


def test_an_edited_blurb_has_its_page_read_again(room: Newsroom) -> None:
    room.news.at("/port", article("Northwick"))
    room.add(give(rss([News("Port opens", "/port", "The port opens …")]), RSS))
    room.collect()
    room.clock.later(hours=1)
    room.news.at("/port", article("Northwick", more=["Divers found a second wreck at noon."]))
    room.news.at("/feed", give(rss([News("Port opens", "/port", "The port opens late …")]), RSS))
    assert room.visit().edited == 1
    assert "second wreck" in room.reports()["Port opens"].text
    assert room.visit().edited == 0
    assert room.news.count("/port") == 2


@pytest.mark.parametrize(
    "again",
    [
        News("Port opens", "/port?utm_source=rss&fbclid=a1#top", report("Northwick")),
        News("Port opens", "https://news.example/other", report("Northwick"), guid="http://p/7"),
        News("Port opens", "/elsewhere", report("Northwick")),
    ],
    ids=["address with trackers", "same guid", "same words"],
)
def test_the_same_report_is_one(room: Newsroom, again: News) -> None:
    first = News("Port opens", "/port", report("Northwick"), guid="http://p/7")
    for items, path, number in (
        ((first,), "/a", 1),
        ((again,), "/b", 0),
        ((first, again), "/c", 0),
    ):
        said(room, *items, path=path)
        assert fresh(room.collect()) == number
    assert list(room.reports()) == ["Port opens"]


def test_a_page_known_under_its_own_address_is_one_report(room: Newsroom) -> None:
    link = f'<link rel="canonical" href="{room.link("/2026/port-opens")}">'
    for path in ("/short/1", "/short/2"):
        room.news.at(path, article("Northwick", head=link))
    said(room, News("Port opens", "/short/1"), News("Port opens", "/short/2"))
    room.collect()
    (one,) = room.reports().values()
    assert one.url == room.link("/2026/port-opens")


@pytest.mark.parametrize(("after", "hours"), [("", 1), ("14400", 4)], ids=["unsaid", "said"])
def test_a_page_that_did_not_answer_is_read_later(room: Newsroom, after: str, hours: int) -> None:
    room.add(blurbs("/a", etag='"1"'))
    room.news.at("/a", refuse(503, retry_after=after))
    assert room.visit().fresh == 1
    room.news.at("/a", article("Alder"))
    assert room.collect(hours=hours, minutes=-1).repaired == 0
    told = room.collect(minutes=2)
    assert (told.repaired, told.edited) == (1, 0)
    assert told.visits[0].outcome is Outcome.UNCHANGED
    one = room.reports()["A port at /a"]
    assert one.text.endswith(report("Alder"))
    assert Mark.BLURB not in one.marks
    assert room.collect(hours=9).repaired == 0


def test_a_page_that_never_answers_is_given_up_after_five_visits(room: Newsroom) -> None:
    room.add(blurbs("/a"))
    room.news.at("/a", refuse(503))
    asked = []
    for _ in range(12):
        room.collect()
        asked.append(room.news.count("/a"))
        room.clock.later(hours=4)
    # By the feed, then after 4, 8, 12, 20 and 36 hours, each with two more tries.
    assert [count // 3 for count in asked] == [1, 2, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6]
    assert room.reports()["A port at /a"].text == "The port at /a opens …"


def test_a_host_that_wants_to_rest_uses_up_no_visits(room: Newsroom) -> None:
    room.add(blurbs("/a", "/b"))
    room.news.at("/a", refuse(503))
    room.collect()
    room.news.at("/a", refuse(503, retry_after="86400"))
    room.news.at("/b", refuse(503, retry_after="86400"))
    for _ in range(12):
        room.collect(hours=2)
    room.news.at("/a", article("Alder"))
    assert room.collect(hours=3).repaired == 1


def test_a_page_that_is_gone_when_it_is_owed_is_given_up(room: Newsroom) -> None:
    room.add(blurbs("/a"))
    room.news.at("/a", refuse(503))
    room.collect()
    room.news.at("/a", refuse(404))
    for _ in range(3):
        assert room.collect(hours=2).vanished == 0
    assert room.news.count("/a") == 3 + 1
    assert len(room.reports()) == 1


def test_a_debt_outlives_its_source(room: Newsroom) -> None:
    url = room.add(blurbs("/a"))
    room.news.at("/a", refuse(503))
    room.collect()
    assert act(room.store, sources.remove, url)
    room.news.at("/a", article("Alder"))
    assert room.collect(hours=2).repaired == 1


def test_where_more_sources_begin_to_fail_than_answer_none_pauses_longer(room: Newsroom) -> None:
    act = refuse(503)
    urls = [room.add(act, f"/{name}", host=f"{name}.example") for name in "abc"]
    assert {visit.outcome for visit in room.collect().visits} == {Outcome.FAILED}
    room.clock.later(minutes=1)
    room.news.at("/a", whole("Northwick"))
    told = {visit.source: visit.outcome for visit in room.collect().visits}
    assert told == dict(zip(urls, (Outcome.READ, Outcome.FAILED, Outcome.FAILED), strict=True))
    assert {visit.outcome for visit in room.collect(minutes=1).visits} == set(told.values())
    # what fails for a day is its own fault
    room.collect(hours=25)
    again = {visit.source: visit.outcome for visit in room.collect(minutes=1).visits}
    assert [again[url] for url in urls[1:]] == [Outcome.WAITING] * 2


def test_nothing_is_deleted_by_a_clock_that_has_jumped(room: Newsroom) -> None:
    room.add(whole("Northwick"))
    room.collect()
    assert room.collect(days=365).pruned == 0
    room.collect(days=-365)
    assert list(room.reports()) == ["Port of Northwick opens"]


def test_what_a_clock_that_was_ahead_collected_is_dated_by_the_right_one(room: Newsroom) -> None:
    room.clock.later(days=365)
    url = room.add(whole("Northwick"))
    gone = room.add(refuse(503), "/gone")
    room.collect()
    assert {visit.outcome for visit in room.collect(days=-365, minutes=30).visits} == {
        Outcome.READ,
        Outcome.FAILED,
    }
    dated = (
        room.reports()["Port of Northwick opens"].collected,
        room.source_status(url).answered,
        room.source_status(gone).visited,
    )
    assert {f"{at:%Y-%m-%d %H:%M}" for at in dated if at} == {"2026-01-04 07:00"}


def test_old_texts_are_deleted_and_do_not_come_in_again(room: Newsroom) -> None:
    room.add(whole("Northwick"))
    room.collect()
    room.collect(days=29)
    assert room.collect(days=2).pruned == 1
    assert room.reports() == {}
    assert (fresh(room.collect()), room.reports()) == (0, {})


def test_a_long_feed_does_not_hold_up_the_others(room: Newsroom) -> None:
    """Its languages are told beside the loop, which must be free for whoever is asked meanwhile."""
    room.add(whole(*(f"Port{number}" for number in range(300))), "/long")
    ticks = Ticks()
    room.kind = ticks.beside(room.kind)
    room.add_address("ticks", kind="ticks")
    assert fresh(room.collect()) == 300
    assert ticks.longest < 0.5


class Ticks:
    """A kind of source that looks at the clock as long as others are visited."""

    def __init__(self) -> None:
        self.longest = 0.0

    def beside(self, kind: Callable[[str], SourceKind]) -> Callable[[str], SourceKind]:
        """Add this kind to others."""
        return lambda name: self if name == "ticks" else kind(name)

    async def __call__(
        self, source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        last = thread_time()
        while len(asyncio.all_tasks()) > 2:
            await asyncio.sleep(0.005)
            last, before = thread_time(), last
            self.longest = max(self.longest, last - before)
        return SourceListing(())


HOUR = timedelta(hours=1)


def test_failures_are_counted_from_the_first_until_it_recovers(room: Newsroom) -> None:
    url = room.add(refuse(503))
    first = room.visit()
    for _ in range(2):
        assert room.visit(days=1).outcome is Outcome.FAILED
    status = room.source_status(url)
    assert (status.failing_since, status.failures, status.answered) == (first.at, 3, None)
    room.news.at("/feed", whole("Northwick"))
    told = room.collect(days=1)
    status = room.source_status(url)
    assert (status.failing_since, status.failures, status.reason) == (None, 0, "")
    assert status.retry_at is None
    assert status.answered == status.fresh_at == told.visits[0].at
    assert told.failing == ()


@pytest.mark.parametrize(
    "after", ["18000", format_datetime(MORNING + 5 * HOUR, usegmt=True)], ids=["seconds", "date"]
)
def test_who_is_told_to_come_back_later_does(room: Newsroom, after: str) -> None:
    url = room.add(refuse(429, retry_after=after))
    assert room.visit().retry_at == MORNING + 5 * HOUR
    room.news.at("/feed", whole("Northwick"))
    told = room.collect(hours=4, minutes=59)
    (visit,) = told.visits
    assert visit.outcome is Outcome.WAITING
    assert visit.reason == (
        "not read before 2026-01-04 11:30 UTC; last: news.example: answers 429 (Too Many Requests)"
    )
    assert room.news.count("/feed") == 1
    source_status = room.source_status(url)
    assert (source_status.failures, source_status.failing_since) == (1, MORNING)
    assert [one.source.url for one in told.failing] == [url]
    assert room.visit(minutes=1).outcome is Outcome.READ
    assert room.news.count("/feed") == 2


def test_a_host_that_asks_to_be_left_alone_is_so_for_all_its_sources(room: Newsroom) -> None:
    room.add(refuse(429, retry_after="7200"), "/a")
    room.collect()
    room.clock.later(minutes=30)
    visit = room.visit(room.add(whole("Northwick"), "/b"))
    assert visit.outcome is Outcome.FAILED
    assert "asked to wait until 2026-01-04 08:30 UTC" in visit.reason
    assert visit.retry_at == MORNING + 2 * HOUR
    assert room.news.count("/b") == 0


@pytest.mark.parametrize(("status", "asked"), [(308, (1, 2)), (302, (2, 2))])
def test_a_source_that_moved_for_good_is_asked_there(
    room: Newsroom, status: int, asked: tuple[int, int]
) -> None:
    room.news.at("/new", whole("Northwick"))
    url = room.add(redirect("/new", status=status), "/old")
    room.collect()
    room.clock.later(hours=1)
    room.news.at("/new", whole("Northwick", "Elmstad"))
    visit = room.visit(url)
    assert (visit.source, visit.fresh) == (url, 1)
    assert (room.news.count("/old"), room.news.count("/new")) == asked
    assert room.source_status(url).moved_to == (room.link("/new") if status == 308 else "")


def test_a_move_is_seen_though_nothing_has_changed(room: Newsroom) -> None:
    feed = give(rss([]), RSS, etag='"1"')
    url = room.add(feed, "/old")
    room.collect()
    room.news.at("/new", feed)
    room.news.at("/old", redirect("/new", status=301))
    assert room.visit().outcome is Outcome.UNCHANGED
    assert room.source_status(url).moved_to == room.link("/new")


def test_a_source_without_news_for_a_week_is_told(room: Newsroom) -> None:
    still, lively = (room.add(whole(name), f"/{name}") for name in ("Northwick", "Elmstad"))
    room.add(refuse(503), "/broken")
    never = room.add(give(rss([]), RSS), "/empty")
    assert room.collect(minutes=1).silent == ()
    room.clock.later(days=5)
    room.news.at("/Elmstad", whole("Elmstad", "Overby"))
    assert room.collect().silent == ()
    silent = room.collect(days=2, hours=1).silent
    assert [one.source.url for one in silent] == [never, still]
    assert lively not in {one.source.url for one in silent}


def test_a_source_that_is_removed_meanwhile_leaves_no_trace(room: Newsroom) -> None:
    url = room.add(whole("Northwick"))
    builtin = room.kind("feed")

    def kind(_name: str) -> object:
        act(room.store, sources.remove, url)
        return builtin

    room.kind = kind  # type: ignore[assignment]
    told = room.collect()
    assert (told.count(Outcome.READ), told.source_statuses) == (1, ())
    assert list(room.reports()) == ["Port of Northwick opens"]


def test_a_paused_source_is_not_asked_and_does_not_count_as_failing(room: Newsroom) -> None:
    paused = room.add(refuse(404), "/paused")
    other = room.add(whole("Northwick"))
    room.collect()
    act(room.store, sources.pause, paused, at=room.clock())
    told = room.collect(days=1)
    assert [visit.source for visit in told.visits] == [other]
    assert told.failing == ()
    assert room.news.count("/paused") == 1
    act(room.store, sources.resume, paused)
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
    room.collect(days=1)
    assert room.news.count("/Northwick") > before
    assert room.news.count("/feed") == feed
