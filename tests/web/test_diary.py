from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import update

from briefing.core import record
from briefing.core.model import Edition, Panel
from briefing.press.dates import short_date
from briefing.store.tables import EDITION
from tests.newsday import TODAY
from tests.store.archives import edition, put
from tests.store.test_archive import LEASE, RATE, TOLL
from tests.store.test_diary import announcing
from tests.web.served import Served, served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

NEXT, LAST = TODAY + timedelta(days=11), TODAY - timedelta(days=3)
LONG_AGO = TODAY - timedelta(days=15)
HOSTILE = "<script>alert(1)</script>\nBEGIN:VEVENT, \\;\u202e"


def keep(web: Served, made: Edition, number: int) -> None:
    with web.store.write() as tx:
        name = put(tx, made, number=number)
        tx.execute(update(EDITION).where(EDITION.c.id == name).values(record=record.write(made)))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, name="Ostra Desk") as web:
        yield web


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        earlier = edition([LEASE], [TOLL], day=TODAY - timedelta(days=20))
        keep(web, announcing(earlier, NEXT, LAST, LONG_AGO), 1)
        keep(web, announcing(edition([RATE], [TOLL]), NEXT), 2)
        yield web


def test_the_days_ahead_come_first_and_then_those_of_two_weeks(pages: Served) -> None:
    text = pages.get("/diary").text
    places = [text.find(f"{short_date(day)} {day.year}") for day in (NEXT, LAST, LONG_AGO)]
    assert 0 < places[0] < places[1]
    assert places[2] == -1


def test_each_announcement_leads_to_the_story_that_told_it_first(pages: Served) -> None:
    path = f"/{TODAY - timedelta(days=20)}#story"
    assert pages.get("/diary").text.count(f'href="{path}') == 2


def test_the_feed_has_an_event_of_a_whole_day_for_each(pages: Served) -> None:
    answer = pages.get("/diary.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [LAST, NEXT]
    assert len({str(event["uid"]) for event in events}) == 2
    assert all(str(event["url"]).startswith("https://") for event in events)
    assert str(events[1]["summary"]) in pages.get("/diary").text


def test_both_are_asked_for_again_and_not_sent_twice(pages: Served) -> None:
    for path in ("/diary", "/diary.ics"):
        first = pages.get(path)
        again = pages.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code) == (200, 304)


def test_before_the_first_edition_it_is_a_plain_page(empty: Served) -> None:
    page = empty.get("/diary")
    assert page.status_code == 200
    assert "No edition has announced anything" in page.text
    assert not Calendar.from_ical(empty.get("/diary.ics").content).walk("VEVENT")


def test_words_from_outside_are_only_words(empty: Served) -> None:
    toll = replace(TOLL, title=HOSTILE, publisher=HOSTILE)
    made = announcing(edition([toll]), NEXT)
    made = replace(made, documents={**made.documents, toll.id: toll})
    brief = replace(made.sections[0].briefs[0], headline=HOSTILE)
    section = replace(made.sections[0], briefs=(brief,))
    keep(empty, replace(made, sections=(section,)), 1)
    assert "<script" not in empty.get("/diary").text
    (event,) = Calendar.from_ical(empty.get("/diary.ics").content).walk("VEVENT")
    assert event.decoded("dtstart") == NEXT


def test_an_edition_whose_record_is_damaged_still_announces(empty: Served) -> None:
    with empty.store.write() as tx:
        put(tx, announcing(edition([TOLL]), NEXT))
    assert f'href="/{TODAY}"' in empty.get("/diary").text


def test_what_passed_is_told_or_said_to_be_unreported(empty: Served) -> None:
    made = announcing(edition([LEASE], [TOLL], day=TODAY - timedelta(days=5)), LAST)
    words = made.panel.ahead[0].clause.text
    keep(empty, made, 1)
    assert "told" not in empty.get("/diary").text.partition("last two weeks")[2].lower().replace(
        "what an edition told", ""
    )
    keep(empty, edition([RATE], day=LAST), 2)
    assert "No edition has told what came of it." in empty.get("/diary").text
    told = replace(TOLL, id="came", title=words, text=f"{words} It came so.")
    came = edition([told], day=LAST + timedelta(days=2))
    keep(empty, replace(came, panel=Panel()), 3)
    text = empty.get("/diary").text
    assert "No edition has told what came of it." not in text
    assert f'<p class="note">Told {short_date(LAST + timedelta(days=2))}: <a href="/' in text
