import gc
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pipe
from pathlib import Path
from queue import LifoQueue
from typing import Any

import pytest

from briefing.core.errors import InputError, MissingPartError, OverloadError, UnknownNameError
from briefing.sources.sandbox import pool
from briefing.sources.sandbox.child import TASKS
from briefing.sources.sandbox.pool import Sandbox, shared
from tests.sources.sandbox.invented import ITEM, many, rss
from tests.waiting import PATIENCE, wait_for

FEED = many(2)
HANG = many(50_000)


@dataclass
class Hanging:
    """How often a child was stopped, and what is done then."""

    stopped: int = 0
    then: Callable[[], None] = lambda: None


@pytest.fixture(autouse=True)
def hanging(monkeypatch: pytest.MonkeyPatch) -> Hanging:
    """Stop a child that has begun to read what takes it a second."""
    begin, state = pool.Child.begin, Hanging()

    def then_hangs(child: pool.Child, request: bytes) -> bool:
        began = begin(child, request)
        if began and len(request) > len(HANG):
            os.kill(child.pid, signal.SIGSTOP)
            state.stopped += 1
            state.then()
        return began

    monkeypatch.setattr(pool.Child, "begin", then_hangs)
    return state


def pids(sandbox: Sandbox) -> list[int]:
    return [slot._child.pid for slot in sandbox._slots if slot._child is not None]


def open_files() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_box_starts_nothing_before_it_is_asked_and_loads_only_what_it_needs() -> None:
    with Sandbox(children=2) as sandbox:
        assert pids(sandbox) == []
        assert sandbox("feed", FEED)["title"] == "Harbor Post"
        assert sandbox("feed", FEED)["title"] == "Harbor Post"
        assert len(pids(sandbox)) == 1
    with Sandbox(children=1) as sandbox:
        sandbox("feed", FEED)
        held = Path(f"/proc/{pids(sandbox)[0]}/statm").read_text().split()
        sandbox("page", b"<html></html>")
        assert int(held[1]) < int(Path(f"/proc/{pids(sandbox)[0]}/statm").read_text().split()[1])


def test_threads_are_answered_in_parallel_each_with_its_own() -> None:
    def ask(number: int) -> str:
        return str(sandbox("feed", rss(ITEM.format(n=number)))["entries"][0]["guid"])

    with Sandbox(children=2) as sandbox, ThreadPoolExecutor(6) as threads:
        assert list(threads.map(ask, range(40))) == [f"g{number}" for number in range(40)]
        assert len(pids(sandbox)) == 2


def test_what_computes_too_long_costs_one_item(hanging: Hanging) -> None:
    with Sandbox(children=1) as short:
        assert short("feed", FEED)["listed"] == 2
        before = pids(short)
        short._time_limit = 0.1
        hanging.then = lambda: os.kill(pids(short)[0], signal.SIGCONT)
        with pytest.raises(InputError, match=r"^the feed takes more than 0.1 seconds of computing"):
            short("feed", HANG)
        short._time_limit = None
        assert short("feed", FEED)["listed"] == 2
        assert pids(short) != before


def test_a_child_that_gets_no_processor_is_waited_for_beyond_its_limit(hanging: Hanging) -> None:
    """It computes for less than that, and stands still three times as long."""
    with Sandbox(children=1, time_limit=1.0) as sandbox:
        sandbox("feed", FEED)

        def go_on_later() -> None:
            threading.Timer(3.0, os.kill, (pids(sandbox)[0], signal.SIGCONT)).start()

        hanging.then = go_on_later
        assert sandbox("feed", FEED + b" " * len(HANG))["listed"] == 2
        assert hanging.stopped == 1


def test_a_child_that_stands_still_is_no_fault_of_what_it_reads(hanging: Hanging) -> None:
    with Sandbox(children=1, wait_limit=PATIENCE) as sandbox:
        sandbox("feed", FEED)
        child = sandbox._slots[0]._child
        assert child is not None
        # From when it has begun: on a busy machine that takes its time.
        hanging.then = partial(setattr, child, "_wait_limit", 0.3)
        with pytest.raises(
            OverloadError, match=r"^the feed was not read within .* is too busy; it"
        ):
            sandbox("feed", HANG)
        assert hanging.stopped == 1
        assert sandbox("feed", FEED)["listed"] == 2


