import asyncio
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefing.core.errors import FetchError
from briefing.core.model import Host
from briefing.core.ports import Answer
from briefing.sources.web.crawl_policy import (
    LONGEST_DELAY,
    ROBOTS_BYTES,
    CrawlPolicy,
    crawl_delay,
    may_fetch,
    parse,
    to_text,
)
from tests.examples import examples
from tests.growth import is_linear
from tests.sources.web.virtual import (
    BEGIN,
    BUSY,
    LOST,
    A,
    VirtualTime,
    Wire,
    crawl,
    failures,
    fetcher,
    in_virtual_time,
)

AGENT = "Briefing/1.0 (+https://desk.example/googlebot)"
HOST = "https://news.example"
ROBOTS = f"{A}/robots.txt"


def _allows(robots: str, path: str, *, agent: str = AGENT) -> bool:
    return may_fetch(parse(to_text(robots.encode())), url=HOST + path, agent=agent)


@examples("robots, path, allowed")
def test_rules_are_read_as_the_standard_says(robots: str, path: str, allowed: bool) -> None:  # noqa: FBT001
    assert _allows(robots, path) is allowed


def test_only_the_name_before_the_slash_is_ours_and_rules_before_the_limit_hold() -> None:
    assert _allows("User-agent: googlebot\nDisallow: /", "/a")
    assert not _allows("User-agent: *\nDisallow: /", "/a", agent="(unnamed)")
    rules = parse("User-agent: *\nDisallow: /a\n" + "Disallow: /b\n" * 20_000)
    assert not may_fetch(rules, url=f"{HOST}/a", agent=AGENT)
    sent = b"User-agent: *\nDisallow: /a\x07\n"
    text = to_text(sent + b"\xc3\xa9" * ROBOTS_BYTES + b"\nDisallow: /b\n")
    assert len(text.encode()) < ROBOTS_BYTES
    assert text.startswith("User-agent: *\nDisallow: /a\né")
    assert "/b" not in text
    parsed = parse(f"User-agent: *\nDisallow: /{'a' * 5_000}\nDisallow: /b")
    assert may_fetch(parsed, url=f"{HOST}/{'a' * 5_001}", agent=AGENT)
    assert not may_fetch(parsed, url=f"{HOST}/b", agent=AGENT)
    for url in ["http://[::1/a?b", "", "news", "http://a\ufe47.example/?"]:
        assert may_fetch(parse("User-agent: *\nDisallow: /"), url=url, agent=AGENT) is False
    for delay, seconds in [
        ("", 0),
        ("0.5", 0.5),
        ("10", 10),
        ("500", LONGEST_DELAY),
        ("-3", 0),
        ("inf", 0),
        ("x", 0),
    ]:
        assert crawl_delay(parse(f"User-agent: *\nCrawl-delay: {delay}"), agent=AGENT) == seconds


@examples("body")
def test_what_is_no_robots_txt_allows_everything(body: bytes) -> None:
    assert to_text(body) == ""


@examples("body")
def test_any_encoding_is_understood(body: bytes) -> None:
    assert not may_fetch(parse(to_text(body)), url=HOST + "/é", agent=AGENT)


def _agents(number: int) -> str:
    return "".join(f"User-agent: *b{n}\n" for n in range(number))


HOSTILE = {
    "agents-times-rules": _agents(900) + "".join(f"Disallow: /{n}*a\n" for n in range(20_000)),
    "agents-after-rules-of-the-site": (_agents(900) + "Sitemap: x\n") * 20,
    "agents-in-a-row": _agents(24_000),
    "agents-again": _agents(8_000) * 3,
    "groups": "".join(f"User-agent: b{n}\nDisallow: /\n" for n in range(14_000)),
    "wildcards": "User-agent: *\n" + f"Disallow: /{'*a' * 1_000}*b\n" * 240,
    "many-wildcards": "User-agent: *\n" + "".join(f"Disallow:*{n}a*b\n" for n in range(25_000)),
    "dollars": f"User-agent: *\nDisallow: /{'$' * 490_000}\n",
    "escapes": "User-agent: *\n" + f"Disallow: /{'%41' * 1_300}\n" * 120,
    "comments": "#\n" * 250_000,
    "one-word": "a " * 250_000,
    "line-breaks": "\x85" * 250_000,
}


@pytest.mark.parametrize("robots", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_file_takes_long_to_read_or_to_ask(robots: str) -> None:
    def ask(content: bytes) -> None:
        may_fetch(parse(to_text(content)), url=f"{HOST}/{'a' * 2_000}", agent=AGENT)

    assert is_linear(ask, robots.encode())


@example(b"\xc2\x80<", "")
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode()), st.text())
def test_whatever_comes_can_be_read_kept_and_read_again(body: bytes, path: str) -> None:
    text = to_text(body)
    assert "\0" not in text
    assert to_text(text.encode()) == text or text.startswith("\ufeff")
    may_fetch(parse(text), url=f"{HOST}/{path}", agent=AGENT)


