"""Pages are made for one client so many at a time, and for others meanwhile."""

from __future__ import annotations

import threading

import anyio
import pytest
from starlette.responses import Response

from briefing.web.admission import Admission, CrowdedError
from briefing.web.limits import client_of
from tests.waiting import PATIENCE


def test_a_client_that_asks_for_much_waits_and_then_is_refused_while_others_are_answered() -> None:
    admission, free = Admission(), threading.Event()
    running, refused, answered = [], [], []

    def slow() -> Response:
        running.append(1)
        assert free.wait(PATIENCE)
        return Response()

    async def ask() -> None:
        try:
            answered.append(await admission.answer("one", slow))
        except CrowdedError:
            refused.append(1)

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(ask)
            while len(running) < 8 or len(refused) < 8:
                await anyio.sleep(0.01)
            other = await admission.answer("other", Response)
            assert other.status_code == 200
            free.set()

    anyio.run(all_at_once)
    assert (len(running), len(refused), len(answered)) == (32, 8, 32)
    assert not admission._lines


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("127.0.0.1", "127.0.0.1/32"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:db8:1:2:3::7", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_a_client_is_one_address_or_one_line(host: str, client: str) -> None:
    assert client_of(host) == client
