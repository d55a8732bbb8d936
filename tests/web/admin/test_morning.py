import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from briefing.app.deliver.administration import ARRIVED, TEST
from briefing.app.rounds.runs import RunRequests
from briefing.core.model import Source, Step
from briefing.settings import LiveSettings, Settings, load
from briefing.setup.settings_editor import SettingsEditor
from briefing.store import open_store, operators, sources
from briefing.store.audit import Actor
from briefing.web.admin.accounts import first_link
from tests.examples import examples
from tests.listener import free_port
from tests.mail.relays import real
from tests.store.ready import act
from tests.web.admin.rounds import add_source, keep_edition, ran
from tests.web.admin.sessions import PASSWORD, Seated, acts, seated
from tests.web.admin.steering import QuickDrafts
from tests.web.running import running, write_settings
from tests.web.served import NOW, WEB, Served, served, title

PATH = "/admin/morning"
RELAY = {
    "do": "relay",
    "mail.sender": "desk@briefing.example",
    "mail.host": "relay.example",
    "mail.port": "587",
    "mail.security": "starttls",
    "mail.user": "",
    "web.address": "https://briefing.example",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    return folder / "briefing.toml"


@pytest.fixture
def session(tmp_path: Path, config: Path) -> Iterator[Seated]:
    """Seat an operator on the first morning of a briefing without settings or sender."""
    live = LiveSettings(config, lambda: load(config) if config.exists() else Settings(), Settings())
    with served(
        tmp_path,
        editor=lambda store: SettingsEditor(store, config, live),
        requests=RunRequests(),
        sender=None,
    ) as web:
        yield seated(web)


def send(session: Seated, fields: Mapping[str, object]) -> httpx2.Response:
    if fields["do"] == "relay" and not known(session):
        add_source(session.web, "Aare Post", fresh=[3])
    page = session.get(PATH).text
    begin = 'value="relay"><input' if fields["do"] == "relay" else 'class="three"'
    seen = re.search(f'{begin}[^$]*?name="seen" value="([^"]*)"', page)
    return session.post(PATH, {"seen": seen[1] if seen else "", **fields})


def known(session: Seated) -> list[str]:
    with session.web.store.read() as tx:
        return [one.source.url for one in sources.source_statuses(tx)]


FIRST = {
    "do": "page",
    "name": "Ostra Desk",
    "schedule.at": "6.45",
    "schedule.zone": "Europe/Zurich",
}
SAMPLE = "/admin/settings/page/page.png?name="


def heading(answer: httpx2.Response) -> str:
    return title(answer).replace("\n", "")


def picture(session: Seated) -> str:
    """Return where the picture of the page is, once it is there."""
    match = re.search('<img src="([^"]*)"', session.get(PATH).text)
    assert match
    path = unescape(match[1])
    assert session.get(path).headers["content-type"] == "image/png"
    return path


def test_a_name_a_time_and_a_region_make_a_page(session: Seated, config: Path) -> None:
    assert heading(session.get(PATH)) == "Your first page, in a minute"
    assert picture(session) == f"{SAMPLE}World+Desk"
    answer = send(session, {**FIRST, "lists": ["africa", "europe"]})
    page = session.get(answer.headers["location"]).text
    assert "Saved. The first sources are being fetched." in page
    assert "Your page is being made" in page
    assert 'http-equiv="refresh"' in page
    settings = load(config)
    assert (settings.name, settings.schedule.at) == ("Ostra Desk", "06:45")
    assert settings.schedule.zone == "Europe/Zurich"
    urls = known(session)
    assert len(urls) == len(set(urls)) > 20
    requests = session.web.desk.requests
    assert requests
    assert requests.take(0) == ((Step.COLLECT, None, ""),)


def test_sample_news_are_shown_before_anything_is_saved_and_what_is_wrong(
    session: Seated, config: Path
) -> None:
    page = session.post(PATH, {**FIRST, "do": "sample", "lists": "asia"}).text
    assert f'src="{SAMPLE}Ostra+Desk"' in page
    assert 'value="asia" checked' in page
    assert session.get(f"{SAMPLE}Ostra+Desk").content != session.get(f"{SAMPLE}X").content
    for lists in ([], ["nowhere"], ["<script>"], ["africa/../europe"]):
        refused = session.refused(PATH, {**FIRST, "schedule.at": "soon", "lists": lists})
        assert "Choose at least one region, or add sources of your own first." in refused
        assert 'id="schedule-at-error"' in refused
    assert known(session) == []
    assert not config.exists()


def test_a_second_tab_a_reload_a_step_back_are_safe(session: Seated, config: Path) -> None:
    before = {**FIRST, "lists": "asia", "seen": "name=0000000000000000"}
    first = send(session, {**FIRST, "lists": "asia"})
    saved = config.read_text()
    # What was sent before is sent again, from a page that is older than what it says.
    for answer in (first, session.post(PATH, before), session.post(PATH, before)):
        assert answer.status_code == 303
    assert (config.read_text(), len(known(session))) == (saved, 12)
    refused = session.refused(PATH, {**before, "name": "Other Desk"})
    assert "Your page was changed in the meantime, perhaps in another tab." in refused
    assert "Ostra Desk" in refused
    assert config.read_text() == saved


def test_a_mistyped_relay_is_told_until_a_test_has_arrived(tmp_path: Path) -> None:
    (tmp_path / "briefing.toml").write_text('name = "Ostra Desk"\n')
    with running(tmp_path) as desk, desk.client() as client, real() as (port, taken):
        said = (tmp_path / "said.txt").read_text()
        link = urlsplit(said.partition("begin here, once: ")[2].strip()).path
        client.post(link, data={"name": "ada", "password": PASSWORD})
        with open_store("briefing.db", folder=tmp_path) as store, store.write() as tx:
            sources.add(tx, Source("https://aare.example/feed"), at=NOW)

        def post(path: str, fields: Mapping[str, str]) -> str:
            page = client.get(PATH).text
            hidden = dict(re.findall(r'name="(form_token)" value="([^"]*)"', page))
            form = page.partition('name="do" value="relay"')[2]
            hidden |= dict(re.findall(r'name="(seen)" value="([^"]*)"', form)[:1])
            answer = client.post(path, data={**hidden, **fields})
            assert answer.status_code == 303, answer.text
            return client.get(answer.headers["location"]).text

        relay = {
            **RELAY,
            "mail.host": "127.0.0.1",
            "mail.security": "none",
            # so that its cookies go over the loopback
            "web.address": "",
        }
        test = {"mail": "ines@readers.example", "back": "morning"}
        for wrong in (free_port(), free_port()):
            assert 'value="relay"' in post(PATH, {**relay, "mail.port": f"{wrong}"})
            page = post("/admin/deliveries/test", test)
            assert '<div class="message" role="alert"><b>The test was not sent: ' in page
            assert "refused" in page
            assert 'value="relay"' in page
        post(PATH, {**relay, "mail.port": f"{port}"})
        page = post("/admin/deliveries/test", test)
        assert "<b>The relay has accepted the test. Has it arrived?</b>" in page
        assert 'value="relay"' in page
        assert b"/admin/morning" not in taken[0].message  # without an address there is no link
        page = post(PATH, {"do": "arrived"})
        assert "Mail works." in page
        assert 'value="relay"' not in page
        assert [one.recipient for one in taken] == ["ines@readers.example"]


def test_the_relay_is_set_once_with_a_secret_password(session: Seated, config: Path) -> None:
    answer = send(session, {**RELAY, "mail.user": "desk", "password": "four words of a relay"})
    assert answer.status_code == 303
    mail = load(config).mail
    assert (mail.sender, mail.user) == ("desk@briefing.example", "desk")
    kept = config.parent / mail.password_file
    assert kept.read_text() == "four words of a relay\n"
    assert kept.stat().st_mode & 0o077 == 0
    assert "four words" not in config.read_text()
    assert all("four words" not in act.about for act in session.acts())
    # The password of one relay is not for another.
    send(session, {**RELAY, "mail.host": "other.example"})
    assert load(config).mail.password_file == ""
    send(session, {**RELAY, "password": "four words of a relay"})
    # Once it takes mail, who is only signed in cannot send mail elsewhere.
    assert 'value="relay"' in session.get(PATH).text
    act(session.web.store, Actor("ada", NOW).note, TEST, "Test of the relay: sent")
    assert "Has it arrived?" in session.get(PATH).text
    act(session.web.store, Actor("ada", NOW).note, ARRIVED, "")
    again = send(session, {**RELAY, "mail.host": "evil.example", "password": "other"})
    assert again.status_code == 422
    assert "mail is already being sent" in again.text
    assert load(config).mail.host == "relay.example"
    assert kept.read_text() == "four words of a relay\n"


@examples("wrong, hint")
def test_what_is_wrong_is_said_and_nothing_is_written(
    session: Seated, config: Path, wrong: Mapping[str, str], hint: str
) -> None:
    answer = send(session, {**RELAY, **wrong, "password": "four words of a relay"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert hint in answer.text
    assert "<script>" not in answer.text
    assert "four words" not in answer.text
    stale = {"password": "late", "seen": "mail.sender=0000000000000000"}
    refused = session.refused(PATH, {**RELAY, "mail.user": "desk", **stale})
    assert "Your page was changed in the meantime" in refused
    assert list(config.parent.iterdir()) == []


def test_the_page_is_watched_and_published_after_a_question(session: Seated) -> None:
    send(session, {**FIRST, "lists": "asia"})
    assert 'http-equiv="refresh"' in session.get(PATH).text
    session.web.later(minutes=3)
    ran(session.web, Step.COLLECT, ago=1, figures={"sources": 12, "failing": 12, "fresh": 0})
    page = session.get(PATH)
    assert heading(page) == "Your page has not been made yet"
    assert "sources: 0 of 12" in page.text
    assert "shows which sites do not exist and which feeds are empty" in page.text
    assert 'value="collect"' in page.text
    assert 'http-equiv="refresh"' not in page.text
    session.web.later(minutes=3)
    ran(session.web, Step.COLLECT, ago=1, figures={"sources": 12, "failing": 0, "fresh": 40})
    keep_edition(session.web, NOW.date())
    page = session.get(PATH)
    assert heading(page) == "Your page is ready. Next: mail"
    assert 'src="/last.png"' in page.text
    assert 'http-equiv="refresh"' not in page.text
    assert title(session.post(PATH, {"do": "publish"})).startswith("Publish the edition of ")


def test_a_page_that_takes_long_is_waited_for_where_anything_fetches(tmp_path: Path) -> None:
    requests = RunRequests()
    with served(tmp_path, requests=requests, drafts=QuickDrafts(slow=True)) as web:
        add_source(web, "Aare Post", fresh=[3])
        ran(web, Step.COLLECT, ago=1, figures={"sources": 1, "failing": 0, "fresh": 3})
        page = seated(web).page(PATH)
        assert "The page is being laid out." in page
        assert 'http-equiv="refresh"' in page
    with served(tmp_path / "none") as web:
        session = seated(web)
        assert 'value="relay"' not in session.page(PATH)
        add_source(web, "Aare Post", fresh=[3])
        assert "Nothing is fetched or published by this process" in session.page(PATH)


TOKEN = token_urlsafe()
PATH_FIRST = first_link("", TOKEN)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Served]:
    """Serve a desk that has a link for its first operator."""
    with served(tmp_path / "fresh", first_token=TOKEN) as web:
        yield web


def begin(
    web: Served,
    name: str = "ada",
    password: str = PASSWORD,
    **more: Any,  # noqa: ANN401
) -> httpx2.Response:
    return web.post(PATH_FIRST, {"name": name, "password": password}, **more)


def names(web: Served) -> list[str]:
    with web.store.read() as tx:
        return [one.name for one in operators.listed(tx)]


def test_the_link_adds_the_first_operator_and_signs_in(fresh: Served) -> None:
    assert title(fresh.get(PATH_FIRST)) == "First morning"
    planted = "A" * 43
    headers = {"Cookie": f"__Host-briefing={planted}", "Origin": WEB}
    answer = begin(fresh, " Ada ", headers=headers)
    assert (answer.status_code, names(fresh)) == (303, ["ada"])
    cookie = answer.headers["set-cookie"].partition(";")[0]
    # A session of before is not taken over.
    assert planted not in cookie
    page = fresh.get(answer.headers["location"], headers={"Cookie": cookie})
    assert page.status_code == 200
    assert "<summary>ada</summary>" in page.text
    (act,) = acts(fresh)
    assert (act.who, act.what, act.about) == ("ada", "add operator", "ada, administrator")
    # It is gone once there is an operator.
    assert fresh.get(PATH_FIRST).status_code == 404
    assert begin(fresh, "eve").status_code == 404
    assert names(fresh) == ["ada"]


def test_without_its_token_or_from_another_site_nobody_begins(fresh: Served, web: Served) -> None:
    for path in (
        "/admin/first/",
        f"/admin/first/{token_urlsafe()}",
        f"{PATH_FIRST}x",
        f"{PATH_FIRST[:-1]}ä",
    ):
        assert fresh.get(path).status_code == 404
        assert fresh.post(path, {"name": "eve", "password": PASSWORD}).status_code == 404
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for more in ({}, {"List-Unsubscribe": "One-Click"}):
            sent = {"name": "eve", "password": PASSWORD, **more}
            assert fresh.post(PATH_FIRST, sent, headers=headers).status_code == 403
    assert names(fresh) == []
    # A briefing that has no token has no such page.
    assert web.get(first_link("", "")).status_code == 404
    assert web.get(PATH_FIRST).status_code == 404


@pytest.mark.parametrize(
    ("name", "password", "hint"),
    [
        ("ada", "short", "At least 12"),
        ("ada", "", "At least 12"),
        ("ada", "x" * 1_001, "at most 1,000"),
        ("", PASSWORD, "The name is not valid."),
        ("<script>alert(1)</script>", PASSWORD, "The name is not valid."),
        ("command", PASSWORD, "The name is not valid."),
        ("ada\x00\r\nSet-Cookie: a=b", PASSWORD, "The name is not valid."),
    ],
)
def test_an_error_is_beside_its_field(fresh: Served, name: str, password: str, hint: str) -> None:
    answer = begin(fresh, name, password)
    assert answer.status_code == 422
    assert hint in answer.text
    assert "<script>" not in answer.text
    assert not password or password not in answer.text
    assert "set-cookie" not in answer.headers
    assert names(fresh) == []


def test_of_two_at_once_one_is_the_first(fresh: Served) -> None:
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda name: begin(fresh, name), ("ada", "eve")))
    assert len(names(fresh)) == 1
    assert sum(answer.status_code == 303 for answer in answers) == 1


