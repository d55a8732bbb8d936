"""Each act by each role: the table of the documentation, all addresses, and the buttons shown."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import briefing
from briefing.app import access, tokens
from briefing.app.rounds.runs import RunRequests
from briefing.core.errors import RoleError
from briefing.core.model import ACTS, Role, least_role
from briefing.store import operators
from briefing.store.audit import COMMAND, Actor
from briefing.web import admin
from briefing.web.admin.frame import PLACES, SIGN_IN, SIGN_OUT
from tests.store.ready import act
from tests.web.admin.rounds import add_source, keep_edition
from tests.web.admin.sessions import seated
from tests.web.served import Served, served, title
from tests.web.test_private import filled

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
ROOM = Path(briefing.__file__).parent
#: Forms that every operator sends: they change what is their own.
OWN = {SIGN_IN, SIGN_OUT, "/admin/password", "/admin/sessions", "/admin/second-factor"}
#: Forms of who is not signed in.
OUTSIDE = {"/admin/password/{token}", "/admin/forgotten", "/admin/first/{token}"}
OUTSIDE |= {"/admin/requests/{number}/{token}", "/admin/language"}


def test_the_documentation_says_who_does_what() -> None:
    text = DOCS.read_text("utf-8").partition("## Roles")[2].partition("\n## ")[0]
    head, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    assert head == ["acts", *Role]
    told = {
        name: tuple(cell == "yes" for cell in cells)
        for names, *cells in rows
        for name in names.split(", ")
    }
    assert told == {
        name: tuple(role.covers(least) for role in Role) for name, least in ACTS.items()
    }


def noted() -> Iterator[tuple[str, str]]:
    """Yield the file and the name of each act that is written in the code."""
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name = {"note": 1, "_note": 1, "permit": 1, "require": 0}.get(node.func.attr, 9)
                for given in node.args[name : name + 1]:
                    if isinstance(given, ast.Constant) and isinstance(given.value, str):
                        yield path.name, given.value


def test_each_act_that_is_logged_is_declared() -> None:
    named = set(noted())
    assert len(named) > 40
    # What is noted by a helper is a name that its callers give.
    text = (ROOM / "app" / "readers" / "administration.py").read_text("utf-8")
    named |= {("administration.py", name) for name in re.findall(r'_turned\(.*"(.+)"', text)}
    for path, name in named:
        assert least_role(name) in Role, path


@pytest.mark.parametrize("role", Role)
def test_a_role_does_its_own_acts_and_no_others(web: Served, role: Role) -> None:
    """Whatever the way in: a use case writes no line, so it does nothing, for a lower role."""
    eve = seated(web, "eve", role=role)
    text = act(web.store, tokens.add_token, "wall", role=role, actor=Actor(COMMAND, web.clock()))
    assert text
    for name, least in ACTS.items():
        for who in (eve.name, "token wall"):
            actor = Actor(who, web.clock())
            if role.covers(least):
                act(web.store, actor.note, name)
            else:
                with pytest.raises(RoleError, match=f"{who}: {name} needs the role {least}"):
                    act(web.store, actor.note, name)
    # Who is no operator does nothing.
    for nobody in ("nobody", "token nobody", "", "token ", "unknown", "COMMAND"):
        for name in ("pin story", "release edition", "change operator"):
            with pytest.raises(RoleError):
                act(web.store, Actor(nobody, web.clock()).note, name)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("roles"), requests=RunRequests()) as web:
        add_source(web, "Courier", fresh=[1])
        web.add()
        keep_edition(web, web.clock().date())
        yield web


@pytest.mark.parametrize("role", Role)
def test_each_address_takes_forms_of_its_roles_alone(full: Served, role: Role) -> None:
    eve = seated(full, f"form-{role}", role=role)
    for page in admin.PAGES:
        if "POST" not in page.methods or page.path in OWN | OUTSIDE:
            continue
        assert page.acts, f"{page.path}: what is done there?"
        allowed = any(role.may(name) for name in page.acts)
        for path in filled(page.path.replace("{number}", "{id}")):
            answer = eve.post(path, {})
            refused = answer.status_code == 403 and title(answer) == "Not allowed"
            assert refused is not allowed, (path, answer.status_code)
            # Nobody acts by opening an address, or without the token of the form.
            assert full.post(path, {"form_token": "x"}, headers=eve.cookies).status_code == 403
            assert full.post(path, {}).status_code == 403


@pytest.mark.parametrize("role", Role)
def test_a_page_shows_no_button_that_would_be_refused(full: Served, role: Role) -> None:
    eve = seated(full, f"look-{role}", role=role)
    acts = {page.path: page.acts for page in admin.PAGES}
    shown = set()
    for place in PLACES:
        main = eve.get(place.path).text.partition("<main")[2]
        for form in re.findall(r'<form method="post".*?</form>', main, re.DOTALL):
            goes = re.search(r'action="([^"]*)"', form[: form.index(">")])
            path = urlsplit(goes[1]).path if goes else place.path
            usable = bool(re.search(r"<button(?! disabled)", form))
            names = next((each for own, each in acts.items() if own == path), ())
            if usable and path not in OWN:
                assert any(role.may(name) for name in names), path
                shown.add(path)
            for named in re.findall(r'<button[^>]* data-act="([^"]*)"', form):
                assert role.may(named), path
    assert bool(shown) is (role is not Role.READER)
    assert ("/admin/deliveries/withdraw" in shown) is role.covers(Role.PUBLISHER)
    assert ("/admin/operators" in shown) is (role is Role.ADMINISTRATOR)


def test_a_session_that_is_open_raises_no_role_and_keeps_none(web: Served) -> None:
    ada, eve = seated(web), seated(web, "eve", role=Role.PUBLISHER)
    keep_edition(web, web.clock().date())
    ordered = {"day": f"{web.clock().date()}", "sure": "1"}
    assert eve.post("/admin/deliveries/withdraw", ordered).status_code == 303
    ada.post("/admin/operators", {"do": "change", "name": "eve", "role": "editor"})
    # What waits for its minute is checked again when it is done.
    web.later(minutes=1)
    told = eve.page("/admin/acts")
    by_role = {(one.who, one.what, one.role) for one in ada.acts()}
    assert ("ada", "change operator", "administrator") in by_role
    assert "Eve: withdraw edition needs the role publisher." in told
    assert eve.post("/admin/deliveries/withdraw", ordered).status_code == 403
    assert "withdraw edition" not in {one.what for one in ada.acts()}
    with web.store.write() as tx:
        one = operators.get(tx, "eve")
        assert one
        operators.remove(tx, "eve")
    assert eve.get("/admin").status_code == 303


def test_nobody_raises_themselves(web: Served) -> None:
    eve = seated(web, "eve", role=Role.PUBLISHER)
    change = {"do": "change", "name": "eve", "role": "administrator"}
    assert eve.post("/admin/operators", change).status_code == 403
    by = Actor("eve", web.clock() + timedelta(seconds=1))
    for name in ("eve", "bob"):
        with pytest.raises(RoleError):
            act(web.store, access.add_operator, name, password=None, role="administrator", actor=by)
        with pytest.raises(RoleError):
            act(web.store, access.change_operator, "eve", role="administrator", mail=None, actor=by)
    with pytest.raises(RoleError):
        act(web.store, access.change_password, "ada", password="x" * 20, actor=by)
