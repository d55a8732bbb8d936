import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from briefing.app.editions import Withdraw, withdraw
from briefing.app.keys import digest_key
from briefing.app.publish import publish as publish_one
from briefing.app.publish import publish_week
from briefing.core import record
from briefing.core.model import (
    NO_SECTIONS,
    ApiToken,
    DeliveryStatus,
    Preferences,
    Role,
    State,
    WatchEntry,
    WatchList,
    offered_lists,
    words_key,
)
from briefing.core.schedule import Timetable
from briefing.core.text.watch import Matcher
from briefing.mail.tokens import Purpose
from briefing.press.formats import FORMATS
from briefing.settings import load
from briefing.setup.clock import now
from briefing.setup.news import publish_edition
from briefing.store import (
    Store,
    deliveries,
    editions,
    identity,
    operators,
    printed_files,
    subscribers,
)
from briefing.store.audit import Actor
from tests.desk import RECIPE
from tests.mail.relays import Taken, real
from tests.mailroom import BRIEFING, today
from tests.newsday import HARBOR, NICKEL, STRAIT, TODAY, YESTERDAY
from tests.publishing import FIRST, SECOND, Desk, at, publish_plan, with_mp3
from tests.publishing import Desk as Newsroom
from tests.store.ready import look
from tests.waiting import wait_for
from tests.web.api.programs import NEXT, TOKENS, Programs
from tests.web.running import Running, running, write_settings
from tests.web.served import FORM, OTHER, WEB, Served, served, title

READER = "a.osei@ministry.example"
#: A wish for the end of the day, where days end last: it is still to come.
DAYS = tuple("mon tue wed thu fri sat sun".split())
LATE = {"at": "23:30", "zone": "Pacific/Pago_Pago"}


@contextmanager
def house(folder: Path) -> Iterator[tuple[Running, list[Taken]]]:
    """Serve a briefing with its round, whose edition of today is made by hand."""
    with real() as (port, taken):
        write_settings(folder, web='address = "http://desk.example"', relay=port)
        # The round would make one too, on a day that has one by its schedule.
        days = [day for day in DAYS if day != DAYS[today().weekday()]]
        with (folder / "briefing.toml").open("a") as settings:
            settings.write(f"[schedule]\ndays = {json.dumps(days)}\n")
        with running(folder, "--port=0") as server:
            yield server, taken


def publish(server: Running) -> None:
    with server.store() as store:
        Newsroom(store).keep(*FIRST, when=now())
        publish_edition(store, settings=load(server.folder / "briefing.toml"), day=today())


def subscribe(client: httpx2.Client, taken: list[Taken]) -> str:
    """Ask, and return the path of the link in the mail that comes."""
    assert client.post("/subscribe", data={**FORM, "mail": READER, **LATE}).status_code == 200
    wait_for(lambda: taken)
    found = re.search(r"http://\S+(/confirm/\S+)", taken.pop().text())
    assert found
    return found[1]


def press(client: httpx2.Client, path: str, do: str) -> httpx2.Response:
    return client.post(path, data={"token": path.rpartition("/")[2], "do": do})


def test_who_confirms_can_have_todays_edition_once(tmp_path: Path) -> None:
    with house(tmp_path) as (server, taken), server.client() as client:
        path = subscribe(client, taken)
        page = press(client, path, "confirm")
        assert title(page) == "You are subscribed"
        assert "Mail it to me now" not in page.text
        publish(server)
        page = client.get(path)
        assert "Mail it to me now" in page.text
        assert 'href="/">Read the latest edition' in page.text
        assert 'href="/last.pdf">PDF, one page' in page.text
        assert taken == []
        answer = press(client, path, "send")
        assert (answer.status_code, answer.headers["location"]) == (303, path)
        wait_for(lambda: taken)
        wait_for(lambda: "It was mailed to you." in client.get(path).text)
        # Pressed again, and again by somebody impatient: it was sent.
        assert press(client, path, "send").status_code == 303
        assert "Mail it to me now" not in client.get(path).text
        with server.store() as store, store.read() as tx:
            statuses = [one.status for one in deliveries.of(tx, f"{BRIEFING}/{today()}")]
        assert statuses == [DeliveryStatus.SENT]
        (mail,) = taken
        assert mail.recipient == READER
        parts = mail.mail.iter_attachments()
        assert [part.get_content_type() for part in parts] == ["application/pdf"]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, name=RECIPE.name) as web:
        yield web


