"""Rate-limited fetching that respects robots.txt (RFC 9309) and Retry-After."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ParamSpec, Protocol, TypeVar

import httpx2
from protego import Protego

from briefing.core.errors import FetchError, InputError
from briefing.core.frozen import frozen
from briefing.core.model import Host, Validators
from briefing.core.ports import Answer, Fetch
from briefing.sources.decode import clean, decode, one_line

#: How long a robots.txt is used without refetching it (RFC 9309, 2.4).
_ROBOTS_FRESH = timedelta(hours=24)
#: How long it is used if it can no longer be fetched (RFC 9309, 2.3.1.4: "30 days").
_ROBOTS_OLD = timedelta(days=30)
#: Most retries after a temporary failure.
_RETRIES = 2
#: Base and cap of the wait before a retry, in seconds: M. Brooker, "Exponential backoff and
#: jitter", AWS Architecture Blog, 2015 ("full jitter").
_BACKOFF, _BACKOFF_CAP = 0.5, 8.0
#: Longest wait requested by a host that a run waits for; after a longer one, the next run fetches.
_PATIENCE = timedelta(seconds=10)
#: Longest wait requested by a host that is respected: a wrong header must not silence a source
#: forever, and one request a day is no burden.
_LONGEST_RETRY_AFTER = timedelta(hours=24)
#: Longest wait after failures of a source that sends no Retry-After.
_LONGEST_WAIT = timedelta(hours=1)
#: Wait after "too many requests" (429) without Retry-After, and first wait after a source has
#: failed; feeds are customarily not fetched more often.
_DEFAULT_WAIT = timedelta(minutes=15)
#: Number of consecutive failures after which a host is skipped for the rest of the run: three
#: requests with all their attempts. With the longest deadline its other pages would delay the run
#: for hours.
_GIVE_UP = 9
#: Most characters of an address that are repeated in a message.
_PRINTED = 120


@frozen
class CrawlPolicy:
    """How fast hosts are requested, and for which of them robots.txt is ignored."""

    #: Our name for robots.txt, as the User-Agent begins: "Briefing/1.0 …".
    agent: str = "Briefing"
    #: Most concurrent requests to one host.
    per_host: int = 2
    #: Fewest seconds between the starts of two requests to one host.
    delay: float = 1.0
    #: Most concurrent requests to all hosts.
    at_once: int = 32
    #: Hosts, with or without port, whose robots.txt is not read.
    ignore_robots: tuple[str, ...] = ()


def next_try(failures: int, *, after: datetime, jitter: float) -> datetime:
    """Return when to retry a source after the last of its consecutive failures; at once for 0.

    The longest wait doubles from 15 minutes to an hour, and the wait is at least half of it. So the
    end of an outage is noticed soon enough that no edition is late or lacks what was missed.
    ``jitter`` is random, 0 to 1, so that sources that failed together are not retried together.
    """
    if not failures:
        return after
    longest = min(_DEFAULT_WAIT * 2.0 ** min(failures - 1, 7), _LONGEST_WAIT)
    return after + longest * (1 + jitter) / 2


def backoff(tried: int, *, jitter: float) -> float:
    """Return the seconds to wait after at least one failed attempt; ``jitter`` is 0 to 1."""
    return jitter * min(_BACKOFF_CAP, _BACKOFF * 2.0 ** (tried - 1))


class _HostState:
    """State of one host during a run."""

    def __init__(self, host: Host, *, policy: CrawlPolicy) -> None:
        self.host = host
        self.delay = policy.delay
        #: Limits concurrent requests.
        self.slots = asyncio.Semaphore(policy.per_host)
        #: Held by the request that starts next.
        self.turn = asyncio.Lock()
        #: Held while robots.txt is fetched.
        self.reading = asyncio.Lock()
        self.rules: Protego | None = None
        #: Why robots.txt could not be fetched.
        self.robots_error: FetchError | None = None
        #: When the last request started.
        self.started: datetime | None = None
        #: Number of consecutive failed attempts.
        self.failures = 0


class RateLimitedFetch:
    """Wraps another ``Fetch`` with rate limits, robots.txt, Retry-After and retries.

    The wrapped ``Fetch`` follows redirects, so only the first address is checked against
    robots.txt.
    """

    def __init__(  # noqa: PLR0913  clock, sleep and chance are passed in for tests
        self,
        fetch: Fetch,
        *,
        policy: CrawlPolicy,
        hosts: Mapping[str, Host],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]],
        chance: Callable[[], float],
        turns: HostTurns | None = None,
    ) -> None:
        """Begin a run.

        Args:
            fetch: fetches an address; follows redirects.
            policy: the limits.
            hosts: as :attr:`hosts` of earlier runs, by name.
            clock: returns the time, aware UTC.
            sleep: waits for a number of seconds.
            chance: returns a random number from 0 to 1.
            turns: keeps other workers from a host while it is in use; None if there are none.
        """
        self._fetch, self._policy, self._earlier = fetch, policy, hosts
        self._clock, self._sleep, self._chance, self._turns = clock, sleep, chance, turns
        self._exempt = frozenset(name.strip().lower() for name in policy.ignore_robots)
        self._slots = asyncio.Semaphore(policy.at_once)
        self._states: dict[str, _HostState] = {}

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts whose state changed in this run, sorted by name."""
        states = (self._states[name] for name in sorted(self._states))
        return tuple(
            state.host
            for state in states
            if state.host != self._earlier.get(state.host.name, Host(state.host.name))
        )

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        """Return the response of an address, as soon as the policy allows a request.

        Raises:
            FetchError: as the wrapped ``Fetch``; or robots.txt disallows the address or cannot be
                fetched; or the host asked to wait until a later time (``retry_at``), or failed too
                often in this run.
        """
        parsed, bare, name = _origin(url)
        if parsed.userinfo:
            raise FetchError(
                "an address with a user name or password is not fetched; leave that part out"
            )
        if name not in self._states:
            host = self._earlier.get(name, Host(name))
            self._states[name] = _HostState(host, policy=self._policy)
        state = self._states[name]
        self._pause(state)
        if self._exempt.isdisjoint({name, bare}):
            rules = await self._rules(state, f"{parsed.scheme}://{name}/robots.txt")
            if not may_fetch(rules, url=url, agent=self._policy.agent):
                raise FetchError(
                    f"robots.txt of {name} does not allow it; ask the publisher for "
                    "permission, then add the host to ignore_robots in briefing.toml"
                )
        return await self._fetch_with_retries(state, url, validators)

    async def _rules(self, state: _HostState, url: str) -> Protego:
        """Return the rules of a host, whose robots.txt is at ``url``."""
        async with state.reading:
            if state.robots_error:
                # Raising the same error twice would accumulate tracebacks.
                raise copy(state.robots_error)
            if state.rules is None:
                rules = parse(await self._robots(state, url))
                delay = crawl_delay(rules, agent=self._policy.agent)
                state.rules, state.delay = rules, max(self._policy.delay, delay)
            return state.rules

    async def _robots(self, state: _HostState, url: str) -> str:
        """Return the robots.txt to use: for a day the stored one, then the host's.

        Every 4xx (RFC 9309, 2.3.1.3), and endless redirects (2.3.1.2), mean that there is none, so
        everything is allowed. But "too many requests" says nothing about robots.txt.

        Raises:
            FetchError: it cannot be fetched, and none is stored.
        """
        if self._is_younger(state.host, _ROBOTS_FRESH):
            return state.host.robots
        try:
            text = to_text((await self._fetch_with_retries(state, url, Validators())).body)
        except FetchError as error:
            if not 300 <= error.status < 500 or error.status == 429:
                if self._is_younger(state.host, _ROBOTS_OLD):
                    return state.host.robots
                state.robots_error = FetchError(
                    f"robots.txt of {state.host.name} cannot be read, so nothing is fetched there "
                    f"in this run ({error})",
                    status=error.status,
                    passing=error.passing or error.status >= 500,
                    retry_at=error.retry_at,
                )
                raise copy(state.robots_error) from error
            text = ""
        state.host = replace(state.host, robots=text, robots_at=self._clock())
        return text

    def _is_younger(self, host: Host, age: timedelta) -> bool:
        """Tell whether robots.txt was read less than ``age`` ago; a future time does not count."""
        at = host.robots_at
        return at is not None and timedelta(0) <= self._clock() - at < age

    async def _fetch_with_retries(
        self, state: _HostState, url: str, validators: Validators
    ) -> Answer:
        """Fetch an address; retry after failures that may soon pass."""
        tried = 0
        while True:
            tried += 1
            try:
                return await self._fetch_once(state, url, validators)
            except FetchError as error:
                until = error.retry_at
                passes_soon = until is None or until - self._clock() <= _PATIENCE
                if tried > _RETRIES or not (error.passing and passes_soon):
                    raise
            await self._sleep(backoff(tried, jitter=self._chance()))

    async def _fetch_once(self, state: _HostState, url: str, validators: Validators) -> Answer:
        """Fetch an address once, in its turn."""
        held = self._turns.of(state.host.name, pause=state.delay) if self._turns else nullcontext()
        async with state.slots, held:
            # The request that holds the turn is the host's next one, so that waiting for one of the
            # shared slots cannot bring two requests to a host closer together.
            async with state.turn:
                while True:
                    while pause := self._pause(state):
                        await self._sleep(pause)
                    await self._slots.acquire()
                    if state.failures < _GIVE_UP and not self._wait_left(state):
                        break
                    # The host asked to wait while no slot was free.
                    self._slots.release()
                state.started = self._clock()
            try:
                answer = await self._fetch(url, validators=validators)
            except FetchError as error:
                self._record(state, error)
                raise
            finally:
                self._slots.release()
            state.failures = 0
            return answer

    def _wait_left(self, state: _HostState) -> timedelta:
        until = state.host.retry_at
        return max(until - self._clock(), timedelta(0)) if until else timedelta(0)

    def _pause(self, state: _HostState) -> float:
        """Return the seconds until another request to a host may start.

        Raises:
            FetchError: the wait is too long for this run.
        """
        name, wait, now = state.host.name, self._wait_left(state), self._clock()
        if wait > _PATIENCE:
            raise FetchError(
                f"{name} asked to wait until {state.host.retry_at:%Y-%m-%d %H:%M} UTC",
                passing=True,
                retry_at=state.host.retry_at,
            )
        if state.failures >= _GIVE_UP:
            raise FetchError(
                f"{name} failed {state.failures} times in a row and is skipped until the next run",
                passing=True,
            )
        if state.started is not None:
            # A clock that was set back must not cause a wait of hours.
            state.started = min(state.started, now)
            wait = max(wait, state.started + timedelta(seconds=state.delay) - now)
        return wait.total_seconds()

    def _record(self, state: _HostState, error: FetchError) -> None:
        """Record a failure of a host; set the time of its next request in the error."""
        until = error.retry_at
        if until is None and error.status == 429:
            until = self._clock() + _DEFAULT_WAIT
        if until is None:
            state.failures = state.failures + 1 if error.passing else 0
            return
        error.retry_at = min(until, self._clock() + _LONGEST_RETRY_AFTER)
        state.host = replace(state.host, retry_at=error.retry_at)