def test_robots_txt_is_asked_once_and_what_it_forbids_is_not_asked() -> None:
    robots = "User-agent: *\nDisallow: /x"
    urls = [f"{A}/{n}" for n in range(5)]
    wire, _, hosts = crawl(urls, {ROBOTS: [robots.encode()]}, seconds=2, policy=CrawlPolicy())
    assert wire.count(ROBOTS) == 1
    assert hosts == (Host("a.example", robots=robots, robots_at=BEGIN + timedelta(seconds=2)),)
    answers = {ROBOTS: [b"User-agent: briefing\nDisallow: /x"]}
    wire, came, _ = crawl([f"{A}/x/y"], answers, policy=CrawlPolicy())
    (failed,) = failures(came)
    assert wire.begins == [(0, ROBOTS)]
    assert not failed.passing
    assert str(failed) == (
        "robots.txt of a.example does not allow it; ask the publisher for permission, then add "
        "the host to ignore_robots in briefing.toml"
    )


@pytest.mark.parametrize(("hours", "asked"), [(0, 0), (23, 0), (24, 1), (500, 1), (-1, 1)], ids=str)
def test_robots_txt_is_believed_for_a_day(hours: int, asked: int) -> None:
    earlier = {"a.example": Host("a.example", robots="", robots_at=BEGIN - timedelta(hours=hours))}
    wire, _, hosts = crawl([f"{A}/x"], {ROBOTS: [b""]}, policy=CrawlPolicy(), hosts=earlier)
    assert wire.count(ROBOTS) == len(hosts) == asked


def test_leave_of_a_host_is_for_its_port_and_a_remembered_robots_txt_is_obeyed() -> None:
    host = Host("a.example", robots="User-agent: *\nDisallow: /", robots_at=BEGIN)
    _, came, _ = crawl([f"{A}/x"], policy=CrawlPolicy(), hosts={"a.example": host})
    assert "does not allow it" in str(failures(came)[0])
    policy = CrawlPolicy(ignore_robots=("a.example:8443",))
    _, came, _ = crawl([f"{A}/x"], {ROBOTS: [b"User-agent: *\nDisallow: /"]}, policy=policy)
    assert "robots.txt of a.example" in str(failures(came)[0])
    for name in ["a.example", " A.Example", "a.example:8443"]:
        answers = {f"{A}:8443/robots.txt": [b"User-agent: *\nDisallow: /"]}
        wire, _, _ = crawl([f"{A}:8443/x"], answers, policy=CrawlPolicy(ignore_robots=(name,)))
        assert wire.begins == [(0, f"{A}:8443/x")]


@pytest.mark.parametrize("status", [302, 401, 403, 404, 410])
def test_a_host_without_robots_txt_allows_everything(status: int) -> None:
    answers = {ROBOTS: [FetchError("no", status=status)]}
    _, came, hosts = crawl([f"{A}/x"], answers, policy=CrawlPolicy())
    assert isinstance(came[0], Answer)
    assert hosts == (Host("a.example", robots="", robots_at=BEGIN),)


@pytest.mark.parametrize(
    ("error", "asked", "passing"),
    [
        (BUSY, 3, True),
        (LOST, 3, True),
        (FetchError("answers 501", status=501), 1, True),
        (FetchError("a.example: 10.0.0.1 is not a public address"), 1, False),
    ],
    ids=["503", "lost", "501", "guarded"],
)
def test_a_silent_robots_txt_stops_all(error: FetchError, asked: int, *, passing: bool) -> None:
    urls = [f"{A}/{n}" for n in range(3)]
    wire, came, hosts = crawl(urls, {ROBOTS: [error]}, policy=CrawlPolicy(), in_turn=True)
    reason = "cannot be read, so nothing is fetched there in this run"
    assert [url for _, url in wire.begins] == [ROBOTS] * asked
    assert {(str(each), each.passing, each.status) for each in failures(came)} == {
        (f"robots.txt of a.example {reason} ({error})", passing, error.status)
    }
    assert hosts == ()


@pytest.mark.parametrize(("days", "believed"), [(2, True), (29, True), (31, False)])
def test_an_older_robots_txt_serves_while_it_does_not_answer(days: int, *, believed: bool) -> None:
    robots, read_at = "User-agent: *\nDisallow: /x", BEGIN - timedelta(days=days)
    wire, _, hosts = crawl(
        [f"{A}/x", f"{A}/y"],
        {ROBOTS: [BUSY]},
        policy=CrawlPolicy(),
        hosts={"a.example": Host("a.example", robots=robots, robots_at=read_at)},
    )
    asked = [url for _, url in wire.begins if "robots" not in url]
    assert (asked, hosts) == ([f"{A}/y"] if believed else [], ())


@pytest.mark.parametrize(("delay", "starts"), [(b"5", [0, 5, 10]), (b"0.1", [0, 1, 2])])
def test_the_longer_time_between_requests_counts(delay: bytes, starts: list[float]) -> None:
    answers = {ROBOTS: [b"User-agent: *\nCrawl-delay: " + delay]}
    wire, _, _ = crawl([f"{A}/1", f"{A}/2"], answers, policy=CrawlPolicy())
    assert wire.seconds_of("a.example") == starts


@in_virtual_time
async def test_who_stops_waiting_for_robots_txt_leaves_it_to_the_next(clock: VirtualTime) -> None:
    wire = Wire(clock, seconds=5)
    ask = fetcher(wire, clock)
    first = asyncio.create_task(ask(f"{A}/1"))
    second = asyncio.create_task(ask(f"{A}/2"))
    await asyncio.sleep(2)
    first.cancel()
    await second
    assert wire.seconds_of("a.example") == [0, 2, 7]
