import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from briefing.core import record
from briefing.core.model import Ending, Step
from briefing.core.schedule import Timetable
from briefing.press.html import anchors
from briefing.store import archive, runs
from briefing.store.archive import words_of
from briefing.store.round_tables import PRINTED
from briefing.store.tables import EDITION
from briefing.web.days import marked, nothing_found, read_question, wider
from tests.examples import examples
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import BRIEFING, FIRST, SECOND, at
from tests.publishing import Desk as Newsroom
from tests.store.archives import edition, insert_edition
from tests.store.test_archive import LEASE, RATE, TOLL, with_names, with_panel
from tests.web.served import Served, printing, served, title

EARLIER = YESTERDAY - timedelta(days=3)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed a Sunday and a Thursday; Tuesday was a holiday."""
    table = Timetable(
        time(6, 30), "Europe/Zurich", days=(0, 1, 2, 3, 6), holidays=frozenset({date(2026, 3, 10)})
    )
    folder = tmp_path_factory.mktemp("desk")
    with served(folder, name="Ostra Desk", timetable=table) as web:
        newsroom = Newsroom(web.store)
        newsroom.keep(*FIRST, when=at(EARLIER, 18))
        newsroom.publish(EARLIER)
        newsroom.keep(*SECOND, when=at(TODAY, 18))
        newsroom.publish(TODAY)
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
    groups = pages.get("/archive").text.split('<div class="of-day">')[1:]
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


def test_an_edition_whose_record_cannot_be_read_is_still_found(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        Newsroom(web.store).first()
        with web.store.write() as tx:
            tx.execute(update(EDITION).values(record="{}"))
        page = web.get("/archive").text
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


def test_days_missed_for_one_reason_are_told_in_one_sentence(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.keep(*FIRST, when=at(EARLIER, 18))
        newsroom.publish(EARLIER)
        newsroom.second()
        page = web.get("/archive").text
        assert "9, 10 and 11 March have no edition: no edition was published that day." in page


def test_twenty_stories_stand_on_a_page(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        Newsroom(web.store).first()
        with web.store.write() as tx:
            row = tx.execute(select(PRINTED).limit(1)).one()._mapping
            more = [
                {**row, "place": 100 + n, "brief": 100 + n, "headline": f"No {n}"}
                for n in range(45)
            ]
            tx.execute(insert(PRINTED), more)
        first, second, third, fourth = (web.get(f"/archive?page={n}").text for n in range(1, 5))
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


@pytest.mark.parametrize("day", ["2026-02-30", "12 March", "\uff12026-03-01", "2026-3-1", "<b>"])
def test_what_is_no_day_is_told_and_shown_again(day: str) -> None:
    asked = read_question({"from": day})
    (problem,) = asked.problems
    assert problem.field == "from"
    assert day in problem.message
    assert asked.written["from"] == day


def test_a_last_day_before_the_first_is_told_and_a_path_changes_what_it_says() -> None:
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
