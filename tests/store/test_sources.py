from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from briefing.core.errors import StoreError
from briefing.core.model import (
    FetchRecord,
    Host,
    Item,
    Outcome,
    Source,
    SourceStatus,
    TextFrom,
    Validators,
)
from briefing.store import Store, Transaction, sources
from tests.store.news import DAY, FEED, NOON, document, item, keep, window
from tests.store.ready import act, look

SOURCE = Source(
    FEED, name="Ostra Courier", owner="Meridian", language="en", text=TextFrom.PAGE, genre="state"
)
READ = FetchRecord(
    FEED,
    NOON,
    Outcome.READ,
    status=200,
    seconds=1.5,
    wire_bytes=10,
    decoded_bytes=30,
    items=4,
    fresh=2,
    edited=1,
    validators=Validators('"a"', "Thu, 12 Mar 2026 12:00:00 GMT"),
    newest=NOON - DAY,
)


def add(store: Store, *new: Source) -> None:
    with store.write() as tx:
        for place, source in enumerate(new):
            sources.add(tx, source, at=NOON - DAY + timedelta(hours=place))


def record(store: Store, *visits: FetchRecord) -> SourceStatus:
    with store.write() as tx:
        for visit in visits:
            sources.record(tx, visit)
    return source_status(store)


def source_status(store: Store) -> SourceStatus:
    with store.read() as tx:
        return next(status for status in sources.source_statuses(tx) if status.source.url == FEED)


def test_a_source_comes_back_as_it_was_added_once(store: Store) -> None:
    add(store, SOURCE)
    assert source_status(store) == SourceStatus(SOURCE, NOON - DAY)
    assert not act(store, sources.add, Source(FEED, name="Other"), at=NOON)
    assert source_status(store).source == SOURCE


def test_sources_stand_in_the_order_they_were_added_then_by_address(store: Store) -> None:
    with store.write() as tx:
        for url in ("b", "a", "C"):
            sources.add(tx, Source(url), at=NOON)
        sources.add(tx, Source("z"), at=NOON - DAY)
        assert [status.source.url for status in sources.source_statuses(tx)] == ["z", "C", "a", "b"]


def test_a_removed_source_takes_its_visits_with_it(store: Store) -> None:
    add(store, SOURCE)
    record(store, READ)
    with store.write() as tx:
        assert sources.remove(tx, FEED)
        assert not sources.remove(tx, FEED)
        assert sources.source_statuses(tx) == ()
        assert sources.visits(tx, FEED, limit=9) == ()
        # a visit that was under way meanwhile is forgotten
        sources.record(tx, READ)
        assert sources.visits(tx, FEED, limit=9) == ()


def test_visits_come_back_newest_first(store: Store) -> None:
    add(store, SOURCE)
    later = replace(READ, at=NOON + DAY, outcome=Outcome.UNCHANGED, validators=Validators())
    again = replace(READ, retry_at=NOON + DAY, moved_to="https://courier.example/new", reason="x")
    record(store, READ, later, again)
    with store.read() as tx:
        assert sources.visits(tx, FEED, limit=9) == (later, again, READ)
        assert sources.visits(tx, FEED, limit=1) == (later,)


def test_what_was_read_moves_how_the_source_stands_and_keeps_the_newest(store: Store) -> None:
    add(store, SOURCE)
    times: dict[str, Any] = dict.fromkeys(("visited", "answered", "fresh_at"), NOON)
    times["newest"] = NOON - DAY
    stands = replace(SourceStatus(SOURCE, NOON - DAY, validators=READ.validators), **times)
    assert record(store, READ) == stands
    other = Validators('"b"', "")
    unchanged = replace(READ, outcome=Outcome.UNCHANGED, validators=other)
    assert record(store, unchanged).validators == READ.validators
    assert record(store, replace(READ, validators=other)).validators == other
    assert record(store, replace(READ, validators=Validators())).validators == Validators()
    assert record(store, replace(READ, newest=NOON - 5 * DAY)).newest == NOON - DAY
    assert record(store, replace(READ, newest=None)).newest == NOON - DAY
    assert record(store, replace(READ, newest=NOON)).newest == NOON
    record(store, replace(READ, moved_to="https://courier.example/new"))
    assert record(store, READ).moved_to == "https://courier.example/new"
    assert record(store, replace(READ, moved_to="https://x.example/")).moved_to.endswith(
        "x.example/"
    )


def test_a_source_that_was_not_asked_stands_as_before(store: Store) -> None:
    add(store, SOURCE)
    before = record(store, READ, FetchRecord(FEED, NOON, Outcome.FAILED, retry_at=NOON + DAY))
    waiting = FetchRecord(FEED, NOON + timedelta(hours=1), Outcome.WAITING, reason="not before")
    assert record(store, waiting) == before
    assert look(store, sources.visits, FEED, limit=1) == (waiting,)


