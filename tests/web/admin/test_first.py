from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from briefing.store import operators
from briefing.web.admin.first import first_link, new_token
from tests.web.admin.sessions import PASSWORD, acts, add_operator
from tests.web.running import running, write_settings
from tests.web.served import WEB, Served, served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOKEN = new_token()
PATH = first_link("", TOKEN)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Served]:
    """Serve a desk that has a link for its first operator."""
    with served(tmp_path, first_token=TOKEN) as web:
        yield web


def begin(
    web: Served,
    name: str = "ada",
    password: str = PASSWORD,
    **more: Any,  # noqa: ANN401
) -> httpx2.Response:
    return web.post(PATH, {"name": name, "password": password}, **more)


def names(web: Served) -> list[str]:
    with web.store.read() as tx:
        return [one.name for one in operators.listed(tx)]


def test_the_link_adds_the_first_operator_and_signs_in(fresh: Served) -> None:
    assert title(fresh.get(PATH)) == "First morning"
    answer = begin(fresh, " Ada ")
    assert (answer.status_code, names(fresh)) == (303, ["ada"])
    cookie = answer.headers["set-cookie"].partition(";")[0]
    page = fresh.get(answer.headers["location"], headers={"Cookie": cookie})
    assert page.status_code == 200
    assert "Sign out ada" in page.text
    (act,) = acts(fresh)
    assert (act.who, act.what, act.about) == ("ada", "add operator", "ada")


def test_it_is_gone_once_there_is_an_operator(fresh: Served) -> None:
    begin(fresh)
    assert fresh.get(PATH).status_code == 404
    assert begin(fresh, "eve").status_code == 404
    assert names(fresh) == ["ada"]


def test_without_its_token_there_is_no_page(fresh: Served) -> None:
    for path in ("/admin/first/", f"/admin/first/{new_token()}", f"{PATH}x", f"{PATH[:-1]}ä"):
        assert fresh.get(path).status_code == 404
        assert fresh.post(path, {"name": "eve", "password": PASSWORD}).status_code == 404
    assert names(fresh) == []


def test_a_briefing_that_has_no_token_has_no_page(web: Served) -> None:
    assert web.get(first_link("", "")).status_code == 404
    assert web.get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("name", "password", "hint"),
    [
        ("ada", "short", "the password has 5 characters"),
        ("ada", "", "the password has 0 characters"),
        ("ada", "x" * 1_001, "the password has 1001 characters"),
        ("", PASSWORD, "cannot be a name"),
        ("<script>alert(1)</script>", PASSWORD, "cannot be a name"),
        ("command", PASSWORD, "cannot be a name"),
        ("ada\x00\r\nSet-Cookie: a=b", PASSWORD, "cannot be a name"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    fresh: Served, name: str, password: str, hint: str
) -> None:
    answer = begin(fresh, name, password)
    assert answer.status_code == 422
    assert hint in answer.text
    assert "<script>" not in answer.text
    assert not password or password not in answer.text
    assert "set-cookie" not in answer.headers
    assert names(fresh) == []


def test_another_site_cannot_send_the_form(fresh: Served) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert begin(fresh, headers=headers).status_code == 403
    one_click = {"name": "eve", "password": PASSWORD, "List-Unsubscribe": "One-Click"}
    answer = fresh.post(PATH, one_click, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert names(fresh) == []


def test_of_two_at_once_one_is_the_first(fresh: Served) -> None:
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda name: begin(fresh, name), ("ada", "eve")))
    assert len(names(fresh)) == 1
    assert sum(answer.status_code == 303 for answer in answers) == 1


def test_a_session_of_before_is_not_taken_over(fresh: Served) -> None:
    planted = "A" * 43
    answer = begin(fresh, headers={"Cookie": f"__Host-briefing={planted}", "Origin": WEB})
    assert planted not in answer.headers["set-cookie"]


def test_a_password_is_not_taken_over_plain_http(tmp_path: Path) -> None:
    with served(tmp_path, first_token=TOKEN, web="http://briefing.example") as web:
        assert title(web.get(PATH)) == "HTTPS required"
        assert begin(web).status_code == 403
        assert names(web) == []


#: What a stranger sends, and what a proxy sends of a reader who came without encryption.
CLAIMS = (
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"},
    {"X-Forwarded-For": "203.0.113.7"},
    {"Forwarded": "for=127.0.0.1;proto=https"},
)


@pytest.mark.parametrize(
    ("proxy", "headers", "opens"),
    [
        *(("203.0.113.1", claim, False) for claim in CLAIMS),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"}, False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}, True),
        ("127.0.0.1", {}, True),
    ],
)
def test_a_first_operator_comes_encrypted_or_from_this_machine_whatever_is_claimed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
    headers: dict[str, str],
    opens: bool,  # noqa: FBT001  a column of the table
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxy)
    write_settings(tmp_path, web='address = "https://briefing.example"')
    with running(tmp_path) as desk, desk.client() as client:
        said = (tmp_path / "said.txt").read_text()
        link = urlsplit(said.partition("begin here, once: ")[2].strip()).path
        answer = client.post(
            link, data={"name": "eve", "password": PASSWORD}, headers={**headers, "Origin": WEB}
        )
        assert answer.status_code == (303 if opens else 403)
        assert client.get("/admin/sign-in", headers=headers).status_code == (200 if opens else 403)
        with desk.store() as store, store.read() as tx:
            assert len(operators.listed(tx)) == opens


def test_an_operator_of_before_closes_it(fresh: Served) -> None:
    add_operator(fresh)
    assert fresh.get(PATH).status_code == 404
