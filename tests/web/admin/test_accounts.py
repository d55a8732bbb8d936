import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx2
import pytest

from briefing.app import access, keys
from briefing.app.access import HANDED, MAILED
from briefing.app.second_factor import code_of, seed_of, step_at
from briefing.core.errors import InputError
from briefing.core.model import Operator, Role
from briefing.store import operators
from briefing.store.audit import Actor
from tests.store.ready import act, look
from tests.web.admin.sessions import NAME, PASSWORD, Seated, add_operator, seated
from tests.web.admin.test_signin import sign_in
from tests.web.served import Served, link_in, served, title
from tests.web.test_security import cookie_in, opens

PATH, OWN, FORGOTTEN = "/admin/operators", "/admin/password", "/admin/forgotten"
MAIL, NEW = "ben@desk.example", "four other words here"


@pytest.fixture
def ada(session: Seated) -> Seated:
    return session


def of(web: Served, name: str) -> Operator | None:
    return look(web.store, operators.get, name)


def do(session: Seated, what: str, name: str = "ben", **more: str) -> httpx2.Response:
    return session.post(PATH, {"do": what, "name": name, "role": "publisher", **more})


def link_of(answer: httpx2.Response) -> str:
    match = re.search("<code>https?://[^/]*(/admin/password/[^<]*)</code>", answer.text)
    assert match, answer.text
    return match[1]


def test_an_operator_is_added_and_sets_a_password_by_a_link_that_is_good_once(ada: Seated) -> None:
    web = ada.web
    link = link_of(do(ada, "add", " Ben "))
    assert "no password yet" in ada.page(PATH)
    assert sign_in(web, "ben", "").status_code == 422
    assert title(web.get(link)) == "Password of ben"
    assert web.post(link, {"password": "short"}).status_code == 422
    answer = web.post(link, {"password": NEW})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?message=password")
    assert (web.get(link).status_code, web.post(link, {"password": PASSWORD}).status_code) == (
        410,
        410,
    )
    assert sign_in(web, "ben", NEW).status_code == 303
    acts = [(act.who, act.what, act.about) for act in ada.acts()]
    assert ("ada", "add operator", "ben, publisher") in acts
    assert ("ada", "make password link", "ben") in acts
    assert ("ben", "change password", "ben") in acts


def test_a_link_ends_in_time_and_with_its_operator(ada: Seated) -> None:
    web, link = ada.web, link_of(do(ada, "add"))
    for forged in (f"{link}0", link.replace("ben", "ada"), link[:-1], f"{OWN}/x"):
        assert web.get(forged).status_code == 410
    assert "ben can no longer sign in." in ada.confirm(PATH, {"do": "remove", "name": "ben"})
    web.later(seconds=1)
    again = link_of(do(ada, "add"))
    assert web.get(link).status_code == 410
    web.later(seconds=HANDED.total_seconds())
    assert web.get(again).status_code == 200
    web.later(seconds=1)
    assert web.get(again).status_code == 410


def test_who_may_what_is_changed_at_once(ada: Seated) -> None:
    web = ada.web
    ben = seated(web, "ben", role=Role.READER)
    assert ben.page("/admin/tomorrow")
    answer = ben.post("/admin/round", {"step": "collect"})
    assert (answer.status_code, title(answer)) == (403, "Not allowed")
    assert do(ben, "add", "eve").status_code == 403
    assert ben.post("/admin/sign-out").status_code == 303
    ben = seated(web, "ben")
    assert do(ada, "change", mail=MAIL).headers["location"].endswith("message=changed")
    changed = of(web, "ben")
    assert changed
    assert (changed.role, changed.mail) == (Role.PUBLISHER, MAIL)
    assert ben.post("/admin/round", {"step": "collect"}).status_code == 303
    assert (do(ben, "add", "eve").status_code, of(web, "eve")) == (403, None)
    assert "ada may add and change operators." in ben.page(PATH)
    assert MAIL not in "".join(act.about for act in ada.acts())
    # Nobody changes or removes themselves, so somebody manages.
    for what in ("change", "remove"):
        assert do(ada, what, NAME).headers["location"].endswith("message=own")
    kept = of(web, NAME)
    assert kept
    assert kept.role is Role.ADMINISTRATOR


