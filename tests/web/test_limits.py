"""Networks of clients, forms from elsewhere, and concurrent requests of one client."""

import threading

import anyio
import pytest
from starlette.responses import Response

from briefing.web import guard
from tests.examples import examples
from tests.mail.nasty import IDS, NASTY
from tests.waiting import PATIENCE

WEB = "https://briefing.example/desk"


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", guard.UNKNOWN),
        ("203.0.113.077", guard.UNKNOWN),
        ("203.0.113.7:80", guard.UNKNOWN),
        ("localhost", guard.UNKNOWN),
    ],
)
def test_a_network_is_what_one_household_has(host: str, network: str) -> None:
    assert guard.network_of(host) == network


@pytest.mark.parametrize("host", NASTY, ids=IDS)
def test_what_is_no_address_is_of_no_known_network(host: str) -> None:
    assert guard.network_of(host) == guard.UNKNOWN


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
    assert guard.is_own_post(headers, web=WEB) is own


@pytest.mark.parametrize("origin", [*NASTY[:-4], "%s {0}"])
def test_no_strange_origin_is_ours(origin: str) -> None:
    assert not guard.is_own_post({"origin": origin, "host": "briefing.example"}, web=WEB)


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
    assert guard.is_secure(scheme, host, headers) is secure


def test_a_client_that_asks_for_much_waits_and_then_is_refused_while_others_are_answered() -> None:
    admission, free = guard.Admission(), threading.Event()
    running, refused, answered = [], [], []

    def slow() -> Response:
        running.append(1)
        assert free.wait(PATIENCE)
        return Response()

    async def ask() -> None:
        try:
            answered.append(await admission.answer("one", slow))
        except guard.CrowdedError:
            refused.append(1)

    async def all_at_once() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(ask)
            while len(running) < 8 or len(refused) < 8:
                await anyio.sleep(0.01)
            other = await admission.answer("other", Response)
            assert other.status_code == 200
            free.set()

    anyio.run(all_at_once)
    assert (len(running), len(refused), len(answered)) == (32, 8, 32)
    assert not admission._places


@examples("host, client")
def test_a_client_is_one_address_or_one_line(host: str, client: str) -> None:
    assert guard.client_of(host) == client
