"""Asks hosts as a good guest: not too often, not what they forbid, not before they said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx2

from briefing.core.errors import FetchError
from briefing.core.model import Host, Validators
from briefing.core.ports import Answer, Fetch
from briefing.sources.decode import one_line
from briefing.sources.web.robots import RobotsRules, crawl_delay, may_visit, parse, to_text

#: How long robots.txt is believed without asking again (RFC 9309, 2.4).
_ROBOTS_FRESH = timedelta(hours=24)
#: How long it is believed when it does not answer any more (RFC 9309, 2.3.1.4: "30 days").
_ROBOTS_OLD = timedelta(days=30)
#: Further tries after a failure that may pass.
_AGAIN = 2
#: Seconds, base and cap of the wait before a further try: M. Brooker, "Exponential backoff and
#: jitter", AWS Architecture Blog, 2015 ("full jitter").
_BACKOFF, _BACKOFF_CAP = 0.5, 8.0
#: A shorter wait that a host asks for is waited out; a longer one is for the next run.
_PATIENCE = timedelta(seconds=10)
#: A longer wait that a host asks for is cut: a slip in a header must not silence a source for
#: good, and one visit a day is no burden.
_LONGEST_REST = timedelta(hours=24)
#: The longest wait for a source that fails and does not say itself when to come back.
_LONGEST_WAIT = timedelta(hours=1)
#: Rest of a host that says "too many requests" (429) but not for how long, and first wait after
#: a source has failed; by custom feeds are not asked more often.
_REST = timedelta(minutes=15)
#: Failures in a row after which a host is left alone for the rest of the run: three requests with
#: all their tries. At the longest deadline its other pages would keep the run for hours.
_GIVE_UP = 9
#: Characters of an address that are repeated in a message.
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class CrawlPolicy:
    """How hosts are asked."""

    #: Our name for robots.txt, as the User-Agent begins: "Briefing/1.0 …".
    agent: str = "Briefing"
    #: Requests to one host at the same time.
    per_host: int = 2
    #: Least seconds between the begins of two requests to one host.
    delay: float = 1.0
    #: Requests to all hosts at the same time.
    at_once: int = 32
    #: Hosts, with or without their port, whose robots.txt is neither read nor obeyed.
    ignore_robots: tuple[str, ...] = ()


def next_try(failures: int, *, after: datetime, jitter: float) -> datetime:
    """Return when a source that failed so many times in a row is asked again.

    The wait doubles from 15 minutes to an hour, and lies between its half and its whole: when an
    outage ends, no edition waits for its end to be noticed, nor comes out without what was missed.

    Args:
        failures: in a row, the last one included; 0 for none.
        after: the last failure.
        jitter: 0 to 1, by chance, so that sources which failed together do not come together.
    """
    if not failures:
        return after
    longest = min(_REST * 2.0 ** min(failures - 1, 7), _LONGEST_WAIT)
    return after + longest * (1 + jitter) / 2


def backoff(tried: int, *, jitter: float) -> float:
    """Return the seconds to wait after so many failed tries, from 1; ``jitter`` is 0 to 1."""
    return jitter * min(_BACKOFF_CAP, _BACKOFF * 2.0 ** (tried - 1))


class _Lane:
    """What is known of one host while the run lasts."""

    def __init__(self, host: Host, *, policy: CrawlPolicy) -> None:
        self.host = host
        self.delay = policy.delay
        #: As many requests as may be under way.
        self.seats = asyncio.Semaphore(policy.per_host)
        #: Held by the one request that is next to begin.
        self.door = asyncio.Lock()
        #: Held while robots.txt is asked for.
        self.reading = asyncio.Lock()
        self.rules: RobotsRules | None = None
        #: Why robots.txt is not known, once it was asked for in vain.
        self.closed: FetchError | None = None
        #: When the last request began.
        self.begun: datetime | None = None
        #: Tries that failed in a row.
        self.failures = 0


class RateLimitedFetch:
    """Asks through another ``Fetch`` as its manners, robots.txt and the hosts allow.

    Redirects are followed by the other one, so only the first address is held against robots.txt.
    """

    def __init__(  # noqa: PLR0913  clock, sleep and chance are passed in, to be tested
        self,
        fetch: Fetch,
        *,
        policy: CrawlPolicy,
        hosts: Mapping[str, Host],
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[object]],
        chance: Callable[[], float],
    ) -> None:
        """Take the hosts that are known from earlier runs, by their names.

        Args:
            fetch: asks an address; follows redirects.
            policy: how hosts are asked.
            hosts: as :attr:`hosts` of earlier runs.
            clock: tells the time, aware UTC.
            sleep: waits for some seconds.
            chance: gives a number from 0 to 1.
        """
        self._fetch = fetch
        self._policy = policy
        self._known = hosts
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._exempt = frozenset(name.strip().lower() for name in policy.ignore_robots)
        self._seats = asyncio.Semaphore(policy.at_once)
        self._lanes: dict[str, _Lane] = {}

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts of which something new was learned, in the order of their names."""
        lanes = (self._lanes[name] for name in sorted(self._lanes))
        return tuple(
            lane.host
            for lane in lanes
            if lane.host != self._known.get(lane.host.name, Host(lane.host.name))
        )

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        """Return what an address answers, as soon as manners allow.

        Raises:
            FetchError: as the other ``Fetch``; robots.txt forbids the address or does not answer;
                the host asked to be left alone until a later time (``retry_at``), or has not
                answered in this run.
        """
        origin = _origin(url)
        if origin.secret:
            raise FetchError(
                "an address with a user name or password is not asked; leave that part out"
            )
        lane = self._lane(origin.name)
        self._pause(lane)
        if self._exempt.isdisjoint({origin.name, origin.bare}):
            rules = await self._rules(lane, origin)
            if not may_visit(rules, url=url, agent=self._policy.agent):
                raise FetchError(
                    f"robots.txt of {origin.name} does not allow it; ask its publisher for "
                    "leave, then name the host under ignore_robots in briefing.toml"
                )
        return await self._persist(lane, url, validators)

    def _lane(self, name: str) -> _Lane:
        if name not in self._lanes:
            host = self._known.get(name, Host(name))
            self._lanes[name] = _Lane(host, policy=self._policy)
        return self._lanes[name]

    async def _rules(self, lane: _Lane, origin: _Origin) -> RobotsRules:
        async with lane.reading:
            if lane.closed:
                raise _again(lane.closed)
            if lane.rules is None:
                rules = parse(await self._robots(lane, origin))
                asked = crawl_delay(rules, agent=self._policy.agent)
                lane.rules, lane.delay = rules, max(self._policy.delay, asked)
            return lane.rules

    async def _robots(self, lane: _Lane, origin: _Origin) -> str:
        """Return the robots.txt to go by: the remembered one for a day, then the host's.

        Raises:
            FetchError: it does not answer, and none is remembered.
        """
        if self._is_younger(lane.host, _ROBOTS_FRESH):
            return lane.host.robots
        try:
            text = to_text((await self._persist(lane, origin.robots, Validators())).body)
        except FetchError as error:
            if not _has_none(error):
                return self._remembered(lane, error)
            text = ""
        lane.host = replace(lane.host, robots=text, robots_at=self._clock())
        return text

    def _is_younger(self, host: Host, age: timedelta) -> bool:
        """Tell whether robots.txt was read so lately; a time to come is a clock's mistake."""
        at = host.robots_at
        return at is not None and timedelta(0) <= self._clock() - at < age

    def _remembered(self, lane: _Lane, error: FetchError) -> str:
        if self._is_younger(lane.host, _ROBOTS_OLD):
            return lane.host.robots
        lane.closed = FetchError(
            f"robots.txt of {lane.host.name} cannot be read, so nothing is asked there in this "
            f"run ({error})",
            status=error.status,
            passing=error.passing or error.status >= 500,
            retry_at=error.retry_at,
        )
        raise _again(lane.closed) from error

    async def _persist(self, lane: _Lane, url: str, validators: Validators) -> Answer:
        """Ask an address, and again when the failure may pass soon."""
        tried = 0
        while True:
            tried += 1
            try:
                return await self._take_turn(lane, url, validators)
            except FetchError as error:
                if tried > _AGAIN or not self._passes_soon(error):
                    raise
            await self._sleep(backoff(tried, jitter=self._chance()))

    def _passes_soon(self, error: FetchError) -> bool:
        until = error.retry_at
        return error.passing and (until is None or until - self._clock() <= _PATIENCE)

    async def _take_turn(self, lane: _Lane, url: str, validators: Validators) -> Answer:
        """Ask an address once, when it is its turn."""
        async with lane.seats:
            await self._begin(lane)
            try:
                answer = await self._fetch(url, validators=validators)
            except FetchError as error:
                self._learn(lane, error)
                raise
            finally:
                self._seats.release()
            lane.failures = 0
            return answer

    async def _begin(self, lane: _Lane) -> None:
        """Wait until a request to the host may begin, and take a seat among all requests.

        Whoever waits at the door is the host's next, so that waiting for a seat cannot bring two
        requests together that were apart.
        """
        async with lane.door:
            while True:
                while pause := self._pause(lane):
                    await self._sleep(pause)
                await self._seats.acquire()
                if self._is_free(lane):
                    break
                # Told to wait while there was no seat.
                self._seats.release()
            lane.begun = self._clock()

    def _is_free(self, lane: _Lane) -> bool:
        return lane.failures < _GIVE_UP and not self._rest(lane)

    def _rest(self, lane: _Lane) -> timedelta:
        until = lane.host.retry_at
        return max(until - self._clock(), timedelta(0)) if until else timedelta(0)

    def _pause(self, lane: _Lane) -> float:
        """Return the seconds before another request to a host may begin.

        Raises:
            FetchError: that is not worth waiting for.
        """
        name, rest = lane.host.name, self._rest(lane)
        if rest > _PATIENCE:
            raise FetchError(
                f"{name} asked to wait until {lane.host.retry_at:%Y-%m-%d %H:%M} UTC",
                passing=True,
                retry_at=lane.host.retry_at,
            )
        if lane.failures >= _GIVE_UP:
            raise FetchError(
                f"{name} failed {lane.failures} times in a row and is left alone until the "
                "next run",
                passing=True,
            )
        return max(rest, self._gap(lane)).total_seconds()

    def _gap(self, lane: _Lane) -> timedelta:
        """Return what is left of the time between two begins."""
        now = self._clock()
        if lane.begun is None:
            return timedelta(0)
        # A clock that was set back must not make anybody wait for hours.
        lane.begun = min(lane.begun, now)
        return max(lane.begun + timedelta(seconds=lane.delay) - now, timedelta(0))

    def _learn(self, lane: _Lane, error: FetchError) -> None:
        """Remember how a host failed; the error gets the time before which it is not asked."""
        until = error.retry_at
        if until is None and error.status == 429:
            until = self._clock() + _REST
        if until is None:
            lane.failures = lane.failures + 1 if error.passing else 0
            return
        error.retry_at = min(until, self._clock() + _LONGEST_REST)
        lane.host = replace(lane.host, retry_at=error.retry_at)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Which host an address belongs to."""

    #: As :attr:`Host.name`.
    name: str
    #: The name without port.
    bare: str
    #: Address of its robots.txt.
    robots: str
    #: Whether the address holds a user name or a password.
    secret: bool


def _origin(url: str) -> _Origin:
    """Tell the host of an address, read as the client reads it."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError):
        raise _no_address(url) from None
    host = parsed.raw_host.decode("ascii").lower().rstrip(".")
    if parsed.scheme not in {"http", "https"} or not host:
        raise _no_address(url)
    bare = f"[{host}]" if ":" in host else host
    name = bare if parsed.port is None else f"{bare}:{parsed.port}"
    return _Origin(name, bare, f"{parsed.scheme}://{name}/robots.txt", bool(parsed.userinfo))


def _no_address(url: str) -> FetchError:
    return FetchError(
        f"{one_line(url, limit=_SHOWN)!r} is no address of the web; it must begin with http:// "
        "or https:// and a host"
    )


def _again(error: FetchError) -> FetchError:
    """Return the same error anew: one that is raised twice would drag its traces along."""
    return FetchError(
        str(error), status=error.status, passing=error.passing, retry_at=error.retry_at
    )


def _has_none(error: FetchError) -> bool:
    """Tell whether an answer means that there is no robots.txt, so everything is allowed.

    Every 4xx does (RFC 9309, 2.3.1.3), and redirects without end may (2.3.1.2). But "too many
    requests" says nothing about robots.txt.
    """
    return 300 <= error.status < 500 and error.status != 429
