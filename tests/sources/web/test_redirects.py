from __future__ import annotations

import httpx2
import pytest

from briefing.core.errors import FetchError
from briefing.core.model import Validators
from briefing.sources.web.address import AddressRules, make_rules
from briefing.sources.web.redirects import MOST_REDIRECTS, Trail, follow

HAD = Validators('"a"', "yesterday")
START = Trail(httpx2.URL("https://news.example/feed?x=1"), HAD)


def walk(*steps: tuple[int, str], start: Trail = START, rules: AddressRules | None = None) -> Trail:
    trail = start
    for status, location in steps:
        trail = follow(trail, location, status=status, rules=rules or AddressRules())
    return trail


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://other.example/a#b", "https://other.example/a"),
        ("/new", "https://news.example/new"),
        ("new", "https://news.example/new"),
        ("?y=2", "https://news.example/feed?y=2"),
        ("//other.example/x", "https://other.example/x"),
        ("/über uns", "https://news.example/%C3%BCber%20uns"),
    ],
)
def test_a_redirect_leads_on_from_where_it_was_given(location: str, url: str) -> None:
    assert str(walk((302, location)).url) == url


@pytest.mark.parametrize("status", [301, 308])
def test_a_move_for_good_is_remembered(status: int) -> None:
    assert walk((status, "/a")).moved_to == "https://news.example/a"
    assert walk((status, "/a"), (status, "/b")).moved_to == "https://news.example/b"


@pytest.mark.parametrize("status", [302, 303, 307])
def test_only_moves_for_good_that_come_first_are_remembered(status: int) -> None:
    assert walk((status, "/a")).moved_to == ""
    assert walk((status, "/a"), (301, "/b")).moved_to == ""
    assert walk((301, "/a"), (status, "/b"), (301, "/c")).moved_to == "https://news.example/a"


def test_validators_go_to_no_other_host_and_never_come_back() -> None:
    assert walk((302, "/a")).validators == HAD
    assert walk((302, "//other.example/")).validators == Validators()
    assert walk((302, "//other.example/"), (302, START.url.path)).validators == Validators()


def test_from_https_to_http_is_followed_without_validators_and_not_for_good() -> None:
    trail = walk((301, "http://news.example/feed"))
    assert (str(trail.url), trail.validators, trail.moved_to) == (
        "http://news.example/feed",
        Validators(),
        "",
    )
    assert walk((301, "http://news.example/a"), (301, "https://news.example/b")).moved_to == ""
    lower = Trail(httpx2.URL("http://news.example/feed"), HAD)
    assert walk((301, "https://news.example/feed"), start=lower).validators == HAD


def test_a_circle_is_told() -> None:
    for steps in ([(302, "/feed?x=1")], [(301, "/a"), (302, "/b"), (302, "/a#again")]):
        with pytest.raises(FetchError, match="redirects in a circle") as raised:
            walk(*steps)
        assert raised.value.status == 302


def test_the_ninth_redirect_is_not_followed() -> None:
    steps = [(302, f"/{number}") for number in range(MOST_REDIRECTS)]
    assert str(walk(*steps).url) == "https://news.example/7"
    with pytest.raises(FetchError, match="redirects more than 8 times"):
        walk(*steps, (302, "/8"))


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("", "redirects without a valid address"),
        ("/" * 8_001, "redirects without a valid address"),
        ("http://a.example:x/", "redirects to 'http://a.example:x/', which is not an address"),
        ("/\x00", "redirects to '/�', which is not an address"),
        ("/\ud800", "redirects to '/�', which is not an address"),
        ("http://169.254.169.254/latest", "169.254.169.254 is not a public address"),
        ("http://[::ffff:7f00:1]/", "is not a public address"),
        ("http://2130706433/", "neither a name nor an IP address"),
        ("https://news.example:22/", "port 22 is not allowed"),
        ("https://me:secret@news.example/", "user name or password"),
        ("file:///etc/passwd", "redirects to file:/etc/passwd: not an http or https address"),
        ("javascript:alert(1)", "not an http or https address"),
    ],
)
def test_a_redirect_to_where_we_may_not_ask_is_refused(location: str, reason: str) -> None:
    with pytest.raises(FetchError) as raised:
        walk((302, location))
    assert reason in str(raised.value)
    assert str(raised.value).isprintable()
    assert not raised.value.passing


def test_a_redirect_may_lead_where_the_operator_allows() -> None:
    rules = make_rules(["10.1.0.0/16"], allow_ports=[8080])
    assert str(walk((302, "http://10.1.2.3:8080/"), rules=rules).url) == "http://10.1.2.3:8080/"
