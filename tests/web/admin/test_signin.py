import re
from concurrent.futures import ThreadPoolExecutor
from datetime import time
from pathlib import Path

import httpx2
import pytest
from argon2 import PasswordHasher

from briefing.app import access
from briefing.app.access import Browser, SignInAttempt
from briefing.core.model import Operator
from briefing.core.schedule import Timetable
from briefing.store import operators
from tests.web.admin.sessions import NAME, PASSWORD, acts, add_operator, seated
from tests.web.served import Served, served, title

WRONG = "Name, password or code is wrong."
SIGN_IN = "/admin/sign-in"


def sign_in(
    web: Served, name: str = NAME, password: str = PASSWORD, **fields: str
) -> httpx2.Response:
    return web.post(SIGN_IN, {"name": name, "password": password, **fields})


def cookie_of(answer: httpx2.Response) -> dict[str, str]:
    found = re.match("([^=]+)=([^;]+)", answer.headers["set-cookie"])
    assert found
    return {"Cookie": f"{found[1]}={found[2]}"}


def test_the_right_name_and_password_open_the_administration(web: Served) -> None:
    add_operator(web)
    answer = sign_in(web, f" {NAME.upper()} ", to="/admin/log?who=ada")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/log?who=ada")
    page = web.get("/admin/log", headers=cookie_of(answer))
    assert (page.status_code, title(page)) == (200, "Log")
    assert f"<summary>{NAME}</summary>" in page.text
    (act,) = acts(web)
    assert (act.who, act.what, act.origin) == (NAME, "sign in", "127.0.0.0/24")


def test_a_second_lock_is_longer_and_told_in_the_zone_of_the_briefing(tmp_path: Path) -> None:
    table = Timetable(time(6, 30), "Europe/Zurich")
    with served(tmp_path, timetable=table) as web:
        add_operator(web)
        for _ in range(2):
            for _ in range(5):
                assert sign_in(web, NAME, "wrong").status_code == 422
            answer = sign_in(web)
            assert answer.status_code == 429
            assert answer.headers["retry-after"] in {"901", "1801"}
            web.later(minutes=16)
        assert "after Thursday 12 March 2026, 09:58, Zurich time." in answer.text
        assert sign_in(web).status_code == 429
        web.later(minutes=16)
        assert sign_in(web).status_code == 303


def test_a_sign_in_ends_the_count(web: Served) -> None:
    add_operator(web)
    for _ in range(3):
        for _ in range(4):
            assert sign_in(web, NAME, "wrong").status_code == 422
        assert sign_in(web).status_code == 303


def test_many_tries_at_once_are_no_more_than_five(web: Served) -> None:
    add_operator(web)
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda n: sign_in(web, NAME, f"wrong {n}"), range(12)))
    assert sorted(one.status_code for one in found) == [422] * 5 + [429] * 7


def test_who_is_signed_in_is_not_asked_again(web: Served) -> None:
    answer = seated(web).get(SIGN_IN, params={"to": "/admin/log"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/log")


@pytest.mark.parametrize("fields", [{}, {"List-Unsubscribe": "One-Click"}])
def test_another_page_cannot_sign_anybody_in(web: Served, fields: dict[str, str]) -> None:
    add_operator(web)
    told = {"name": NAME, "password": PASSWORD, **fields}
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = web.post(SIGN_IN, told, headers=header)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_an_old_hash_is_made_anew(web: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_HASHER", PasswordHasher())  # as it is but for these tests
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with web.store.write() as tx:
        operators.keep(tx, Operator(NAME, weak, web.clock()))
    assert sign_in(web).status_code == 303
    with web.store.read() as tx:
        kept = operators.get(tx, NAME)
    assert kept
    assert kept.hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert sign_in(web).status_code == 303


def test_a_password_counts_however_its_letters_are_composed(web: Served) -> None:
    add_operator(web, NAME, "caf\u00e9 au lait noir")
    assert sign_in(web, NAME, "cafe\u0301 au lait noir").status_code == 303


@pytest.mark.parametrize("name", ["a\x00da", "\u202eada", "<script>", "ada" * 2000, "\ud800"])
def test_no_name_does_harm(web: Served, name: str) -> None:
    add_operator(web)
    body = {"name": name.encode("utf-8", "surrogatepass"), "password": b"wrong"}
    answer = web.post(SIGN_IN, body)
    assert answer.status_code in {400, 422}
    assert "<script>" not in answer.text


def test_a_first_page_says_how_to_add_an_operator(web: Served) -> None:
    assert "briefing operators add NAME" in web.get(SIGN_IN).text
    add_operator(web)
    assert "briefing operators add NAME" not in web.get(SIGN_IN).text


class TestSignOut:
    def test_without_a_session_it_leads_to_the_sign_in(self, web: Served) -> None:
        answer = web.post("/admin/sign-out", {})
        assert (answer.status_code, answer.headers["location"]) == (303, SIGN_IN)
        assert "set-cookie" not in answer.headers


def test_a_password_that_changes_while_it_is_tried_opens_nothing(web: Served) -> None:
    old = add_operator(web)
    add_operator(web, NAME, "quite another password")
    tried = SignInAttempt(old, known=False, counts={}, network="", at=web.clock())
    assert access.sign_in(web.store, tried, PASSWORD, secrets=(), browser=Browser()) == ""
    assert [act.what for act in acts(web)] == ["sign-in refused"]


def test_old_failures_and_sessions_are_deleted(web: Served) -> None:
    add_operator(web)
    sign_in(web, "eve", "wrong")
    sign_in(web)
    web.later(days=8)
    sign_in(web)
    with web.store.read() as tx:
        rows = {
            table: tx.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()  # noqa: S608
            for table in ("session", "failure")
        }
    assert rows == {"session": 1, "failure": 0}