#: What a stranger sends, and what a proxy sends of a reader who came without encryption.
FAR = {"X-Forwarded-For": "203.0.113.7"}
HTTP, HTTPS = {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "https"}
CLAIMS = (
    HTTPS,
    {"X-Forwarded-For": "127.0.0.1", **HTTPS},
    FAR,
    {"Forwarded": "for=127.0.0.1;proto=https"},
)


@pytest.mark.parametrize(
    ("proxy", "asked"),
    [
        ("203.0.113.1", [(claim, False) for claim in CLAIMS]),
        ("127.0.0.1", [(FAR, False), (FAR | HTTP, False), (FAR | HTTPS, True)]),
    ],
)
def test_a_first_operator_comes_encrypted_or_from_this_machine_whatever_is_claimed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
    asked: list[tuple[dict[str, str], bool]],
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", proxy)
    write_settings(tmp_path, web='address = "https://briefing.example"')
    with running(tmp_path) as desk, desk.client() as client:
        said = (tmp_path / "said.txt").read_text()
        link = urlsplit(said.partition("begin here, once: ")[2].strip()).path
        who = {"name": "eve", "password": PASSWORD}
        for headers, opens in asked:
            answer = client.post(link, data=who, headers={**headers, "Origin": WEB})
            assert answer.status_code == (303 if opens else 403)
            sign_in = client.get("/admin/sign-in", headers=headers)
            assert sign_in.status_code == (200 if opens else 403)
            with desk.store() as store, store.read() as tx:
                assert len(operators.listed(tx)) == opens
