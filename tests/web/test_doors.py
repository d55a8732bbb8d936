"""A closed briefing: the table of the documentation, walked over all addresses, and attacks."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from briefing.app.access import begin_session as begin
from briefing.app.keys import digest_key
from briefing.app.readers import epoch
from briefing.core.model import Device, Operator, Role, State, Subscriber
from briefing.mail.tokens import Purpose, make
from briefing.store import operators, subscribers
from briefing.web import WebContext, make_app
from briefing.web.application import PAGES, Several
from briefing.web.guard import cookie_name
from tests.mail.relays import text_of
from tests.newsday import STRAIT, TODAY
from tests.store.ready import ready_store
from tests.web.served import FORM, READER, WEB, Served, desk_but, served, title
from tests.web.test_private import LISTS, filled

DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
MODES = ("public", "subscribers", "nobody")
#: Operators of each role.
OPERATORS = {f"{role}-operator": role for role in Role}
#: Who may see what, in the words of the table.
WHO: Mapping[str, set[str]] = {
    "everybody": {"nobody", "other", "left", "reader", "key", *OPERATORS},
    "readers": {"reader", *OPERATORS},
    "readers, also by key": {"reader", "key", *OPERATORS},
    "operators": {*OPERATORS},
}
UNKNOWN = ("/nothing/of/this", "/2026-03-12/secret", "/Archive", "/archive/", "//archive", "/.env")
ENDS = ("", "?x=1", "?key=x")


def rows() -> dict[str, tuple[str, ...]]:
    """Return who may see an address, by address and the setting."""
    text = DOCS.read_text("utf-8").partition("## Who may see it")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `/")]
    cells = {path: tuple(who) for paths, *who in lines for path in re.findall("`(.*?)`", paths)}
    below = {
        path for each in lines if "below" in each[0] for path in re.findall("`(.*?)`", each[0])
    }
    known = dict[str, tuple[str, ...]]()
    for page in PAGES:
        own = [path for path in below if re.match(rf"{re.escape(path)}(?![\w-])", page.path)]
        whose = cells.get(page.path) or (cells[own[0]] if own else None)
        assert whose, f"{page.path} is not in the table: who may see it?"
        known[page.path] = whose
    assert cells.keys() <= known.keys() | below, "the table has an address that is not there"
    return known


@dataclass
class Closed:
    """One desk served in each way, and what everybody brings."""

    web: Served
    reader: Subscriber
    #: Closes the clients: one that is entered keeps its event loop from one request to the next.
    clients: ExitStack
    brought: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def desk(self, mode: str) -> WebContext:
        return desk_but(self.web.desk, readers=mode)

    def client(self, mode: str) -> TestClient:
        client = TestClient(make_app(self.desk(mode)), WEB, follow_redirects=False)
        return self.clients.enter_context(client)

    def token(self, purpose: Purpose, one: Subscriber | None = None, **more: object) -> str:
        one, desk = one or self.reader, self.web.desk
        begun = epoch(self.web.consents(one))
        told = {"subscriber": one.id, "epoch": begun, "at": desk.clock(), "of": desk.briefing}
        return make(purpose, secrets=desk.secrets, **{**told, **more})  # type: ignore[arg-type]

    def cookie(self, text: str, name: str = ".reader") -> dict[str, str]:
        return {"Cookie": f"{cookie_name(WEB)}{name}={text}"}


@pytest.fixture(scope="module")
def house(pages: Served) -> Iterator[Closed]:
    with ExitStack() as clients:
        yield _furnished(pages, clients)


def _furnished(pages: Served, clients: ExitStack) -> Closed:
    one, gone = pages.add(), pages.add("gone@courier.example")
    made = Closed(pages, one, clients)
    made.brought = {
        "nobody": {},
        "other": made.cookie(made.token(Purpose.READ, of="other-desk")),
        "left": made.cookie(made.token(Purpose.READ, gone)),
        "reader": made.cookie(made.token(Purpose.READ)),
        "key": {},
    }
    with pages.store.write() as tx:
        for text in (made.token(Purpose.READ), made.token(Purpose.READ, gone)):
            subscribers.keep_device(tx, digest_key(text), Device(one.id, "", pages.clock()))
    made.keys["key"] = f"?key={made.token(Purpose.FEED)}"
    pages.turn(gone, State.UNSUBSCRIBED)
    for name, role in OPERATORS.items():
        with pages.store.write() as tx:
            operators.keep(tx, Operator(name, "hash", pages.clock(), role))
            value = begin(tx, name, at=pages.clock())
        made.brought[name] = made.cookie(value, name="")
    return made


def bare(answer: httpx2.Response) -> tuple[object, ...]:
    """Return all of an answer by which two could be told apart."""
    return answer.status_code, sorted(answer.headers.multi_items()), answer.content


def test_the_pdf_that_a_feed_encloses_opens_by_the_key_of_the_feed(house: Closed) -> None:
    client, key = house.client("subscribers"), house.keys["key"]
    pdf = re.findall(f'enclosure"[^>]*href="{WEB}([^"]+)"', client.get(f"/feed{key}").text)[0]
    assert pdf == f"/{TODAY}.pdf{key}"
    assert client.get(pdf).headers["content-type"] == "application/pdf"
    for other in (f"/{TODAY}.pdf", f"/{TODAY}.html{key}", f"/week/{TODAY}.pdf{key}"):
        assert client.get(other).status_code == 403
    # Who reads it by the cookie of a device hands no key on.
    assert "?key=" not in client.get("/feed", headers=house.brought["reader"]).text
    assert "?key=" not in house.client("public").get(f"/feed{key}").text


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("mode", MODES)
def test_everybody_sees_what_the_table_says_and_no_more(
    house: Closed,
    mode: str,
    every: bool,  # noqa: FBT001  a column
) -> None:
    client, known = house.client(mode), rows()
    refused = bare(client.get(UNKNOWN[0])) if mode != "public" else ()
    turns, roles = count(), tuple(OPERATORS)
    for page in PAGES:
        who = known[page.path][MODES.index(mode)]
        for path in filled(page.path):
            # Those of one kind take turns: what they bring is looked at before the address. So do
            # kinds, but for those who bring nothing and readers.
            turn = next(turns)
            kinds = ("key", ("other", "left")[turn // 3 % 2], roles[turn // 3 % len(roles)])
            several = ("nobody", "reader", *(kinds if every else kinds[turn % 3 :][:1]))
            for viewer in several if mode != "public" else several[turn % len(several) :][:1]:
                headers = house.brought[viewer]
                answer = client.get(path + house.keys.get(viewer, ""), headers=headers)
                is_refused = bare(answer) == refused
                may = who == "as above" or viewer in WHO[who]
                assert is_refused is not may, f"{viewer}: {path}: {answer.status_code}"
                assert may or STRAIT[0] not in answer.text
                if mode != "public" and who not in {"as above", "everybody"}:
                    assert answer.headers["cache-control"] == "private, no-store"


STARTS = ("", "/de", "/fr")


@pytest.mark.parametrize(
    ("method", "starts"),
    [
        ("GET", STARTS),
        *(("HEAD", ("/fr",)), ("POST", ("",)), ("OPTIONS", ("/de",))),
        *(
            pytest.param(method, STARTS, marks=pytest.mark.slow)
            for method in ("HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH")
        ),
    ],
)
def test_a_stranger_gets_one_answer_at_every_address(
    house: Closed, method: str, starts: tuple[str, ...]
) -> None:
    client = house.client("subscribers")
    kept = [path for path, who in rows().items() if "readers" in who[1]]
    closed = [path for page in kept for path in filled(page)]
    odd = ("/%61rchive", f"/%32{str(TODAY)[1:]}", "/archive%00", "/feed;a")
    for turn, start in enumerate(starts):
        ends = cycle((*ENDS[turn:], *ENDS[:turn]))
        paths = [f"{start}{path}{next(ends)}" for path in (*closed, *UNKNOWN, *odd)]
        (answer,) = {str(bare(client.request(method, path))) for path in paths}
        assert not re.search(f"{STRAIT[0]}|{TODAY}|etag|last-modified", answer)


def test_nothing_else_that_strangers_see_tells_of_an_edition(house: Closed) -> None:
    for mode in MODES[1:]:
        client = house.client(mode)
        for path in ("/subscribe", "/preferences", "/robots.txt", "/de/subscribe"):
            answer = client.get(path)
            assert answer.status_code == 200
            for words in (STRAIT[0], "last.png", str(TODAY), "og:"):
                assert words not in answer.text


def test_the_form_names_watch_lists_to_readers_alone(house: Closed) -> None:
    for mode in MODES:
        client = TestClient(make_app(desk_but(house.desk(mode), watch=LISTS)), WEB)
        assert ("Zqopen" in client.get("/subscribe").text) is (mode == "public")
    path = house.web.path(Purpose.PREFERENCES, house.reader)
    assert "Zqopen" in client.get(path).text


def test_a_list_of_briefings_names_public_ones_alone(house: Closed, tmp_path: Path) -> None:
    with ready_store("other.db", folder=tmp_path) as store:
        other = replace(desk_but(house.web.desk, name="Zq Desk"), store=store, web=f"{WEB}/zq")
        for closed in ((True, False), (False, True), (True, True)):
            modes = ["subscribers" if shut else "public" for shut in closed]
            own = replace(desk_but(house.web.desk, readers=modes[0]), web=f"{WEB}/own")
            desks = [own, desk_but(other, readers=modes[1])]
            client = TestClient(Several(desks, at_root=False), WEB, follow_redirects=False)
            for path in ("/", "/robots.txt", "/favicon.ico"):
                answer = client.get(path)
                for desk, shut in zip(desks, closed, strict=True):
                    assert not shut or desk.settings.name not in answer.text
                    assert not shut or desk.base not in answer.text + str(answer.headers)
            assert (client.get("/favicon.ico").status_code == 404) is all(closed)


class TestKeys:
    def test_what_is_forged_guessed_or_too_old_opens_nothing(self, house: Closed) -> None:
        client, desk = house.client("subscribers"), house.web.desk
        good, old = house.token(Purpose.READ), desk.clock() - timedelta(days=181)
        bad = {
            "changed": good[:-1] + ("a" if good[-1] != "a" else "b"),
            "guessed": good.replace(f"{house.reader.id:x}-", "99-", 1),
            "of nobody": house.token(Purpose.READ, subscriber=10**9),
            "too old": house.token(Purpose.READ, at=old),
            "earlier subscription": house.token(Purpose.READ, epoch=9),
            "of another secret": make(
                Purpose.READ, subscriber=1, epoch=1, secrets=(b"x" * 32,), at=desk.clock()
            ),
            "of feeds": house.token(Purpose.FEED),
            "of preferences": house.token(Purpose.PREFERENCES, of=""),
            "of no briefing": house.token(Purpose.READ, of=""),
            "an operator's name": "editor-operator",
        }
        for why, text in bad.items():
            for name in (".reader", ""):
                assert client.get("/", headers=house.cookie(text, name)).status_code == 403, why
            opens = client.get(f"/feed?key={text}").status_code == 200
            assert opens is (why == "of feeds"), why
        assert client.get("/", headers=house.cookie(good)).status_code == 200
        # A key opens feeds and what they enclose, and no cookie of an operator is one of a reader.
        for path in ("/", "/archive", f"/{TODAY}", "/feed/", "/feedx", "/saga/s1"):
            assert client.get(f"{path}?key={house.token(Purpose.FEED)}").status_code == 403
        assert client.get(f"/feed?key={good}").status_code == 403

    def test_what_a_browser_has_is_not_confirmed_to_who_may_not_see_it(self, house: Closed) -> None:
        client, own = house.client("subscribers"), house.brought["reader"]
        for path in (f"/{TODAY}", "/feed", f"/{TODAY}.pdf", "/archive"):
            mark = {"If-None-Match": client.get(path, headers=own).headers["etag"]}
            assert client.get(path, headers={**own, **mark}).status_code == 304
            for headers in (mark, {"If-None-Match": "*"}):
                assert client.get(path, headers=headers).status_code == 403

    def test_a_store_that_fails_shows_nothing(self, house: Closed, tmp_path: Path) -> None:
        with ready_store("broken.db", folder=tmp_path) as store:
            with store.write() as tx:
                tx.exec_driver_sql("DROP TABLE subscriber")
            desk = replace(house.desk("subscribers"), store=store)
            client = TestClient(make_app(desk), WEB)
            assert client.get("/", headers=house.brought["reader"]).status_code == 500


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, readers="subscribers") as web:
        yield web


def visit(web: Served, path: str, **headers: str) -> httpx2.Response:
    return web.get(path, headers=headers)


def cookie_of(answer: httpx2.Response) -> str:
    """Return the cookie that an answer sets, as the next request brings it."""
    set_ = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(set_.split("; "))
    return set_.partition(";")[0]


class TestByMail:
    def test_a_link_by_mail_lets_a_device_in_and_is_the_same_for_every_address(
        self, desk: Served
    ) -> None:
        one = desk.add()
        page = visit(desk, "/archive")
        assert title(page) == "For readers only"
        assert 'action="/preferences"' in page.text
        told = {
            desk.post("/preferences", {"mail": mail}).text.replace(mail, "")
            for mail in (READER, "nobody@courier.example")
        }
        assert len(told) == 1
        ((to, mail),) = desk.mails
        assert to == one.address
        (path,) = {path.removesuffix("?read=") for path in links(mail)}
        answer = visit(desk, f"{path}?read=")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = cookie_of(answer)
        assert visit(desk, "/archive", Cookie=cookie).status_code == 200
        # Another device is another one, and a session that somebody brings is not taken over.
        again = cookie_of(visit(desk, f"{path}?read=2026-03-12", Cookie=f"{cookie}x"))
        assert visit(desk, "/archive", Cookie=again).status_code == 200
        # Who confirms is let in at once.
        waiting = desk.add("w@courier.example", State.PENDING)
        confirmed = desk.act(desk.path(Purpose.CONFIRM, waiting), "confirm")
        assert visit(desk, "/archive", Cookie=cookie_of(confirmed)).status_code == 200

    def test_it_leads_to_editions_alone(self, desk: Served) -> None:
        path = desk.path(Purpose.PREFERENCES, desk.add())
        for to in ("2026-03-12", "week/2026-03-12", "2026-03-12/1-2"):
            assert desk.get(path, params={"read": to}).headers["location"] == f"/{to}"
        elsewhere = "//evil.example https://x.example /evil.example 2026-03-12/../admin admin x"
        for to in (*elsewhere.split(), "2026-03-12\n"):
            assert desk.get(path, params={"read": to}).headers["location"] == "/"

    def test_an_old_link_or_one_of_who_has_left_sets_no_cookie(self, desk: Served) -> None:
        one = desk.add()
        old = desk.path(Purpose.PREFERENCES, one, at=desk.clock() - timedelta(days=31))
        path = desk.path(Purpose.PREFERENCES, one)
        desk.turn(one, State.UNSUBSCRIBED)
        for each in (old, path, desk.path(Purpose.LEAVE, one)):
            answer = visit(desk, f"{each}?read=")
            assert "set-cookie" not in answer.headers
            assert answer.status_code in {200, 410}

    def test_devices_are_listed_and_each_is_ended_alone(self, desk: Served) -> None:
        one, other = desk.add(), desk.add("other@courier.example")
        path = desk.path(Purpose.PREFERENCES, one)
        cookies = []
        for name in ("<b>Ostra</b>/1.0", "Sund/2.0"):
            answer = visit(desk, f"{path}?read=", **{"User-Agent": name})
            cookies.append(cookie_of(answer))
            desk.later(seconds=2)
        elsewhere = visit(desk, f"{desk.path(Purpose.PREFERENCES, other)}?read=")
        page = visit(desk, path, Cookie=cookies[0]).text
        assert "&lt;b&gt;Ostra&lt;/b&gt;/1.0 (this one)" in page
        ends = re.findall(r'value="(end-[0-9a-f]{16})"', page)
        assert len(ends) == 2
        theirs = digest_key(cookie_of(elsewhere).partition("=")[2]).hex()[:16]
        for do in (f"end-{theirs}", "end-", f"end-{ends[0][:-1]}", ends[0]):
            assert desk.act(path, do).status_code == 303
        # The newest stands first.
        assert [visit(desk, "/archive", Cookie=each).status_code for each in cookies] == [200, 403]
        assert visit(desk, "/archive", Cookie=cookie_of(elsewhere)).status_code == 200
        assert "Sund/2.0" not in desk.get(path).text
        desk.later(days=2)
        assert visit(desk, "/archive", Cookie=cookies[0]).status_code == 200
        assert "last used Saturday 14 March 2026" in desk.get(path).text
        # A link that is followed again gives the device another session in place of its own.
        again = visit(desk, f"{path}?read=", Cookie=cookies[0])
        assert visit(desk, "/archive", Cookie=cookies[0]).status_code == 403
        assert visit(desk, "/archive", Cookie=cookie_of(again)).status_code == 200
        assert cookie_of(again).partition("=")[2] not in desk.dump()

    def test_access_ends_by_unsubscribing_and_by_the_reader(self, desk: Served) -> None:
        one = desk.add()
        path = desk.path(Purpose.PREFERENCES, one)
        cookie = cookie_of(visit(desk, f"{path}?read="))
        page = desk.get(path).text
        (feed,) = re.findall(f"{WEB}(/feed\\?key=[^<]+)", page)
        assert feed in desk.get(path).text
        desk.later(days=2)
        assert desk.get(feed).status_code == visit(desk, "/sagas", Cookie=cookie).status_code == 200
        assert desk.act(path, "sign-out").status_code == 303
        assert desk.get(feed).status_code == visit(desk, "/", Cookie=cookie).status_code == 403
        desk.later(seconds=2)
        (other,) = re.findall(f"{WEB}(/feed\\?key=[^<]+)", desk.get(path).text)
        assert other != feed
        cookie = cookie_of(visit(desk, f"{path}?read="))
        assert desk.get(other).status_code == visit(desk, "/", Cookie=cookie).status_code == 200
        desk.act(desk.path(Purpose.LEAVE, one), "leave")
        assert desk.get(other).status_code == visit(desk, "/", Cookie=cookie).status_code == 403

    def test_a_device_that_somebody_planted_ends_with_the_link_of_its_reader(
        self, desk: Served
    ) -> None:
        mine, theirs = desk.add(), desk.add("other@courier.example")
        planted = cookie_of(visit(desk, f"{desk.path(Purpose.PREFERENCES, theirs)}?read="))
        assert visit(desk, "/archive", Cookie=planted).status_code == 200
        followed = visit(desk, f"{desk.path(Purpose.PREFERENCES, mine)}?read=", Cookie=planted)
        own = cookie_of(followed)
        assert own != planted
        # Who planted it can neither go on nor see what the reader does.
        assert visit(desk, "/archive", Cookie=planted).status_code == 403
        assert visit(desk, "/archive", Cookie=own).status_code == 200
        listed = visit(desk, desk.path(Purpose.PREFERENCES, theirs)).text
        assert "(this one)" not in listed
        assert "end-" not in listed

    def test_no_key_of_an_address_is_in_a_log_a_referrer_or_a_shared_cache(
        self, desk: Served, caplog: pytest.LogCaptureFixture
    ) -> None:
        one = desk.add()
        page = desk.get(desk.path(Purpose.PREFERENCES, one))
        (feed,) = re.findall(f"{WEB}(/feed\\?key=[^<]+)", page.text)
        key = feed.partition("=")[2]
        caplog.set_level(0)
        kept = replace(desk_but(desk.desk, readers="subscribers"), store=desk.store)
        client = TestClient(make_app(kept), WEB, raise_server_exceptions=False)
        for path in (feed, f"{feed}x", f"/archive?key={key}", f"/nothing?key={key}"):
            answer = client.get(path)
            assert answer.headers["referrer-policy"] == "no-referrer", path
            assert answer.headers["cache-control"] == "private, no-store", path
        with desk.store.write() as tx:
            tx.exec_driver_sql("ALTER TABLE subscriber RENAME TO gone")
        assert client.get(feed).status_code == 500
        # The log of the client is its own.
        ours = [line for line in caplog.records if not line.name.startswith(("httpx", "httpcore"))]
        assert ours
        assert all(key not in line.getMessage() + f"{vars(line)}" for line in ours)

    @pytest.mark.parametrize("path", ["/subscribe", "/preferences"])
    def test_the_answer_takes_the_same_work_whoever_is_a_reader(
        self, desk: Served, path: str
    ) -> None:
        for number, state in enumerate(State):
            one = desk.add(f"r{number}@courier.example")
            if state is not State.ACTIVE:
                desk.turn(one, state)
        client = TestClient(make_app(replace(desk.desk, wake=lambda: None)), WEB)
        done: list[str] = []

        def note(_tx: object, _cursor: object, statement: str, *_more: object) -> None:
            done.append(statement)

        client.post(path, data={**FORM, "mail": "first@courier.example"})
        event.listen(Engine, "before_cursor_execute", note)
        try:
            work = []
            for name in (*(f"r{number}" for number in range(len(State))), "nobody", "neither"):
                done.clear()
                answer = client.post(path, data={**FORM, "mail": f"{name}@courier.example"})
                assert answer.status_code == 200
                work.append(tuple(done))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert len(work[0]) > 3
        assert len(set(work)) == 1

    def test_a_public_briefing_sets_no_cookie(self, web: Served) -> None:
        path = web.path(Purpose.PREFERENCES, web.add())
        answer = web.get(f"{path}?read=")
        assert answer.status_code == 303
        assert "set-cookie" not in answer.headers
        assert "/feed?key=" not in web.get(path).text


def links(mail: bytes) -> set[str]:
    return {url.removeprefix(WEB) for url in re.findall(r"https?://\S+", text_of(mail))}
