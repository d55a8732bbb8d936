from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import update

from briefing.core import record
from briefing.core.model import Edition, Ending, Panel, ReleaseRule, Source, Step
from briefing.core.schedule import Timetable
from briefing.press.wording import short_date
from briefing.store import drafts, editions, runs, sources
from briefing.store.tables import EDITION
from briefing.web.days import coming
from tests.examples import examples
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import BRIEFING, at
from tests.publishing import Desk as Newsroom
from tests.store.archives import edition, put
from tests.store.ready import act
from tests.store.test_archive import LEASE, RATE, TOLL, announcing
from tests.web.served import Served, served, title

TABLE = Timetable(
    time(9, 30), "Europe/Zurich", days=(0, 1, 2, 3, 4), holidays=frozenset({date(2026, 3, 16)})
)
TOMORROW = "2026-03-13"


def test_before_the_first_page_it_is_said_when_it_comes(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk", timetable=TABLE) as web:
        answer = web.get("/")
        assert (answer.status_code, title(answer)) == (200, "Today’s page comes at 09:30")
        assert "This site will publish one page of news a day." in answer.text
        assert web.get(f"/{TODAY}").status_code == 404
        assert "<b>Thursday 12 March 2026</b>" in answer.text
        assert "No edition yet" in answer.text
        assert "Nothing has been collected for it yet." in answer.text
        assert 'href="/subscribe">Get it by mail' in answer.text
        web.clock.at = at(TODAY, 9)
        assert title(web.get("/")) == "The edition of Fri 13 March comes at 09:30"
        assert title(web.get(f"/{TODAY}")) == "Today’s page was due at 09:30"


def test_a_day_whose_edition_is_to_come_is_no_failure_of_the_service(tmp_path: Path) -> None:
    with served(tmp_path, timetable=TABLE) as web:
        for day, name in (("2026-03-18", "Wed 18 March"), ("2030-01-02", "Wed 2 January")):
            answer = web.get(f"/{day}")
            told = answer.status_code, title(answer)
            assert told == (404, f"The edition of {name} comes at 09:30")
            assert "retry-after" not in answer.headers


def test_a_day_whose_draft_waits_answers_as_one_without_an_edition(tmp_path: Path) -> None:
    waits = replace(TABLE, release=ReleaseRule(by=1))
    with served(tmp_path, name="Ostra Desk", timetable=waits) as web:
        Newsroom(web.store).first()
        web.clock.at = at(TODAY, 9)
        without = web.get(f"/{TODAY}")
        assert without.status_code == 404
        with web.store.write() as tx:
            stored = editions.on(tx, BRIEFING, YESTERDAY)
            assert stored
            drafts.put(tx, replace(stored, id="draft", day=TODAY), recheck_at=None)
        assert web.get(f"/{TODAY}").text == without.text
        web.clock.at = at(TODAY, 20)
        late = web.get(f"/{TODAY}")
        assert late.status_code == 404
        assert "No edition was published that day." in late.text


def test_a_day_that_was_empty_says_so_at_once(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk", timetable=TABLE) as web:
        Newsroom(web.store).first()
        with web.store.write() as tx:
            run = runs.begin(tx, BRIEFING, Step.PUBLISH, at=at(TODAY, 8, 30), day=TODAY)
            runs.end(tx, run, ending=Ending.EMPTY, at=at(TODAY, 8, 31), words="why")
        web.clock.at = at(TODAY, 9)
        answer = web.get(f"/{TODAY}")
        assert (answer.status_code, title(answer)) == (404, "No edition for Thursday 12 March 2026")
        assert "There was nothing to print." in answer.text
        assert f'href="/{YESTERDAY}">Read Wednesday 11 March' in answer.text


def test_without_a_timetable_nothing_is_promised_and_a_way_on_shown(web: Served) -> None:
    answer = web.get("/")
    assert (answer.status_code, title(answer)) == (200, "No page yet")
    assert "retry-after" not in answer.headers
    assert web.get(f"/{TODAY}").status_code == 404
    page = web.get("/nothing").text
    assert 'href="/archive">Archive' in page
    assert 'href="/">Latest edition' in page


def test_what_is_collected_so_far_is_counted(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk", timetable=TABLE) as web:
        Newsroom(web.store).first()
        act(web.store, runs.begin, BRIEFING, Step.COLLECT, at=at(YESTERDAY, 22))
        # There is no source yet.
        assert "Nothing has been collected for it yet." in web.get(f"/{TODAY}").text
        act(web.store, sources.add, Source("https://one.example/feed"), at=at(YESTERDAY, 22))
        assert "Collecting has begun." in web.get(f"/{TODAY}").text
        with web.store.write() as tx:
            for hour, fresh in ((3, 90), (4, 6)):
                run = runs.begin(tx, BRIEFING, Step.COLLECT, at=at(TODAY, hour, 30))
                told = {"sources": 12, "failing": 1, "fresh": fresh}
                runs.end(tx, run, ending=Ending.PART, at=at(TODAY, hour, 35), figures=told)
        answer = web.get(f"/{TODAY}")
        assert (answer.status_code, title(answer)) == (404, "Today’s page comes at 09:30")
        said = (
            "Collected since Thu 12 March, 04:30: 96 reports. At 05:30, 11 of 12 sources answered."
        )
        assert said in answer.text
        assert f'href="/{YESTERDAY}">Read Wednesday 11 March' in answer.text


@examples("day, why")
def test_a_day_without_a_page_says_why(quiet: Served, day: str, why: str) -> None:
    answer = quiet.get(f"/{day}")
    assert answer.status_code == 404
    assert title(answer).startswith("No edition for ")
    assert f'<p class="lede">{why}</p>' in answer.text
    assert f'href="/{YESTERDAY}">Read Wednesday 11 March' in answer.text
    assert 'href="/archive">Archive' in answer.text


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Serve a desk that printed one page, when the next one is long overdue."""
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk", timetable=TABLE) as web:
        Newsroom(web.store).first()
        with web.store.write() as tx:
            for day, ending in ((9, Ending.FAILED), (6, Ending.EMPTY)):
                when = date(2026, 3, day)
                run = runs.begin(tx, BRIEFING, Step.PUBLISH, at=at(when, 9), day=when)
                runs.end(tx, run, ending=ending, at=at(when, 10), words="why")
        web.clock.at = at(TODAY, 20)
        yield web


def test_a_page_that_is_long_overdue_is_no_longer_waited_for(quiet: Served) -> None:
    page = quiet.get("/")
    assert page.status_code == 200
    assert "Fri 13 March comes at 09:30" in page.text
    answer = quiet.get(f"/{TOMORROW}")
    assert (answer.status_code, title(answer)) == (
        404,
        "The edition of Fri 13 March comes at 09:30",
    )


@pytest.mark.parametrize(
    ("now", "after", "day", "overdue"),
    [
        (datetime(2026, 3, 12, 8, tzinfo=UTC), None, date(2026, 3, 12), False),
        (datetime(2026, 3, 12, 9, tzinfo=UTC), None, date(2026, 3, 13), False),
        (datetime(2026, 3, 12, 9, tzinfo=UTC), date(2026, 3, 11), date(2026, 3, 12), True),
        (datetime(2026, 3, 12, 9, tzinfo=UTC), date(2026, 3, 12), date(2026, 3, 13), False),
        (datetime(2026, 3, 12, 20, tzinfo=UTC), date(2026, 3, 11), date(2026, 3, 13), False),
        (datetime(2026, 3, 13, 20, tzinfo=UTC), date(2026, 3, 13), date(2026, 3, 17), False),
        (datetime(2026, 3, 10, 20, tzinfo=UTC), date(2026, 3, 12), date(2026, 3, 13), False),
    ],
)
def test_the_next_edition_is_that_after_the_last_while_it_may_still_be_made(
    now: datetime, after: date | None, day: date, *, overdue: bool
) -> None:
    found = coming(TABLE, after=after, at=now)
    assert found
    assert (found.day, found.overdue, found.time) == (day, overdue, "09:30")


NEXT, LAST = TODAY + timedelta(days=11), TODAY - timedelta(days=3)
LONG_AGO = TODAY - timedelta(days=15)


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


def test_the_diary_and_its_feed_tell_what_is_ahead_and_lead_to_its_stories(pages: Served) -> None:
    text = pages.get("/diary").text
    places = [text.find(f"{short_date(day)} {day.year}") for day in (NEXT, LAST, LONG_AGO)]
    assert 0 < places[0] < places[1]
    assert places[2] == -1
    path = f"/{TODAY - timedelta(days=20)}#story"
    assert pages.get("/diary").text.count(f'href="{path}') == 2
    answer = pages.get("/diary.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [LAST, NEXT]
    assert len({str(event["uid"]) for event in events}) == 2
    assert all(str(event["url"]).startswith("https://") for event in events)
    assert str(events[1]["summary"]) in pages.get("/diary").text
    for path in ("/diary", "/diary.ics"):
        first = pages.get(path)
        again = pages.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code) == (200, 304)


def test_the_diary_is_plain_before_the_first_edition_and_reads_damaged_ones(empty: Served) -> None:
    page = empty.get("/diary")
    assert page.status_code == 200
    assert "No coming events" in page.text
    assert not Calendar.from_ical(empty.get("/diary.ics").content).walk("VEVENT")
    act(empty.store, put, announcing(edition([TOLL]), NEXT))
    assert f'href="/{TODAY}"' in empty.get("/diary").text


def test_what_passed_is_told_or_said_to_be_unreported(empty: Served) -> None:
    made = announcing(edition([LEASE], [TOLL], day=TODAY - timedelta(days=5)), LAST)
    words = made.panel.ahead[0].clause.text
    keep(empty, made, 1)
    assert "told" not in empty.get("/diary").text.partition("last two weeks")[2].lower().replace(
        "what an edition told", ""
    )
    keep(empty, edition([RATE], day=LAST), 2)
    assert "No edition has reported the outcome." in empty.get("/diary").text
    told = replace(TOLL, id="came", title=words, text=f"{words} It came so.")
    came = edition([told], day=LAST + timedelta(days=2))
    keep(empty, replace(came, panel=Panel()), 3)
    text = empty.get("/diary").text
    assert "No edition has reported the outcome." not in text
    assert f'<p class="note">Reported {short_date(LAST + timedelta(days=2))}: <a href="/' in text
