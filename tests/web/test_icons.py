"""The sign of the pages, and what machines that read the web are told."""

from __future__ import annotations

import struct
import urllib.robotparser

import lxml.etree
import pytest

from tests.web.served import Served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_the_sign_is_drawn_and_browsers_that_guess_its_address_find_it(web: Served) -> None:
    drawn, pixels = web.get("/favicon.svg"), web.get("/favicon.ico?v=1")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert lxml.etree.fromstring(drawn.content).tag == "{http://www.w3.org/2000/svg}svg"
    assert "style-src 'sha256-" in drawn.headers["content-security-policy"]
    assert (pixels.status_code, pixels.headers["content-type"]) == (200, "image/x-icon")
    assert struct.unpack("<HHH", pixels.content[:6]) == (0, 1, 1)
    assert 'href="/favicon.svg"' in web.get("/subscribe").text
    known = {"If-None-Match": drawn.headers["etag"]}
    assert web.get("/favicon.svg", headers=known).status_code == 304


def test_machines_may_read_what_is_printed_and_nothing_that_is_somebodys(web: Served) -> None:
    answer = web.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    rules = urllib.robotparser.RobotFileParser()
    rules.parse(answer.text.splitlines())
    for path in ("/", "/archive", "/2026-03-12", "/2026-03-12.pdf", "/about", "/feed"):
        assert rules.can_fetch("any", path)
    for path in ("/admin", "/api/v1/editions", "/confirm/x", "/preferences", "/unsubscribe/x"):
        assert not rules.can_fetch("any", path)
