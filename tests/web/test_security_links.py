"""Addresses as attacks: opened ones change nothing, crafted ones lead nowhere and read no file."""

import json
import re
from itertools import product
from urllib.parse import quote, unquote, urlsplit

import httpx2
import pytest

from briefing.store import operators
from briefing.web import admin
from briefing.web.admin.sources import key_of
from briefing.web.api.handlers import OPERATIONS
from briefing.web.application import PAGES
from tests.examples import tables
from tests.mail.relays import text_of
from tests.newsday import TODAY
from tests.web.admin.sessions import NAME, PASSWORD
from tests.web.api.programs import ROOT
from tests.web.hostile import EVIL, LISTED, NEXT, TOKEN, URLS, Target, crawl
from tests.web.served import FORM, READER, link_in

TABLES = tables(__file__)
BEARER = {"Authorization": f"Bearer {TOKEN}"}


#: Parts of paths that are there.
PARTS = {
    "name": "SourceSansPro-Light.woff2",
    "day": str(TODAY),
    "number": "1",
    "paper": "letter",
    "sections": "1",
    "week": str(TODAY),
    "edition": "evening",
    "rest": "v1/openapi.json",
    "id": "1",
    "key": key_of(URLS[3]),
    "step": "publish",
    "group": "page",
    "list": "edition",
    "page": "editors.md",
    # of no link
    "token": "none",
}


def filled(path: str, **parts: str) -> str:
    told = {**PARTS, **parts}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: told[part[1]], path)


#: Pages of the administration for who is not signed in, and how they answer without a good link.
OPEN = {
    "/admin/sign-in": 200,
    "/admin/forgotten": 200,
    # a form without a page, which changes nothing but a cookie
    "/admin/language": 405,
    "/admin/first/{token}": 404,
    "/admin/password/{token}": 410,
    "/admin/requests/{number}/{token}": 404,
    # without a provider
    "/admin/provider": 303,
    "/admin/provider/back": 303,
}


def every_path(one: Target) -> list[str]:
    """Return all addresses of the desk, and the same with questions that would act in a form."""
    tokens = [path.rpartition("/")[2] for path in one.links]
    told = [filled(page.path, token=token) for page in PAGES for token in tokens]
    told += [ROOT + filled(op.path, day=str(NEXT)) for op in OPERATIONS]
    paths = [*dict.fromkeys(told), *one.links]
    acting = (
        f"do=remove&step=publish&undo=1&day={TODAY}&form_token={one.session.form_token}"
        f"&mail={READER}&name={NAME}&password={quote(PASSWORD)}&List-Unsubscribe=One-Click"
    )
    doing = tuple("confirm leave save pause undo renew".split())
    mails = [f"{p}?do={do}&token={p.rpartition('/')[2]}" for p in one.links for do in doing]
    return [*paths, *(f"{path}?{acting}" for path in paths), *mails]


#: A page is made for both; only its body is left out.
METHODS = ("GET", pytest.param("HEAD", marks=pytest.mark.slow))


