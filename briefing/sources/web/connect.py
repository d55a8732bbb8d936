"""Connects to the very address that was checked, so that no second lookup can lead elsewhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpcore2

from briefing.core.errors import FetchError
from briefing.sources.web.address import AddressRules, closed, may_reach

#: Looks a name up: (host, port) to IP addresses, the best first; raises OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: Lookups at a time. They block a thread each, for up to half a minute where a name server is
#: silent; in threads of their own they hold up nothing else.
_LOOKUPS = 16
#: Addresses of one name that are tried: a few of both families. A hostile name may have any number.
_TRIED = 8
#: What the lookup says of a name that does not exist; anything else may pass.
_NO_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class Lookup:
    """Asks the system for the addresses of a name."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, the best first."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return list(dict.fromkeys(str(place[0]) for *_, place in found))

    def close(self) -> None:
        """Wait for no lookup any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """The network as httpcore sees it: names are looked up once, and only checked addresses used.

    TLS is none of its business: httpcore verifies the certificate against the name asked for.
    """

    def __init__(
        self,
        rules: AddressRules,
        *,
        resolve: Resolve,
        net: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._rules = rules
        self._resolve = resolve
        self._net = net or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of a host that answers.

        Args:
            host: a name or an IP address.
            port: one that the rules allow; they were asked with the whole address.
            timeout: seconds for each address that is tried.
            local_address: as httpcore gives it.
            socket_options: as httpcore gives them.

        Raises:
            FetchError: there is no such host, or none of its addresses may be reached.
            httpcore2.ConnectError: none of its addresses answers.
        """
        failure: Exception = httpcore2.ConnectError("no address")
        for address in await self._addresses(host, port):
            try:
                return await self._net.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host that may be reached; the rest of them is passed over."""
        try:
            found = (await self._resolve(host, port))[:_TRIED]
        except OSError as error:
            gone = isinstance(error, socket.gaierror) and error.errno in _NO_NAME
            said = "no such host" if gone else "its name cannot be looked up now"
            raise FetchError(said, passing=True) from error
        allowed = [one for one in found if may_reach(one, rules=self._rules, host=host)]
        if found and not allowed:
            raise FetchError(closed(found[0], host=host))
        return allowed
