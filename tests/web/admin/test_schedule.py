from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from briefing.app.rounds.requests import RunRequests
from briefing.core.model import Ending, Step
from briefing.core.schedule import Timetable
from tests.web.admin.rounds import ESCAPED, HOSTILE, keep_edition, ran
from tests.web.admin.sessions import Seated, seated
from tests.web.served import served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TODAY = date(2026, 3, 12)
WEEKDAYS = Timetable(
    at=time(6, 30),
    zone="Europe/Zurich",
    days=(0, 1, 2, 3, 4),
    holidays=frozenset({date(2026, 3, 1), date(2026, 3, 17)}),
    grace=timedelta(hours=6),
    collect_every=timedelta(minutes=45),
)


def page(session: Seated) -> str:
    answer = session.get("/admin/schedule")
    assert answer.status_code == 200
    return answer.text


def rows(shown: str) -> list[list[str]]:
    lines = re.findall(r'<tr role="row"><th role="rowheader".*?</tr>', shown)
    cells = [re.findall(r"<(?:th|td)[^>]*>(.*?)</(?:th|td)>", line) for line in lines]
    return [[re.sub("<[^>]*>", "", cell) for cell in row] for row in cells]


def test_without_a_timetable_pages_are_made_by_hand(session: Seated) -> None:
    assert title(session.get("/admin/schedule")) == "Schedule"
    shown = page(session)
    assert "No time is set" in shown
    assert "Nothing has run yet." in shown
    assert "<svg" not in shown


def test_only_operators_see_it(session: Seated) -> None:
    answer = session.web.get("/admin/schedule")
    assert answer.headers["location"].endswith("/admin/sign-in?to=/admin/schedule")


def test_the_next_days_say_when_their_page_is_made_and_why_there_is_none(tmp_path: Path) -> None:
    with served(tmp_path, timetable=WEEKDAYS) as web:
        shown = page(seated(web))
    assert rows(shown)[:7] == [
        ["Thu 12 March", "06:30", "05:30 UTC, passed"],
        ["Fri 13 March", "06:30", "05:30 UTC"],
        ["Sat 14 March", "", "no page on Saturdays"],
        ["Sun 15 March", "", "no page on Sundays"],
        ["Mon 16 March", "06:30", "05:30 UTC"],
        ["Tue 17 March", "", "no page: holiday"],
        ["Wed 18 March", "06:30", "05:30 UTC"],
    ]


def test_what_is_set_is_told_in_words(tmp_path: Path) -> None:
    with served(tmp_path, timetable=WEEKDAYS) as web:
        shown = page(seated(web))
    said = re.findall(r"<dd>(.*?)</dd>", shown)
    assert said == [
        "06:30, Zurich time",
        "Monday, Tuesday, Wednesday, Thursday, Friday",
        "Tue 17 March",
        "made by hand",
        "collected every 45 minutes",
        "a page is made up to 6 hours late",
    ]
    assert "No round runs in this process" in shown


def test_a_week_in_review_has_a_line_of_its_own_on_its_day(tmp_path: Path) -> None:
    week = replace(WEEKDAYS, at=time(17), days=(4,), step=Step.WEEK)
    with served(tmp_path, timetable=replace(WEEKDAYS, week=week)) as web:
        session = seated(web)
        ran(web, Step.WEEK, ago=10, minutes=1, figures={"stories": 9, "printed": 5, "full": 97})
        shown = page(session)
    assert rows(shown)[1:3] == [
        ["Fri 13 March", "06:30", "05:30 UTC"],
        ["Fri 13 March", "17:00", "16:00 UTC: week in review"],
    ]
    assert "<dt>Week in review</dt><dd>Friday, 17:00</dd>" in shown
    told = ["Review", "today, 09:02", "1 minute", "", "Done"]
    assert [*told, "5 of 9 stories, page 97 per cent full"] in rows(shown)


def test_a_timetable_of_every_day_is_told_short(tmp_path: Path) -> None:
    daily = Timetable(at=time(6), zone="UTC", collect_every=timedelta(seconds=30))
    with served(tmp_path, timetable=daily, requests=RunRequests()) as web:
        shown = page(seated(web))
    assert "every day" in shown
    assert "none ahead" in shown
    assert "collected every 30 seconds" in shown
    assert "No round runs" not in shown


def test_where_the_clocks_change_the_time_in_utc_does(tmp_path: Path) -> None:
    with served(tmp_path, timetable=WEEKDAYS) as web:
        web.clock.at = web.clock.at.replace(day=27)
        shown = page(seated(web))
    assert rows(shown)[0][2] == "05:30 UTC, passed"
    assert rows(shown)[3] == ["Mon 30 March", "06:30", "04:30 UTC"]


def test_the_last_runs_stand_newest_first_with_how_they_ended(session: Seated) -> None:
    web = session.web
    ran(web, Step.COLLECT, ago=500, words="12 reports")
    ran(web, Step.COLLECT, ago=400, ending=None)
    ran(web, Step.COLLECT, ago=300, minutes=2, ending=Ending.PART, words="1 source failed")
    ran(web, Step.PUBLISH, ago=200, minutes=0.1, figures={"stories": 12}, day=TODAY)
    ran(web, Step.BOUNCES, ago=100, ending=Ending.FAILED, words="no mailbox", figures={"read": 0})
    ran(web, Step.DELIVER, ago=1, ending=None)
    shown = page(session)
    assert rows(shown) == [
        ["Deliver", "today, 08:11", "", "", "Running", ""],
        ["Read bounces", "today, 06:32", "1 minute", "", "Failed", "no mailbox0 read"],
        ["Publish", "today, 04:52", "6 seconds", "Thu 12 March", "Done", "12 stories"],
        ["Collect", "today, 03:12", "2 minutes", "", "Done in part", "1 source failed"],
        ["Collect", "today, 01:32", "", "", "Interrupted", ""],
        ["Collect", "yesterday, 23:52", "1 minute", "", "Done", "12 reports"],
    ]
    assert shown.count('class="bad"') == 2


def test_the_stories_of_each_section_are_drawn(session: Seated) -> None:
    for back in range(9, -1, -1):
        day = TODAY - timedelta(days=back)
        keep_edition(
            session.web, day, number=10 - back, sections={"economy": 2, "security": back % 3}
        )
    shown = page(session)
    said = "Stories by section in 10 editions; in the last: 2 economy, 0 security."
    assert f"<title>{said}</title>" in shown
    assert ">Tue 3 March<" in shown
    assert shown.count('class="t"') == 2


def test_one_edition_is_one_bar(session: Seated) -> None:
    keep_edition(session.web, TODAY, sections={"economy": 2})
    shown = page(session)
    assert "Stories by section, 1 edition<" in shown
    assert shown.count("<rect") == 1


def test_hostile_words_of_a_run_are_words(session: Seated) -> None:
    ran(session.web, Step.COLLECT, ago=9, words=HOSTILE, figures={HOSTILE: 1})
    keep_edition(session.web, TODAY, sections={HOSTILE: 1})
    shown = page(session)
    assert "<script" not in shown
    assert shown.casefold().count(ESCAPED.casefold()) >= 4