def _origin(url: str) -> tuple[httpx2.URL, str, str]:
    """Return an address as the client parses it, and its host without and with the port."""
    try:
        parsed = httpx2.URL(url)
        host = parsed.raw_host.decode("ascii").lower().rstrip(".")
    except (httpx2.InvalidURL, UnicodeError):
        host = ""
    if not host or parsed.scheme not in {"http", "https"}:
        raise FetchError(
            f"{one_line(url, limit=_PRINTED)!r} is not a web address; it must begin with http:// "
            "or https:// and a host"
        )
    bare = f"[{host}]" if ":" in host else host
    return parsed, bare, bare if parsed.port is None else f"{bare}:{parsed.port}"


#: Bytes of robots.txt that are read: the least that RFC 9309, 2.5 allows, and our maximum.
ROBOTS_BYTES = 500 * 1024
#: Longest line in characters; the longest of 300 hosts has 229. A longer rule is skipped: if
#: truncated, it would match more addresses than its author meant.
_LINE = 4_096
#: Most pairs of a rule and an agent it applies to. Protego keeps each pair and needs 2 µs for it:
#: 10,000 agents with 1,000 rules (200 KB) took 17 s. The most of 300 hosts is 3,843.
_PAIRS = 50_000
#: Most consecutive agents; Protego compares each with all before it. The most of 300 hosts is 30.
_AGENTS = 1_000
#: Most lines other than User-agent: with 10,000 wildcard rules a check takes 20 to 60 ms. The most
#: of 300 hosts is 1,387.
_RULES = 10_000
#: Longest Crawl-delay that is respected, in seconds. Of 92 delays set by 300 hosts, 83 are not
#: longer; with longer ones (up to 500) a morning's reports would arrive after noon.
LONGEST_DELAY = 30.0

