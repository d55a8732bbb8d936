import asyncio
import gc
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from briefing.app.collect import CollectPart, collect
from briefing.app.collect.plan import CollectContext
from briefing.cli import IN_PART, INTERRUPTED, run
from briefing.core.errors import BusyError, StoreError
from briefing.core.model import Outcome, Source, Validators
from briefing.core.ports import Answer, Gateway, SourceListing
from briefing.settings import Settings
from briefing.setup import parts
from briefing.sources.sandbox.pool import Sandbox, shared
from briefing.store import Store, Transaction, open_store, sources, versions
from briefing.store.tables import ANALYSIS, VERSION
from tests.app.collect.newsroom import Newsroom, article, blurbs, report, whole
from tests.daytime import COMMAND
from tests.newsserver import RSS, News, NewsServer, drip, endless, give, refuse, rss, say
from tests.small_day import Said, told
from tests.waiting import PATIENCE, wait_for

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


def test_a_full_disk_ends_the_run_and_loses_nothing(
    room: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    titles = prepare(room)
    lift = grow_by(room.store, pages=4)
    with pytest.raises(StoreError, match=r"desk\.db: no space left on its disk; free some and run"):
        room.collect()
    gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    lift()
    assert set(room.reports()) < set(titles)
    assert {visit.outcome for visit in room.collect().visits} == {Outcome.READ}
    assert sorted(room.reports()) == titles


def test_a_second_run_is_busy_while_another_collects(room: Newsroom, tmp_path: Path) -> None:
    room.add(whole("Northwick"))
    with (
        open_store("desk.db", folder=tmp_path) as other,
        other.alone("collect"),
        pytest.raises(BusyError),
    ):
        room.collect()
    assert room.visit().fresh == 1


def test_a_write_that_is_canceled_ends_before_another_begins(room: Newsroom) -> None:
    url = room.add(whole("Northwick"))
    begun, told = threading.Event(), threading.Event()

    def slowly(tx: Transaction) -> None:
        sources.pause(tx, url, at=room.clock())
        begun.set()
        told.wait(PATIENCE)

    def resume(tx: Transaction) -> None:
        assert sources.resume(tx, url)

    async def main(context: CollectContext) -> None:
        first = asyncio.create_task(context.write(slowly))
        await asyncio.to_thread(begun.wait, PATIENCE)
        first.cancel()
        second = asyncio.create_task(context.write(resume))
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


RULE = parts.rule(Settings())


def feed(name: str, *, more: str = "") -> str:
    text = f"{report(name)} {more}"
    return rss([News(f"Port of {name} opens", f"/{name}", text, guid=name)])


def missing(room: Newsroom) -> set[str]:
    """Return the titles of the reports without an analysis."""
    with room.store.read() as tx:
        ids = tx.scalars(select(VERSION.c.id)).all()
        return {one.title for one in versions.without_analysis(tx, ids, rule=RULE.digest)}


def do(room: Newsroom, *urls: str, owed: bool = False, dies: bool = False) -> None:
    """Do a part; a worker that dies does not come to analyze."""
    plan = replace(room.plan, rule=None if dies else RULE)
    part = CollectPart(frozenset(urls), owed=owed)
    collect(room.store, plan, clock=room.clock, part=part)


def test_a_worker_analyzes_what_it_has_brought_and_nothing_else(room: Newsroom) -> None:
    mine = room.add(give(feed("Overby"), RSS), "/mine")
    other = room.add(give(feed("Elmstad"), RSS), "/other")
    do(room, other, dies=True)
    do(room, mine)
    assert missing(room) == {"Port of Elmstad opens"}
    # A new text of a known report is brought by whoever reads it.
    room.news.at("/other", give(feed("Elmstad", more="The first ship came at noon."), RSS))
    do(room, other)
    assert missing(room) == set()


def test_a_page_that_was_owed_is_analyzed_by_whoever_reads_it(room: Newsroom) -> None:
    source = room.add(blurbs("/a"), "/blurbs")
    room.news.at("/a", refuse(503))
    do(room, source, dies=True)
    room.clock.later(hours=2)
    room.news.at("/a", article("Alder"))
    do(room, owed=True)
    assert missing(room) == set()
    with room.store.read() as tx:
        assert len(tx.execute(select(ANALYSIS.c.version)).all()) == 1


SETTINGS = """
name = "Harbor Desk"
[store]
at = "desk.db"
[collect]
delay = 0
deadline = {deadline}
allow_hosts = ["127.0.0.1"]
allow_ports = [{port}]
"""


@pytest.fixture
def news() -> Iterator[NewsServer]:
    with NewsServer() as server:
        yield server


def settings(news: NewsServer, folder: Path, *, deadline: float = 300) -> str:
    """Write settings that reach the server; return the words that name them."""
    path = folder / "briefing.toml"
    path.write_text(SETTINGS.format(port=news.port, deadline=deadline))
    return f"--config={path}"


def add(*addresses: str, config: str) -> None:
    for address in addresses:
        # To tell a language takes a model that takes a second to load.
        assert run(["sources", "add", "--kind=feed", "--language=en", address, config]) == 0


def test_a_round_and_each_failure_is_a_line(news: NewsServer, tmp_path: Path, capsys: Said) -> None:
    config = settings(news, tmp_path)
    add(news.at("/whole", whole("Northwick", "Elmstad")), config=config)
    add(news.at("/blurbs", blurbs("/page")), config=config)
    news.at("/page", article("Overby"))
    broken = news.url("/broken")
    with open_store("desk.db", folder=tmp_path) as store, store.write() as tx:
        (first, *_) = sources.source_statuses(tx)
        sources.add(tx, type(first.source)(broken), at=first.added)
    out, err = told(capsys, "collect", config, code=IN_PART)
    assert out == (
        "3 sources: 2 read, 1 failed; 3 items, 3 new reports, 0 new versions, 0 read late, "
        "0 vanished\n"
    )
    assert err.startswith(f"briefing: {broken}: no response since ")
    assert err.endswith("UTC: 127.0.0.1: answers 404 (Not Found)\n")
    assert err.count("\n") == 1


def test_a_run_stopped_by_hand_says_so(news: NewsServer, tmp_path: Path, capsys: Said) -> None:
    config = settings(news, tmp_path)
    add(*(news.at(f"/{n}", whole(f"Port{n}")) for n in range(9)), config=config)
    news.at("/8", drip("a feed that takes its time", every=1))
    # A shell that starts the tests in the background lets them, and all they start, ignore it.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    running = started("collect", config, preexec_fn=heed)
    wait_for(lambda: news.count("/8"))
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=PATIENCE) == (
        "",
        "briefing: interrupted; no file is half-written\n",
    )
    assert running.returncode == INTERRUPTED
    news.at("/8", whole("Port8"))
    capsys.readouterr()
    assert run(["collect", config]) == 0
    assert capsys.readouterr().out.startswith("9 sources: 9 read; 9 items, ")


