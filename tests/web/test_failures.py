from __future__ import annotations

import re
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from starlette.types import Message

from briefing.mail.tokens import Purpose
from briefing.web import make_app
from tests.web.served import FORM, ONE_CLICK, READER, Served, raw_post, served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_a_form_that_is_too_large_is_refused(web: Served) -> None:
    for data in ({"mail": "a" * 20_000}, {"x": "y" * 9_000, "z": "y" * 9_000}):
        answer = web.post("/subscribe", data)
        assert (answer.status_code, title(answer)) == (413, "Form too large")
    endless = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    answer_bytes = web.raw(
        raw_post("/subscribe", endless * 10 + b"0\r\n\r\n", "Transfer-Encoding: chunked")
    )
    assert answer_bytes.startswith(b"HTTP/1.1 413 ")


def test_a_form_that_cannot_be_read_is_refused(web: Served) -> None:
    kind = "Content-Type: multipart/form-data"
    many = "&".join(f"f{number}=1" for number in range(500)).encode()
    coded = "Content-Type: application/x-www-form-urlencoded"
    parts = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nc\r\n--x--\r\n'
    long = (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"c" * 5_000 + b"\r\n--x--\r\n"
    )
    for content_type, body in (
        (kind, b"--x"),
        (f"{kind}; boundary=x", b"--y\r\n\r\n"),
        (f"{kind}; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n"),
        (f"{kind}; boundary=x", parts),
        (f"{kind}; boundary=x", long),
        (coded, many),
    ):
        size = f"Content-Length: {len(body)}"
        answer = web.raw(raw_post("/subscribe", body, content_type, size))
        assert answer.startswith(b"HTTP/1.1 400 "), content_type
        assert b"could not be read" in answer


@pytest.mark.parametrize(
    "body", [b"\xff\xfe=%ff%00&mail=%zz", b"&&&===", b"mail=a&mail=b&mail=c", b"{}", b"\x00" * 900]
)
def test_any_bytes_are_a_form_that_lacks_something(web: Served, body: bytes) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", "", "\xe9"):
        fields = [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        request = raw_post("/subscribe", body, *fields)
        assert web.raw(request).startswith((b"HTTP/1.1 422 ", b"HTTP/1.1 400 "))


def test_a_form_that_does_not_come_is_not_waited_for(tmp_path: Path) -> None:
    with served(tmp_path, patience=0.1) as web:
        answer = web.raw(raw_post("/subscribe", b"mail=", "Content-Length: 500"))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"too slowly" in answer


def test_what_is_no_request_for_a_page_passes_by(web: Served) -> None:
    async def receive() -> Message:
        return {"type": "lifespan.shutdown"}

    said: list[str] = []

    async def send(message: Message) -> None:
        said.append(message["type"])

    anyio.run(make_app(web.desk), {"type": "lifespan"}, receive, send)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_form_that_breaks_off_is_no_failure(
    web: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", web.port)) as there:
        there.sendall(raw_post("/subscribe", b"mail=", "Content-Length: 500"))
    web.settle()
    assert "failure" not in caplog.text


def number_in(page: str) -> str:
    (number,) = re.findall("Error number: ([0-9a-f]{8}), 12 March 08:12 UTC", page)
    return str(number)


def test_a_failure_of_the_store_is_a_page_with_a_number(
    web: Served, caplog: pytest.LogCaptureFixture
) -> None:
    path = web.path(Purpose.LEAVE, web.add())
    assert web.store.place.file
    with closing(sqlite3.connect(web.store.place.file)) as file:
        file.execute("DROP TABLE consent")
    answer = web.post(path, ONE_CLICK)
    assert (answer.status_code, title(answer)) == (500, "Something went wrong")
    assert f"failure {number_in(answer.text)} in unsubscribe: StoreError: " in caplog.text
    assert "Traceback" not in caplog.text + answer.text
    assert path[13:] not in caplog.text


def test_any_other_failure_is_logged_without_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path, zones=(f"Mars/{READER}",)) as web:
        answer = web.get("/subscribe")
        assert answer.status_code == 500
        assert f"failure {number_in(answer.text)} in subscribe: ZoneInfo" in caplog.text
        assert "zones.py:" in caplog.text
        assert READER not in caplog.text + answer.text


def test_the_access_log_holds_no_address_and_no_token(
    web: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "briefing.web")
    path = web.path(Purpose.LEAVE, web.add())
    web.get(path)
    web.post("/subscribe", {**FORM, "mail": "q@courier.example"})
    web.get(f"/{READER}?mail={READER}")
    web.client.request("BREW", "/subscribe")
    lines = [
        record.getMessage() for record in caplog.records if record.name == "briefing.web.access"
    ]
    said = [re.sub(r" \d+ ms", "", line) for line in lines]
    assert said == [
        "GET unsubscribe 200",
        "POST subscribe 200",
        "GET page 404",
        "other subscribe 405",
    ]
    for hidden in (READER, "courier.example", path[13:], "127.0.0.1"):
        assert hidden not in caplog.text