class TestOpening:
    """GET and HEAD ask; they change nothing, send nothing and order nothing."""

    @pytest.mark.parametrize("method", METHODS)
    def test_all_that_is_reached_by_links_changes_nothing(self, one: Target, method: str) -> None:
        before = one.state()
        public = crawl(one, "/", *one.links, signed_in=False, method=method)
        inside = crawl(one, "/admin", signed_in=True, method=method)
        assert len(public.answers) > 40
        assert len(inside.answers) > 70
        assert {"/archive", "/feed", f"/{TODAY}/source/1"} <= public.answers.keys()
        rooms = {"/admin/tomorrow.pdf", "/admin/log", "/admin/deliveries", "/admin/sources"}
        rooms |= {f"/admin/sources/{PARTS['key']}", "/admin/sources.opml"}
        assert {*rooms, f"/admin/subscribers/{one.number}", "/admin/acts"} <= inside.answers.keys()
        for found in (public, inside):
            assert all(answer.status_code < 500 for answer in found.answers.values())
        assert one.state() == before

    @pytest.mark.parametrize("method", METHODS)
    def test_no_page_acts_if_asked_with_what_forms_send(self, one: Target, method: str) -> None:
        before = one.state()
        for headers in ({}, one.session.cookies):
            for path in every_path(one):
                answer = one.web.client.request(method, path, headers=headers)
                assert answer.status_code < 500, path
                assert "set-cookie" not in answer.headers
        assert one.state() == before

    def test_a_program_that_asks_changes_only_its_last_use(self, one: Target) -> None:
        before = one.state()
        for op in OPERATIONS:
            for method in ("GET", "HEAD"):
                path = ROOT + filled(op.path, day=str(TODAY))
                assert one.web.client.request(method, path, headers=BEARER).status_code < 500, path
        after = one.state()
        assert after[1:] == before[1:]
        changed = set(after[0].splitlines()) ^ set(before[0].splitlines())
        assert len(changed) == 2
        assert all(re.match(r"INSERT INTO \"?token\"? ", line) for line in changed)

    def test_another_method_does_nothing(self, one: Target) -> None:
        before = one.state()
        fields = {"do": "remove", "step": "publish", "form_token": one.session.form_token}
        for page, method in product(PAGES, "PUT DELETE PATCH OPTIONS TRACE LINK".split()):
            path = filled(page.path, token=one.links[3].rpartition("/")[2])
            answer = one.web.client.request(method, path, data=fields, headers=one.session.cookies)
            assert answer.status_code in {401, 404, 405}, path
            assert answer.status_code != 405 or answer.headers["allow"]
        assert one.state() == before


#: Ways out of a folder, as a path and as a part of one.
OUT: list[str] = TABLES["OUT"]


class TestPath:
    @pytest.mark.parametrize("out", OUT)
    def test_no_path_leads_out_of_what_is_offered(self, still: Target, out: str) -> None:
        web, seen = still.web, set()
        starts = tuple("/fonts/ / /2026-03-12/ /2026-03-12/source/ /admin/ /confirm/".split())
        for start in (*starts, "/site.css/", "/api/v1/editions/", "/admin/subscribers/"):
            request = f"GET {start}{out} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            answer = web.raw(request.encode())
            seen.add(answer.split(b" ", 2)[1])
            assert b"root:" not in answer
            assert b"[project]" not in answer
            assert b"{%" not in answer.replace(b"{%set x=1%}", b"")
        for path in ("/admin/deliveries?day=", "/archive?month=", "/archive?from=", "/admin?x="):
            told = still.session.get(path + out)
            assert (told.status_code in {200, 404, 422}, "root:" in told.text) == (True, False)
        # Signed out, a path of the administration leads to the sign-in at most.
        assert seen <= {b"400", b"401", b"404", b"303"}


#: What a browser would take for another place, or for no place at all.
ELSEWHERE: list[str] = TABLES["ELSEWHERE"]


def leads_home(answer: httpx2.Response) -> bool:
    """Tell whether a browser stays in the administration, whatever it mends in an address."""
    mended = re.split("[?#]", answer.headers["location"])[0]
    for _ in range(3):
        mended = unquote(re.sub(r"[\x00-\x20]", "", mended)).replace("\\", "/")
        parts = urlsplit(mended)
        ours = parts.scheme == parts.netloc == "" and re.match(r"/admin(/|$)", parts.path)
        if not ours or "//" in mended or "/.." in mended:
            return False
    return True


class TestRedirect:
    @pytest.mark.parametrize("to", ELSEWHERE)
    def test_a_sign_in_leads_home(self, still: Target, to: str) -> None:
        web, sign_in = still.web, "/admin/sign-in"
        signed = web.post(sign_in, {"name": NAME, "password": PASSWORD, "to": to})
        known = web.get(sign_in, params={"to": to}, headers=still.session.cookies)
        for answer in (signed, known):
            assert answer.status_code == 303
            assert leads_home(answer), answer.headers["location"]
        page = web.get(sign_in, params={"to": to}).text
        (shown,) = re.findall(r'name="to" value="([^"]*)"', page)
        assert not re.search(f"//|\\\\|{EVIL}/|:", shown)

    def test_a_page_that_asks_to_sign_in_leads_home(self, still: Target) -> None:
        for to in ELSEWHERE:
            answer = still.web.get("/admin/subscribers/1", params={"x": to, "message": to})
            then = still.session.get(answer.headers["location"])
            for each in (answer, then):
                assert each.status_code == 303
                assert leads_home(each), each.headers["location"]

    def test_no_path_becomes_an_address_of_another_host(self, still: Target) -> None:
        for path in (f"//{EVIL}", f"//{EVIL}/admin", f"/\\{EVIL}", f"//{EVIL}/%2e%2e", "//admin/"):
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            head = still.web.raw(request.encode()).partition(b"\r\n\r\n")[0].lower()
            assert head.split(b" ")[1] in {b"400", b"404"}
            assert b"location:" not in head
        request = f"GET http://{EVIL}/admin HTTP/1.1\r\nHost: {EVIL}\r\nConnection: close\r\n\r\n"
        assert EVIL.encode() not in still.web.raw(request.encode())


