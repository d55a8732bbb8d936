"""Sends a few bytes to one address, under the rules by which all others are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus

import httpcore2
import httpx2

from briefing.core.errors import FetchError
from briefing.sources.web.address import AddressRules, check_url, host_of, shown
from briefing.sources.web.client import Asking, Web
from briefing.sources.web.errors import ON_THE_WAY, failure

#: Answers after which another try may succeed (RFC 9110, 15.5.9; RFC 6585), beside all from 500.
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


async def post_json(
    url: str, content: bytes, *, asking: Asking, pauses: Sequence[float] = (1.0, 5.0)
) -> None:
    """Send JSON to an address; its answer must be 2xx and is not read.

    Redirects are not followed: what is sent is for this address alone. No message names more
    of it than its host, as its path may be a secret.

    Args:
        url: http or https.
        content: encoded JSON.
        asking: who asks, what may be reached, and how long one try may take.
        pauses: seconds before each further try after a failure that may pass.

    Raises:
        FetchError: it may not be asked, or did not take it in any try.
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
    """The guarded client, which sends instead of asking."""

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
            raise _told(checked, f"no answer in {self._asking.deadline:g} seconds") from None
        except ON_THE_WAY as error:
            told = failure(error, proxied=bool(self._asking.proxy))
            raise _told(checked, str(told)) from error
        except FetchError as error:
            raise _told(checked, str(error), passing=error.passing) from error
        if status // 100 != 2:
            passing = status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            raise _told(checked, f"answers {status}", passing=passing)

    async def _post(self, url: httpx2.URL, content: bytes) -> int:
        """Return the status of the answer."""
        head = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self._asking.agent,
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
        }
        target = httpcore2.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        async with self._pool.stream(
            "POST", target, headers=list(head.items()), content=content
        ) as response:
            return int(response.status)


def checked_target(url: str, *, rules: AddressRules) -> httpx2.URL:
    """Return an address as :func:`briefing.sources.web.address.check_url` does.

    Raises:
        FetchError: it is none, or may not be reached; the address does not stand in the message.
    """
    try:
        return check_url(url, rules=rules)
    except FetchError as error:
        raise FetchError(str(error).removeprefix(f"{shown(url)}: ")) from None


def _told(url: httpx2.URL, reason: str, *, passing: bool = True) -> FetchError:
    return FetchError(f"{host_of(url)}: {reason}", passing=passing)