@pytest.mark.parametrize(
    ("name", "more", "hint"),
    [
        ("anna müller", {}, "The name is not valid."),
        ("command", {}, "The name is not valid."),
        ("<script>", {}, "The name is not valid."),
        (NAME, {}, "The name is taken."),
        ("ben", {"mail": "nobody"}, "The mail address cannot be used."),
        ("ben", {"mail": "a@b.example\r\nBcc: c@d.example"}, "The mail address cannot be used."),
        ("ben", {"role": "all"}, "The name is not valid."),
    ],
)
def test_an_error_has_its_field(ada: Seated, name: str, more: dict[str, str], hint: str) -> None:
    answer = do(ada, "add", name, **more)
    assert answer.status_code == 422
    assert hint in answer.text
    assert "<script>" not in answer.text
    assert "briefing operators" not in answer.text
    assert name == NAME or of(ada.web, name) is None


def test_ones_own_password_is_changed_by_the_one_before(ada: Seated) -> None:
    web, other = ada.web, seated(ada.web)
    wrong = ada.post(OWN, {"before": "wrong", "password": NEW})
    assert (wrong.status_code, "The current password is wrong" in wrong.text) == (422, True)
    assert ada.post(OWN, {"before": PASSWORD, "password": "short"}).status_code == 422
    assert ada.post(OWN, {"before": PASSWORD, "password": NEW}).status_code == 303
    assert other.get("/admin/log").status_code == 303
    assert sign_in(web, NAME, NEW).status_code == 303
    for _ in range(6):
        answer = seated(web).post(OWN, {"before": "wrong", "password": PASSWORD})
    assert seated(web).post(OWN, {"before": NEW, "password": PASSWORD}).status_code == 422
    assert answer.status_code == 422


def test_a_forgotten_password_is_set_by_a_link_in_a_mail(ada: Seated, tmp_path: Path) -> None:
    web = ada.web
    do(ada, "add", mail=MAIL)
    assert FORGOTTEN in web.get("/admin/sign-in").text
    answers = [
        web.post(FORGOTTEN, {"name": name}) for name in ("Ben", "nobody", NAME, "\x00<script>")
    ]
    assert len({answer.text for answer in answers}) == 1
    assert "If there is an operator of this name" in answers[0].text
    ((to, message),) = web.mails
    assert to == MAIL
    link = link_in(message)
    assert link not in web.dump()
    assert web.post(link, {"password": NEW}).status_code == 303
    assert web.get(link).status_code == 410
    for _ in range(5):
        web.post(FORGOTTEN, {"name": "ben"})
    assert len(web.mails) == 3
    late = link_in(web.mails[-1][1])
    web.later(seconds=(MAILED + timedelta(seconds=1)).total_seconds())
    assert web.get(late).status_code == 410
    # Without mail it is somebody else's act.
    with served(tmp_path / "mute", sender=None) as mute:
        assert "Another operator can create a link for you" in mute.get(FORGOTTEN).text
        assert mute.post(FORGOTTEN, {"name": "ada"}).status_code == 200


FACTOR, SESSIONS, SIGN_IN = "/admin/second-factor", "/admin/sessions", "/admin/sign-in"
#: A browser that says what it is.
BROWSER = "<b>Ostra</b>/1.0 (Sund; Linux)"


def code(web: Served, salt: str, name: str = NAME) -> str:
    seed = seed_of(name, salt, secret=web.desk.secrets[-1])
    return code_of(seed, step_at(web.clock()))


def salt_of(session: Seated) -> str:
    found = re.search(r'name="salt" value="([0-9a-f]{32})"', session.page(FACTOR))
    assert found
    return found[1]


def set_up(session: Seated, salt: str = "", **more: str) -> tuple[httpx2.Response, str]:
    """Set the second factor up; return the page with the recovery codes and the salt."""
    salt = salt or salt_of(session)
    told = {"before": PASSWORD, "code": code(session.web, salt, session.name)}
    return session.post(FACTOR, {"do": "set", "salt": salt, **told, **more}), salt


def comes_in(web: Served, typed: str, name: str = NAME, **headers: str) -> httpx2.Response:
    told = {"name": name, "password": PASSWORD, "code": typed}
    return web.post(SIGN_IN, told, headers=headers)


