"""Connects to the address that was checked, so that a second lookup cannot lead elsewhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpcore2

from briefing.core.errors import FetchError
from briefing.sources.web.address import AddressRules, may_reach, not_public

#: Resolves a name: (host, port) to IP addresses, the best first; raises OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: Concurrent lookups. Each blocks a thread, for up to half a minute when a name server does not
#: respond; in threads of their own they hold up nothing else.
_LOOKUPS = 16
#: Addresses of one name that are tried: a few of both families. A hostile name may have any number.
_TRIED = 8
#: Errors for a name that does not exist; any other may be temporary.
_NO_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class Lookup:
    """Resolves names with the system resolver."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host, the best first."""
        resolve = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        results = await asyncio.get_running_loop().run_in_executor(self._threads, resolve)
        return list(dict.fromkeys(str(address[0]) for *_, address in results))

    def close(self) -> None:
        """Cancel waiting lookups and do not wait for running ones."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Network backend for httpcore: resolves each name once and uses only checked addresses.

    It has no part in TLS: httpcore verifies the certificate against the requested name.
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
        """Connect to the first address of a host that accepts a connection.

        Args:
            host: a name or an IP address.
            port: already checked against the rules, with the whole address.
            timeout: seconds for each address.
            local_address: as passed by httpcore.
            socket_options: as passed by httpcore.

        Raises:
            FetchError: the host does not exist, or none of its addresses may be reached.
            httpcore2.ConnectError: none of its addresses accepts a connection.
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
        """Return those addresses of a host that may be reached."""
        try:
            addresses = (await self._resolve(host, port))[:_TRIED]
        except OSError as error:
            unknown = isinstance(error, socket.gaierror) and error.errno in _NO_NAME
            message = "no such host" if unknown else "its name cannot be resolved now"
            raise FetchError(message, passing=True) from error
        allowed = [
            address for address in addresses if may_reach(address, rules=self._rules, host=host)
        ]
        if addresses and not allowed:
            raise FetchError(not_public(addresses[0], host=host))
        return allowed
