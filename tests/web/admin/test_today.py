import re
import shutil
import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from briefing.app.rounds.runs import RunRequests
from briefing.core.model import (
    NO_SECTION,
    DeliveryStatus,
    Document,
    Ending,
    FoundStory,
    Item,
    ReleaseRule,
    Step,
)
from briefing.core.schedule import Timetable
from briefing.settings import Settings
from briefing.setup.parts import theme
from briefing.store import documents, drafts, jobs, runs
from tests.store.releasing import made
from tests.web.admin.rounds import LEDGER, add_source, keep_edition, ran, settle
from tests.web.admin.sessions import Seated, seated
from tests.web.served import Served, printing, served, title

TODAY, YESTERDAY = date(2026, 3, 12), date(2026, 3, 11)
TIMETABLE = Timetable(at=time(8, 30), zone="Europe/Zurich")
EARLY = Timetable(at=time(6, 30), zone="UTC")


def rows(shown: str) -> list[list[str]]:
    lines = re.findall(r'<tr role="row"><th role="rowheader".*?</tr>', shown)
    cells = [re.findall(r"<(?:th|td)[^>]*>(.*?)</(?:th|td)>", line) for line in lines]
    return [[re.sub("<[^>]*>", "", cell) for cell in row] for row in cells]


def test_before_anything_ran_the_page_says_what_comes_and_what_is_missing(session: Seated) -> None:
    shown = session.page("/admin")
    assert title(session.get("/admin")) == "No edition yet"
    assert "Nothing needs attention." in shown
    assert "No edition has been made yet" in shown
    assert "No reports in 14 days." in shown
    assert "<svg" not in shown
    # Without a round it says how to have one, and orders nothing.
    assert "The daily round is not running in this process" in shown
    assert 'action="/admin/round"' not in shown
    assert session.post("/admin/round", {"step": "collect"}).status_code == 303
    assert not [act for act in session.acts() if act.what.startswith("order")]


def test_jobs_that_wait_for_workers_are_listed(session: Seated) -> None:
    web = session.web
    with web.store.write() as tx:
        run = runs.begin(tx, web.desk.briefing, Step.DELIVER, at=web.desk.clock())
        jobs.plan(tx, run, [{}, {}], at=web.desk.clock())
        other = runs.begin(tx, web.desk.briefing, Step.PUBLISH, at=web.desk.clock())
        jobs.plan(tx, other, [{}], at=web.desk.clock())
        *_, first = jobs.open_jobs(tx, web.desk.briefing)
        jobs.claim(tx, first.number, worker="ann")
    shown = session.page("/admin")
    assert "2 jobs waiting since today, 08:12, but no worker is running" in shown
    assert "1 job waiting" not in shown


def test_the_steps_of_today_say_when_they_ran_in_the_zone_of_the_briefing(
    session: Seated, tmp_path: Path
) -> None:
    web = session.web
    ran(web, Step.COLLECT, ago=9 * 60)  # yesterday
    ran(web, Step.COLLECT, ago=170, ending=None)  # cut off
    ran(web, Step.COLLECT, ago=160, minutes=34, words="143 reports, 11 of 12 sources")
    ran(web, Step.DELIVER, ago=100, ending=None)
    assert rows(session.page("/admin")) == [
        ["Collect", "2 times, last 05:32 to 06:06, 1 failed", "143 reports, 11 of 12 sources"],
        ["Publish", "not yet", ""],
        ["Deliver", "06:32 to 08:12", "running"],
    ]
    with served(tmp_path / "zurich", timetable=TIMETABLE) as web:
        web.clock.at = datetime(2026, 3, 29, 8, 0, tzinfo=UTC)
        # Midnight is where the clock stood before it was changed.
        ran(web, Step.COLLECT, ago=60 * 8.5)
        ran(web, Step.PUBLISH, ago=60 * 9.1)
        shown = seated(web).page("/admin")
        assert rows(shown)[0][1] == "00:30 to 00:31"
        assert rows(shown)[1][1] == "not yet"