def test_nothing_is_left_open(
    news: NewsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefing.setup.news.Sandbox", Sandbox)
    config = settings(news, tmp_path)
    add(news.at("/blurbs", blurbs("/page", "/none")), config=config)
    for path, act in (
        ("/slow", drip("never to its end", every=0.1)),
        ("/endless", endless()),
        ("/shut", say(b"")),
        ("/page", article("Overby")),
        ("/none", refuse(503)),
    ):
        news.at(path, act)
    assert run(["collect", config]) == 0
    before = leftovers()
    settings(news, tmp_path, deadline=0.3)
    # It is read however little time there is for an answer.
    (tmp_path / "papers").mkdir()
    assert run(["sources", "add", "--language=en", str(tmp_path / "papers"), config]) == 0
    with open_store("desk.db", folder=tmp_path) as store, store.write() as tx:
        (first, *_) = sources.source_statuses(tx)
        for path in ("/slow", "/endless", "/shut"):
            sources.add(tx, type(first.source)(news.url(path)), at=first.added)
    assert run(["collect", config]) == IN_PART
    gc.collect()  # a socket or file that was not closed would warn here, and warnings are errors
    wait_for(lambda: leftovers() == before)


def started(*words: str, preexec_fn: Callable[[], object] | None = None) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    command = [*COMMAND, *words]
    return subprocess.Popen(  # noqa: S603  ourselves
        command,
        preexec_fn=preexec_fn,  # noqa: PLW1509  no thread of ours has a lock that it needs
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def leftovers() -> tuple[set[str], int, set[str]]:
    """Return our threads but the server's, the count of open files but its own, and children."""
    threads = {one.name for one in threading.enumerate() if "process_request" not in one.name}
    held = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return threads, sum("socket:" not in one for one in held), set(children)
