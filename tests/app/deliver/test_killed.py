import os
from collections import Counter
from concurrent.futures import Future
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from signal import SIGKILL, SIGSTOP

import pytest

from benchmarks.killing_mail import kill_mail, start, wait_until_free
from briefing.core.model import DeliveryStatus
from briefing.store import Store, deliveries
from tests.mail.relays import At, Faulty
from tests.store.readers import EDITION, audience, release_to
from tests.waiting import PATIENCE, wait_until_stopped


@pytest.mark.parametrize("hold", [False, True])
def test_a_killed_delivery_loses_nothing(store: Store, at: str, *, hold: bool) -> None:
    assert store  # has emptied the database
    found = kill_mail(mails=300, kills=5, connections=2, hold=hold, at=at)
    assert found.lost == 0
    assert found.doubled <= (0 if hold else found.kills * found.connections)
    # One that is in doubt, sent again and in doubt again is not sent a third time.
    assert found.held <= (found.kills * found.connections if hold else 1)


class Killer:
    """Kills a process at a step of its third mail."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._watched: Future[BaseProcess] = Future()

    def watch(self, child: BaseProcess) -> None:
        self._watched.set_result(child)

    def __call__(self, at: At) -> str:
        child = self._watched.result(PATIENCE)
        assert child.pid
        if (at.step, at.mail) == ("dot", 3):
            # It must not go on between the relay's answer and its own end.
            os.kill(child.pid, SIGSTOP)
            wait_until_stopped(child.pid)
        if (at.step, at.mail) == (self._step, 3):
            os.kill(child.pid, SIGKILL)
            assert wait([child.sentinel], PATIENCE)
        return ""


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize(
    ("step", "arrived"), [("RCPT", False), ("DATA", False), ("dot", True), ("after", True)]
)
def test_a_process_that_is_killed_at_a_step_leaves_one_mail_in_doubt(
    store: Store, at: str, tmp_path: Path, *, step: str, arrived: bool, hold: bool
) -> None:
    release_to(store, 6)
    with store.read() as tx:
        numbers = [one.id for one in deliveries.of(tx, EDITION)]
    killer = Killer(step)
    with Faulty(fault=killer).running() as there:
        work = (at, str(tmp_path), there.port, 1, hold)
        child = start(work)
        killer.watch(child)
        child.join(PATIENCE)
        assert child.exitcode == -SIGKILL
        wait_until_free(store)
        again = start(work)
        again.join(PATIENCE)
        assert again.exitcode == 0
        seen = Counter(int(mail.id[1:].partition("@")[0]) for mail in there.taken)
    with store.read() as tx:
        held = [one.id for one in deliveries.of(tx, EDITION, status=DeliveryStatus.HELD)]
        told = {one.reason for one in deliveries.of(tx, EDITION, status=DeliveryStatus.HELD)}
    assert set(seen) | set(held) == set(numbers)
    assert audience(store) == (
        {DeliveryStatus.SENT: 5, DeliveryStatus.HELD: 1} if hold else {DeliveryStatus.SENT: 6}
    )
    doubled = {number for number, times in seen.items() if times > 1}
    if hold:
        assert (held, doubled) == ([numbers[2]], set())
        assert told == {"the process that was sending it ended; it may or may not have arrived"}
        assert (numbers[2] in seen) == arrived
    else:
        assert doubled == ({numbers[2]} if arrived else set())
        assert sum(seen.values()) == 6 + arrived
