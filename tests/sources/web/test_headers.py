from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Validators
from briefing.sources.web.headers import (
    LONGEST_WAIT,
    content_type_of,
    length_of,
    request_headers,
    retry_at,
    validators_of,
)

NOW = datetime(2026, 1, 4, 6, 30, tzinfo=UTC)
URL = httpx2.URL("http://[2606:4700::1111]:8080/feed")


def answered(name: str, value: str) -> httpx2.Headers:
    """Return the head of an answer as it comes in."""
    return httpx2.Headers([(name.encode(), value.encode("utf-8", "replace"))])


def asked(validators: Validators) -> dict[str | bytes, str | bytes]:
    return dict(request_headers(URL, agent="briefing/0", validators=validators))


def test_a_request_says_who_asks_and_what_it_can_read() -> None:
    headers = asked(Validators())
    assert headers.pop("Accept")
    assert headers == {
        "Host": "[2606:4700::1111]:8080",
        "User-Agent": "briefing/0",
        "Accept-Encoding": "gzip, deflate, br, zstd",
    }


def test_a_request_asks_whether_something_has_changed() -> None:
    headers = asked(Validators('W/"a"', "Sun, 04 Jan 2026 06:00:00 GMT"))
    assert headers["If-None-Match"] == 'W/"a"'
    assert headers["If-Modified-Since"] == "Sun, 04 Jan 2026 06:00:00 GMT"


@pytest.mark.parametrize("value", ["", " ", '"a\r\nX: y"', '"ä"', "\x7f", "a" * 257])
def test_validators_that_cannot_stand_in_a_head_are_not_sent_and_not_kept(value: str) -> None:
    assert not {"If-None-Match", "If-Modified-Since"} & set(asked(Validators(value, value)))
    for name in ("etag", "last-modified"):
        assert validators_of(answered(name, value)) == Validators()


def test_what_an_answer_says_of_itself_is_kept() -> None:
    answer = httpx2.Headers(
        {"ETag": ' "a" ', "Last-Modified": "x", "Content-Type": "text/html", "Content-Length": "12"}
    )
    assert validators_of(answer) == Validators('"a"', "x")
    assert content_type_of(answer) == "text/html"
    assert length_of(answer) == 12


@pytest.mark.parametrize(("value", "length"), [("", 0), ("x", 0), ("٣", 0), ("9" * 30, 10**20 - 1)])
def test_a_length_is_a_number_or_nothing(value: str, length: int) -> None:
    assert length_of(answered("content-length", value)) == length


def test_a_content_type_that_cannot_be_printed_is_nothing() -> None:
    for value in ("text/html; charset=\u202e", "a" * 201):
        assert content_type_of(answered("content-type", value)) == ""


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 1 ", timedelta(seconds=1)),
        ("9" * 60, LONGEST_WAIT),
        ("Sun, 04 Jan 2026 07:00:00 GMT", timedelta(minutes=30)),
        ("Sun, 04 Jan 2026 09:00:00 +0200", timedelta(minutes=30)),
        ("Sun, 04 Jan 2026 07:00:00 -0000", timedelta(minutes=30)),
        ("Sun Jan  4 07:00:00 2026", timedelta(minutes=30)),
        ("Mon, 04 Jan 2036 07:00:00 GMT", LONGEST_WAIT),
    ],
)
def test_a_server_says_when_to_come_back_in_seconds_or_by_a_date(
    value: str, wait: timedelta
) -> None:
    assert retry_at(answered("retry-after", value), now=NOW) == NOW + wait


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0",
        "-5",
        "soon",
        "1.5",
        "٣",
        "Sun, 04 Jan 2026 06:00:00 GMT",
        "Sun, 99 Jan 2026 06:00:00 GMT",
        "Sun, 04 Jan 99999999999999999999 06:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +1400",
    ],
)
def test_a_time_that_is_none_or_over_is_no_reason_to_wait(value: str) -> None:
    assert retry_at(answered("retry-after", value), now=NOW) is None


@given(st.text(max_size=80) | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ \S+"))
def test_any_text_gives_a_time_within_a_week_or_none(value: str) -> None:
    when = retry_at(answered("retry-after", value), now=NOW)
    assert when is None or NOW < when <= NOW + LONGEST_WAIT
