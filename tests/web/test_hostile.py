"""Hostile requests, failures of the program, and what the logs hold of them."""

import re
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import permutations, product
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Connection, event
from starlette.types import Message

from briefing.app.readers.letters import PATHS
from briefing.core.errors import SettingsError
from briefing.core.model import Consent, State
from briefing.mail.tokens import Purpose
from briefing.settings import Settings
from briefing.store import subscribers
from briefing.web import WebContext, make_app
from tests.mail.nasty import NASTY
from tests.mail.relays import text_of
from tests.waiting import wait_for
from tests.web.served import FORM, ONE_CLICK, READER, WEB, Served, link_in, raw_post, served, title


def test_a_token_is_good_for_one_purpose_and_none_if_it_was_changed(web: Served) -> None:
    one = web.add()
    before = web.dump()
    for purpose, other in permutations(PATHS, 2):
        token = web.path(other, one).rpartition("/")[2]
        path = web.path(purpose, one).rpartition("/")[0] + f"/{token}"
        assert web.get(path).status_code == 404
        assert web.post(path, ONE_CLICK).status_code == 404
        for do in "confirm save pause leave undo renew".split():
            assert web.act(path, do).status_code == 404
    for path in (web.path(purpose, one) for purpose in PATHS):
        # All places of a token are tried with its codec.
        for at in range(len(path) - len(path.rpartition("/")[2]), len(path), 9):
            letter = "A" if path[at] != "A" else "B"
            assert web.get(path[:at] + letter + path[at + 1 :]).status_code == 404
        for end in ("A", "%00", "%0d%0aSet-Cookie:a=b", "/"):
            answer = web.get(path + end)
            assert answer.status_code == 404
            assert "set-cookie" not in answer.headers
    assert web.dump() == before


def test_no_strange_value_gets_into_a_page_a_mail_or_the_store(web: Served) -> None:
    for value in NASTY:
        before = web.dump()
        hidden = value.encode("utf-8", "replace").decode()
        for field in FORM:
            page = web.post("/subscribe", {**FORM, field: [hidden]})
            assert page.status_code in {413, 422}
            assert "<h1>body" not in page.text
        assert web.dump() == before
        # a name is not asked for, so that nobody can have words mailed to others
        web.post("/subscribe", {**FORM, "name": hidden[:900], "words": hidden[:900]})
        web.later(days=1)
        assert web.find().name == ""
    assert len(web.mails) == len(NASTY)
    for to, message in web.mails:
        assert (to, message.count(b"\r\nTo: "), b"\r\nBcc" in message) == (READER, 1, False)


@pytest.mark.parametrize("name", [NASTY[0], NASTY[3], NASTY[14], "<script>alert(1)</script>"])
def test_a_strange_name_of_a_briefing_breaks_out_of_nothing(tmp_path: Path, name: str) -> None:
    with served(tmp_path, name=name) as web:
        web.post("/subscribe", FORM)
        ((_, message),) = web.mails
        assert b"\r\nBcc" not in message.split(b"\r\n\r\n")[0]
        assert "<script>" not in text_of(message, "html")
        for path in ("/subscribe", link_in(message)):
            assert not re.search("<script|<h1>body", web.get(path).text)


def test_a_subscription_that_ends_as_its_reader_presses_a_button_stays_so(web: Served) -> None:
    """The button waits for the store; the subscription ends before its turn comes."""
    one, waiting = web.add(), web.add("p@courier.example", State.PENDING)
    preferences, confirm = web.path(Purpose.PREFERENCES, one), web.path(Purpose.CONFIRM, waiting)
    web.later(minutes=1)
    # Each has read that the subscription stands before it waits to write.
    read: list[Connection] = []
    with ThreadPoolExecutor(2) as readers:
        with web.store.write() as tx:
            event.listen(web.store._engine, "commit", read.append)
            pressed = [readers.submit(web.act, preferences, "pause")]
            pressed.append(readers.submit(web.act, confirm, "confirm"))
            wait_for(lambda: len(read) >= 2)
            left = Consent(web.clock(), "left", "form")
            for number in (one.id, waiting.id):
                subscribers.change_state(tx, number, State.UNSUBSCRIBED, consent=left)
        assert [title(page.result()) for page in pressed] == ["This link is no longer valid"] * 2
    assert web.find().state is State.UNSUBSCRIBED
    assert web.find(waiting.address).state is State.UNSUBSCRIBED


