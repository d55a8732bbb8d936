from itertools import count

from briefing.lab.evaluate.robots import RobotsFacts, measure_robots
from briefing.sources.web.robots import crawl_delay, may_fetch, parse, to_text

AGENT = "Briefing/1.0"
FILES = [
    ("open.example", b"User-agent: *\nDisallow: /private/\nCrawl-delay: 3\n"),
    ("closed.example", b"User-agent: *\nDisallow: /\nAllow: /about\n"),
    ("none.example", b""),
    ("home.example", b"<!doctype html>\n<p>Disallow: /</p>"),
    ("long.example", b"User-agent: *\nDisallow: /" + b"x" * 9_000),
]


def _look(host: str, body: bytes) -> RobotsFacts:
    rules = parse(to_text(body))
    root = may_fetch(rules, url=f"https://{host}/", agent=AGENT)
    return RobotsFacts(rules.count, rules.cut, root, crawl_delay(rules, agent=AGENT))


def test_files_are_counted_as_by_hand() -> None:
    ticks = iter([0.0, 0.01, 1.0, 1.5, 2.0, 2.02, 3.0, 3.0, 4.0, 4.0])
    assert measure_robots(FILES, look=_look, clock=lambda: next(ticks)) == {
        "files": 5,
        "crashes": 0,
        "slowest": "closed.example",
        "slowest_seconds": 0.5,
        "rules": 3,
        "without_rules": 3,
        "cut": 1,
        "allowed_root": 4,
        "delays": 1,
        "failed": [],
    }


def _stumble(host: str, body: bytes) -> RobotsFacts:
    if body.startswith(b"bad"):
        raise RecursionError("too deep")
    return _look(host, body)


def test_a_crash_is_counted_and_named_and_the_rest_is_read() -> None:
    files = [("a.example", b"bad"), ("b.example", b"User-agent: *\nDisallow: /b")]
    ticks = count(0)
    told = measure_robots(files, look=_stumble, clock=lambda: float(next(ticks)))
    assert told["crashes"] == 1
    assert told["failed"] == [("a.example", "RecursionError: too deep")]
    assert (told["files"], told["rules"], told["allowed_root"]) == (2, 1, 1)


def test_no_files_give_zeros() -> None:
    told = measure_robots([], look=_look, clock=lambda: 0.0)
    assert (told["files"], told["slowest"], told["slowest_seconds"]) == (0, "", 0.0)
