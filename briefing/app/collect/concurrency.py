"""Many works, so many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")


async def in_turn(works: Iterable[Coroutine[Any, Any, T]], *, at_once: int) -> AsyncIterator[T]:
    """Yield what each work gives as it ends, with so many under way at a time.

    The first that raises ends the others.
    """
    waiting = iter(works)
    running: set[asyncio.Task[T]] = set()
    ended: set[asyncio.Task[T]] = set()
    try:
        while True:
            running |= {
                asyncio.create_task(work) for work in islice(waiting, at_once - len(running))
            }
            if not running:
                return
            ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        # Others may have raised too when one did; their errors are dropped.
        await asyncio.gather(*running, *ended, return_exceptions=True)
