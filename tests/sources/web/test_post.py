import asyncio
from collections.abc import Sequence

import pytest

from briefing.core.errors import FetchError
from briefing.sources.web.client import Asking, post_json
from tests.listener import listening
from tests.mail.relays import proof
from tests.sources.web.asker import AGENT, asking

CONTENT = b'{"alerts": []}'


def post(url: str, how: Asking, *, pauses: Sequence[float] = (0.0, 0.0)) -> None:
    asyncio.run(post_json(url, CONTENT, asking=how, pauses=pauses))


def refused(url: str, how: Asking, *, pauses: Sequence[float] = (0.0, 0.0)) -> str:
    with pytest.raises(FetchError) as error:
        post(url, how, pauses=pauses)
    assert "secret" not in str(error.value)
    return str(error.value)


def test_json_is_posted_as_it_is() -> None:
    with listening() as listener:
        post(listener.url, asking(listener))
    (posted,) = listener.posted
    assert (posted.method, posted.path, posted.body) == ("POST", "/hooks/T0/secret?key=1", CONTENT)
    assert posted.headers["Content-Type"] == "application/json"
    assert posted.headers["User-Agent"] == AGENT
    assert posted.headers["Host"] == f"127.0.0.1:{listener.port}"


@pytest.mark.parametrize("status", [500, 503, 429, 408, 0])
def test_a_failure_that_may_pass_is_tried_three_times(status: int) -> None:
    with listening(status, status, 200) as listener:
        post(listener.url, asking(listener))
    assert len(listener.posted) == 3
    with listening(status) as listener:
        message = refused(listener.url, asking(listener))
    assert len(listener.posted) == 3
    reason = f"answers {status}" if status else "connection closed without a response"
    assert message == f"127.0.0.1: {reason}"


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    with listening(status) as listener:
        assert refused(listener.url, asking(listener)) == f"127.0.0.1: answers {status}"
    assert len(listener.posted) == 1


def test_a_redirect_and_a_late_answer_end_it_and_no_other_address_is_asked() -> None:
    for status in (301, 302, 307, 308):
        with listening(status) as listener:
            listener.location = f"http://127.0.0.1:{listener.port}/elsewhere"
            assert refused(listener.url, asking(listener)) == f"127.0.0.1: answers {status}"
        assert [request.path for request in listener.posted] == ["/hooks/T0/secret?key=1"]
    with listening() as listener:
        listener.slow = 30
        message = refused(listener.url, asking(listener, deadline=0.2), pauses=())
    assert message == "127.0.0.1: no response in 0.2 seconds"
    with listening() as listener:
        message = refused(listener.url, asking(listener, allow=()))
        assert "allow_hosts" in message
        named = listener.url.replace("127.0.0.1", "localhost")
        message = refused(named, asking(listener, allow=()))
        assert "allow_hosts" in message
        post(named, asking(listener, allow=("localhost",)))
    assert len(listener.posted) == 1


def test_what_is_no_address_or_has_a_certificate_that_nobody_trusts_is_told() -> None:
    with listening() as listener:
        how = asking(listener)
        assert refused("ftp://a.example/secret", how) == "not an http or https address"
        assert refused("http://u:secret@a.example", how) == (
            "addresses with a user name or password are not fetched"
        )
    with listening(tls=proof("news.example")) as listener:
        assert "certificate" in refused(listener.url.replace("http:", "https:"), asking(listener))
    assert listener.posted == []
