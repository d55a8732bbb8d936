"""Limits on concurrent requests per client, so that threads remain for other clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

#: Concurrent requests of one client, out of 40 threads, and how many more may wait: a browser
#: opens six connections to one site.
_AT_ONCE, _WAITING = 8, 24


class CrowdedError(Exception):
    """A client has too many concurrent requests."""


@dataclass(slots=True)
class _Line:
    """The requests of one client."""

    places: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_AT_ONCE))
    inside: int = 0


class Admission:
    """Bounds the concurrency of each client."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    async def answer(self, client: str, work: Callable[[], Response]) -> Response:
        """Return the response, made in a thread.

        Raises:
            CrowdedError: too many requests of this client are already waiting.
        """
        line = self._lines.setdefault(client, _Line())
        if line.inside >= _AT_ONCE + _WAITING:
            raise CrowdedError
        line.inside += 1
        try:
            async with line.places:
                return await run_in_threadpool(work)
        finally:
            line.inside -= 1
            if not line.inside:
                self._lines.pop(client, None)
