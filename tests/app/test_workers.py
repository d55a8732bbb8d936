import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from briefing.app import analyses
from briefing.app.workers import WORTH, analyze_by, analyze_now, processes, processors
from briefing.core.text.analysis import AnalysisRule, pack_all
from briefing.store import versions as stored
from tests.app import parts
from tests.newsday import HARBOR, TODAY, YESTERDAY
from tests.publishing import FIRST, SECOND, Desk, at, open_at
from tests.store.ready import look
from tests.waiting import PATIENCE, wait_for

RULE = AnalysisRule("en", "")
MANY = [
    replace(one, id=f"{one.id} {number}", text=f"{one.text} {number}")
    for number in range(30)
    for one in (*FIRST, *SECOND)
]

pytestmark = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="there is one processor only"
)


def test_in_processes_the_result_is_the_same() -> None:
    with processes(len(MANY), worth=2) as many:
        assert many
        assert [its for _, its in analyze_by(many, MANY, rule=RULE)] == pack_all(MANY, rule=RULE)


def test_many_documents_are_analyzed_by_processes_and_few_are_not() -> None:
    with processes(3, worth=WORTH) as few:
        assert few is None
        made = analyze_by(few, FIRST, rule=RULE)
        assert [its for _, its in made] == pack_all(FIRST, rule=RULE)
    assert analyze_now(FIRST, language="en") == {}
    found = analyze_now(MANY, language="en", worth=2)
    assert list(found) == [one.id for one in MANY]
    assert found[MANY[0].id].sentences(MANY[0])[0].text == HARBOR[1].split(". ")[0] + "."


def test_a_store_is_filled_by_processes(tmp_path: Path) -> None:
    with open_at(tmp_path) as store:
        Desk(store).keep(*FIRST, when=at(YESTERDAY, 18))
        Desk(store).keep(*SECOND, when=at(TODAY, 18))
        brought = [one.id for one in (*FIRST, *SECOND)]
        assert analyses.analyze_collected(store, brought, rule=RULE, at=at(TODAY, 18), worth=2) == 6
        kept = look(store, stored.kept_analyses, [one.id for one in FIRST], rule=RULE.digest)
    assert list(kept.values()) == pack_all([one for one in FIRST if one.id in kept], rule=RULE)


SQUARES = [parts.square(number) for number in parts.PARTS]


def test_the_work_is_done_by_processes_in_order_where_it_is_worth_them() -> None:
    with processes(len(parts.PARTS), worth=2) as pool:
        assert pool is not None
        assert pool.map(parts.square, parts.PARTS) == SQUARES
        assert pool.map(parts.square, []) == []
        assert os.getpid() not in pool.map(parts.who, parts.PARTS)
    assert not multiprocessing.active_children()
    with processes(1, worth=2) as pool:
        assert pool is None


def test_the_part_of_a_killed_process_is_done_here(caplog: pytest.LogCaptureFixture) -> None:
    with processes(len(parts.PARTS), worth=2) as pool:
        assert pool is not None
        assert pool.map(parts.killed_at_seven, parts.PARTS) == SQUARES
        # Its pipe has ended a moment before it has.
        wait_for(lambda: len(multiprocessing.active_children()) == processors() - 1)
        assert os.getpid() not in pool.map(parts.who, parts.PARTS)
    assert len(caplog.messages) == 1
    assert "ended before its time" in caplog.messages[0]


def test_processes_killed_before_they_have_begun_do_no_harm() -> None:
    with processes(len(parts.PARTS), worth=2) as pool:
        assert pool is not None
        for child in multiprocessing.active_children():
            child.kill()
        assert pool.map(parts.square, parts.PARTS) == SQUARES


def test_without_memory_for_a_process_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(process: object) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refused)
    with processes(len(parts.PARTS), worth=2) as pool:
        assert pool is not None
        assert set(pool.map(parts.who, parts.PARTS)) == {os.getpid()}


def test_what_raises_there_raises_here() -> None:
    with processes(len(parts.PARTS), worth=2) as pool:
        assert pool is not None
        with pytest.raises(ZeroDivisionError, match="seven"):
            pool.map(parts.fails_at_seven, parts.PARTS)
        assert pool.map(parts.square, parts.PARTS) == SQUARES


def test_ctrl_c_ends_all_and_says_nothing_of_processes() -> None:
    code = (
        "from tests.app import parts\n"
        "from briefing.app.workers import processes\n"
        "try:\n"
        "    with processes(2, worth=2) as pool:\n"
        "        pool.map(parts.interrupted, range(2))\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    ran = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        process_group=0,
        # A shell that starts the tests in the background lets them, and all they start, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (ran.stdout, ran.stderr) == ("interrupted\n", "")


def test_no_process_is_left_behind_by_one_that_is_killed() -> None:
    spawned = multiprocessing.get_context("spawn")
    here, there = spawned.Pipe()
    parent = spawned.Process(target=parts.work, args=(there,))
    parent.start()
    there.close()
    children = here.recv()
    assert len(children) >= 1
    ends = [os.pidfd_open(child) for child in children]
    parent.kill()
    parent.join()
    for end in ends:
        # Readable once the process has ended.
        assert multiprocessing.connection.wait([end], timeout=300), "a process is left behind"
        os.close(end)
