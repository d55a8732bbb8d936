import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from briefing.core.errors import StoreError
from briefing.store import copies, open_store
from briefing.store.location import find_place
from tests.store.conftest import server, tools, used_database
from tests.store.postgres import Server, connect
from tests.waiting import PATIENCE

pytest.importorskip("procrastinate")
from briefing.engine import SCHEMA, JobQueue, Message

__all__ = ["server", "tools", "used_database"]

#: Turns of a loop in which all that waits for one thing in it has gone on.
_TURNS = 100


@pytest.fixture
def url(used_database: str) -> str:
    """Return the address of a database in which no message is on its way."""
    with connect(used_database) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())
    return used_database


@pytest.fixture
def queue(url: str) -> Iterator[JobQueue]:
    with closing(JobQueue(url, label="the database")) as queue:
        queue.open()
        yield queue


def rows(url: str, what: str = "count(*)") -> int:
    with connect(url) as connection:
        query = f"SELECT {what} FROM {SCHEMA}.procrastinate_jobs"  # noqa: S608  ours
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def receive(
    queue: JobQueue,
    do: Callable[[int], None],
    *,
    until: Callable[[], bool],
    kinds: Sequence[str] = ("deliver",),
    told: Callable[[], None] = lambda: None,
) -> None:
    """Let a worker work until something is so, and end by itself; say when it has been told to."""

    async def work() -> None:
        stop = asyncio.Event()

        async def watch() -> None:
            while not until():
                await asyncio.sleep(0.02)
            stop.set()
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            told()

        watching = asyncio.create_task(watch())
        await queue.receive(kinds, do, worker="ann", stop=stop, lost=60)
        await watching

    asyncio.run(asyncio.wait_for(work(), PATIENCE))


def test_what_is_sent_is_received_once_and_leaves_nothing(queue: JobQueue, url: str) -> None:
    done: list[int] = []
    queue.send(Message("deliver", number) for number in (7, 8, 9))
    receive(queue, done.append, until=lambda: len(done) == 3)
    assert sorted(done) == [7, 8, 9]
    assert rows(url) == 0


def test_a_message_that_is_on_its_way_is_not_sent_again(queue: JobQueue, url: str) -> None:
    for _ in range(3):
        queue.send([Message("deliver", 7)])
    assert rows(url) == 1
    done: list[int] = []

    def do(number: int) -> None:
        # Under way: another may be sent, as when its worker is lost.
        if not done:
            queue.send([Message("deliver", 7)])
        done.append(number)

    receive(queue, do, until=lambda: len(done) == 2)
    assert done == [7, 7]


def test_a_worker_takes_only_its_kinds_and_one_of_each_at_a_time(queue: JobQueue) -> None:
    both, done = threading.Barrier(2, timeout=PATIENCE), []
    queue.send([Message("collect", 1), Message("publish", 2), Message("bounces", 3)])

    def do(number: int) -> None:
        # Each waits for the other: neither blocks the other's lane.
        both.wait()
        done.append(number)

    receive(queue, do, until=lambda: len(done) == 2, kinds=("collect", "publish"))
    assert sorted(done) == [1, 2]


def test_what_is_being_done_is_awaited_at_the_end(queue: JobQueue) -> None:
    begun, goes_on, ended = threading.Event(), threading.Event(), list[int]()
    queue.send([Message("deliver", 1), Message("deliver", 2)])

    def do(number: int) -> None:
        begun.set()
        # Until the worker was told to end, and would have if it did not wait.
        assert goes_on.wait(PATIENCE)
        ended.append(number)

    receive(queue, do, until=begun.is_set, told=goes_on.set)
    assert ended == [1]


def test_a_job_that_fails_does_not_end_the_worker(queue: JobQueue, url: str) -> None:
    tried: list[int] = []

    def do(number: int) -> None:
        tried.append(number)
        raise ZeroDivisionError

    queue.send([Message("deliver", 1), Message("deliver", 2)])
    receive(queue, do, until=lambda: len(tried) == 2)
    assert rows(url) == 0


def test_what_a_dead_worker_had_received_is_swept_away(queue: JobQueue, url: str) -> None:
    queue.send([Message("deliver", 1)])
    with connect(url, options=f"-c search_path={SCHEMA}") as connection:
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    done: list[int] = []
    queue.send([Message("deliver", 2)])
    receive(queue, done.append, until=lambda: bool(done))
    assert (done, rows(url)) == ([2], 0)


def test_many_open_it_at_once_and_one_makes_its_tables(url: str) -> None:
    queues = [JobQueue(url, label="the database") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(JobQueue.open, queues))
    for queue in queues:
        queue.close()
    assert rows(url) == 0


def test_the_tables_of_the_store_are_in_nobodys_way(queue: JobQueue, server: Server) -> None:
    # "search_path" in the address itself is kept beside our own.
    url = f"{server.url('postgres')}&options=-c%20work_mem%3D8MB"
    with closing(JobQueue(url, label="the database")) as other:
        other.open()
        other.send([Message("deliver", 1)])


def test_a_database_that_does_not_answer_is_told_in_one_line(server: Server) -> None:
    queue = JobQueue(server.url("nowhere"), label="the database")
    with pytest.raises(StoreError, match=r"the database: .*nowhere.* does not exist"):
        queue.open()


@pytest.mark.usefixtures("tools")
def test_a_backup_holds_no_messages(queue: JobQueue, url: str, tmp_path: Path) -> None:
    open_store(url, folder=tmp_path).close()
    queue.send([Message("deliver", 1)])
    place = find_place(url, folder=tmp_path)
    copies.dump(place, tmp_path / "saved")
    assert b"procrastinate" not in (tmp_path / "saved").read_bytes()
    copies.restore_dump(tmp_path / "saved", place=place, label="saved", replace=True)
    open_store(url, folder=tmp_path).close()
    assert rows(url) == 1
