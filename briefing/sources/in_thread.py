"""Does what blocks in a thread of its own, and to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Call a function in a thread; who is canceled meanwhile still waits for its end.

    A thread cannot be stopped: whoever went on at once would hold a lock no longer that the thread
    still needs, or not know what it has taken.
    """
    running = asyncio.create_task(asyncio.to_thread(work, *args, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise
