import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import insert, select, update

from briefing.core import record
from briefing.core.model import Edition, Ending, Panel, ReleaseRule, Source, Step
from briefing.core.schedule import Timetable
from briefing.press.html import anchors
from briefing.press.wording import short_date
from briefing.store import archive, drafts, editions, runs, sources
from briefing.store.archive import words_of
from briefing.store.round_tables import PRINTED
from briefing.store.tables import EDITION
from briefing.web.days import coming, marked, nothing_found, read_question, wider
from tests.examples import examples
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import BRIEFING, FIRST, at
from tests.store.archives import edition, insert_edition, put
from tests.store.ready import act
from tests.store.test_archive import LEASE, RATE, TOLL, announcing, with_names, with_panel
from tests.web.served import Served, served, title

TABLE = Timetable(
    time(9, 30), "Europe/Zurich", days=(0, 1, 2, 3, 4), holidays=frozenset({date(2026, 3, 16)})
)


def test_before_the_first_page_it_is_said_when_it_comes(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk", timetable=TABLE) as web:
        answer = web.get("/")
        assert (answer.status_code, title(answer)) == (200, "Today’s edition comes at 09:30")
        assert "This site will publish one page of news a day." in answer.text
        assert web.get(f"/{TODAY}").status_code == 404
        assert "<b>Thursday 12 March 2026</b>" in answer.text
        assert "No edition yet" in answer.text
        assert "Nothing has been collected for it yet." in answer.text
        assert 'href="/subscribe">Get it by mail' in answer.text
        web.clock.at = at(TODAY, 9)
        assert title(web.get("/")) == "The edition of Fri 13 March comes at 09:30"
        assert title(web.get(f"/{TODAY}")) == "Today’s edition was due at 09:30"
        for day, name in (("2026-03-18", "Wed 18 March"), ("2030-01-02", "Wed 2 January")):
            answer = web.get(f"/{day}")
            told = answer.status_code, title(answer)
            assert told == (404, f"The edition of {name} comes at 09:30")
            assert "retry-after" not in answer.headers


def test_a_day_whose_draft_waits_answers_as_one_without_an_edition(tmp_path: Path) -> None:
    waits = replace(TABLE, release=ReleaseRule(by=1))
    with served(tmp_path, name="Ostra Desk", timetable=waits) as web:
        web.newsroom.first()
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
        web.newsroom.first()
        with web.store.write() as tx:
            run = runs.begin(tx, BRIEFING, Step.PUBLISH, at=at(TODAY, 8, 30), day=TODAY)
            runs.end(tx, run, ending=Ending.EMPTY, at=at(TODAY, 8, 31), words="why")
        web.clock.at = at(TODAY, 9)
        answer = web.get(f"/{TODAY}")
        assert (answer.status_code, title(answer)) == (404, "No edition for Thursday 12 March 2026")
        assert "There was nothing to print." in answer.text
        assert f'href="/{YESTERDAY}">Read Wednesday 11 March' in answer.text


def test_a_page_that_is_not_there_shows_a_way_on(web: Served) -> None:
    page = web.get("/nothing").text
    assert 'href="/archive">Archive' in page
    assert 'href="/">Latest edition' in page


def test_what_is_collected_so_far_is_counted(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk", timetable=TABLE) as web:
        web.newsroom.first()
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
        assert (answer.status_code, title(answer)) == (404, "Today’s edition comes at 09:30")
        said = (
            "Collected since Thu 12 March, 04:30: 96 reports. At 05:30, 11 of 12 sources had "
            "responded."
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
        web.newsroom.first()
        with web.store.write() as tx:
            for day, ending in ((9, Ending.FAILED), (6, Ending.EMPTY)):
                when = date(2026, 3, day)
                run = runs.begin(tx, BRIEFING, Step.PUBLISH, at=at(when, 9), day=when)
                runs.end(tx, run, ending=ending, at=at(when, 10), words="why")
        web.clock.at = at(TODAY, 20)
        yield web


def test_a_page_that_is_long_overdue_is_no_longer_waited_for(quiet: Served) -> None:
    page, coming = quiet.get("/"), "Fri 13 March comes at 09:30"
    assert page.status_code == 200
    assert coming in page.text
    answer = quiet.get("/2026-03-13")
    assert (answer.status_code, title(answer)) == (404, f"The edition of {coming}")


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


@pytest.fixture(scope="module")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        earlier = edition([LEASE], [TOLL], day=TODAY - timedelta(days=20))
        keep(web, announcing(earlier, NEXT, LAST, LONG_AGO), 1)
        keep(web, announcing(edition([RATE], [TOLL]), NEXT), 2)
        yield web


def test_the_diary_and_its_feed_tell_what_is_ahead_and_lead_to_its_stories(diary: Served) -> None:
    text = diary.get("/diary").text
    places = [text.find(f"{short_date(day)} {day.year}") for day in (NEXT, LAST, LONG_AGO)]
    assert 0 < places[0] < places[1]
    assert places[2] == -1
    path = f"/{TODAY - timedelta(days=20)}#story"
    assert diary.get("/diary").text.count(f'href="{path}') == 2
    answer = diary.get("/diary.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [LAST, NEXT]
    assert len({str(event["uid"]) for event in events}) == 2
    assert all(str(event["url"]).startswith("https://") for event in events)
    assert str(events[1]["summary"]) in diary.get("/diary").text
    for path in ("/diary", "/diary.ics"):
        first = diary.get(path)
        again = diary.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code) == (200, 304)


def test_the_diary_is_plain_before_the_first_edition_and_reads_damaged_ones(ostra: Served) -> None:
    page = ostra.get("/diary")
    assert page.status_code == 200
    assert "No coming events" in page.text
    assert not Calendar.from_ical(ostra.get("/diary.ics").content).walk("VEVENT")
    act(ostra.store, put, announcing(edition([TOLL]), NEXT))
    assert f'href="/{TODAY}"' in ostra.get("/diary").text


def test_what_passed_is_told_or_said_to_be_unreported(ostra: Served) -> None:
    made = announcing(edition([LEASE], [TOLL], day=TODAY - timedelta(days=5)), LAST)
    words = made.panel.ahead[0].clause.text
    keep(ostra, made, 1)
    assert "told" not in ostra.get("/diary").text.partition("last two weeks")[2].lower().replace(
        "what an edition told", ""
    )
    keep(ostra, edition([RATE], day=LAST), 2)
    assert "No edition has reported the outcome." in ostra.get("/diary").text
    told = replace(TOLL, id="came", title=words, text=f"{words} It came so.")
    came = edition([told], day=LAST + timedelta(days=2))
    keep(ostra, replace(came, panel=Panel()), 3)
    text = ostra.get("/diary").text
    assert "No edition has reported the outcome." not in text
    assert f'<p class="note">Reported {short_date(LAST + timedelta(days=2))}: <a href="/' in text


EARLIER = YESTERDAY - timedelta(days=3)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed a Sunday and a Thursday; Tuesday was a holiday."""
    table = Timetable(
        time(6, 30), "Europe/Zurich", days=(0, 1, 2, 3, 6), holidays=frozenset({date(2026, 3, 10)})
    )
    folder = tmp_path_factory.mktemp("desk")
    with served(folder, name="Ostra Desk", timetable=table) as web:
        web.newsroom.keep(*FIRST, when=at(EARLIER, 18))
        web.newsroom.publish(EARLIER)
        web.newsroom.second()
        with web.store.write() as tx:
            run = runs.begin(tx, BRIEFING, Step.PUBLISH, at=at(YESTERDAY, 6), day=YESTERDAY)
            runs.end(tx, run, ending=Ending.FAILED, at=at(YESTERDAY, 7), words="/secret/path")
        yield web


def headlines(page: str) -> list[str]:
    return [re.sub("<[^>]*>", "", one) for one in re.findall("<h4>(.*?)</h4>", page, re.DOTALL)]


def test_everything_is_shown_by_day_newest_first_and_leads_to_its_stories(pages: Served) -> None:
    page = pages.get("/archive").text
    days = re.findall(r'<h4>.*?<a href="/(\d{4}-\d\d-\d\d)#story', page)
    assert days == sorted(days, reverse=True)
    assert set(days) == {str(EARLIER), str(TODAY)}
    assert f"All {len(days)} shown, newest first." in page
    groups = page.split('<div class="of-day">')[1:]
    assert [re.findall(r'<h3 class="when"><a href="/([^"]+)"', one) for one in groups] == [
        [str(TODAY)],
        [str(EARLIER)],
    ]
    for group in groups:
        links = re.findall(r'<a href="/([^"#]+)#(story\d+)">(.*?)</a>', group)
        assert links[0][1] == "story1"
        assert len({anchor for _, anchor, _ in links}) == len(links)
        for day, anchor, headline in links:
            story = pages.get(f"/{day}").text.partition(f'id="{anchor}"')[2]
            assert headline in re.sub("<[^>]*>", "", story.partition("</h")[0])


def test_an_edition_whose_record_cannot_be_read_is_still_found(ostra: Served) -> None:
    ostra.newsroom.first()
    with ostra.store.write() as tx:
        tx.execute(update(EDITION).values(record="{}"))
    page = ostra.get("/archive").text
    assert headlines(page)
    assert all(f'href="/{YESTERDAY}">' in one for one in re.findall("<h4>.*?</h4>", page))
    assert "#story" not in page


def test_words_are_found_and_marked_and_other_months_reached(pages: Served) -> None:
    page = pages.get("/archive?words=FRIGATE").text
    assert headlines(page)
    assert '<mark class="found">frigates</mark>' in page
    assert 'name="words" type="search" maxlength="300" value="FRIGATE"' in page
    page = pages.get("/archive?words=frigates&month=2026-05").text
    assert "<caption>May 2026</caption>" in page
    assert '<a class="bracket" href="/archive?words=frigates&amp;month=2026-03">March</a>' in page
    assert "†" not in page
    assert 'month=2026-03">March' in pages.get("/archive?month=2026-02").text


@examples("words, shown")
def test_what_stands_beside_the_news_is_found(web: Served, words: str, shown: str) -> None:
    made = with_panel(edition([LEASE], [RATE, TOLL]))
    with web.store.write() as tx:
        id_ = insert_edition(tx, made, briefing=web.desk.briefing, record=record.write(made))
        archive.put(tx, web.desk.briefing, id_, made)
    page = web.get(f"/archive?words={words}").text
    (hit,) = re.findall("<li><h4>(.*?)</h4>\n<p>(.*?)</p>", page, re.DOTALL)
    assert f'<a href="/{made.day}#{anchors(made)[1]}">{RATE.title}</a>' in hit[0]
    assert re.sub("<[^>]*>", "", hit[1]) == shown
    assert '<mark class="found">' in hit[1] or words == "2026-03-23"


def test_a_named_story_is_found_by_its_headline_and_leads_to_it(web: Served) -> None:
    made = with_names(edition([LEASE]))
    with web.store.write() as tx:
        id_ = insert_edition(tx, made, briefing=web.desk.briefing, record=record.write(made))
        archive.put(tx, web.desk.briefing, id_, made)
    page = web.get("/archive?words=fog+in+sund").text
    ((anchor, title),) = re.findall(f'<a href="/{made.day}#(.*?)">(.*?)</a>', page)
    assert re.sub("<[^>]*>", "", title) == "Fog in Sund"
    story = web.get(f"/{made.day}").text.partition('<section class="also">')[2]
    assert f'id="{anchor}"' in story.partition("</ul></section>")[0]
    assert re.findall("<p>(.*?)</p>", page.partition("<li><h4>")[2])[0].count("Fog") == 0


def test_filters_narrow_what_is_found_and_wider_questions_are_offered(pages: Served) -> None:
    every = len(headlines(pages.get("/archive").text))
    for query in ("section=economy", f"from={TODAY}", f"to={EARLIER}", "status=developing"):
        assert 0 < len(headlines(pages.get(f"/archive?{query}").text)) < every, query
    assert len(headlines(pages.get("/archive?publisher=Ostra+Courier").text)) == every
    assert headlines(pages.get("/archive?publisher=Nobody").text) == []
    page = pages.get(f"/archive?words=frigates+lighthouse&to={TODAY}").text
    assert "Nothing found" in page
    assert "has both “frigates” and “lighthouse” up to 12 March 2026." in page
    ((path, label),) = re.findall(r'<a class="bracket" href="([^"]+)">(Only[^<]+)</a>', page)
    assert label.startswith("Only “frigates”: ")
    many = int(re.findall(r": (\d+) stor", label)[0])
    assert len(headlines(pages.get(path.replace("&amp;", "&")).text)) == many
    query = "words=frigates+strait+lighthouse&section=nowhere&status=new"
    page = pages.get(f"/archive?{query}").text
    assert len(re.findall(r'class="bracket" href="[^"]+">[^<]+: \d+ stor', page)) <= 2
    answer = pages.get("/archive?from=2026-02-31")
    assert answer.status_code == 422
    assert "“2026-02-31” is not a valid date." in answer.text
    assert 'aria-invalid="true" aria-describedby="from-error"' in answer.text
    assert headlines(answer.text) == []


def test_a_month_shows_its_editions_and_why_days_have_none(pages: Served) -> None:
    page = pages.get("/archive").text
    month = page.partition("<caption>March 2026</caption>")[2].partition("</table>")[0]
    assert re.findall(r'<a href="/([^"]+)">', month) == [str(EARLIER), str(TODAY)]
    assert f'<td aria-current="date"><a href="/{TODAY}">12</a></td>' in month
    assert re.findall(r"<span>(\d+)<b>†</b>", month) == ["9", "10", "11"]
    notes = re.findall(r"</b> (\w+ \d+ March[^<]+)", page)
    assert notes == [
        "Monday 9 March 2026 has no edition: no edition was published that day.",
        "Tuesday 10 March 2026 has no edition: it is a holiday.",
        "Wednesday 11 March 2026 has no edition: it could not be made.",
    ]
    assert "/secret/path" not in page


def test_days_missed_for_one_reason_are_told_in_one_sentence(ostra: Served) -> None:
    ostra.newsroom.keep(*FIRST, when=at(EARLIER, 18))
    ostra.newsroom.publish(EARLIER)
    ostra.newsroom.second()
    page = ostra.get("/archive").text
    assert "9, 10 and 11 March have no edition: no edition was published that day." in page


def test_twenty_stories_stand_on_a_page(ostra: Served) -> None:
    ostra.newsroom.first()
    with ostra.store.write() as tx:
        row = tx.execute(select(PRINTED).limit(1)).one()._mapping
        more = [
            {**row, "place": 100 + n, "brief": 100 + n, "headline": f"No {n}"} for n in range(45)
        ]
        tx.execute(insert(PRINTED), more)
    first, second, third, fourth = (ostra.get(f"/archive?page={n}").text for n in range(1, 5))
    shown = [headlines(page) for page in (first, second, third, fourth)]
    total = 45 + len(shown[0]) - len([one for one in shown[0] if one.startswith("No ")])
    assert [len(one) for one in shown] == [20, 20, total - 40, 0]
    told = [one for page in shown for one in page if one.startswith("No ")]
    assert sorted(told) == sorted(f"No {n}" for n in range(45))
    assert f"21 to 40 of {total}, newest first." in second
    assert 'href="/archive?page=2" rel="next">Older' in first
    assert "Newer" not in first
    assert 'href="/archive?page=1" rel="prev">Newer' in second
    assert "Older" not in third
    assert "This page of results is empty." in fourth
    assert '<a class="bracket" href="/archive?page=3">Newer</a>' in fourth


def test_before_the_first_page_the_archive_is_empty(web: Served) -> None:
    answer = web.get("/archive")
    assert (answer.status_code, title(answer)) == (200, "Archive")
    assert "No edition has been published yet." in answer.text
    assert "<caption>March 2026</caption>" in answer.text


def found(text: str, words: str) -> str:
    """Return a text with what was found in square brackets."""
    pieces = marked(text, words_of(words))
    assert "".join(piece for piece, _ in pieces) == text
    return "".join(f"[{piece}]" if hit else piece for piece, hit in pieces)


@examples("text, words, shown")
def test_what_was_found_is_marked_by_whole_words(text: str, words: str, shown: str) -> None:
    assert found(text, words) == shown


@given(st.text(max_size=60), st.text(max_size=12))
def test_marking_changes_no_character(text: str, words: str) -> None:
    found(text, words)


def test_what_is_no_page_and_no_month_is_the_first_and_none() -> None:
    for page in ("0", "-1", "x", "", "1" * 5000, "²", "99999"):
        for month in ("0000-01", "2026-13", "2026", "", "²026-01"):
            asked = read_question({"page": page, "month": month})
            assert (asked.page, asked.month, asked.empty) == (1, None, True)
    # No page is so far that it costs the store much.
    assert read_question({"page": "9999"}).page == 500
    # PostgreSQL refuses a text with a NUL; a visitor must not cause failures.
    names = tuple("words section publisher from to status".split())
    asked = read_question(dict.fromkeys(names, "\x00eco\x00nomy\x00"))
    assert set(asked.written.values()) == {"economy"}
    assert asked.question.status == "economy"


def test_what_is_no_day_is_told_and_shown_again_and_a_path_changes_what_it_says() -> None:
    for day in ("2026-02-30", "12 March", "\uff12026-03-01", "2026-3-1", "<b>"):
        asked = read_question({"from": day})
        (problem,) = asked.problems
        assert (problem.field, asked.written["from"]) == ("from", day)
        assert day in problem.message
    (problem,) = read_question({"from": "2026-03-12", "to": "2026-03-11"}).problems
    assert problem.field == "to"
    asked = read_question({"words": "a&b", "from": "2026-03-01"})
    assert asked.path() == "/archive?words=a%26b&from=2026-03-01"
    assert asked.path(words="", **{"from": ""}) == "/archive"
    assert asked.path(page="2").endswith("&page=2")


def test_wider_questions_leave_one_thing_out_each() -> None:
    asked = read_question(
        {
            "words": 'tax "light house"',
            "section": "economy",
            "publisher": "Wire",
            "status": "new",
            "to": "2026-03-12",
        }
    )
    assert [words for words, _, _ in wider(asked)] == [
        "Any date",
        "All sections",
        "All publishers",
        "Any status",
        "Only “tax”",
        "Only “light house”",
    ]
    (_, question, path) = wider(asked)[-1]
    assert question.words == '"light house"'
    assert "words=%22light+house%22" in path
    assert wider(read_question({"words": "tax"})) == ()


@examples("query, sentence")
def test_it_is_said_in_words_what_was_not_found(query: dict[str, str], sentence: str) -> None:
    assert nothing_found(read_question(query), heading=str.capitalize) == sentence