def print_edition(web: Served) -> None:
    """Print the edition of the day, an hour and twelve minutes ago."""
    web.newsroom.keep(*FIRST, when=at(TODAY, 6))
    web.newsroom.publish(TODAY, hour=7)


@pytest.fixture
def link(web: Served) -> str:
    """Have an edition and somebody who has confirmed since."""
    print_edition(web)
    path = web.path(Purpose.CONFIRM, web.add(state=State.PENDING))
    assert "Mail it to me now" in web.act(path, "confirm").text
    return path


def rows(web: Served) -> list[tuple[DeliveryStatus, datetime, datetime]]:
    with web.store.read() as tx:
        last = editions.last(tx, web.desk.briefing)
        assert last
        return [(one.status, one.due, one.until) for one in deliveries.of(tx, last.id)]


def test_an_edition_is_sent_by_its_button_and_while_it_is_news(web: Served, link: str) -> None:
    before = web.dump()
    for ending in ("", "?do=send", f"?do=send&token={link.rpartition('/')[2]}"):
        assert web.get(link + ending).status_code == 200
    for form in ({"do": "send"}, {"do": "send", "token": "x"}):
        assert web.post(link, form).status_code == 200
    assert web.dump() == before
    web.later(hours=10, minutes=49)
    assert "Mail it to me now" not in web.get(link).text
    assert "Read the latest edition" in web.get(link).text
    assert web.act(link, "send").status_code == 303
    assert rows(web) == []


def test_one_that_is_nearly_old_is_still_tried_for_an_hour(web: Served, link: str) -> None:
    web.later(hours=10, minutes=47)
    assert web.act(link, "send").status_code == 303
    assert rows(web) == [(DeliveryStatus.DUE, web.clock(), web.clock() + timedelta(hours=1))]


def test_the_link_of_a_subscription_before_sends_nothing(web: Served, link: str) -> None:
    one = web.find()
    web.turn(one, State.UNSUBSCRIBED)
    web.turn(one, State.ACTIVE, what="confirmed")
    web.act(link, "send")
    assert rows(web) == []


def test_who_confirms_before_the_time_they_wished_for_gets_that_days_edition(web: Served) -> None:
    """It was released before they came, and they are told that it comes."""
    print_edition(web)
    one = web.add(state=State.PENDING, at=time(10))
    page = web.act(web.path(Purpose.CONFIRM, one), "confirm").text
    assert "due on Thursday 12 March 2026 at 10:00, Zurich time" in page
    ((status, due, _),) = rows(web)
    assert (status, f"{due:%d %H:%M}") == (DeliveryStatus.DUE, "12 09:00")


ACTOR = Actor("command", at(TODAY, 23))


