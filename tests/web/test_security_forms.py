"""Forms and extreme values as attacks: refused, never a failure."""

import json
import re
from collections import Counter
from collections.abc import Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from briefing.app.readers import preferences_line
from briefing.app.readers.decide import Limits
from briefing.app.second_factor import code_of, seed_of, step_at
from briefing.core.edition import slug
from briefing.mail.tokens import Purpose
from briefing.settings.file import SettingsFile, parse, propose
from briefing.setup.settings_editor import mark_of
from briefing.store import operators
from briefing.web import admin
from briefing.web.api.handlers import OPERATIONS
from briefing.web.application import PAGES
from tests.desk import RECIPE
from tests.newsday import TODAY
from tests.store.ready import act
from tests.web.admin.sessions import NAME, PASSWORD, add_operator, seated
from tests.web.api.programs import ROOT
from tests.web.hostile import EVIL, LIST, LISTED, NEXT, SETTINGS_TEXT, TOKEN, Target
from tests.web.served import FORM, NOW, ONE_CLICK, READER, SECRET, USUAL, served, title


def settings_form() -> dict[str, str]:
    """Return what the form of the schedule sends after its preview."""
    file = SettingsFile(Path(), SETTINGS_TEXT, parse(SETTINGS_TEXT))
    told = {"schedule.at": "07:15"}
    text = propose(file, told).text
    return {**told, "do": "save", "seen": file.seen([*told]), "previewed": mark_of(text)}


def second_factor_form() -> dict[str, str]:
    """Return what sets up a second factor at the moment of the tests."""
    seed = seed_of(NAME, salt := "0" * 32, secret=SECRET)
    return {"salt": salt, "code": code_of(seed, step_at(NOW))}


#: What each form of the administration sends, so that it acts; by the path of its page.
FORMS: Mapping[str, Mapping[str, str]] = {
    "/admin/sign-out": {},
    "/admin/operators": {"do": "add", "name": "new", "role": "editor"},
    "/admin/password": {"before": PASSWORD, "password": "four other words here"},
    # of a session that another operator has
    "/admin/sessions": {"session": "0" * 16},
    "/admin/second-factor": {"do": "set", "before": PASSWORD, **second_factor_form()},
    "/admin/round": {"step": "publish", "sure": "1"},
    # what was asked for and waits
    "/admin/acts": {"undo": "1"},
    "/admin/morning": {"do": "page", "lists": "europe"},
    "/admin/subscribers/{number}": {"do": "remove", "sure": "1"},
    "/admin/subscribers/{number}/choices": {
        "sections": "security",
        "days": "0",
        "at": "07:00",
        "zone": "Europe/Zurich",
        "form": "pdf",
        "seen": preferences_line(USUAL),
    },
    "/admin/subscribers/add": {"mail": "new@courier.example"},
    "/admin/subscribers/import": {},
    "/admin/subscribers/import/add": {"do": "discard"},
    "/admin/subscribers/export": {},
    "/admin/subscribers/bulk": {"do": "pause", "who": "1"},
    # of a reader paused with others, and of a confirmation mail that was refused
    "/admin/subscribers/undo": {"action": "1"},
    "/admin/deliveries/mail": {"mail": "15", "sure": "1"},
    "/admin/deliveries/held": {"do": "never", "day": str(TODAY), "sure": "1"},
    # the seventh subscriber is the one whose mail was refused
    "/admin/deliveries/again": {"day": str(TODAY), "subscriber": "7", "sure": "1"},
    "/admin/deliveries/withdraw": {"day": str(TODAY), "reason": "wrong", "tell": "1", "sure": "1"},
    "/admin/deliveries/correct": {
        "day": str(TODAY),
        "sentence": "0",
        "text": "wrong",
        "signed": "ada",
        "sure": "1",
    },
    "/admin/deliveries/test": {"mail": "new@courier.example"},
    "/admin/release": {"day": str(NEXT), "do": "drop", "sure": "1"},
    "/admin/tomorrow": {"day": str(NEXT), "undo": "1"},
    "/admin/settings/lists/sections/{name}": {
        "do": "paste",
        "sentences": "The quay of Ostra is dug deeper.",
    },
    "/admin/sources/collect": {},
    "/admin/sources/try": {"address": "x.example"},
    "/admin/sources/tried/{key}": {"name": "New", "text": "auto", "weight": "1"},
    "/admin/sources/import": {},
    "/admin/sources/list/{key}": {},
    "/admin/sources/{key}": {"do": "remove", "sure": "1"},
    "/admin/sagas/{id}": {"do": "part", "days": f"{slug(RECIPE.name)}/{TODAY} s0"},
    "/admin/settings/{group}": settings_form(),
    "/admin/settings/lists/{list}": {
        "row": "",
        "do": "save",
        "edition.name": "evening",
        "edition.at": "18:00",
        "seen": SettingsFile(Path(), SETTINGS_TEXT, parse(SETTINGS_TEXT)).seen(("edition",)),
    },
    "/admin/settings/another": {"name": "Other Desk", "zone": "UTC"},
}
#: The file that a form brings; by the path of its page.
FILES: Mapping[str, Mapping[str, tuple[str, bytes]]] = {
    "/admin/subscribers/import": {"file": ("list.csv", b"email\nnew@courier.example\n")},
    "/admin/sources/import": {"file": ("list.opml", LIST)},
}
#: Forms that are answered by a file or a link, all others by a redirect.
ANSWERED = dict.fromkeys(
    ("/admin/subscribers/export", "/admin/operators", "/admin/second-factor"), 200
)
#: What ends the session.
LEAVES = {"/admin/sign-out", "/admin/second-factor"}
#: How many ask at once; more would only take longer.
CROWD = 120
#: Where nobody has to be signed in.
OPEN = {
    f"/admin/{each}"
    for each in (
        *("sign-in", "first/{token}", "password/{token}", "forgotten", "language"),
        "requests/{number}/{token}",
    )
}
FROM_ELSEWHERE = (
    {"Origin": f"https://{EVIL}"},
    {"Origin": f"{LISTED}.{EVIL}"},
    {"Origin": LISTED.replace("https", "http") + ":8080"},
    {"Origin": f"https://{EVIL}", "Referer": f"{LISTED}/admin"},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": LISTED},
)