def test_it_is_set_up_by_a_code_and_then_needed(web: Served) -> None:
    ada, other = seated(web), seated(web)
    # None is set up without password and code.
    for change in ({"before": "wrong"}, {"code": "000000"}, {"salt": "x" * 32}):
        answer, _ = set_up(ada, **change)
        assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)
        assert 'role="alert"' in answer.text
    assert comes_in(web, "").status_code == 303
    assert opens(web, ada.cookies["Cookie"])
    page = ada.page(FACTOR)
    assert 'class="qr"' in page
    assert "<script" not in page
    answer, salt = set_up(ada)
    codes = re.findall(r"<code>((?:[a-z2-7]{4}-){3}[a-z2-7]{4})</code>", answer.text)
    assert (answer.status_code, len(codes)) == (200, 10)
    # A new session, and no other: what was opened by the password alone has ended.
    fresh = cookie_in(answer)
    assert not opens(web, ada.cookies["Cookie"])
    assert not opens(web, other.cookies["Cookie"])
    assert opens(web, fresh)
    now = Seated(web, NAME, fresh.partition("=")[2])
    assert f'value="{now.form_token}"' in answer.text
    web.later(seconds=60)
    for wrong in ("", "000000", salt, PASSWORD):
        refused = comes_in(web, wrong)
        assert (refused.status_code, "set-cookie" in refused.headers) == (422, False)
        assert "Name, password or code is wrong." in refused.text
    typed = code(web, salt)
    assert comes_in(web, typed).status_code == 303
    # The same code, seen on its way or over a shoulder, is good no more.
    assert comes_in(web, typed).status_code == 422
    assert comes_in(web, codes[3]).status_code == 303
    assert comes_in(web, codes[3]).status_code == 422
    dump = web.dump()
    assert not [each for each in (*codes, typed) if each in dump]
    assert "9 recovery codes are left" in now.page(FACTOR)
    assert {"set second factor", "use recovery code"} <= {one.what for one in now.acts()}


def test_guesses_of_codes_count_and_a_command_needs_the_code_too(web: Served) -> None:
    _, salt = set_up(seated(web))
    web.later(seconds=60)

    def named(typed: str) -> Actor:
        claimed = Actor(NAME, web.clock())
        return access.identify(web.store, claimed, PASSWORD, typed, secrets=web.desk.secrets)

    for typed in ("", "000000"):
        with pytest.raises(InputError, match="wrong password or code"):
            named(typed)
    assert named(code(web, salt)).name == NAME
    web.later(minutes=1)
    for guess in range(5):
        assert comes_in(web, f"{guess:06}").status_code == 422
    assert comes_in(web, code(web, salt)).status_code == 429
    web.later(minutes=16)
    assert comes_in(web, code(web, salt)).status_code == 303


def test_a_link_for_a_password_is_no_second_factor(web: Served) -> None:
    """Who reads the mails of an operator sets a password, and is not signed in by it."""
    ada, ben = seated(web), seated(web, "ben")
    set_up(ben)
    link = link_of(do(ada, "link"))
    after = web.post(link, {"password": PASSWORD})
    assert (after.status_code, after.headers["location"]) == (303, SIGN_IN)
    assert "set-cookie" not in after.headers
    web.later(seconds=60)
    assert comes_in(web, "", "ben").status_code == 422


def test_who_has_lost_it_is_helped_by_an_administrator_alone(web: Served) -> None:
    ada, eve = seated(web), seated(web, "eve", role=Role.PUBLISHER)
    answer, _ = set_up(seated(web, "ben"))
    ben = cookie_in(answer)
    web.later(seconds=60)
    assert "with a second factor" in ada.page(PATH)
    told = {"do": "reset", "name": "ben"}
    assert eve.post(PATH, told).status_code == 403
    assert opens(web, ben)
    assert "Second factor removed." in ada.sent(PATH, told)
    assert not opens(web, ben)
    assert comes_in(web, "", "ben").status_code == 303
    assert "there was no second factor" in ada.sent(PATH, told)


