"""The pages, feeds and forms of a desk that has two editions a day."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from typing import Any

import httpx2
import pytest

from briefing.app.editions import Withdraw, withdraw
from briefing.app.keys import digest_key
from briefing.app.publish import publish
from briefing.core.model import ApiToken, Preferences, Role
from briefing.core.schedule import Timetable
from briefing.mail.tokens import Purpose
from briefing.store import operators, subscribers
from briefing.store.audit import Actor
from tests.newsday import STRAIT, TODAY
from tests.publishing import FIRST, SECOND, Desk, at, publish_plan
from tests.web.api.programs import NEXT, TOKENS, Programs
from tests.web.served import FORM, WEB, Served, served

FIRST_ALONE = Timetable(time(7), "UTC")
EVENING_ALONE = Timetable(time(18), "UTC", edition="evening")
TABLE = replace(FIRST_ALONE, others=(EVENING_ALONE,))
EVENING = replace(EVENING_ALONE, others=(FIRST_ALONE,))
PATH = f"/edition/evening/{TODAY}"


@pytest.fixture
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed the morning and the evening of a day."""
    folder = tmp_path_factory.mktemp("desk")
    with served(folder, name="Ostra Desk", timetable=TABLE) as web:
        desk = Desk(web.store)
        for table, hour, reports in ((TABLE, 7, FIRST), (EVENING, 18, SECOND)):
            desk.keep(*reports, when=at(TODAY, hour - 1))
            plan = publish_plan(press=desk.press, timetable=table)
            publish(web.store, plan, day=TODAY, now=at(TODAY, hour))
        yield web


def test_each_edition_has_its_address_and_leads_to_the_other(pages: Served) -> None:
    evening, morning = pages.get(PATH).text, pages.get(f"/{TODAY}").text
    assert "Evening, Thursday 12 March 2026" in evening
    assert f'href="{WEB}{PATH}"' in evening
    assert f'<a href="/{TODAY}">First edition</a>' in evening
    assert f'<a href="{PATH}">Evening</a>' in morning
    # The latest is on the front page, and last.pdf leads to it.
    assert "Evening, Thursday" in pages.get("/").text
    assert pages.get("/last.pdf").headers["location"] == f"{PATH}.pdf"
    for form in (".pdf", ".html", ".md", ".json", "/ledger", "/source/1"):
        assert pages.get(f"{PATH}{form}").status_code == 200
    # What went on in the evening leads to the headline of the morning.
    assert f'<a href="/{TODAY}">{STRAIT[0]}</a>' in evening


def test_archive_feed_and_saga_lead_to_the_edition_that_printed_it(pages: Served) -> None:
    archive = pages.get("/archive").text
    assert f'<a href="{PATH}">Evening, ' in archive
    assert f'Evening: <a href="{PATH}">12 March</a>' in archive
    feed = pages.get("/feed").text
    assert re.findall(r"<id>([^<]+)</id>", feed)[1:] == [f"{WEB}{PATH}", f"{WEB}/{TODAY}"]
    assert "<title>Evening, Thursday 12 March 2026: " in feed
    saga = pages.get("/saga/s1").text
    assert f'href="{PATH}#' in saga
    assert f'href="/{TODAY}#' in saga


@pytest.mark.parametrize("name", ["noon", "first", "week", "evening/x", "%00"])
def test_what_is_no_edition_is_not_found(pages: Served, name: str) -> None:
    assert pages.get(f"/edition/{name}/{TODAY}").status_code == 404


def test_a_withdrawn_one_is_gone_and_the_other_is_not(pages: Served) -> None:
    with pages.store.write() as tx:
        asked = Withdraw("Ostra Desk", TODAY, edition="evening")
        withdraw(tx, asked, actor=Actor("command", at(TODAY, 20)))
    assert pages.get(PATH).status_code == 410
    assert pages.get(f"/{TODAY}").status_code == 200
    assert "Evening" not in pages.get(f"/{TODAY}").text


def test_readers_choose_which_editions_they_get(pages: Served) -> None:
    reader, form = pages.add(), {**FORM, "days": ["0", "1"]}
    path = pages.path(Purpose.PREFERENCES, reader)
    page = pages.get(path).text
    assert re.search(r'value="first" checked>First edition, 07:00', page)
    assert re.search(r'value="evening">Evening, 18:00', page)
    for given, kept in ((["evening"], ("evening",)), (["first"], ("first",)), ([], ())):
        assert pages.act(path, "save", **form | {"editions": given}).status_code == 303
        with pages.store.read() as tx:
            known = subscribers.get(tx, reader.id)
        assert known
        assert known.preferences.editions == kept
    assert "Unknown edition." in pages.act(path, "save", **form | {"editions": ["noon"]}).text
    assert Preferences().editions == ()


def test_programs_choose_for_each_edition_by_itself(pages: Served) -> None:
    with pages.store.write() as tx:
        token = ApiToken("desk", Role.EDITOR, pages.clock())
        operators.keep_token(tx, token, digest_key(TOKENS[Role.EDITOR]))
    asked, path = Programs(pages), f"/choices/{NEXT}"
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
