from __future__ import annotations

import asyncio
import gc
import logging
from threading import Event, get_ident

import pytest

from briefing.sources.in_thread import in_thread
from tests.waiting import PATIENCE


def test_work_is_done_in_a_thread_and_brings_what_it_makes() -> None:
    def work(number: int, *, more: int) -> tuple[int, int]:
        return number + more, get_ident()

    async def main() -> tuple[int, int]:
        return await in_thread(work, 1, more=2)

    made, thread = asyncio.run(main())
    assert made == 3
    assert thread != get_ident()


def test_what_the_work_raises_is_raised() -> None:
    async def main() -> None:
        await in_thread(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(main())


@pytest.mark.parametrize("fails", [False, True])
def test_who_is_canceled_waits_until_the_work_has_ended(
    caplog: pytest.LogCaptureFixture, *, fails: bool
) -> None:
    begun, told, ended = Event(), Event(), Event()

    def work() -> None:
        begun.set()
        told.wait(PATIENCE)
        ended.set()
        if fails:
            raise ValueError

    async def main() -> None:
        waiting = asyncio.create_task(in_thread(work))
        await asyncio.to_thread(begun.wait, PATIENCE)
        waiting.cancel()
        try:
            # Turns enough for one who would go on at once.
            for _ in range(9):
                await asyncio.sleep(0)
            assert not waiting.done()
        finally:
            told.set()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert ended.is_set()

    asyncio.run(main())
    gc.collect()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