def test_where_it_is_demanded_nothing_else_opens_before(tmp_path: Path) -> None:
    with served(tmp_path, second_factor="demanded") as web:
        ada = seated(web)
        for path in ("/admin", "/admin/log", PATH, SESSIONS, "/admin/password"):
            answer = ada.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, FACTOR)
        for path in ("/admin/round", PATH, SESSIONS):
            assert ada.post(path, {"do": "add", "name": "eve"}).headers["location"] == FACTOR
        assert of(web, "eve") is None
        answer, salt = set_up(ada)
        assert opens(web, cookie_in(answer))
        now = Seated(web, NAME, cookie_in(answer).partition("=")[2])
        web.later(seconds=60)
        told = {"do": "remove", "before": PASSWORD, "code": code(web, salt)}
        assert now.post(FACTOR, told).status_code == 303
        assert now.get("/admin").headers["location"] == FACTOR
        assert seated(web).post("/admin/sign-out").status_code == 303


def test_where_it_is_off_none_is_set_up_and_those_there_are_stay(tmp_path: Path) -> None:
    with served(tmp_path) as web:
        _, salt = set_up(seated(web))
    with served(tmp_path, second_factor="off") as web:
        web.later(minutes=2)
        assert 'name="code"' in web.get(SIGN_IN).text
        assert comes_in(web, "").status_code == 422
        assert comes_in(web, code(web, salt)).status_code == 303
        ben = seated(web, "ben")
        assert "their password alone" in ben.page(FACTOR)
        act(web.store, operators.remove_factor, NAME)
        assert 'name="code"' not in web.get(SIGN_IN).text


def test_each_session_is_listed_with_browser_network_and_times(web: Served) -> None:
    add_operator(web)
    cookie = cookie_in(comes_in(web, "", **{"User-Agent": BROWSER}))
    ada = Seated(web, NAME, cookie.partition("=")[2])
    page = unescape(ada.page(SESSIONS))
    assert "<b>Ostra" not in ada.page(SESSIONS)
    assert BROWSER in page
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    comes_in(web, "", **{"User-Agent": edge})
    assert f'title="{edge}">Edge on Windows<' in ada.page(SESSIONS)
    assert "127.0.0.0/24" in page
    assert "this browser" in page
    assert 'data-l="Last used">today, 08:12<' in page
    web.later(minutes=20)
    assert 'data-l="Last used">today, 08:32<' in ada.page(SESSIONS)
    assert ada.cookie not in page


def test_one_ends_ones_own_sessions_and_an_administrator_those_of_all(web: Served) -> None:
    ada, eve = seated(web), seated(web, "eve", role=Role.PUBLISHER)
    other = seated(web, "eve")
    ids = {each.cookie: keys.id_of(keys.digest_key(each.cookie)) for each in (ada, eve, other)}
    assert ids[ada.cookie] not in eve.page(SESSIONS)
    listed = re.findall(r'name="session" value="(\w+)"', ada.page(SESSIONS))
    assert {*listed} == {*ids.values()}
    # The id of another's session, guessed or seen, ends and opens nothing.
    answer = eve.post(SESSIONS, {"session": ids[ada.cookie]})
    assert (answer.status_code, title(answer)) == (403, "Not allowed")
    for wrong in ("", "0" * 16, ids[ada.cookie][:15], "x"):
        assert eve.post(SESSIONS, {"session": wrong}).status_code == 404
    for value in (ids[ada.cookie], keys.digest_key(ada.cookie).hex()):
        assert not opens(web, ada.cookies["Cookie"].replace(ada.cookie, value))
    assert opens(web, ada.cookies["Cookie"])
    assert "Session ended." in eve.sent(SESSIONS, {"session": ids[other.cookie]})
    assert not opens(web, other.cookies["Cookie"])
    assert ada.post(SESSIONS, {"session": ids[eve.cookie]}).status_code == 303
    assert not opens(web, eve.cookies["Cookie"])
    events = [(one.who, one.what, one.about) for one in ada.acts()]
    assert events[:2] == [("ada", "end session of another", "eve"), ("eve", "end session", "eve")]
    # One that was signed out is not listed, and ends no more.
    old = seated(web)
    old.post("/admin/sign-out")
    gone, actor = keys.id_of(keys.digest_key(old.cookie)), Actor(NAME, web.clock())
    assert gone not in ada.page(SESSIONS)
    with pytest.raises(InputError):
        act(web.store, access.end_one_session, gone, actor=actor)