def path_of(one: Target, form: str) -> str:
    return (
        one.path(form)
        .replace("{name}", "ports")
        .replace("{group}", "schedule")
        .replace("{list}", "edition")
        .replace("{id}", "s1")
    )


def test_every_form_of_the_administration_is_tried_here() -> None:
    acting = {page.path for page in admin.PAGES if "POST" in page.methods}
    assert acting == FORMS.keys() | OPEN
    # None of it is reached under another path.
    assert {p.path for p in PAGES if p.path.startswith("/admin") and "POST" in p.methods} == acting


class TestForgery:
    """No page elsewhere acts in the name of who is signed in here."""

    @pytest.mark.parametrize("form", FORMS)
    def test_each_form_acts_and_from_our_own_page_alone(self, one: Target, form: str) -> None:
        """Each is refused once of each kind; all of a kind are tried with one form below."""
        before, path, files = one.state(), path_of(one, form), FILES.get(form)
        fields, own = {**FORMS[form], "form_token": one.session.form_token}, one.session.cookies
        elsewhere = {"Origin": f"https://{EVIL}"}
        for told, headers in ((FORMS[form], own), (fields, own | elsewhere), (fields, {})):
            answer = one.web.post(path, told, headers=headers, files=files)
            # Who is signed out is led to the sign-in by the button that would sign them out.
            assert answer.status_code == (403 if headers or form != "/admin/sign-out" else 303)
        assert one.state() == before
        assert one.session.post(path, fields, files=files).status_code == ANSWERED.get(form, 303)
        assert one.state() != before

    def test_only_the_token_of_the_session_in_the_form_counts(self, still: Target) -> None:
        other, over = seated(still.web, "eve"), seated(still.web, "bob")
        theirs, ended = other.form_token, over.form_token
        act(still.web.store, operators.close_sessions_of, "bob")
        before, own, path = still.state(), still.session.form_token, "/admin/sources/collect"
        for token in ("", theirs, ended, own[:-1], f"{own} ", own.upper(), still.session.cookie):
            for click in ({}, ONE_CLICK):
                told = {"form_token": token, **click}
                answer = still.web.post(path, told, headers=still.session.cookies)
                assert answer.status_code == 403, token
        body, plain = json.dumps({"form_token": own}), f"form_token={own}"
        sent: tuple[dict[str, Any], ...] = (
            {"url": f"{path}?form_token={own}", "data": {"do": "x"}},
            {"url": path, "data": {"do": "x"}, "headers": {"form_token": own}},
            {"url": path, "content": body, "headers": {"Content-Type": "application/json"}},
            {"url": path, "content": plain, "headers": {"Content-Type": "text/plain"}},
        )
        for more in sent:
            headers = {**still.session.cookies, **more.pop("headers", {})}
            assert still.web.client.post(**more, headers=headers).status_code == 403
        for told in FROM_ELSEWHERE:
            headers = {**still.session.cookies, **told}
            answer = still.web.post(path, {"form_token": own}, headers=headers)
            assert (answer.status_code, title(answer)) == (403, "Form not accepted"), told
        assert still.state() == before

    def test_no_page_shows_the_token_of_the_forms_in_an_address(self, still: Target) -> None:
        token = still.session.form_token
        for path in ("/admin", "/admin/subscribers", "/admin/tomorrow", "/admin/deliveries"):
            text = still.session.get(path).text
            assert f'name="form_token" value="{token}"' in text
            assert not re.search(f'(?:href|src|action)="[^"]*{token}', text)

    @pytest.mark.parametrize("fields", [{}, ONE_CLICK], ids=["form", "one-click"])
    def test_no_page_elsewhere_changes_anybody(self, one: Target, fields: dict[str, str]) -> None:
        web, reader = one.web, one.web.add()
        preferences = web.path(Purpose.PREFERENCES, reader)
        told = {"token": preferences.rpartition("/")[2], "do": "pause"}
        before = one.state()
        for headers in FROM_ELSEWHERE:
            for path, form in (
                ("/subscribe", {**FORM, "mail": "x@courier.example", "sections": ["security"]}),
                ("/preferences", {"mail": READER}),
                (preferences, told),
            ):
                answer = web.post(path, {**form, **fields}, headers=headers)
                assert (answer.status_code, title(answer)) == (403, "Form not accepted"), path
        assert one.state() == before