def review(web: Served, day: date) -> None:
    plan = publish_plan(press=Desk(web.store).press, write=with_mp3)
    publish_week(web.store, plan, day=day, now=at(TODAY, 23))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed two days and reviewed its weeks to both of them."""
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        web.newsroom.first()
        web.newsroom.second()
        review(web, YESTERDAY)
        review(web, TODAY)
        yield web


def test_the_page_of_a_week_names_its_editions_and_its_sentences_are_checked(pages: Served) -> None:
    page = pages.get(f"/week/{TODAY}")
    assert page.status_code == 200
    assert "<b>The week, 6 to 12 March 2026</b>" in page.text
    assert "Wed\xa0to\xa0Thu,\xa02\xa0editions" in html.unescape(page.text)
    for day in (YESTERDAY, TODAY):
        assert f'href="/{day}">' in page.text
    assert f'href="{WEB}/week/{TODAY}"' in page.text
    assert f'rel="prev" href="/week/{YESTERDAY}"' in page.text
    assert "/ledger" not in page.text
    assert page.text.count("Identical, character for character.") > 3
    paths = set(re.findall(rf'href="(/week/{TODAY}/source/\d+)', page.text))
    assert paths
    for path in paths:
        source = pages.get(path)
        assert source.status_code == 200
        assert f'href="/week/{TODAY}#m' in source.text
    read = record.read(pages.get(f"/week/{TODAY}.json").text, name="week").edition
    assert read.week is not None
    assert read.week.first == TODAY - timedelta(days=6)
    assert f'href="/week/{TODAY}">The week</a>' in pages.get(f"/{TODAY}").text
    assert "The week</a>" not in pages.get(f"/week/{TODAY}").text
    archive = pages.get("/archive").text
    assert (
        f'<a href="/week/{YESTERDAY}">to 11 March</a>, <a href="/week/{TODAY}">to 12 March</a>'
        in archive
    )
    assert pages.get("/").text == pages.get(f"/{TODAY}").text
    assert archive.count("Edition 1</span>") == 1
    for place in ("2026-03-01", "12", "2026-03-12.exe.pdf", "%00", ""):
        assert pages.get(f"/week/{place}").status_code == 404


@pytest.mark.parametrize("kind", [kind.suffix for kind in FORMATS.values() if kind.suffix])
def test_its_files_have_names_of_their_own(pages: Served, kind: str) -> None:
    week, day = pages.get(f"/week/{TODAY}.{kind}"), pages.get(f"/{TODAY}.{kind}")
    assert (week.status_code, day.status_code) == (200, 200)
    assert week.content != day.content
    name = week.headers.get("content-disposition", "")
    assert kind not in {"pdf", "docx", "epub", "mp3"} or f"week-{TODAY}.{kind}" in name


def test_words_changed_since_stand_beside_it_and_a_withdrawn_one_is_gone(pages: Served) -> None:
    pages.newsroom.edit(
        FIRST[2], STRAIT[1].replace("dawn on Monday", "dawn on Sunday"), when=at(TODAY, 23)
    )
    for path in (f"/week/{TODAY}", f"/week/{YESTERDAY}", f"/week/{TODAY}.md"):
        assert "dawn on Sunday" in pages.get(path).text
    with pages.store.write() as tx:
        withdraw(tx, Withdraw("Ostra Desk", TODAY, edition="week"), actor=ACTOR)
    for path in (f"/week/{TODAY}", f"/week/{TODAY}.pdf"):
        assert pages.get(path).status_code == 410
    assert pages.get(f"/{TODAY}").status_code == 200


OWN, LISTED = f"/{YESTERDAY}/1", f"/{YESTERDAY}/w1"
WORDS = ("Serrat", "tanker")


@pytest.fixture(scope="module")
def own_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        web.add(sections=("economy",))
        web.add(OTHER, sections=("economy",))
        web.add("list@courier.example", sections=NO_SECTIONS, lists=("straits",))
        web.add("words@courier.example", sections=NO_SECTIONS, own_words=WORDS)
        keep_first(web.store)
        yield web


def keep_first(store: Store) -> None:
    """Publish the first day of a desk that offers a list."""
    Newsroom(store).keep(*FIRST, when=at(YESTERDAY, 18))
    own = [WatchList("straits", (WatchEntry("Serrat"),), "The <straits>", offer=True)]
    recipe = replace(RECIPE, watch=Matcher.of(own), lists=offered_lists(own))
    publish_one(store, publish_plan(recipe=lambda _: recipe), day=YESTERDAY, now=at(YESTERDAY, 20))


def test_it_shows_its_sections_alone_leads_to_the_page_of_all_and_has_the_pdf_that_is_mailed(
    own_pages: Served,
) -> None:
    answer = own_pages.get(OWN)
    assert answer.status_code == 200
    assert NICKEL[0] in answer.text
    assert HARBOR[0] not in answer.text
    assert "Edition 1, 1 section<" in answer.text
    assert "Page of economy. " in answer.text
    assert f'href="/{YESTERDAY}">All sections</a>' in answer.text
    assert f"{OWN}.pdf" in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text
    assert 'rel="canonical"' not in answer.text
    assert f'href="{OWN}.json"' not in answer.text
    assert HARBOR[0] in own_pages.get(f"/{YESTERDAY}").text
    answer = own_pages.get(f"{OWN}.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert f'-{YESTERDAY}-1.pdf"' in answer.headers["Content-Disposition"]
    with own_pages.store.read() as tx:
        kept = printed_files.get(tx, f"{BRIEFING}/{YESTERDAY}", "1")
    assert kept
    assert answer.content == kept.pdf
    for path in (OWN, f"{OWN}.pdf", f"{OWN}/source/1", f"{LISTED}.pdf"):
        tag = own_pages.get(path).headers["ETag"]
        assert own_pages.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_the_page_of_own_words_is_found_by_its_reader_alone(own_pages: Served) -> None:
    key = words_key(WORDS, seal=look(own_pages.store, identity.seal))
    answer = own_pages.get(f"/{YESTERDAY}/{key}")
    assert answer.status_code == 200
    assert STRAIT[0] in answer.text
    assert NICKEL[0] not in answer.text
    assert "Page of own words. " in answer.text
    # Without a link: it is no list of the desk's.
    assert "The &lt;straits&gt;</a>, own words</span>" in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text
    assert own_pages.get(f"/{YESTERDAY}/{words_key(WORDS, seal='guessed')}").status_code == 404
    for path in ("/", f"/{YESTERDAY}", f"/{YESTERDAY}.json", OWN, LISTED, "/archive", "/feed"):
        page = own_pages.get(path)
        assert page.status_code == 200
        assert "own words" not in page.text
        assert key not in page.text


@pytest.mark.parametrize("own", [OWN, LISTED])
def test_every_check_and_source_of_it_opens(own_pages: Served, own: str) -> None:
    page = own_pages.get(own).text
    marks = set(re.findall(r'href="#c(\d+)"', page))
    assert marks
    assert marks == set(re.findall(r'<section class="check" id="c(\d+)"', page))
    sources = set(re.findall(rf'href="({own}/source/\d+)', page))
    assert sources
    for path in sources:
        text = own_pages.get(path)
        assert text.status_code == 200
        assert "Yes, character for character" in text.text
        assert f'href="{own}#m' in text.text


def test_what_was_not_made_is_not_there(own_pages: Served) -> None:
    parts = "2 1-2 economy %00 1.json 1-w1 w2 w1-1 w straits 2.pdf 2/source/1 1/source/99".split()
    paths = [f"/{YESTERDAY}/{part}" for part in (*parts, "9" * 5000)]
    for path in (*paths, "/tomorrow/1", "/2026-03-10/1"):
        assert own_pages.get(path).status_code == 404, path


def test_it_is_withdrawn_with_its_edition(own_pages: Served) -> None:
    """The last test of these pages: the edition is gone behind it."""
    with own_pages.store.write() as tx:
        withdraw(
            tx,
            Withdraw("Ostra Desk", YESTERDAY, "wrong"),
            actor=Actor("command", own_pages.clock()),
        )
    assert "withdrawn" in own_pages.get(OWN).text
    assert (own_pages.get(OWN).status_code, own_pages.get(f"{OWN}.pdf").status_code) == (410, 410)
    assert own_pages.get(f"{OWN}/source/1").status_code == 410


FIRST_ALONE = Timetable(time(7), "UTC")
EVENING_ALONE = Timetable(time(18), "UTC", edition="evening")
TABLE = replace(FIRST_ALONE, others=(EVENING_ALONE,))
EVENING = replace(EVENING_ALONE, others=(FIRST_ALONE,))
PATH = f"/edition/evening/{TODAY}"


@pytest.fixture
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed the morning and the evening of a day."""
    folder = tmp_path_factory.mktemp("desk")
    with served(folder, name="Ostra Desk", timetable=TABLE) as web:
        desk = Desk(web.store)
        for table, hour, reports in ((TABLE, 7, FIRST), (EVENING, 18, SECOND)):
            desk.keep(*reports, when=at(TODAY, hour - 1))
            plan = publish_plan(press=desk.press, timetable=table)
            publish_one(web.store, plan, day=TODAY, now=at(TODAY, hour))
        yield web