def test_a_host_is_remembered_in_place_of_before(store: Store) -> None:
    first = Host("courier.example", "User-agent: *\nDisallow: /x\n", NOON)
    second = Host("courier.example", retry_at=NOON + DAY)
    other = Host("post.example:8080")
    with store.write() as tx:
        for host in (first, other, second):
            sources.keep_host(tx, host)
        assert sources.hosts(tx) == {"courier.example": second, "post.example:8080": other}


@pytest.mark.parametrize("hard", ["NUL \0 in it", "half \ud83d a face", "mark \x1a0041", "\x1a"])
def test_names_come_back_to_the_character(store: Store, hard: str) -> None:
    add(store, replace(SOURCE, name=hard))
    record(store, replace(READ, outcome=Outcome.FAILED, reason=hard))
    assert source_status(store).source.name == hard
    assert source_status(store).reason == hard


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="must be aware"), store.write() as tx:
        sources.add(tx, SOURCE, at=NOON.replace(tzinfo=None))


def test_what_is_edited_is_changed_and_nothing_else(store: Store) -> None:
    add(store, SOURCE)
    before = record(store, READ)
    edited = replace(SOURCE, name="Courier", owner="", language="de", weight=2.0)
    with store.write() as tx:
        assert sources.change(tx, edited)
        assert not sources.change(tx, Source("https://nowhere.example/"))
        assert sources.weights(tx) == {FEED: 2.0}
        assert sources.source_status(tx, "https://nowhere.example/") is None
    assert source_status(store) == replace(before, source=edited)


def test_a_pause_until_a_moment_ends_then(store: Store) -> None:
    with store.write() as tx:
        sources.add(tx, Source(FEED), at=NOON)
        assert sources.pause(tx, FEED, at=NOON, until=NOON + DAY)
        sources.end_pauses(tx, at=NOON + DAY / 2)
        assert sources.active(tx) == ()
        sources.end_pauses(tx, at=NOON + DAY)
        (status,) = sources.active(tx)
    assert (status.paused, status.paused_until) == (None, None)


def test_a_paused_source_is_not_active_until_it_is_resumed(store: Store) -> None:
    add(store, SOURCE, Source("https://post.example/"))
    record(store, FetchRecord(FEED, NOON, Outcome.FAILED, reason="gone", retry_at=NOON + DAY))
    with store.write() as tx:
        assert sources.pause(tx, FEED, at=NOON)
        assert not sources.pause(tx, FEED, at=NOON + DAY)
        assert [one.source.url for one in sources.active(tx)] == ["https://post.example/"]
        assert sources.source_status(tx, FEED) == source_status_in(tx)
        assert source_status_in(tx).paused == NOON
        assert sources.resume(tx, FEED)
        assert not sources.resume(tx, FEED)
        assert len(sources.active(tx)) == 2
    begun = source_status(store)
    assert (begun.failing_since, begun.failures, begun.reason) == (None, 0, "")
    assert (begun.retry_at, begun.paused) == (None, None)


def source_status_in(tx: Transaction) -> SourceStatus:
    return next(one for one in sources.source_statuses(tx) if one.source.url == FEED)


def test_a_report_has_its_sources_weight_and_if_asked_its_grade(store: Store) -> None:
    add(store, replace(SOURCE, grade="C", weight=1.5))
    keep(store, item())
    assert [(entry.weight, entry.grade) for entry in window(store)] == [(1.5, "")]
    with store.write() as tx:
        since = NOON - DAY
        graded = sources.window(tx, since=since, published_since=since, graded=True).documents
        assert [(entry.weight, entry.grade) for entry in graded] == [(1.5, "C")]
        assert sources.grades(tx) == {FEED: "C"}
        sources.change(tx, replace(SOURCE, weight=1.0))
    assert [entry.weight for entry in window(store)] == [1.0]
    act(store, sources.remove, FEED)
    assert [entry.weight for entry in window(store)] == [1.0]


HOUR = timedelta(hours=1)


def test_titles_come_without_texts_and_unknown_ids_are_left_out(store: Store) -> None:
    keep(store, item())
    with store.read() as tx:
        (name,) = sources.collected_titles(tx, since=NOON - HOUR, until=NOON)
        found = sources.titles(tx, [name, name, "dnone"])
        assert sources.titles(tx, []) == {}
    kept = document()
    assert set(found) == {name}
    assert (found[name].title, found[name].url) == (kept.title, kept.url)
    assert (found[name].publisher, found[name].text) == (kept.publisher, "")


def test_reports_are_given_in_order_of_collection_without_undated_ones(store: Store) -> None:
    keep(store, Item(replace(document(), id="dlate"), ("id one",)), at=NOON + HOUR)
    keep(store, Item(replace(document(), id="dbare", published=None), ("id two",)), at=NOON)
    keep(store, Item(replace(document(), id="dearly"), ("id three",)), at=NOON)
    with store.read() as tx:
        every = sources.collected_titles(tx, since=NOON - HOUR, until=NOON + HOUR)
        assert every == ("dearly", "dlate")
        assert sources.collected_titles(tx, since=NOON, until=NOON + HOUR) == ("dlate",)