class TestInterface:
    """What authorizes programs is their token; a browser has nothing that does."""

    @pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: f"{op.method} {op.path}")
    def test_no_cookie_authorizes_a_program(self, still: Target, op: Any) -> None:  # noqa: ANN401
        before = still.state()
        path = ROOT + op.path.format(day=NEXT, id=still.number, step="collect")
        cookie, token = still.session.cookies["Cookie"], still.session.form_token
        for headers in (
            {"Cookie": cookie},
            {"Cookie": f"{cookie}; Authorization=Bearer {TOKEN}; token={TOKEN}"},
            {"Cookie": cookie, "X-CSRF-Token": token, "Authorization": f"Bearer {token}"},
            {"Cookie": cookie, "Authorization": f"Bearer {still.session.cookie}"},
            {"Authorization": f"Basic {TOKEN}"},
        ):
            for query in ("", f"?token={TOKEN}&access_token={TOKEN}&form_token={token}"):
                answer = still.web.client.request(op.method, path + query, headers=headers)
                assert answer.status_code == 401
                assert "set-cookie" not in answer.headers
        assert still.state() == before

    def test_no_page_elsewhere_is_told_anything_or_asks_first(self, still: Target) -> None:
        headers = {"Origin": f"https://{EVIL}", "Access-Control-Request-Method": "POST"}
        for method in ("GET", "OPTIONS"):
            answer = still.web.client.request(method, f"{ROOT}/round/publish", headers=headers)
            assert not [name for name in answer.headers if name.startswith("access-control")]

    def test_a_token_of_a_program_opens_no_room_of_people(self, still: Target) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Cookie": f"__Host-briefing={TOKEN}"}
        assert still.web.get("/admin/log", headers=headers).status_code == 303
        assert (
            still.web.post("/admin/round", {"step": "publish"}, headers=headers).status_code == 403
        )


