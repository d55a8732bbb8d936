"""What the processes of tests do: a module of its own, as each of them imports it."""

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection

from briefing.app.workers import processes

PARTS = range(20)


def square(number: int) -> int:
    return number * number


def killed_at_seven(number: int) -> int:
    if number == 7 and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def fails_at_seven(number: int) -> int:
    if number == 7:
        raise ZeroDivisionError("seven")
    return number * number


def who(_: int) -> int:
    return os.getpid()


def interrupted(_: int) -> None:
    if multiprocessing.parent_process():
        # As a terminal does.
        os.killpg(0, signal.SIGINT)
        signal.pause()


def work(told: Connection) -> None:
    with processes(len(PARTS), worth=2) as pool:
        assert pool is not None
        pool.map(square, PARTS)
        told.send([child.pid for child in multiprocessing.active_children()])
        signal.pause()