def test_each_edition_has_its_address_and_leads_to_the_other(twice: Served) -> None:
    evening, morning = twice.get(PATH).text, twice.get(f"/{TODAY}").text
    assert "Evening, Thursday 12 March 2026" in evening
    assert f'href="{WEB}{PATH}"' in evening
    assert f'<a href="/{TODAY}">First edition</a>' in evening
    assert f'<a href="{PATH}">Evening</a>' in morning
    # The latest is on the front page, and last.pdf leads to it.
    assert "Evening, Thursday" in twice.get("/").text
    assert twice.get("/last.pdf").headers["location"] == f"{PATH}.pdf"
    for form in (".pdf", ".html", ".md", ".json", "/ledger", "/source/1"):
        assert twice.get(f"{PATH}{form}").status_code == 200
    # What went on in the evening leads to the headline of the morning.
    assert f'<a href="/{TODAY}">{STRAIT[0]}</a>' in evening
    for name in ("noon", "first", "week", "evening/x", "%00"):
        assert twice.get(f"/edition/{name}/{TODAY}").status_code == 404


def test_archive_feed_and_saga_lead_to_the_edition_that_printed_it(twice: Served) -> None:
    archive = twice.get("/archive").text
    assert f'<a href="{PATH}">Evening, ' in archive
    assert f'Evening: <a href="{PATH}">12 March</a>' in archive
    feed = twice.get("/feed").text
    assert re.findall(r"<id>([^<]+)</id>", feed)[1:] == [f"{WEB}{PATH}", f"{WEB}/{TODAY}"]
    assert "<title>Evening, Thursday 12 March 2026: " in feed
    saga = twice.get("/saga/s1").text
    assert f'href="{PATH}#' in saga
    assert f'href="/{TODAY}#' in saga


