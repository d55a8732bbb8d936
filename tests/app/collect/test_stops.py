"""What ends a run, and what is left when it has ended."""

from __future__ import annotations

import asyncio
import gc
import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from briefing.app.collect.context import CollectContext
from briefing.core.errors import BusyError, StoreError
from briefing.core.model import Outcome, Source, Validators
from briefing.core.ports import Answer, Gateway, SourceListing
from briefing.sources.sandbox.pool import shared
from briefing.store import Store, open_store, sources
from tests.app.collect.newsroom import Newsroom, article, blurbs, opened, whole
from tests.newsserver import say
from tests.waiting import PATIENCE

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

PLACES = [f"{first}{second}" for first in ("Nor", "Sud", "Ost", "Vest") for second in "abcdefgh"]


def prepare(room: Newsroom) -> list[str]:
    """Add sources with whole reports and with pages; return the titles of all reports."""
    for place in PLACES:
        room.add(whole(place), f"/{place}", host=f"{place.lower()}.example")
    paths = [f"/page/{number}" for number in range(8)]
    room.add(blurbs(*paths, etag='"1"'))
    for path in paths:
        room.news.at(path, article(path))
    return sorted(
        [*(f"Port of {place} opens" for place in PLACES), *(f"A port at {p}" for p in paths)]
    )


def grow_by(store: Store, *, pages: int) -> Callable[[], None]:
    """Let the file of a store grow by some pages and no more; return what lifts that."""

    def limit(connection: Any, count: int) -> None:  # noqa: ANN401  the driver's own
        connection.execute(f"PRAGMA max_page_count = {count}").fetchone()

    with store.read() as tx:
        count = tx.exec_driver_sql("PRAGMA page_count").scalar_one() + pages
        pool = tx.engine.pool
        limit(tx.connection.driver_connection, count)

    def on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401  as above
        limit(connection, count)

    event.listen(pool, "connect", on_connect)

    def lift() -> None:
        nonlocal count
        count = 1_000_000
        pool.dispose()

    return lift


def test_a_feed_counts_as_read_only_with_its_reports(room: Newsroom) -> None:
    url = room.add(whole("Norwick"))
    refuse = "BEFORE INSERT ON visit BEGIN SELECT RAISE(ABORT, 'refused'); END"
    with room.store.write() as tx:
        tx.exec_driver_sql(f"CREATE TRIGGER refuse {refuse}")
    with pytest.raises(StoreError, match="refused"):
        room.collect()
    assert room.reports() == {}
    assert room.source_status(url).validators == Validators()
    with room.store.write() as tx:
        tx.exec_driver_sql("DROP TRIGGER refuse")
    assert room.visit().fresh == 1
    assert list(room.reports()) == ["Port of Norwick opens"]


@pytest.mark.parametrize("pages", [0, 4, 10])
def test_a_full_disk_ends_the_run_and_loses_nothing(
    room: Newsroom, pages: int, caplog: pytest.LogCaptureFixture
) -> None:
    titles = prepare(room)
    lift = grow_by(room.store, pages=pages)
    with pytest.raises(StoreError, match=r"desk\.db: no space left on its disk; free some and run"):
        room.collect()
    gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    lift()
    assert set(room.reports()) < set(titles)
    assert {visit.outcome for visit in room.collect().visits} == {Outcome.READ}
    assert sorted(room.reports()) == titles


def test_a_store_that_may_only_be_read_is_told(room: Newsroom, tmp_path: Path) -> None:
    titles = prepare(room)

    def connect(*_: object) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{tmp_path}/desk.db?mode=ro", uri=True, check_same_thread=False
        )

    with room.store.read() as tx:
        engine = tx.engine
    event.listen(engine, "do_connect", connect)
    engine.pool.dispose()
    with pytest.raises(StoreError, match=r"desk\.db: it may not be written; check the perm"):
        room.collect()
    event.remove(engine, "do_connect", connect)
    engine.pool.dispose()
    room.collect()
    assert sorted(room.reports()) == titles


def test_two_cannot_collect_at_once(room: Newsroom, tmp_path: Path) -> None:
    room.add(whole("Northwick"))
    with (
        closing(open_store("desk.db", folder=tmp_path)) as other,
        other.alone("collect"),
        pytest.raises(BusyError, match="another process is running 'collect' on it"),
    ):
        room.collect()
    assert room.news.seen == ()
    assert room.visit().outcome is Outcome.READ


