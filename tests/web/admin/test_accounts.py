import re
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from briefing.app.access import HANDED, MAILED
from briefing.core.model import Operator, Role
from briefing.store import operators
from briefing.web.admin.frame import PLACES
from tests.web.admin.rounds import add_source, keep_edition
from tests.web.admin.sessions import NAME, PASSWORD, Seated, seated
from tests.web.admin.test_signin import sign_in
from tests.web.served import Served, link_in, served, title

PATH, OWN, FORGOTTEN = "/admin/operators", "/admin/password", "/admin/forgotten"
MAIL, NEW = "ben@desk.example", "four other words here"


@pytest.fixture
def ada(web: Served) -> Seated:
    return seated(web)


def of(web: Served, name: str) -> Operator | None:
    with web.store.read() as tx:
        return operators.get(tx, name)


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


def test_who_may_only_look_sees_no_form_that_would_be_refused(ada: Seated) -> None:
    add_source(ada.web, "Courier", fresh=[1])
    ada.web.add()
    keep_edition(ada.web, ada.web.clock().date())
    ben = seated(ada.web, "ben", role=Role.READER)
    for place in PLACES:
        main = ben.get(place.path).text.partition("<main")[2]
        forms = re.findall(r'<form method="post".*?</form>', main, re.DOTALL)
        if place.path not in {OWN, "/admin/sessions", "/admin/second-factor"}:
            assert not [form for form in forms if re.search("<button(?! disabled)", form)], (
                place.path
            )
            assert not re.findall(r"<(?:input|select|textarea)(?! disabled)", "".join(forms))
    for path, edits in (
        ("/admin/sources", "Add a source"),
        ("/admin/subscribers", "Add a reader"),
        ("/admin/subscribers", "Import a list"),
        ("/admin/deliveries", "Correct a sentence"),
    ):
        assert edits in ada.page(path)
        assert edits not in ben.page(path)
    assert "Sign out" in ben.page("/admin")
    assert "Set password" in ben.page(OWN)


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


@pytest.mark.parametrize("what", ["change", "remove"])
def test_nobody_removes_themselves_so_somebody_manages(ada: Seated, what: str) -> None:
    assert do(ada, what, NAME).headers["location"].endswith("message=own")
    kept = of(ada.web, NAME)
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


def test_a_forgotten_password_is_set_by_a_link_in_a_mail(ada: Seated) -> None:
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


def test_without_mail_a_forgotten_password_is_somebody_elses_act(tmp_path: Path) -> None:
    with served(tmp_path, sender=None) as web:
        assert "Another operator can make a link for you" in web.get(FORGOTTEN).text
        assert web.post(FORGOTTEN, {"name": "ada"}).status_code == 200


def test_no_password_is_set_in_the_clear(tmp_path: Path) -> None:
    with served(tmp_path, web="http://briefing.example") as web:
        for path in (FORGOTTEN, f"{OWN}/x"):
            assert title(web.get(path)) == "HTTPS required"