#: A product token (RFC 9309, 2.2.1).
_TOKEN = re.compile(r"[A-Za-z_-]+")


def to_text(body: bytes) -> str:
    """Return robots.txt as stored: at most 500 KiB, without control characters.

    An HTML page, or bytes that are not text, give an empty text, which allows everything: a server
    without robots.txt often responds with its home page.
    """
    try:
        text, _ = decode(body[:ROBOTS_BYTES], cut=len(body) > ROBOTS_BYTES)
    except InputError:
        return ""
    text = clean(text)
    return "" if text.lstrip().startswith("<") else text


def parse(text: str) -> Protego:
    """Parse a robots.txt; lines beyond the limits are skipped."""
    return Protego.parse("\n".join(_bounded(text.split("\n"))))


def may_fetch(rules: Protego, *, url: str, agent: str) -> bool:
    """Tell whether an agent, identified by its name before the slash, may fetch an address.

    False for text that is not an address.
    """
    try:
        return rules.can_fetch(url, _token(agent))
    except ValueError:
        return False


def crawl_delay(rules: Protego, *, agent: str) -> float:
    """Return the Crawl-delay in seconds, 0 to 30; 0 if none is set."""
    return min(rules.crawl_delay(_token(agent)) or 0.0, LONGEST_DELAY)


