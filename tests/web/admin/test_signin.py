import re
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from pathlib import Path

import httpx2
import pytest
from argon2 import PasswordHasher

from briefing.app import access
from briefing.app.access import SESSION_LIFE as LIFE
from briefing.app.access import Browser, SignInAttempt
from briefing.app.keys import digest_key
from briefing.core.model import Operator
from briefing.core.schedule import Timetable
from briefing.store import operators
from briefing.web.admin import frame
from briefing.web.guard import cookie_name, is_plain
from tests.examples import examples
from tests.store.ready import act, look
from tests.web.admin.sessions import NAME, PASSWORD, Seated, acts, add_operator, request_of, seated
from tests.web.hostile import Target
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
    assert "briefing operators add NAME" in web.get(SIGN_IN).text
    add_operator(web)
    assert "briefing operators add NAME" not in web.get(SIGN_IN).text
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


def test_many_tries_at_once_are_no_more_than_five_and_a_sign_in_ends_the_count(web: Served) -> None:
    add_operator(web)
    for _ in range(3):
        for _ in range(4):
            assert sign_in(web, NAME, "wrong").status_code == 422
        assert sign_in(web).status_code == 303
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda n: sign_in(web, NAME, f"wrong {n}"), range(12)))
    assert sorted(one.status_code for one in found) == [422] * 5 + [429] * 7


def test_another_page_cannot_sign_anybody_in(web: Served) -> None:
    add_operator(web)
    for fields in ({}, {"List-Unsubscribe": "One-Click"}):
        told = {"name": NAME, "password": PASSWORD, **fields}
        for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            answer = web.post(SIGN_IN, told, headers=header)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


def test_an_old_hash_is_made_anew(web: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_HASHER", PasswordHasher())  # as it is but for these tests
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    act(web.store, operators.keep, Operator(NAME, weak, web.clock()))
    assert sign_in(web).status_code == 303
    kept = look(web.store, operators.get, NAME)
    assert kept
    assert kept.hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert sign_in(web).status_code == 303


def test_a_password_counts_however_its_letters_are_composed(web: Served) -> None:
    add_operator(web, NAME, "caf\u00e9 au lait noir")
    assert sign_in(web, NAME, "cafe\u0301 au lait noir").status_code == 303


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


LOG = "/admin/log"
TO_SIGN_IN = "/admin/sign-in?to=/admin/log"


def test_without_a_session_a_page_leads_to_the_sign_in(web: Served) -> None:
    for path, location in (
        (LOG, TO_SIGN_IN),
        (f"{LOG}?who=ada", f"{TO_SIGN_IN}%3Fwho%3Dada"),
        (f"{LOG}?who=//evil.example", "/admin/sign-in?to=/admin"),
    ):
        answer = web.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, location)
        assert answer.content == b""
    answer = web.post("/admin/sign-out", {})
    assert (answer.status_code, answer.headers["location"]) == (303, SIGN_IN)
    assert "set-cookie" not in answer.headers


@examples("web, plain")
def test_only_on_the_machine_itself_a_cookie_may_go_in_the_clear(web: str, plain: bool) -> None:  # noqa: FBT001
    assert is_plain(web) is plain
    name = "briefing-news" if web.endswith("/news") else "briefing"
    assert cookie_name(web) == (name if plain else f"__Host-{name}")


def test_a_session_ends_twelve_hours_after_its_last_use_and_seven_days_after_it_began(
    web: Served,
) -> None:
    session = seated(web)
    # The cookie of plain http opens nothing where there is https.
    assert web.get(LOG, headers={"Cookie": f"briefing={session.cookie}"}).status_code == 303
    for lasts in (timedelta(hours=11), timedelta(hours=11, minutes=59)):
        web.later(seconds=lasts.total_seconds())
        assert session.get(LOG).status_code == 200
    web.later(hours=12)
    assert session.get(LOG).status_code == 303
    session, late = seated(web), seated(web)
    with web.store.write() as tx:
        # Not even one of which the store says that it lasts.
        at = web.clock()
        operators.prolong(tx, digest_key(late.cookie), until=at + 9 * LIFE, used=at)
    for _ in range(7 * 24 // 6 - 1):
        web.later(hours=6)
        assert session.get(LOG).status_code == 200
    web.later(hours=5, minutes=59)
    assert session.get(LOG).status_code == 200
    web.later(minutes=1)
    assert {each.get(LOG).status_code for each in (session, late)} == {303}


def test_looking_at_pages_writes_at_most_every_five_minutes(web: Served) -> None:
    session = seated(web)
    before = web.dump()
    web.later(minutes=4)
    session.get(LOG)
    assert web.dump() == before
    web.later(minutes=1)
    session.get(LOG)
    assert web.dump() != before


def test_the_room_that_is_open_is_marked(session: Seated) -> None:
    shown = session.get(LOG).text
    assert 'href="/admin/log" aria-current="page"' in shown
    assert 'href="/admin/settings" aria-current="true"' in shown
    assert frame.place_of("/admin/sources/3?x=1").label == "Sources"
    assert frame.place_of("/admin?x=1").label == frame.place_of("/admin/nothing").label == "Today"


def test_what_a_page_says_once_is_never_a_word_of_its_address(session: Seated) -> None:
    assert "<b>Added. " in session.page("/admin/subscribers?message=added")
    page = session.page("/admin/subscribers?message=<b>You are owned</b>")
    assert "owned" not in page
    assert 'role="status"' not in page


def test_the_log_shows_who_did_what_newest_first_each_as_text_of_one_line(web: Served) -> None:
    session = seated(web)
    assert "Nothing yet." in session.page(LOG)
    seated(web, "eve").post("/admin/sign-out")
    web.later(minutes=1)
    seated(web, "bob").post("/admin/sign-out")
    page = session.page(LOG)
    assert page.index(">bob <") < page.index(">eve <")
    assert '>bob <span class="soft">(Administrator)</span></td>' in page
    assert "Thu 12 March 2026, 08:13:00" in page
    assert "When, UTC" in page
    assert ">eve <" in session.page(f"{LOG}?who=eve")
    page = session.page(f"{LOG}?who=command")
    assert ">eve <" not in page
    assert "Nothing by command yet." in page
    assert "Nothing by &lt;i&gt; yet." in session.page(f"{LOG}?who=%00<i>")
    with web.store.write() as tx:
        hostile = "<script>x</script>\r\n2026 ada \u202e \x00 \ud800"
        request_of(web).acting(NAME).note(tx, "drop story", hostile)
    assert acts(web)[0].about.isprintable()
    page = session.page(LOG)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("place", frame.PLACES, ids=lambda place: place.label)
def test_each_place_has_its_help_in_the_documentation(still: Target, place: frame.Place) -> None:
    session = seated(still.web)
    assert f'href="/admin/help/{place.help}">Help</a>' in session.page(place.path)
    name, _, paragraph = place.help.partition("#")
    if paragraph:
        assert f'id="{paragraph}"' in session.page(f"/admin/help/{name}")


@pytest.mark.parametrize("name", ["nothing.md", "..%2FREADME.md", "page.png", "%00.md"])
def test_nothing_else_is_served_as_help(session: Seated, name: str) -> None:
    assert session.get(f"/admin/help/{name}").status_code == 404
