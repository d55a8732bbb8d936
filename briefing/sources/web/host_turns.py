"""Each host is asked by one of several workers at a time; what blocks runs in a thread."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, Protocol, TypeVar

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


#: Seconds between two looks whether another worker has done with a host.
_LOOK = 0.25


class HostLocks(Protocol):
    """Locks of which only one worker has each."""

    def take(self, host: str) -> bool:
        """Take a host that one does not hold; False: another worker has it. May block."""
        ...

    def free(self, host: str) -> None:
        """Let other workers have a host. May block."""
        ...


class HostTurns:
    """The hosts that one worker asks now; use it in one event loop."""

    def __init__(
        self,
        locks: HostLocks,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        in_thread: Callable[..., Awaitable[Any]] = in_thread,
    ) -> None:
        """Begin a run with the locks of this worker."""
        self._locks, self._sleep, self._in_thread = locks, sleep, in_thread
        #: Requests of this worker to a host that run, wait, or ended a moment ago.
        self._users: Counter[str] = Counter()
        self._held: set[str] = set()
        self._taking: dict[str, asyncio.Lock] = {}
        self._pausing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def of(self, host: str, *, pause: float) -> AsyncIterator[None]:
        """Have a host to oneself, as soon as no other worker has it.

        It is kept for some seconds after the request (``pause``), so that the next worker does not
        follow too closely.
        """
        self._users[host] += 1
        try:
            await self._take(host)
            yield
        finally:
            leaving = asyncio.create_task(self._leave(host, pause))
            self._pausing.add(leaving)
            leaving.add_done_callback(self._pausing.discard)

    async def close(self) -> None:
        """Wait until all hosts are free again."""
        await asyncio.gather(*self._pausing)

    async def _take(self, host: str) -> None:
        async with self._taking.setdefault(host, asyncio.Lock()):
            while host not in self._held:
                if not await self._in_thread(self._try, host):
                    await self._sleep(_LOOK)

    def _try(self, host: str) -> bool:
        taken = self._locks.take(host)
        if taken:
            # Here and not where it is awaited: who is canceled there has it to free all the same.
            self._held.add(host)
        return taken

    async def _leave(self, host: str, pause: float) -> None:
        await self._sleep(pause)
        async with self._taking.setdefault(host, asyncio.Lock()):
            self._users[host] -= 1
            if not self._users[host] and host in self._held:
                self._held.discard(host)
                await self._in_thread(self._locks.free, host)
