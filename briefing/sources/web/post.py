"""Sends a small JSON body to one address, under the same rules as all other requests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus

import httpcore2
import httpx2

from briefing.core.errors import FetchError
from briefing.sources.web.address import AddressRules, check_url, host_of, printable
from briefing.sources.web.client import Asking, Web
from briefing.sources.web.errors import CONNECTION_ERRORS, failure

#: Statuses after which a retry may succeed (RFC 9110, 15.5.9; RFC 6585), besides all from 500.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


async def post_json(
    url: str, content: bytes, *, asking: Asking, pauses: Sequence[float] = (1.0, 5.0)
) -> None:
    """Send JSON to an address; the response must be 2xx, and its body is not read.

    Redirects are not followed: the content is meant for this address only. Error messages name
    only its host, as its path may be a secret.

    Args:
        url: http or https.
        content: encoded JSON.
        asking: User-Agent, allowed addresses, and the deadline of one try.
        pauses: seconds before each retry after a temporary failure.

    Raises:
        FetchError: the address is not allowed, or no try succeeded.
    """
    waits = iter(pauses)
    async with _Sender(asking, clock=lambda: datetime.now(UTC)) as sender:
        while True:
            try:
                await sender.send(url, content)
            except FetchError as error:
                wait = next(waits, None)
                if not error.passing or wait is None:
                    raise
                await asyncio.sleep(wait)
            else:
                return


class _Sender(Web):
    """The guarded client, sending instead of fetching."""

    async def send(self, url: str, content: bytes) -> None:
        """Send once.

        Raises:
            FetchError: see :func:`post_json`.
        """
        checked = checked_target(url, rules=self._asking.rules)
        try:
            async with asyncio.timeout(self._asking.deadline):
                status = await self._post(checked, content)
        except TimeoutError:
            raise _error(checked, f"no response in {self._asking.deadline:g} seconds") from None
        except CONNECTION_ERRORS as error:
            reported = failure(error, proxied=bool(self._asking.proxy))
            raise _error(checked, str(reported)) from error
        except FetchError as error:
            raise _error(checked, str(error), passing=error.passing) from error
        if status // 100 != 2:
            passing = status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            raise _error(checked, f"answers {status}", passing=passing)

    async def _post(self, url: httpx2.URL, content: bytes) -> int:
        """Return the status of the response."""
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self._asking.agent,
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
        }
        target = httpcore2.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        async with self._pool.stream(
            "POST", target, headers=list(headers.items()), content=content
        ) as response:
            return int(response.status)


def checked_target(url: str, *, rules: AddressRules) -> httpx2.URL:
    """Return an address checked by :func:`briefing.sources.web.address.check_url`.

    Raises:
        FetchError: it is not valid or not allowed; the message does not contain the address.
    """
    try:
        return check_url(url, rules=rules)
    except FetchError as error:
        raise FetchError(str(error).removeprefix(f"{printable(url)}: ")) from None


def _error(url: httpx2.URL, reason: str, *, passing: bool = True) -> FetchError:
    return FetchError(f"{host_of(url)}: {reason}", passing=passing)