def _token(agent: str) -> str:
    """Return the product token; the rest of a User-Agent may name others, as in an address."""
    match = _TOKEN.match(agent)
    return match[0] if match else "*"


def _bounded(lines: list[str]) -> Iterator[str]:
    """Yield the lines that are not too long, until there are too many rules.

    Rules are counted once for each agent they apply to; the count may be too high, never too low.
    """
    agents = pairs = rules = 0
    ended = False
    for line in lines:
        if len(line) > _LINE:
            continue
        directive = line.partition("#")[0].strip().lower()
        if directive.startswith("user"):
            agents, ended = (1 if ended else agents + 1), False
        elif directive:
            # Directives for the whole site do not end a list of agents.
            ended = ended or (":" in directive and not directive.startswith(("site", "host")))
            pairs += agents
            rules += 1
        if agents > _AGENTS or pairs > _PAIRS or rules > _RULES:
            return
        yield line


P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Call a function in a thread; if canceled meanwhile, still wait for it to end.

    A thread cannot be stopped: a caller that went on at once might release a lock that the thread
    still needs, or not know what the thread has acquired.
    """
    running = asyncio.create_task(asyncio.to_thread(work, *args, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


#: Seconds between two checks whether another worker has finished with a host.
_LOOK = 0.25


class HostLocks(Protocol):
    """Locks on hosts, each held by one worker at most."""

    def take(self, host: str) -> bool:
        """Take a host that this worker does not hold; False if another worker has it. May block."""
        ...

    def free(self, host: str) -> None:
        """Release a host to other workers. May block."""
        ...


class HostTurns:
    """The hosts that one worker is using now; for use in one event loop."""

    def __init__(
        self, locks: HostLocks, *, in_thread: Callable[..., Awaitable[Any]] = in_thread
    ) -> None:
        """Begin a run with the locks of this worker."""
        self._locks, self._in_thread = locks, in_thread
        #: Number of this worker's requests by host that run, wait, or ended a moment ago.
        self._users: Counter[str] = Counter()
        self._held: set[str] = set()
        self._taking: dict[str, asyncio.Lock] = {}
        self._pausing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def of(self, host: str, *, pause: float) -> AsyncIterator[None]:
        """Hold a host, as soon as no other worker has it.

        It is held for ``pause`` more seconds after the block, so that the next worker's request
        does not follow too closely.
        """
        self._users[host] += 1
        try:
            async with self._taking.setdefault(host, asyncio.Lock()):
                while host not in self._held:
                    if not await self._in_thread(self._try, host):
                        await asyncio.sleep(_LOOK)
            yield
        finally:
            leaving = asyncio.create_task(self._leave(host, pause))
            self._pausing.add(leaving)
            leaving.add_done_callback(self._pausing.discard)

    async def close(self) -> None:
        """Wait until all hosts are released."""
        await asyncio.gather(*self._pausing)

    def _try(self, host: str) -> bool:
        taken = self._locks.take(host)
        if taken:
            # Here, not where it is awaited: if that is canceled, the host must be released too.
            self._held.add(host)
        return taken

    async def _leave(self, host: str, pause: float) -> None:
        await asyncio.sleep(pause)
        async with self._taking.setdefault(host, asyncio.Lock()):
            self._users[host] -= 1
            if not self._users[host] and host in self._held:
                self._held.discard(host)
                await self._in_thread(self._locks.free, host)
