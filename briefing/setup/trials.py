"""Tries web addresses for the administration, within limits of time and number."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from threading import BoundedSemaphore

from briefing.app.collect.trial import Trial, TrialReport
from briefing.core.errors import BusyError, InputError, OverloadError
from briefing.core.model import Entry, Source, Validators
from briefing.core.ports import Answer, Fetch, Gateway, SourceListing
from briefing.setup.clock import now
from briefing.setup.news import kind, outside
from briefing.setup.settings import Settings
from briefing.sources import language
from briefing.sources.discover import discover
from briefing.sources.entries import is_blurb, words
from briefing.sources.health import check

#: Addresses tried at once: each takes a thread of the web server, and starts a sandbox.
AT_ONCE = 3
#: Seconds to wait for one address; a site whose feed must be guessed is asked nine times, a second
#: apart, and a busy machine needs long to read what it answers.
SECONDS = 120.0
#: Reports that are shown.
_SHOWN = 12


class SourceTrials:
    """Tries addresses as ``sources add`` and ``sources check`` do; web addresses alone.

    Every connection is checked as those of collecting are: no internal address is asked unless
    the settings allow it. Safe to use from several threads.
    """

    def __init__(self, settings: Settings, *, seconds: float = SECONDS) -> None:
        self._settings = settings
        self._seconds = seconds
        self._places = BoundedSemaphore(AT_ONCE)

    def __call__(self, address: str, *, known: Source | None = None) -> Trial:
        """Try a web address, or a known source as what it is.

        Raises:
            InputError: nothing is found there, or it does not answer in time.
            BusyError: three others are tried at this moment, or this machine is too busy.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError("other addresses are being tried; try again in a moment")
        try:
            return asyncio.run(self._in_time(address, known))
        finally:
            self._places.release()

    async def _in_time(self, address: str, known: Source | None) -> Trial:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._try(address, known)
        except TimeoutError:
            raise InputError(
                f"not known after {self._seconds:.0f} seconds: the site is slow, or this machine "
                "is busy; try again, or give the address of its feed"
            ) from None
        except OverloadError as error:
            raise BusyError(str(error)) from error

    async def _try(self, address: str, known: Source | None) -> Trial:
        async with outside({}, settings=self._settings.collect) as (gateway, _):
            once = replace(gateway, fetch=_once(gateway.fetch))
            # A name without a scheme could be the path of a file here.
            web = address if "://" in address else f"https://{address}"
            found = (known,) if known else await discover(web, gateway=once)
            return await _trial(found, gateway=once)


async def _trial(found: tuple[Source, ...], *, gateway: Gateway) -> Trial:
    first, listings = found[0], list[SourceListing]()
    read = kind(first.kind)

    async def ask(
        source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        listing = await read(source, gateway=gateway, validators=validators)
        listings.append(listing)
        return listing

    health = await check(first, gateway=gateway, now=now(), ask=ask)
    entries = tuple(islice((entry for one in listings for entry in one.entries), _SHOWN))
    return Trial(
        found,
        health,
        tuple(map(_report, entries)),
        await asyncio.to_thread(_language, entries),
    )


def _once(fetch: Fetch) -> Fetch:
    """Return a fetch that asks for each address once: finding and checking read the same feed."""
    answers: dict[str, Answer] = {}

    async def remembering(url: str, *, validators: Validators = Validators()) -> Answer:
        if url not in answers:
            answers[url] = await fetch(url, validators=validators)
        return answers[url]

    return remembering


def _report(entry: Entry) -> TrialReport:
    return TrialReport(
        title=entry.title,
        url=entry.url,
        published=entry.published,
        words=len(words(entry.text)),
        whole=bool(entry.text) and not is_blurb(entry.text),
    )


def _language(entries: Sequence[Entry]) -> str:
    """Return the language of most entries; of as many, the first."""
    told = Counter(
        entry.language or language.detect(f"{entry.title}\n{entry.text}") for entry in entries
    )
    del told[""]
    return next((code for code, _ in told.most_common(1)), "")