def test_a_child_killed_while_idle_or_used_up_is_replaced(sandbox: Sandbox) -> None:
    sandbox("feed", FEED)
    os.kill(pids(sandbox)[0], signal.SIGKILL)
    assert sandbox("feed", FEED)["listed"] == 2
    sandbox("feed", FEED)
    child = sandbox._slots[0]._child
    assert child is not None
    child.requests = pool.REQUESTS
    assert sandbox("feed", FEED)["listed"] == 2
    assert sandbox._slots[0]._child is not child
    with pytest.raises(
        UnknownNameError, match="unknown task 'poem'; known: bare, feed, links, page, pdf"
    ):
        sandbox("poem", b"")


def test_a_killed_child_costs_nothing(hanging: Hanging, caplog: pytest.LogCaptureFixture) -> None:
    with Sandbox(children=1, time_limit=PATIENCE) as sandbox:

        def kill_first() -> None:
            os.kill(pids(sandbox)[0], signal.SIGKILL if hanging.stopped == 1 else signal.SIGCONT)

        hanging.then = kill_first
        assert sandbox("feed", HANG)["listed"] == 50_000
    assert hanging.stopped == 2
    assert caplog.messages == ["a process was killed while it read a feed, which is read once more"]


def test_what_kills_two_children_costs_one_item(hanging: Hanging) -> None:
    with Sandbox(children=1, time_limit=PATIENCE) as sandbox:
        hanging.then = lambda: os.kill(pids(sandbox)[0], signal.SIGKILL)
        with pytest.raises(InputError, match=r"^the feed crashed its reader; tell its publisher"):
            sandbox("feed", HANG)
        assert hanging.stopped == 2
        assert sandbox("feed", FEED)["listed"] == 2


def test_a_child_that_ends_otherwise_costs_one_item(hanging: Hanging) -> None:
    with Sandbox(children=1, time_limit=PATIENCE) as sandbox:

        def crash() -> None:
            os.kill(pids(sandbox)[0], signal.SIGUSR1)
            os.kill(pids(sandbox)[0], signal.SIGCONT)

        hanging.then = crash
        with pytest.raises(InputError, match=r"^the feed crashed its reader"):
            sandbox("feed", HANG)
        assert hanging.stopped == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_terminals_end_leaves_children_alone(hanging: Hanging, number: signal.Signals) -> None:
    with Sandbox(children=1, time_limit=PATIENCE) as sandbox:

        def end() -> None:
            os.kill(pids(sandbox)[0], number)
            os.kill(pids(sandbox)[0], signal.SIGCONT)

        hanging.then = end
        assert sandbox("feed", HANG)["listed"] == 50_000
        assert hanging.stopped == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_also_one_that_is_being_started(number: signal.Signals) -> None:
    head = {"task": "feed", "about": {"url": ""}, "seconds": PATIENCE}
    child = pool.Child(memory_limit=pool.MEMORY_LIMIT)
    with closing(child):
        os.kill(child.pid, number)
        assert child.begin(json.dumps(head).encode() + b"\n" + FEED)
        assert json.loads(child.answer())["listed"] == 2


def test_a_memory_bomb_costs_one_item_and_its_child() -> None:
    with Sandbox(children=1, memory_limit=200_000_000) as sandbox:
        sandbox("feed", FEED)
        before = pids(sandbox)
        with pytest.raises(InputError, match=r"^the feed (cannot be read \(MemoryError\)|crashed)"):
            sandbox(
                "feed", b'{"version":"https://jsonfeed.org/version/1","items":[' + b"[],{}," * 10**6
            )
        assert sandbox("feed", FEED)["listed"] == 2
        assert pids(sandbox) != before


def test_a_child_that_cannot_start_is_told_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(children=1) as sandbox:
        before = open_files()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "executable", "/no/python")
            with pytest.raises(
                MissingPartError, match=r"the feed parser cannot be started \(No such file .*\): r"
            ):
                sandbox("feed", FEED)
        assert open_files() == before
        assert sandbox("feed", FEED)["listed"] == 2
    with (
        Sandbox(children=1, memory_limit=30_000_000) as sandbox,
        pytest.raises(MissingPartError, match=r"the page parser does not start: .* 0.03 GB"),
    ):
        sandbox("page", b"<html></html>")
    with Sandbox(children=1, memory_limit=1 << 80) as sandbox:
        held = open_files(), children()
        with pytest.raises(OverflowError):
            sandbox("feed", FEED)
        assert (open_files(), children()) == held


def test_an_interrupt_ends_the_child_that_was_asked(hanging: Hanging) -> None:
    with Sandbox(children=1) as sandbox:
        sandbox("feed", FEED)
        child = sandbox._slots[0]._child
        assert child is not None
        raised = signal.signal(signal.SIGALRM, signal.default_int_handler)

        def interrupt() -> None:
            signal.setitimer(signal.ITIMER_REAL, 0.05)

        hanging.then = interrupt
        with pytest.raises(KeyboardInterrupt):
            sandbox("feed", HANG)
        signal.signal(signal.SIGALRM, raised)
        assert not is_alive(child.pid)
        assert sandbox("feed", FEED)["listed"] == 2