def test_paths_lie_below_that_of_the_web_address(tmp_path: Path) -> None:
    with served(tmp_path, web=f"{WEB}/desk") as web:
        page = web.get("/subscribe").text
        assert 'action="/desk/subscribe"' in page
        assert 'href="/desk/site.css"' in page
        preferences = web.path(Purpose.PREFERENCES, web.add())
        assert web.act(preferences, "pause").headers["location"] == f"/desk{preferences}?saved=1"


def test_a_theme_without_web_pages_is_told(web: Served, tmp_path: Path) -> None:
    theme = web.desk.theme
    bare = type(theme)("bare", tmp_path / "bare", theme.papers, theme.scales)
    with pytest.raises(SettingsError, match="theme 'bare' has no web pages; give it a folder web/"):
        make_app(WebContext(web.store, Settings(name="Ostra"), WEB, bare, (), web.clock))


def test_a_form_that_is_too_large_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    kind = "Content-Type: multipart/form-data"
    part = b'--x\r\nContent-Disposition: form-data; name="a"%b\r\n\r\n%b\r\n--x--\r\n'
    unread = (b"400 ", b"could not be read")
    with served(tmp_path, patience=0.1) as web:
        for fields, body, (status, words) in (
            ((form,), b"mail=" + b"a" * 20_000, (b"413 ", b"Form too large")),
            ((form,), b"x=" + b"y" * 9_000 + b"&z=" + b"y" * 9_000, (b"413 ", b"Form too large")),
            ((form, "Content-Length: 500"), b"mail=", (b"408 ", b"too slowly")),
            ((kind,), b"--x", unread),
            ((f"{kind}; boundary=x",), b"--y\r\n\r\n", unread),
            ((f"{kind}; boundary=x",), part.replace(b'; name="a"', b"") % (b"", b"a"), unread),
            ((f"{kind}; boundary=x",), part % (b'; filename="b"', b"c"), unread),
            ((f"{kind}; boundary=x",), part % (b"", b"c" * 5_000), unread),
            ((form,), "&".join(f"f{number}=1" for number in range(500)).encode(), unread),
        ):
            size = () if len(fields) > 1 else (f"Content-Length: {len(body)}",)
            answer = web.raw(raw_post("/subscribe", body, *fields, *size))
            assert answer.startswith(b"HTTP/1.1 " + status), fields
            assert words in answer
        endless = (b"1000\r\n" + b"a" * 4096 + b"\r\n") * 10 + b"0\r\n\r\n"
        answer = web.raw(raw_post("/subscribe", endless, "Transfer-Encoding: chunked"))
        assert answer.startswith(b"HTTP/1.1 413 ")


def test_any_bytes_are_a_form_that_lacks_something_and_one_that_is_cut_is_no_failure(
    web: Served, caplog: pytest.LogCaptureFixture
) -> None:
    bodies = (b"\xff\xfe=%ff%00&mail=%zz", b"&&&===", b"mail=a&mail=b", b"{}", b"\x00" * 900)
    kinds = ("application/x-www-form-urlencoded", "text/plain", "", "\xe9")
    for body, kind in product(bodies, kinds):
        fields = [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        request = raw_post("/subscribe", body, *fields)
        assert web.raw(request).startswith((b"HTTP/1.1 422 ", b"HTTP/1.1 400 "))
    with socket.create_connection(("127.0.0.1", web.port)) as there:
        there.sendall(raw_post("/subscribe", b"mail=", "Content-Length: 500"))
    web.settle()
    assert "failure" not in caplog.text


def test_what_is_no_request_for_a_page_passes_by(web: Served) -> None:
    async def receive() -> Message:
        return {"type": "lifespan.shutdown"}

    said: list[str] = []

    async def send(message: Message) -> None:
        said.append(message["type"])

    anyio.run(make_app(web.desk), {"type": "lifespan"}, receive, send)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def number_in(page: str) -> str:
    (number,) = re.findall("Error number: ([0-9a-f]{8}), 12 March 08:12 UTC", page)
    return str(number)


def test_a_failure_gives_a_numbered_page_and_has_no_words_logged(
    web: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture
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
    # Nor are the words of an exception logged, which may hold anything.
    (tmp_path / "other").mkdir()
    with served(tmp_path / "other", zones=(f"Mars/{READER}",)) as other:
        answer = other.get("/subscribe")
    assert answer.status_code == 500
    assert f"failure {number_in(answer.text)} in subscribe: ZoneInfo" in caplog.text
    assert "forms.py:" in caplog.text
    assert READER not in caplog.text + answer.text


def test_no_address_or_token_is_logged(web: Served, caplog: pytest.LogCaptureFixture) -> None:
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