def test_a_second_run_is_busy_while_the_first_collects(tmp_path: Path) -> None:
    started, told = threading.Event(), threading.Event()

    def slowly(exchange: Any) -> None:  # noqa: ANN401  as the server has it
        started.set()
        told.wait(300)
        whole("Northwick")(exchange)

    with opened(tmp_path) as room:
        room.add(slowly)
        first = threading.Thread(target=room.collect)
        first.start()
        assert started.wait(300)
        with closing(open_store("desk.db", folder=tmp_path)) as other:
            second = Newsroom(room.news, other, clock=room.clock)
            with pytest.raises(BusyError):
                second.collect()
        told.set()
        first.join()
        assert list(room.reports()) == ["Port of Northwick opens"]


def test_a_write_that_is_canceled_ends_before_another_begins(room: Newsroom) -> None:
    url = room.add(whole("Northwick"))
    begun, told = threading.Event(), threading.Event()

    def slowly(context: CollectContext) -> None:
        with context.begin() as tx:
            sources.pause(tx, url, at=room.clock())
            begun.set()
            told.wait(PATIENCE)

    def resume(context: CollectContext) -> None:
        with context.begin() as tx:
            assert sources.resume(tx, url)

    async def main(context: CollectContext) -> None:
        first = asyncio.create_task(context.write(slowly, context))
        await asyncio.to_thread(begun.wait, PATIENCE)
        first.cancel()
        second = asyncio.create_task(context.write(resume, context))
        try:
            # Turns enough for one who would go on at once.
            for _ in range(9):
                await asyncio.sleep(0)
            assert not first.done()
        finally:
            told.set()
        await asyncio.gather(first, return_exceptions=True)
        await second

    with room.store.writer() as begin:
        gateway = Gateway(NoNetwork(), shared())
        context = CollectContext(
            room.store, begin=begin, gateway=gateway, plan=room.plan, clock=room.clock
        )
        asyncio.run(main(context))
    assert room.source_status(url).paused is None


class NoNetwork:
    """A way outside that nobody goes."""

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        raise AssertionError


class Waiting:
    """A kind of source that waits, until the last of many sources stops the run."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: list[BaseException] = []

    async def __call__(
        self, source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        self.began.append(source.url)
        if len(self.began) == 20:
            raise KeyboardInterrupt
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError as error:
            self.ended.append(error)
            raise
        return SourceListing(())


def test_what_stops_the_run_stops_every_visit_and_is_no_failure(room: Newsroom) -> None:
    titles = prepare(room)
    sound, waiting = room.kind, Waiting()
    room.kind = lambda _: waiting
    with pytest.raises(KeyboardInterrupt):
        room.collect()
    assert len(waiting.ended) == 19
    with room.store.read() as tx:
        assert [one.visited for one in sources.source_statuses(tx)] == [None] * len(titles[7:])
    room.kind = sound
    assert room.collect().failing == ()
    assert sorted(room.reports()) == titles


def test_a_fault_in_a_debt_is_not_the_end_of_the_run(room: Newsroom) -> None:
    room.add(blurbs("/a", "/b", etag='"1"'))
    for path in ("/a", "/b"):
        room.news.at(path, say(b""))
    room.collect()
    room.clock.later(hours=2)
    for path in ("/a", "/b"):
        room.news.at(path, article(path))

    def outside(hosts: Any) -> Any:  # noqa: ANN401  as the room's own
        return Failing(room.outside(hosts))

    assert room.collect(outside=outside).repaired == 1


class Failing:
    """A way outside that breaks on one page as nothing should."""

    def __init__(self, real: Any) -> None:  # noqa: ANN401  a context manager
        self._real = real

    async def __aenter__(self) -> tuple[Gateway, object]:
        gateway, learned = await self._real.__aenter__()

        async def fetch(url: str, *, validators: Validators = Validators()) -> Answer:
            if url.endswith("/a"):
                raise ZeroDivisionError
            answer: Answer = await gateway.fetch(url, validators=validators)
            return answer

        return Gateway(fetch, gateway.parse), learned

    async def __aexit__(self, *error: object) -> object:
        return await self._real.__aexit__(*error)