class TestCrowd:
    """Strangers cause few mails, however many they are."""

    @pytest.mark.parametrize(
        ("network", "address", "mails", "refused"),
        [
            ("10.0.{0}.7", READER, 1, {0}),
            # What comes before the last address was written by whoever asks.
            ("203.0.113.{0}, 198.51.100.{1}", "r{}@courier.example", 10, {CROWD - 10}),
            # Who asks while the last mail is being made is answered as if another had left.
            ("10.0.{0}.7", "r{}@courier.example", CROWD // 2, range(1, CROWD // 2 + 1)),
        ],
        ids=["one address", "one network", "as set over all"],
    )
    def test_cause_no_more_than_is_allowed(
        self, tmp_path: Path, network: str, address: str, mails: int, refused: Container[int]
    ) -> None:
        with served(tmp_path, proxies="127.0.0.1", limits=Limits(all_hour=CROWD // 2)) as web:

            def ask(number: int) -> int:
                told = {"X-Forwarded-For": network.format(number, number % 9)}
                # Some ask for the link of the one address instead.
                path = "/preferences" if mails == 1 and number % 7 == 0 else "/subscribe"
                form = {**FORM, "mail": address.format(number)}
                return web.post(path, form, headers=told).status_code

            with ThreadPoolExecutor(8) as crowd:
                statuses = Counter(crowd.map(ask, range(CROWD)))
            assert len(web.mails) == len(dict(web.mails)) == mails
            assert statuses.keys() <= {200, 429}
            assert statuses[429] in refused
            assert mails > 1 or len(web.consents(web.find())) == 1

    def test_who_sends_no_proxy_cannot_say_to_be_another_network(self, tmp_path: Path) -> None:
        with served(tmp_path) as web:
            add_operator(web)
            fields = {"name": "ada", "password": PASSWORD}
            for name, words in (("X-Forwarded-For", "10.0.1.7"), ("Forwarded", "proto=https")):
                told = {name: words}
                assert web.post("/admin/sign-in", fields, headers=told).status_code == 403


#: As they stand in an address: ends of a calendar, numbers that no column holds, broken codings.
VALUES = (
    *"0001-01-01 0000-12-31 0000-00 9999-12-31 9999-12 9998-12-31 2026-02-30 -2026-03-12".split(),
    *"%2B2026-03-12 2026-W11-4 20260312 0 -1 9223372036854775807 9223372036854775808".split(),
    *("9" * 4000, "1e999", "NaN", "%00", "2026-03-12%00", "%ff%fe", "%ed%a0%80", "%f4%90%80%80"),
    *("%D9%A2%D9%A0%D9%A2%D9%A6-03-12", "%2e%2e", "%2f", "%25", "%zz", "%F0%9F%98%80"),
    *(quote("' OR 1=1 --"), "x" * 3000, "%20"),
)
#: Whatever a page looks for behind the question mark. Where there are several each is tried alone
#: as well, since one may be refused for all.
NAMES = {
    "/archive": tuple("words section publisher from to status page month".split()),
    "/admin/subscribers": ("q", "state", "page", "sort", "order"),
    f"{ROOT}/search": tuple("words since until status limit offset".split()),
    f"{ROOT}/subscribers": ("state", "limit", "offset"),
    "": tuple("day refresh remove message who saved step fate to sort".split()),
}
PROGRAM = {"Authorization": f"Bearer {TOKEN}"}


def every_address() -> list[str]:
    """Return the patterns of all that can be asked: of readers, operators and programs."""
    pages = [page.path for page in PAGES if "GET" in page.methods and "{rest" not in page.path]
    return [*pages, *(f"{ROOT}{one.path}" for one in OPERATIONS if one.method == "GET")]


def failing(one: Target, paths: list[str]) -> list[tuple[str, int]]:
    """Ask as an operator and as a program; return what failed."""
    headers = {**one.session.cookies, **PROGRAM}
    found = ((path, one.web.get(path, headers=headers).status_code) for path in paths)
    return [(path[:90], status) for path, status in found if status >= 500]


#: Of the values that are tried each this many-th at one place, by turns; all of them in --all.
SHARES = (4, pytest.param(1, marks=pytest.mark.slow))


@pytest.mark.parametrize("share", SHARES)
def test_in_a_path_or_a_question(still: Target, share: int) -> None:
    """Each name of a question once, twice, and beside an empty one; where it counts, alone."""
    every, names = every_address(), sorted({name for those in NAMES.values() for name in those})
    # What is asked for in earnest is answered.
    headers = {**still.session.cookies, **PROGRAM}
    for path in ("/2026-03-12", "/archive?month=2026-03", f"{ROOT}/search?words=x", "/admin/log"):
        assert still.web.get(path, headers=headers).status_code == 200
    assert len(every) > 40
    patterns = [path for path in every if "{" in path]
    asked = [
        re.sub(r"\{\w+\}", value, path)
        for place, path in enumerate(patterns)
        for value in VALUES[place % share :: share]
    ]
    twice = ("", "0001-01-01", "9999-12-31", "9" * 20, "%00", "%ff", "%ed%a0%80", "-1")
    asked += [
        f"{path}?" + "&".join(f"{name}={value}&{name}=&{name}={value}" for name in names)
        for place, path in enumerate(path for path in every if "{" not in path)
        for value in twice[place % share :: share]
    ]
    alone = [(path, name) for path, those in NAMES.items() if path for name in those]
    asked += [
        f"{path}?{name}={value}"
        for place, (path, name) in enumerate(alone)
        for value in VALUES[place % share :: share]
    ]
    assert failing(still, asked) == []


@pytest.mark.parametrize("share", SHARES)
def test_in_a_form(one: Target, share: int) -> None:
    preferences = one.web.path(Purpose.PREFERENCES, one.web.add())
    token = preferences.rpartition("/")[2]
    forms: dict[str, dict[str, object]] = {
        "/subscribe": dict(FORM),
        preferences: {**FORM, "token": token, "do": "save", "days": ["1"]},
        **{form: dict(fields) for form, fields in FORMS.items() if form not in LEAVES},
    }
    found = []
    for form, fields in forms.items():
        for place, name in enumerate((*fields, "day")):
            # Each name that is taken makes a briefing of its own, which takes a second.
            less = 4 * share if form == "/admin/settings/another" else 2 * share
            for value in VALUES[place % less :: less]:
                if form == "/admin/password":  # it is changed, and all sessions are ended
                    one.session.cookie = seated(one.web).cookie
                body = "&".join(f"{key}={quote(str(told))}" for key, told in fields.items())
                body += f"&form_token={one.session.form_token}&{name}={value}"
                if name in fields:
                    body = f"{name}={value}&{body}"
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                answer = one.web.client.post(
                    path_of(one, form), content=body, headers={**one.session.cookies, **kind}
                )
                if answer.status_code >= 500:
                    found.append((form, name, value[:40], answer.status_code))
    assert found == []


@pytest.mark.parametrize("share", SHARES)
def test_in_what_a_program_sends(one: Target, share: int) -> None:
    told: tuple[object, ...] = (
        *(None, True, 0, -1, 1e308, 2**63, 2**64, 10**400, "", "\0", "\ud800", "9999-12-31"),
        *("0001-01-01", [], {}, [None], {"a": {}}, "x" * 3000, "2026-03-12T00:00:00+99:99"),
    )
    kind = {**PROGRAM, "Content-Type": "application/json"}
    fields = ("day", "action", "document", "section")
    found = []
    for operation in OPERATIONS:
        if operation.method == "GET":
            continue
        parts = ("9999-12-31", "0001-01-01", "publish", "9" * 18, "9" * 30, "0")
        for place, part in enumerate(parts):
            path = ROOT + re.sub(r"\{\w+\}", part, operation.path)
            for value in told[place % share :: share]:
                body = json.dumps({**dict.fromkeys(fields, value)})
                answer = one.web.client.request(operation.method, path, content=body, headers=kind)
                if answer.status_code >= 500:
                    found.append((path, value, answer.status_code))
    assert found == []
