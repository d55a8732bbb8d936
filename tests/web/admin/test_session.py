from pathlib import Path

import pytest

from briefing.app.access import SESSION_LIFE as LIFE
from briefing.app.keys import digest_key
from briefing.store import operators
from briefing.web.admin import frame
from briefing.web.guard import cookie_name, is_plain
from tests.examples import examples
from tests.web.admin.sessions import NAME, Seated, acts, add_operator, request_of, seated
from tests.web.hostile import Target
from tests.web.served import Served, served

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


@examples("web, plain")
def test_only_on_the_machine_itself_a_cookie_may_go_in_the_clear(web: str, plain: bool) -> None:  # noqa: FBT001
    assert is_plain(web) is plain
    name = "briefing-news" if web.endswith("/news") else "briefing"
    assert cookie_name(web) == (name if plain else f"__Host-{name}")


def test_the_cookie_of_plain_http_opens_nothing_where_there_is_https(web: Served) -> None:
    session = seated(web)
    assert web.get(LOG, headers={"Cookie": f"briefing={session.cookie}"}).status_code == 303


def test_a_session_ends_twelve_hours_after_its_last_use(web: Served) -> None:
    session = seated(web)
    web.later(hours=11)
    assert session.get(LOG).status_code == 200
    web.later(hours=11, minutes=59)
    assert session.get(LOG).status_code == 200
    web.later(hours=12)
    assert session.get(LOG).status_code == 303


def test_a_session_ends_seven_days_after_it_began_however_it_is_used(web: Served) -> None:
    session = seated(web)
    for _ in range(7 * 24 // 6 - 1):
        web.later(hours=6)
        assert session.get(LOG).status_code == 200
    web.later(hours=5, minutes=59)
    assert session.get(LOG).status_code == 200
    web.later(minutes=1)
    assert session.get(LOG).status_code == 303


def test_looking_at_pages_writes_at_most_every_five_minutes(web: Served) -> None:
    session = seated(web)
    before = web.dump()
    web.later(minutes=4)
    session.get(LOG)
    assert web.dump() == before
    web.later(minutes=1)
    session.get(LOG)
    assert web.dump() != before


def test_no_session_outlives_its_absolute_end_in_the_store(web: Served) -> None:
    signed_in = seated(web)
    with web.store.write() as tx:
        at, key = web.clock(), digest_key(signed_in.cookie)
        operators.prolong(tx, key, until=at + 9 * LIFE, used=at)
    web.later(days=7)
    assert signed_in.get(LOG).status_code == 303


def test_the_room_that_is_open_is_marked(session: Seated) -> None:
    shown = session.get(LOG).text
    assert 'href="/admin/log" aria-current="page"' in shown
    assert 'href="/admin/settings" aria-current="true"' in shown
    assert frame.place_of("/admin/sources/3?x=1").label == "Sources"
    assert frame.place_of("/admin?x=1").label == frame.place_of("/admin/nothing").label == "Today"


class TestForm:
    def test_the_token_of_the_forms_is_not_the_cookie(self, session: Seated) -> None:
        assert session.form_token != session.cookie
        assert session.form_token in session.get(LOG).text
        assert session.cookie not in session.get(LOG).text


class TestView:
    """Pages of other rooms are wrapped in the same way."""

    def test_what_a_page_says_once_is_never_a_word_of_its_address(self, web: Served) -> None:
        session = seated(web)
        assert "<b>Added. " in session.get("/admin/subscribers?message=added").text
        page = session.get("/admin/subscribers?message=<b>You are owned</b>").text
        assert "owned" not in page
        assert 'role="status"' not in page


class TestLog:
    def test_it_shows_who_did_what_newest_first(self, web: Served) -> None:
        session = seated(web)
        seated(web, "eve").post("/admin/sign-out")
        web.later(minutes=1)
        seated(web, "bob").post("/admin/sign-out")
        page = session.get(LOG).text
        assert page.index(">bob</td>") < page.index(">eve</td>")
        assert "Thu 12 March 2026, 08:13:00" in page
        assert "When, UTC" in page
        session = seated(web)
        seated(web, "eve").post("/admin/sign-out")
        assert ">eve</td>" in session.get(f"{LOG}?who=eve").text
        page = session.get(f"{LOG}?who=command").text
        assert ">eve</td>" not in page
        assert "Nothing by command yet." in page
        assert "Nothing by &lt;i&gt; yet." in session.get(f"{LOG}?who=%00<i>").text

    def test_an_empty_one_says_what_will_stand_there(self, session: Seated) -> None:
        assert "Nothing yet." in session.get(LOG).text

    def test_what_comes_from_outside_is_text_of_one_line(self, web: Served) -> None:
        hostile = "<script>x</script>\r\n2026 ada \u202e \x00 \ud800"
        add_operator(web)
        with web.store.write() as tx:
            request_of(web).actor(NAME).note(tx, "drop story", hostile)
        (act,) = acts(web)
        assert act.about.isprintable()
        page = seated(web).get(LOG).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_pages_below_a_path_lead_to_pages_below_it(tmp_path: Path) -> None:
    with served(tmp_path, web="https://example.org/news") as web:
        assert web.get(LOG).headers["location"] == f"/news{TO_SIGN_IN}"
        assert 'action="/news/admin/sign-out"' in seated(web).get(LOG).text


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