@pytest.mark.parametrize(
    ("at", "said", "needs"),
    [
        (time(6, 30), "Due at 06:30 and missing", "of Thu 12 March was due today, 06:30 and is"),
        (time(8, 5), "Due at 08:05 and missing", "Nothing needs attention."),
        (time(22, 30), "No edition yet: due at 22:30", "The next edition is due today, 22:30."),
    ],
)
def test_the_page_says_when_the_edition_is_due_and_that_it_is_missing(
    tmp_path: Path, at: time, said: str, needs: str
) -> None:
    with served(tmp_path, timetable=Timetable(at=at, zone="UTC")) as web:
        session = seated(web)
        assert title(session.get("/admin")).startswith("No edition yet")
        # Installed after that time: none was expected.
        assert "is missing" not in session.page("/admin")
        keep_edition(web, YESTERDAY)
        assert title(session.get("/admin")) == said
        assert needs in session.page("/admin")
        keep_edition(web, TODAY)
        assert title(session.get("/admin")) == "Today’s edition went out at 06:12"
        shown = session.page("/admin")
        assert "is missing" not in shown
        assert f"The next edition is due Fri 13 March, {at:%H:%M}." in shown
        session.confirm("/admin/deliveries/withdraw", {"day": f"{TODAY}"})
        assert title(session.get("/admin")) == "Today’s edition was withdrawn at 08:13"


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending.EMPTY, "was not made: nothing to print"),
        (Ending.BLIND, "was not made: the sources could not be read"),
        (Ending.FAILED, "could not be made"),
        (None, "is being made"),
    ],
)
def test_the_heading_says_why_none_is(session: Seated, ending: Ending | None, said: str) -> None:
    ran(session.web, Step.PUBLISH, ago=9, ending=ending, words="no new report", day=TODAY)
    assert title(session.get("/admin")) == f"Today’s edition {said}"
    needs = "No edition today: no new report." in session.page("/admin")
    assert needs is (ending in {Ending.EMPTY, Ending.BLIND})


def test_on_a_day_without_an_edition_the_heading_says_so(tmp_path: Path) -> None:
    with served(tmp_path, timetable=replace(EARLY, days=(0,))) as web:
        session = seated(web)
        keep_edition(web, TODAY - timedelta(days=3))
        assert title(session.get("/admin")) == "No edition today"
        assert "Below: the edition of Mon 9 March." in session.page("/admin")


def bring(web: Served, publisher: str, *days: int) -> list[str]:
    """Keep a report of a publisher so many days ago; return their ids."""
    ids = []
    with web.store.write() as tx:
        for ago in days:
            at = web.clock() - timedelta(days=ago, hours=1)
            new = Document(
                f"{publisher}{ago}", "A title", "Some words.", publisher=publisher, published=at
            )
            item = Item(new, keys=(f"url {new.id}",), from_page=True)
            documents.keep(tx, item, source="https://courier.example/feed", at=at)
            ids += [known.version for known in documents.recall(tx, item.keys).values()]
    return ids


def test_who_reported_what_is_drawn_and_said_in_numbers(session: Seated) -> None:
    web = session.web
    alder, other = bring(web, "Alder Post", 0, 1)
    bring(web, "Sahel Matin", 12, 11, 10, 9, 8, 7, 6, 5)
    found = FoundStory("s1", "A title", (alder,), "economy")
    gated = FoundStory("s2", "A title", (other,), "economy", why=NO_SECTION)
    ledger = replace(LEDGER, ranked=(found, gated), named=3)
    keep_edition(web, TODAY, ledger=ledger, sections={"economy": 1})
    shown = session.page("/admin")
    assert "<b>171</b> reports from 12 publishers" in shown
    assert "<b>12 <small>+ 3</small></b> stories printed and named," in shown
    assert shown.count('<circle class="i"') == 2
    assert "<title>1 report</title>" in shown
    assert "<title>2 reports in 14 days, 1 today</title>" in shown
    numbers = shown.partition("Publishers as a table")[2]
    assert rows(numbers)[:2] == [
        ["Alder Post", "1", "1", "2", ""],
        ["Sahel Matin", "", "", "8", "silent since Sun 8 March"],
    ]
    assert "Sahel Matin has been silent since Sun 8 March." in shown
    assert 'href="/admin/sources?q=Sahel%20Matin">View its sources</a>' in shown
    assert shown.count('<path class="o"') == 5
    # A dozen publishers are shown, and the rest is behind them.
    for number in range(13):
        bring(session.web, f"Post {number:02}", 0)
    first = session.page("/admin").partition("All 15 publishers as a table")[0]
    assert "Post 09" in first
    assert "Sahel Matin" in first
    assert "Post 10" not in first


