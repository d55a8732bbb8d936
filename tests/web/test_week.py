import html
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from briefing.app.editions import Withdraw, withdraw
from briefing.app.publish import publish_week
from briefing.core import record
from briefing.press.formats import FORMATS
from briefing.store.audit import Actor
from tests.newsday import STRAIT, TODAY, YESTERDAY
from tests.publishing import FIRST, Desk, at, publish_plan
from tests.web.served import WEB, Served, served

ACTOR = Actor("command", at(TODAY, 23))
BEFORE = YESTERDAY - timedelta(days=1)


def review(web: Served, day: date) -> None:
    publish_week(web.store, publish_plan(press=Desk(web.store).press), day=day, now=at(TODAY, 23))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed two days and reviewed its weeks to both of them."""
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        newsroom = Desk(web.store)
        newsroom.first()
        newsroom.second()
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


@pytest.mark.parametrize("kind", [kind.suffix for kind in FORMATS.values() if kind.suffix])
def test_its_files_have_names_of_their_own(pages: Served, kind: str) -> None:
    week, day = pages.get(f"/week/{TODAY}.{kind}"), pages.get(f"/{TODAY}.{kind}")
    assert (week.status_code, day.status_code) == (200, 200)
    assert week.content != day.content
    name = week.headers.get("content-disposition", "")
    assert kind not in {"pdf", "docx", "epub"} or f"week-{TODAY}.{kind}" in name


def test_its_record_is_that_of_a_week_to_which_day_and_archive_lead(pages: Served) -> None:
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


@pytest.mark.parametrize(
    "path", ["/week/2026-03-01", "/week/12", "/week/2026-03-12.exe.pdf", "/week/%00", "/week/"]
)
def test_what_is_no_week_is_not_found(pages: Served, path: str) -> None:
    assert pages.get(path).status_code == 404


def test_words_changed_since_stand_beside_it_and_a_withdrawn_one_is_gone(pages: Served) -> None:
    newsroom = Desk(pages.store)
    newsroom.edit(
        FIRST[2], STRAIT[1].replace("dawn on Monday", "dawn on Sunday"), when=at(TODAY, 23)
    )
    for path in (f"/week/{TODAY}", f"/week/{YESTERDAY}", f"/week/{TODAY}.md"):
        assert "dawn on Sunday" in pages.get(path).text
    with pages.store.write() as tx:
        withdraw(tx, Withdraw("Ostra Desk", TODAY, week=True), actor=ACTOR)
    for path in (f"/week/{TODAY}", f"/week/{TODAY}.pdf"):
        assert pages.get(path).status_code == 410
    assert pages.get(f"/{TODAY}").status_code == 200
