import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest

from briefing.app.bounces import Returned, ReturnKind
from briefing.app.collect import Collected
from briefing.app.deliver import Delivered
from briefing.app.rounds.runs import Ended, RoundTask
from briefing.core.errors import InputError, SettingsError
from briefing.core.model import Ending, FetchRecord, Outcome, Run, Source, SourceStatus, Step
from briefing.core.ports import Parse
from briefing.mail.relay import ResultKind
from briefing.settings import CollectSettings, Settings, parsed
from briefing.setup import clock, daily, news
from briefing.setup.cluster import BriefingWorker, engine_of, run_workers, shared_steps, worker_name
from briefing.setup.news import outside
from briefing.sources.sandbox.pool import Sandbox
from briefing.store import Store, sources
from tests import daytime
from tests.store.ready import act
from tests.waiting import PATIENCE

NOW = datetime(2026, 3, 12, 6, 0, tzinfo=UTC)
CLUSTER = '[engine]\nkind = "procrastinate"\n'
#: What every inline desk does, and the modules that it must do without.
_INLINE = """
import sys
sys.modules["procrastinate"] = sys.modules["psycopg"] = sys.modules["psycopg_pool"] = None
from briefing.cli import run
assert run(["run", "--config=briefing.toml"]) == 1
import briefing.cli.serve, briefing.setup.cluster, briefing.setup.cluster
assert run(["worker", "--config=briefing.toml"]) == 2
"""


def settings_of(text: str, folder: Path) -> Settings:
    return parsed(text, folder=folder)


def add(store: Store, *urls: str) -> None:
    with store.write() as tx:
        for url in urls:
            sources.add(tx, Source(url), at=NOW)


def batches(store: Store, folder: Path) -> list[tuple[list[str], bool]]:
    steps = shared_steps(store, settings=settings_of("", folder))
    parts = steps[Step.COLLECT].split(RoundTask(Step.COLLECT))
    return [(part["sources"], part["owed"]) for part in parts]


def test_sources_are_split_and_what_is_owed_is_one_part(store: Store, tmp_path: Path) -> None:
    urls = [f"https://n{number:02}.example/feed" for number in range(60)]
    add(store, *urls)
    *parts, last = batches(store, tmp_path)
    assert [len(part) for part, _ in parts] == [25, 25, 10]
    assert sorted(chain(*(part for part, _ in parts))) == urls
    assert not any(owed for _, owed in parts)
    assert last == ([], True)


def test_the_sources_of_one_host_are_in_one_part(store: Store, tmp_path: Path) -> None:
    own = [f"https://n{number:02}.example/feed" for number in range(20)]
    shared = [f"https://Big.example:8443/{number}" for number in range(30)]
    add(store, *own, *shared, "https://[bad/feed", "news/folder")
    parts = [set(part) for part, _ in batches(store, tmp_path)]
    assert [part & set(shared) for part in parts if part & set(shared)] == [set(shared)]
    assert set().union(*parts) == {*own, *shared, "https://[bad/feed", "news/folder"}


def test_paused_sources_are_in_no_part(store: Store, tmp_path: Path) -> None:
    add(store, "https://n1.example/feed")
    act(store, sources.pause, "https://n1.example/feed", at=NOW)
    assert batches(store, tmp_path) == [([], False), ([], True)]


def test_a_part_of_collecting_that_fails_ends_the_run(store: Store, tmp_path: Path) -> None:
    add(store, "https://n1.example/feed")
    collect = shared_steps(store, settings=settings_of("", tmp_path))[Step.COLLECT]
    failed = Ended(Ending.FAILED, "internal error; see the log", again=True)
    facts = {"answered": 1, "failed": [], "gone": []}
    brought = Ended(Ending.DONE, figures={"fresh": 3}, facts=facts)
    with store.write() as tx:
        run = Run(1, "ostra-desk", Step.COLLECT, NOW)
        ended = collect.join(tx, run, [failed, brought])
    assert (ended.ending, ended.words, ended.again) == (Ending.FAILED, failed.words, True)
    assert ended.figures == {"fresh": 3, "failing": 0}


def test_a_desk_without_a_sender_delivers_nothing(store: Store, tmp_path: Path) -> None:
    steps = shared_steps(store, settings=settings_of("", tmp_path))
    assert set(steps) == {Step.COLLECT, Step.PUBLISH, Step.WEEK}


def test_the_inline_engine_is_none_and_others_need_postgresql(store: Store, tmp_path: Path) -> None:
    settings = settings_of("", tmp_path)
    with engine_of(store, settings, stop=lambda: True) as engine:
        assert engine(None, settings) is None  # type: ignore[arg-type]
    settings = settings_of(CLUSTER, tmp_path)
    words = r'engine.kind: "procrastinate" needs a store on PostgreSQL; set store.at to'
    with pytest.raises(SettingsError, match=words), engine_of(store, settings, stop=lambda: True):
        pass


def test_no_two_workers_have_one_name() -> None:
    assert len({worker_name() for _ in range(100)}) == 100


def test_an_inline_desk_needs_neither_procrastinate_nor_a_driver(tmp_path: Path) -> None:
    (tmp_path / "briefing.toml").write_text('name = "Ostra Desk"\n')
    done = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", _INLINE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert 'engine.kind is "inline": `briefing serve` does the work itself' in done.stderr


class FreeHosts:
    """Locks of hosts that no other worker wants."""

    def take(self, _host: str) -> bool:
        return True

    def free(self, _host: str) -> None: ...


async def parser_of(locks: FreeHosts | None) -> Parse:
    async with outside({}, settings=CollectSettings(), locks=locks) as (gateway, _):
        return gateway.parse