class TestHost:
    """Links are built from the settings, never from what a request says where it was sent."""

    HEADERS = (
        {"Host": EVIL},
        {"Host": f"{EVIL}:443"},
        {"Host": f"briefing.example@{EVIL}"},
        {"X-Forwarded-Host": EVIL},
        {"X-Forwarded-Server": EVIL, "X-Host": EVIL, "X-Original-URL": f"//{EVIL}/"},
        {"Forwarded": f"host={EVIL}"},
        {"X-Forwarded-Proto": "javascript", "X-Forwarded-Prefix": f"//{EVIL}"},
    )

    def test_no_answer_names_it(self, still: Target) -> None:
        # What a proxy passes on is not near: who watches is sent away, and no password is taken.
        near = ("/readyz", "/metrics", *(path.partition("{")[0] for path in OPEN))
        paths = every_path(still)
        plain = [path for path in paths if "?" not in path and not path.startswith(near)]
        every = {name: words for one in self.HEADERS for name, words in one.items()}
        for path in plain:
            usual = still.web.get(path, headers=still.session.cookies)
            # Each alone on some pages that have links, and all together on every page.
            alone = path in {"/", "/feed", "/subscribe", "/admin", f"/{TODAY}"}
            for told in (*self.HEADERS, every) if alone else (every,):
                answer = still.web.get(path, headers={**still.session.cookies, **told})
                assert (answer.status_code, answer.headers.get("location")) == (
                    usual.status_code,
                    usual.headers.get("location"),
                )
                # Attacks that are stored name it too.
                assert answer.text.count(EVIL) == usual.text.count(EVIL), (path, told)

    def test_no_mail_names_it(self, one: Target) -> None:
        form = {**FORM, "mail": READER, "sections": ["security"]}
        for told in self.HEADERS:
            one.web.later(hours=9)
            answer = one.web.post("/subscribe", form, headers=told)
            assert (answer.status_code, EVIL in answer.text) == (200, False)
        assert len(one.web.mails) > 1
        for _, message in one.web.mails:
            assert EVIL.encode() not in message
            assert link_in(message).startswith("/confirm/")
            assert EVIL not in text_of(message, "html")

    def test_the_interface_and_the_feed_have_the_address_of_settings(self, still: Target) -> None:
        document = still.web.get(f"{ROOT}/openapi.json", headers={"Host": EVIL})
        assert json.loads(document.text)["servers"] == [{"url": f"{LISTED}{ROOT}"}]
        assert f"<id>{LISTED}/feed</id>" in still.web.get("/feed", headers={"Host": EVIL}).text


def test_every_room_is_closed_to_who_is_not_signed_in_or_no_longer(one: Target) -> None:
    for page in admin.PAGES:
        answer = one.web.get(filled(page.path))
        if page.path in OPEN:
            assert answer.status_code == OPEN[page.path]
        elif "GET" in page.methods:
            assert (answer.status_code, answer.content) == (303, b"")
            assert answer.headers["location"].startswith("/admin/sign-in?to=/admin")
        else:
            assert answer.status_code in {303, 405}
    with one.web.store.write() as tx:
        operators.close_sessions_of(tx, NAME)
    for page in admin.PAGES:
        answer = one.web.get(filled(page.path), headers=one.session.cookies)
        assert answer.status_code != 200 or page.path in OPEN