class Interrupted(LifoQueue[Any]):
    """A queue in which Ctrl-C strikes while something is given back."""

    def _put(self, item: object) -> None:
        raise KeyboardInterrupt


def test_a_box_closes_after_an_interrupt_at_the_worst_moment() -> None:
    sandbox = Sandbox(children=1)
    sandbox("feed", FEED)
    held, queue = pids(sandbox), Interrupted()
    queue.queue.append(sandbox._idle.get())
    sandbox._idle = queue
    with pytest.raises(KeyboardInterrupt):
        sandbox("feed", FEED)
    closing = threading.Thread(target=sandbox.close, daemon=True)
    closing.start()
    wait_for(lambda: not closing.is_alive())
    assert not any(is_alive(pid) for pid in held)


def test_an_answer_without_end_is_not_read() -> None:
    with Sandbox(children=1) as sandbox:
        sandbox("feed", FEED)
        child = sandbox._slots[0]._child
        assert child is not None
        parent, other = Pipe()
        with parent, other:
            # A length of more than two gigabytes stands behind a mark.
            os.write(other.fileno(), struct.pack("!iQ", -1, pool.ANSWER_LIMIT + 1))
            original, child._connection = child._connection, parent
            with pytest.raises(OSError, match="bad message length"):
                child.answer()
            child._connection = original


def test_a_reason_is_one_line_and_no_secret_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    task = TASKS["feed"]
    with pytest.raises(InputError) as raised:
        pool._checked({"error": "not\x1b[31m\na feed" + "!" * 900}, task=task)
    assert str(raised.value).startswith("not[31m a feed!!")
    assert len(str(raised.value)) == 200
    with pytest.raises(InputError, match=r"^the feed cannot be read \(ValueError\); tell"):
        pool._checked({"fault": "ValueError"}, task=task)
    monkeypatch.setenv("SMTP_PASSWORD", "x")
    variables: dict[str, Any] = pool.environment()
    assert "SMTP_PASSWORD" not in variables
    assert variables["PYTHONHASHSEED"] == "0"
    assert shared() is shared()


def test_closing_ends_the_children_and_who_asks_later_is_told(hanging: Hanging) -> None:
    sandbox = Sandbox(children=2)
    with ThreadPoolExecutor(2) as threads:
        sandbox("feed", FEED)
        working = threads.submit(sandbox, "feed", HANG)
        wait_for(lambda: hanging.stopped)
        held = pids(sandbox)
        sandbox.close()
        with pytest.raises(InputError, match="crashed its reader"):
            working.result()
    assert hanging.stopped == 1
    assert not any(is_alive(pid) for pid in held)
    with pytest.raises(InputError, match="the sandbox is closed; the feed was not read"):
        sandbox("feed", FEED)
    sandbox.close()


def test_a_box_that_ends_starts_no_child_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(children=1) as sandbox:
        sandbox._slots[0].end()
        with pytest.raises(InputError, match="crashed its reader"):
            sandbox("feed", FEED)
        assert pids(sandbox) == []
    begin = pool.Child.begin
    with Sandbox(children=1) as sandbox:

        def ended(child: pool.Child, request: bytes) -> bool:
            sandbox._slots[0].end()
            return begin(child, request)

        monkeypatch.setattr(pool.Child, "begin", ended)
        with pytest.raises(InputError, match="crashed its reader"):
            sandbox("feed", FEED)


PARENT = """
import sys, threading, time
from briefing.sources.sandbox.pool import Sandbox
box = Sandbox(children=2, time_limit=300.0)
# Takes four seconds, twice as long as to start another.
page = b"<html><body>" + b"<p>a</p>" * 15_000
threading.Thread(target=box, args=("page", page), daemon=True).start()
while not any(slot._child for slot in box._slots):
    time.sleep(0.01)
box("feed", {feed!r})
print(*(slot._child.pid for slot in box._slots), flush=True)
time.sleep(60)
"""


def test_a_parent_killed_leaves_no_child_behind_idle_or_busy() -> None:
    code = PARENT.format(feed=FEED)
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)  # noqa: S603
    with parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == 2
        assert all(is_alive(pid) for pid in children)
        parent.kill()
    wait_for(lambda: not any(is_alive(pid) for pid in children))