def test_of_two_a_withdrawn_one_is_gone_and_the_other_is_not(twice: Served) -> None:
    with twice.store.write() as tx:
        asked = Withdraw("Ostra Desk", TODAY, edition="evening")
        withdraw(tx, asked, actor=Actor("command", at(TODAY, 20)))
    assert twice.get(PATH).status_code == 410
    assert twice.get(f"/{TODAY}").status_code == 200
    assert "Evening" not in twice.get(f"/{TODAY}").text


def test_readers_choose_which_editions_they_get(twice: Served) -> None:
    reader, form = twice.add(), {**FORM, "days": ["0", "1"]}
    path = twice.path(Purpose.PREFERENCES, reader)
    page = twice.get(path).text
    assert re.search(r'value="first" checked>First edition, 07:00', page)
    assert re.search(r'value="evening">Evening, 18:00', page)
    for given, kept in ((["evening"], ("evening",)), (["first"], ("first",)), ([], ())):
        assert twice.act(path, "save", **form | {"editions": given}).status_code == 303
        with twice.store.read() as tx:
            known = subscribers.get(tx, reader.id)
        assert known
        assert known.preferences.editions == kept
    assert "Unknown edition." in twice.act(path, "save", **form | {"editions": ["noon"]}).text
    assert Preferences().editions == ()


def test_programs_choose_for_each_edition_by_itself(twice: Served) -> None:
    with twice.store.write() as tx:
        token = ApiToken("desk", Role.EDITOR, twice.clock())
        operators.keep_token(tx, token, digest_key(TOKENS[Role.EDITOR]))
    asked, path = Programs(twice), f"/choices/{NEXT}"
    body = {"action": "drop", "document": FIRST[0].id}

    def ask(method: str, question: str = "", **more: Any) -> httpx2.Response:  # noqa: ANN401
        return asked.ask(method, f"{path}{question}", role=Role.EDITOR, **more)

    made = ask("POST", "?edition=evening", json=body)
    assert made.status_code == 201
    assert ask("GET").json()["choices"] == []
    assert ask("GET", "?edition=evening").json()["choices"] == [made.json()]
    assert ask("POST", "?edition=week", json=body).status_code == 422
    assert ask("POST", "?edition=noon", json=body).status_code == 404
    one = f"/{made.json()['id']}"
    assert ask("DELETE", one).status_code == 404
    assert ask("DELETE", f"{one}?edition=evening").status_code == 200