def test_what_parses_is_started_once_for_all_parts_that_a_worker_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # not the one that tests of these rooms share
    monkeypatch.setattr(news, "Sandbox", Sandbox)
    first, second, alone = (
        asyncio.run(parser_of(locks)) for locks in (FreeHosts(), FreeHosts(), None)
    )
    assert first is second is not alone
    assert first("feed", b"<rss version='2.0'><channel></channel></rss>")["entries"] == []
    with pytest.raises(InputError, match="the sandbox is closed"):
        alone("feed", b"<rss/>")


class Busy(BriefingWorker):
    """A worker that does a job of each kind, none of which ends before it has shown its life."""

    def __init__(self, all_at_once: threading.Barrier) -> None:
        self.steps = tuple(Step)
        self._all_at_once = all_at_once

    async def work(self, stop: asyncio.Event) -> None:
        assert not stop.is_set()
        beat_and_jobs = 1 + len(self.steps)
        await asyncio.gather(
            *(asyncio.to_thread(self._all_at_once.wait, PATIENCE) for _ in range(beat_and_jobs))
        )


def test_all_workers_of_a_process_do_all_their_jobs_and_still_show_that_they_live() -> None:
    # More than asyncio has threads by itself.
    threads, of_each = min(32, (os.cpu_count() or 1) + 4), 1 + len(Step)
    number = threads // of_each + 1
    together = threading.Barrier(number * of_each)
    run_workers([Busy(together) for _ in range(number)])
    assert not together.broken


AT = datetime(2026, 3, 12, 6, tzinfo=UTC)


def source_status(url: str, *, name: str = "", reason: str = "") -> SourceStatus:
    since, answered = (AT, None) if reason else (None, AT)
    return SourceStatus(
        Source(url, name=name), AT, answered=answered, failing_since=since, reason=reason
    )


def visit(url: str, outcome: Outcome, *, fresh: int = 0) -> FetchRecord:
    return FetchRecord(url, AT, outcome, items=fresh, fresh=fresh)


GOOD, BAD = "https://good.example/feed", "https://bad.example/feed?key=secret"


@pytest.mark.parametrize(
    ("visits", "source_statuses", "ending", "words"),
    [
        ([visit(GOOD, Outcome.READ, fresh=4)], [source_status(GOOD)], Ending.DONE, ""),
        (
            [visit(GOOD, Outcome.UNCHANGED), visit(BAD, Outcome.FAILED)],
            [source_status(GOOD), source_status(BAD, reason="HTTP 500")],
            Ending.PART,
            "https://bad.example/feed: no response: HTTP 500",
        ),
        (
            [visit(BAD, Outcome.FAILED), visit(GOOD, Outcome.FAILED)],
            [
                source_status(BAD, name="Bad", reason="no route"),
                source_status(GOOD, reason="no route"),
            ],
            Ending.FAILED,
            "Bad: no response: no route; and 1 more",
        ),
        # a source that is left alone for a while has not answered either
        (
            [visit(BAD, Outcome.WAITING)],
            [source_status(BAD, name="Bad", reason="HTTP 429")],
            Ending.FAILED,
            "Bad: no response: HTTP 429",
        ),
    ],
)
def test_collecting_fails_when_no_source_answers(
    visits: list[FetchRecord], source_statuses: list[SourceStatus], ending: Ending, words: str
) -> None:
    ended = daily.collected(Collected(tuple(visits), tuple(source_statuses), at=AT), at=AT)
    assert (ended.ending, ended.words) == (ending, words)
    # A part of the sources is not enough to say that nothing happened.
    assert ended.again == (ending is not Ending.DONE)
    assert ended.figures["sources"] == len(visits)
    assert ended.figures["failing"] == sum(bool(one.failing_since) for one in source_statuses)
    assert ended.figures["fresh"] == sum(one.fresh for one in visits)


@pytest.mark.parametrize(
    ("done", "ended"),
    [
        (Delivered({}), Ended(Ending.DONE)),
        (Delivered({ResultKind.SENT: 3, ResultKind.LATER: 0}), Ended(Ending.DONE, "", {"sent": 3})),
        (
            Delivered({ResultKind.SENT: 3, ResultKind.REFUSED: 1}),
            Ended(
                Ending.PART,
                "mails refused: 1; see briefing deliver --status",
                {"sent": 3, "refused": 1},
            ),
        ),
        (
            Delivered({ResultKind.SENT: 3}, paused="no route"),
            Ended(Ending.FAILED, "paused: no route", {"sent": 3}, again=True),
        ),
        (
            Delivered({}, suspect=5),
            Ended(
                Ending.PART,
                "the store is older than what was sent from it; see briefing deliver --status",
                {"held": 5},
            ),
        ),
    ],
)
def test_a_delivery_that_pauses_failed_and_is_tried_again(done: Delivered, ended: Ended) -> None:
    assert daily.delivered(done) == ended


def test_mail_that_cannot_be_read_is_told() -> None:
    good = Returned(Counter({ReturnKind.HARD: 2}), 1)
    assert daily.returned(good) == Ended(Ending.DONE, figures={"hard": 2, "ended": 1})
    bad = Returned(faults=[("one", "no mail")])
    assert daily.returned(bad) == Ended(Ending.PART, "mails that cannot be read: 1", {"ended": 0})


def test_a_process_can_run_by_another_clock() -> None:
    try:
        clock.run_by(lambda: AT)
        assert clock.now() == AT
    finally:
        clock.run_by(daytime.now)
    assert clock.now() > AT
