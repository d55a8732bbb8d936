"""How many pages are made for one client at a time, so that there are threads left for others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

#: Pages made for one client at the same time, of the 40 threads that there are, and how many more
#: may wait: a browser opens six connections to one site.
_AT_ONCE, _WAITING = 8, 24


class CrowdedError(Exception):
    """A client asks for more than it may at one time."""


@dataclass(slots=True)
class _Line:
    """The requests of one client."""

    places: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_AT_ONCE))
    inside: int = 0


class Admission:
    """Lets requests in, each client its share."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    async def answer(self, client: str, work: Callable[[], Response]) -> Response:
        """Return the answer that is made in a thread.

        Args:
            client: as :func:`briefing.web.limits.client_of` says it.
            work: makes the answer.

        Raises:
            CrowdedError: too many requests of this client wait already.
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
