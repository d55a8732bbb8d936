from __future__ import annotations

import pytest

from briefing.web.limits import UNKNOWN, is_own_post, is_secure, network_of
from tests.mail.nasty import IDS, NASTY

WEB = "https://briefing.example/desk"


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", UNKNOWN),
        ("203.0.113.077", UNKNOWN),
        ("203.0.113.7:80", UNKNOWN),
        ("localhost", UNKNOWN),
    ],
)
def test_a_network_is_what_one_household_has(host: str, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize("host", NASTY, ids=IDS)
def test_what_is_no_address_is_of_no_known_network(host: str) -> None:
    assert network_of(host) == UNKNOWN


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://briefing.example"}, False),
        ({"origin": "null"}, True),
        ({"origin": "https://briefing.example"}, True),
        ({"origin": "HTTPS://BRIEFING.example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://briefing.example.evil.example"}, False),
        ({"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, True),
        ({"origin": "http://[::1", "host": ""}, False),
    ],
)
def test_a_form_comes_from_our_page_or_from_none(headers: dict[str, str], own: bool) -> None:  # noqa: FBT001  a column of the table
    assert is_own_post(headers, web=WEB) is own


@pytest.mark.parametrize("origin", [*NASTY[:-4], "%s {0}"])
def test_no_strange_origin_is_ours(origin: str) -> None:
    assert not is_own_post({"origin": origin, "host": "briefing.example"}, web=WEB)


@pytest.mark.parametrize(
    ("scheme", "host", "headers", "secure"),
    [
        ("https", "203.0.113.7", {"x-forwarded-for": "203.0.113.7"}, True),
        ("http", "127.0.0.1", {}, True),
        ("http", "::1", {}, True),
        ("http", "::ffff:127.0.0.1", {}, True),
        ("http", "203.0.113.7", {}, False),
        ("http", "::ffff:203.0.113.7", {}, False),
        ("http", "2001:db8::7%eth0", {}, False),
        ("http", "127.0.0.1", {"x-forwarded-proto": "https"}, False),
        ("http", "127.0.0.1", {"forwarded": "proto=https"}, False),
        ("http", "", {}, False),
        ("https", "", {}, True),
    ],
)
def test_a_request_is_secure_when_encrypted_or_of_this_machine(
    scheme: str,
    host: str,
    headers: dict[str, str],
    secure: bool,  # noqa: FBT001  a column of the table
) -> None:
    assert is_secure(scheme, host, headers) is secure