def test_the_mails_of_14_days_are_drawn_and_the_worst_cause_is_named(session: Seated) -> None:
    web = session.web
    before, edition = keep_edition(web, YESTERDAY), keep_edition(web, TODAY, number=2)
    settle(web, before, "a@courier.example", DeliveryStatus.REFUSED, reason="552 5.2.2 quota")
    settle(web, edition, "b@courier.example", DeliveryStatus.SENT, ago=61)
    shown = session.page("/admin")
    note = "11 Mar: mailbox full (1)"
    assert f"<title>Mails of 2 editions; 1 not delivered, shown in red. {note}</title>" in shown
    assert f'class="t">{note}</text>' in shown
    assert "<b>1</b> reader got it by 07:11" in shown


def test_of_the_page_there_is_a_picture_and_every_passage_is_verified(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.first()
        web.clock.at = newsroom.second().stored.made + timedelta(hours=1)
        shown = seated(web).page("/admin")
        assert '<img src="/last.png" alt="The edition of Thu 12 March"' in shown
        verified = re.search(r"<b>(\d+) / (\d+)</b> passages verified", shown)
        assert verified
        assert 0 < int(verified[1]) == int(verified[2])
        assert 'href="/2026-03-12.pdf">PDF</a>' in shown


def test_the_ledger_says_what_each_step_left_and_why_the_rest_dropped(session: Seated) -> None:
    keep_edition(session.web, TODAY, number=412)
    shown = session.page("/admin")
    assert "Ledger of edition 412" in shown
    assert ">143</td>" in shown
    assert ">28</td>" in shown
    assert "11 opinion, 9 copy, 6 live page, 2 too short" in shown
    assert "17 no room, 7 no section is sure enough, 2 printed yesterday" in shown
    assert "866 not chosen, 4 already printed" in shown


def test_all_that_needs_someone_is_one_message(session: Seated) -> None:
    web = session.web
    edition = keep_edition(web, TODAY)
    settle(web, edition, "a@courier.example", DeliveryStatus.HELD)
    settle(web, edition, "b@courier.example", DeliveryStatus.REFUSED, reason="550 no such user")
    settle(web, edition, "c@courier.example", DeliveryStatus.DUE, again=30)
    add_source(web, "Sahel Matin", fresh=[4, None, None], url="https://sahel.example/feed?key=s3")
    ran(web, Step.DELIVER, ago=9, ending=Ending.FAILED, words="relay: refused")
    shown = session.page("/admin")
    assert "4 items need attention: " in shown
    assert "Sahel Matin has not responded since yesterday, 06:12." in shown
    assert "1 reader may not have received the edition of Thu 12 March: in doubt." in shown
    assert "1 reader did not receive the edition of Thu 12 March: refused." in shown
    assert "Deliver failed, today, 08:03: relay: refused." in shown
    assert shown.count('role="status"') == 1
    assert "1 still to be sent, next today, 08:42" in shown
    assert "2 did not get it: " in shown
    # Sources that fail are one line, without the keys of addresses.
    for number in range(3):
        add_source(web, "", fresh=[None], url=f"https://p{number}.example/feed?key=s3cret")
    shown = session.page("/admin")
    assert "4 sources do not respond, the first since yesterday, 06:12." in shown
    assert "s3" not in shown


def test_a_page_that_is_damaged_in_the_store_is_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    with served(tmp_path, timetable=EARLY) as web:
        session = seated(web)
        keep_edition(web, TODAY)
        ran(web, Step.COLLECT, ago=9)
        with closing(sqlite3.connect(tmp_path / "desk.db")) as store:
            broken = zlib.compress(b"{}")
            store.execute("UPDATE edition SET record = ?", (broken,))
            store.commit()
        shown = session.page("/admin")
        assert "One item needs attention: " in shown
        assert "The last edition cannot be read: " in shown
        assert "08:03 to 08:04" in shown


def test_an_order_is_given_and_noted_and_leads_back(tmp_path: Path) -> None:
    requests = RunRequests()
    with served(tmp_path, requests=requests) as web:
        session = seated(web)
        shown = session.page("/admin")
        labels = ("Collect again", "Publish now", "Deliver now", "Review the week")
        assert all(label in shown for label in labels)
        for step in (Step.PUBLISH, Step.WEEK):
            assert "Under way" in session.confirm("/admin/round", {"step": step.value})
            assert requests.take(0) == ((step, None, ""),)
            assert next((act.who, act.what) for act in session.acts()) == ("ada", f"order {step}")
        # What cannot be ordered is not.
        assert session.post("/admin/round", {"step": "bounces"}).status_code == 303
        assert session.acts()[0].what == f"order {step}"
    assert requests.take(0) == ()


def test_the_page_loads_again_where_that_was_asked_and_has_its_style(
    session: Seated, tmp_path: Path
) -> None:
    assert "http-equiv" not in session.page("/admin")
    asked = session.page("/admin?refresh=1")
    assert '<noscript><meta http-equiv="refresh" content="30;url=/admin?refresh=1">' in asked
    assert 'src="/morning.js" defer data-again="30"' in asked
    assert "Stop auto-refresh" in asked
    assert '<link rel="stylesheet" href="/admin.css">' in session.page("/admin")
    given = session.web.get("/admin.css")
    assert given.headers["content-type"] == "text/css; charset=utf-8"
    again = session.web.get("/admin.css", headers={"If-None-Match": given.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    # A theme without that style sheet has none.
    bare, usual = tmp_path / "theme", theme(Settings())
    shutil.copytree(usual.folder, bare)
    (bare / "web" / "admin.css").unlink()
    with served(tmp_path / "bare", theme=replace(usual, folder=bare)) as web:
        assert web.get("/admin.css").status_code == 404
        assert web.get("/site.css").status_code == 200


def test_a_week_in_review_that_is_missing_waits_or_was_empty_needs_someone(tmp_path: Path) -> None:
    week = replace(TIMETABLE, at=time(8), days=(3,), step=Step.WEEK, release=ReleaseRule(1))
    with served(tmp_path, timetable=replace(TIMETABLE, week=week)) as web:
        session = seated(web)
        assert "week in review" not in session.page("/admin")
        ran(web, Step.WEEK, ago=7 * 24 * 60, day=TODAY - timedelta(days=7))
        missing = "The week in review to Thu 12 March was due today, 08:00 and is missing."
        assert missing in session.page("/admin")
        ran(web, Step.WEEK, ago=5, ending=Ending.EMPTY, day=TODAY, words="no edition is published")
        shown = session.page("/admin")
        assert "No week in review today: no edition is published." in shown
        assert missing not in shown
        assert "09:07 to 09:08" in {row[1] for row in rows(shown) if row[0] == "Review"}
        with web.store.write() as tx:
            series = Step.WEEK.series(web.desk.briefing)
            stored = replace(made(TODAY), id=f"{series}/{TODAY}", briefing=series)
            drafts.put(tx, stored, recheck_at=None)
        shown = session.page("/admin")
        assert "The draft of the week in review to Thu 12 March is awaiting release." in shown
        assert 'href="/admin/release?edition=week"' in shown


WEEKDAYS = Timetable(
    at=time(6, 30),
    zone="Europe/Zurich",
    days=(0, 1, 2, 3, 4),
    holidays=frozenset({date(2026, 3, 1), date(2026, 3, 17)}),
    grace=timedelta(hours=6),
    collect_every=timedelta(minutes=45),
)


def test_the_next_days_say_when_their_page_is_made_and_what_is_set(tmp_path: Path) -> None:
    with served(tmp_path, timetable=WEEKDAYS) as web:
        session = seated(web)
        shown = session.page("/admin/schedule")
        # Where the clocks change, the time in UTC does.
        web.clock.at = web.clock.at.replace(day=27)
        later = rows(seated(web).page("/admin/schedule"))
        assert (later[0][2], later[3]) == ("05:30, passed", ["Mon 30 March", "06:30", "04:30"])
    assert rows(shown)[:7] == [
        ["Thu 12 March", "06:30", "05:30, passed"],
        ["Fri 13 March", "06:30", "05:30"],
        ["Sat 14 March", "", "no edition on Saturdays"],
        ["Sun 15 March", "", "no edition on Sundays"],
        ["Mon 16 March", "06:30", "05:30"],
        ["Tue 17 March", "", "no edition: holiday"],
        ["Wed 18 March", "06:30", "05:30"],
    ]
    said = re.findall(r"<dd>(.*?)</dd>", shown)
    assert said == [
        "06:30, Zurich time",
        "Monday, Tuesday, Wednesday, Thursday, Friday",
        "Tue 17 March",
        "only on request",
        "collected every 45 minutes",
        "up to 6 hours, then there is no edition",
    ]
    assert "The daily round is not running in this process" in shown


def test_a_week_in_review_has_a_line_of_its_own_on_its_day(tmp_path: Path) -> None:
    week = replace(WEEKDAYS, at=time(17), days=(4,), step=Step.WEEK)
    with served(tmp_path, timetable=replace(WEEKDAYS, week=week)) as web:
        session = seated(web)
        ran(web, Step.WEEK, ago=10, minutes=1, figures={"stories": 9, "printed": 5, "full": 97})
        shown = session.page("/admin/schedule")
    assert rows(shown)[1:3] == [
        ["Fri 13 March", "06:30", "05:30"],
        ["Fri 13 March", "17:00", "16:00, week in review"],
    ]
    assert "<dt>Week in review</dt><dd>Friday, 17:00</dd>" in shown
    told = ["Review", "today, 09:02", "1 minute", "", "Done"]
    assert [*told, "stories: 5 of 9, page 97% full"] in rows(shown)


def test_the_last_runs_stand_newest_first_with_how_they_ended(session: Seated) -> None:
    web = session.web
    assert title(session.get("/admin/schedule")) == "Schedule"
    shown = session.page("/admin/schedule")
    assert "Nothing has run yet." in shown
    assert "<svg" not in shown
    ran(web, Step.COLLECT, ago=500, words="12 reports")
    ran(web, Step.COLLECT, ago=400, ending=None)
    ran(web, Step.COLLECT, ago=300, minutes=2, ending=Ending.PART, words="1 source failed")
    ran(web, Step.PUBLISH, ago=200, minutes=0.1, figures={"stories": 12}, day=TODAY)
    ran(web, Step.BOUNCES, ago=100, ending=Ending.FAILED, words="no mailbox", figures={"read": 0})
    ran(web, Step.DELIVER, ago=1, ending=None)
    shown = session.page("/admin/schedule")
    assert rows(shown)[7:] == [
        ["Deliver", "today, 08:11", "", "", "Running", ""],
        ["Read bounces", "today, 06:32", "1 minute", "", "Failed", "no mailbox0 read"],
        ["Publish", "today, 04:52", "6 seconds", "Thu 12 March", "Done", "12 stories"],
        ["Collect", "today, 03:12", "2 minutes", "", "Partly done", "1 source failed"],
        ["Collect", "today, 01:32", "", "", "Interrupted", ""],
        ["Collect", "yesterday, 23:52", "1 minute", "", "Done", "12 reports"],
    ]
    assert shown.count('class="bad"') == 2
