"""Time that passes only when everybody waits, and a web without wires."""

import asyncio
import selectors
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from briefing.core.errors import FetchError
from briefing.core.model import Host, Validators
from briefing.core.ports import Answer
from briefing.sources.web.crawl_policy import CrawlPolicy, RateLimitedFetch

BEGIN = datetime(2026, 3, 12, 6, 30, tzinfo=UTC)
T = TypeVar("T")

A = "https://a.example"
B = "https://b.example"
NO_ROBOTS = CrawlPolicy(delay=1.0, ignore_robots=("a.example", "b.example"))
NOT_FOUND = FetchError("answers 404", status=404)
BUSY = FetchError("answers 503", status=503, passing=True)
LOST = FetchError("connection lost", passing=True)


class VirtualTime:
    def __init__(self) -> None:
        self.seconds = 0.0
        #: How far the clock was set forward, as an operator may do.
        self.set_by = timedelta(0)

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds) + self.set_by


class _Selector(selectors.SelectSelector):
    def __init__(self, clock: VirtualTime) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits, and nobody will ever wake them"
        self._clock.seconds += max(timeout, 0.0)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualTime) -> None:
        self._virtual = clock
        super().__init__(_Selector(clock))

    def time(self) -> float:
        return self._virtual.seconds


def run(main: Callable[[VirtualTime], Coroutine[Any, Any, T]]) -> T:
    clock = VirtualTime()
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(main(clock))


def in_virtual_time(test: Callable[[VirtualTime], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    return lambda: run(test)


class Wire:
    """Gives scripted answers, and records what was requested when.

    The last answer scripted for an address is repeated. Otherwise robots.txt is not found, and all
    else is a page.
    """

    def __init__(
        self,
        clock: VirtualTime,
        answers: Mapping[str, Sequence[bytes | FetchError]] | None = None,
        *,
        seconds: float = 0.0,
    ) -> None:
        self.answers = {url: list(answers) for url, answers in (answers or {}).items()}
        self.seconds = seconds
        #: Seconds and address of each begin.
        self.begins: list[tuple[float, str]] = []
        self.validators: list[Validators] = []
        #: Most requests under way at the same time, by host; "" for all hosts.
        self.most: Counter[str] = Counter()
        self._clock = clock
        self._under_way: Counter[str] = Counter()

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        self.begins.append((round(self._clock.seconds, 6), url))
        self.validators.append(validators)
        names = ("", urlsplit(url).netloc)
        for name in names:
            self._under_way[name] += 1
            self.most[name] = max(self.most[name], self._under_way[name])
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self._under_way.subtract(names)
        return self._answer(url)

    def _answer(self, url: str) -> Answer:
        none = FetchError("answers 404", status=404)
        answers = self.answers.get(url, [none if url.endswith("/robots.txt") else b"page"])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, FetchError):
            raise FetchError(
                str(answer), status=answer.status, passing=answer.passing, retry_at=answer.retry_at
            )
        return Answer(url, 200, answer)

    def count(self, url: str) -> int:
        """Return how often an address was asked."""
        return sum(asked == url for _, asked in self.begins)

    def seconds_of(self, host: str) -> list[float]:
        """Return when requests to a host began."""
        return [at for at, asked in self.begins if urlsplit(asked).netloc == host]


def fetcher(
    wire: Wire,
    clock: VirtualTime,
    *,
    policy: CrawlPolicy = CrawlPolicy(delay=1.0),  # noqa: B008  frozen
    hosts: Mapping[str, Host] | None = None,
    chance: float = 0.0,
) -> RateLimitedFetch:
    return RateLimitedFetch(
        wire,
        policy=policy,
        hosts=hosts or {},
        clock=clock.now,
        sleep=asyncio.sleep,
        chance=lambda: chance,
    )


def busy_until(seconds: float, *, status: int = 503) -> FetchError:
    until = BEGIN + timedelta(seconds=seconds)
    return FetchError(f"answers {status}", status=status, passing=True, retry_at=until)


async def ask_all(ask: RateLimitedFetch, urls: Sequence[str]) -> list[Answer | BaseException]:
    return await asyncio.gather(*(ask(url) for url in urls), return_exceptions=True)


async def fails(ask: RateLimitedFetch, url: str) -> FetchError:
    with pytest.raises(FetchError) as failed:
        await ask(url)
    return failed.value


def crawl(
    urls: Sequence[str],
    answers: Mapping[str, Sequence[bytes | FetchError]] | None = None,
    *,
    policy: CrawlPolicy = NO_ROBOTS,
    seconds: float = 0.0,
    hosts: Mapping[str, Host] | None = None,
    chance: float = 0.0,
    in_turn: bool = False,
) -> tuple[Wire, list[Answer | BaseException], tuple[Host, ...]]:
    """Ask for addresses, at once or in turn; return the wire, what came, and the hosts changed."""

    async def main(clock: VirtualTime) -> tuple[Wire, list[Answer | BaseException], Any]:
        wire = Wire(clock, answers, seconds=seconds)
        ask = fetcher(wire, clock, policy=policy, hosts=hosts, chance=chance)
        groups = [[url] for url in urls] if in_turn else [urls]
        return wire, [came for group in groups for came in await ask_all(ask, group)], ask.hosts

    return run(main)


def failures(came: Sequence[Answer | BaseException]) -> list[FetchError]:
    errors = [error for error in came if isinstance(error, FetchError)]
    assert len(errors) == len(came)
    return errors
