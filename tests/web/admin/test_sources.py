import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from briefing.core.model import Document, FetchRecord, Item, Outcome, Source, Step
from briefing.store import documents, facts, sources
from briefing.web.admin.sources import path_of
from tests.examples import examples
from tests.newsday import TODAY
from tests.newsserver import refuse
from tests.publishing import SOURCE
from tests.store.ready import act
from tests.web.admin.rounds import ESCAPED, HOSTILE, add_source
from tests.web.admin.sessions import Seated
from tests.web.admin.sourcing import Sourcing, sourcing
from tests.web.hostile import target
from tests.web.served import Served, title

WELL = [3, 4, 5, 2, 0, 6, 3, 4, 5, 2, 1, 6, 3, 4]


def names(shown: str) -> list[str]:
    return re.findall(r'scope="row"><a href="/admin/sources/[0-9a-f]{16}">([^<]*)<', shown)


def test_what_fails_stands_first_with_since_when_and_why(session: Seated) -> None:
    assert title(session.get("/admin/sources")) == "Sources"
    shown = session.page("/admin/sources")
    assert "No sources yet." in shown
    assert 'action="/admin/sources/import"' in shown
    # Without anything that tries addresses, the command line does.
    assert "briefing sources add ADDRESS" in shown
    add_source(session.web, "Baltic Tidings", fresh=WELL)
    add_source(session.web, "Sahel Matin", fresh=[*WELL[:-2], None, None], reason="timed out")
    add_source(session.web, "Aare Post", fresh=WELL)
    shown = session.page("/admin/sources")
    assert names(shown) == ["Sahel Matin", "Aare Post", "Baltic Tidings"]
    assert "3 sources: 2 OK, 1 with problems." in shown
    assert "timed out; since yesterday, 06:12, 2 attempts" in shown
    assert '<td role="cell" class="at" data-l="Last response">Tue 10 March, 06:12</td>' in shown
    assert "<title>41 new reports in 14 days, 0 today; 2 days without a response.</title>" in shown
    assert "<title>48 new reports in 14 days, 4 today.</title>" in shown
    assert shown.count('class="o"') == 2
    assert "27 Feb to 12 Mar" in shown


def test_a_site_that_does_not_exist_is_called_so(session: Seated) -> None:
    robots = "robots.txt of gone.example cannot be read, so nothing is fetched there in this run"
    reason = f"{robots} (gone.example: no such host)"
    url = add_source(session.web, "Gone", fresh=[None], reason=reason)
    assert "no such site; since today, 06:12, 1 attempt" in session.page("/admin/sources")
    shown = session.page(path_of(url))
    assert "Next step: Correct its address: there is no such site" in shown
    assert "robots.txt" not in shown


def test_each_state_has_its_word(session: Seated) -> None:
    web = session.web
    add_source(web, "Failing", fresh=[None])
    add_source(web, "Silent", fresh=[0, 0])
    add_source(web, "New", fresh=[])
    moved = add_source(web, "Moved", fresh=[1])
    waiting = add_source(web, "Waiting", fresh=[1])
    paused = add_source(web, "Paused", fresh=[None])
    unstable = add_source(web, "Unstable", fresh=[1])
    at = web.clock() - timedelta(hours=1)
    with web.store.write() as tx:
        there = "https://new.example/feed"
        sources.record(tx, FetchRecord(moved, at, Outcome.READ, fresh=1, moved_to=there))
        later = web.clock() + timedelta(hours=3)
        sources.record(tx, FetchRecord(waiting, at, Outcome.WAITING, retry_at=later))
        sources.pause(tx, paused, at=web.clock() - timedelta(days=2))
        facts.note_unstable(tx, [unstable], at=at)
    shown = session.page("/admin/sources")
    assert names(shown) == "Failing Silent Unstable Moved Waiting New Paused".split()
    assert re.findall(r'<td role="cell"><span class="\w*">(\w+)</span>', shown) == names(shown)
    assert "next fetch after today, 11:12" in shown
    assert "nothing new since Sun 11 January, 08:12" in shown
    assert "since Tue 10 March, 08:12; not fetched until resumed" in shown
    assert 'data-l="Last response">none yet</td>' in shown
    assert "the text of a printed report keeps changing, last today, 07:12" in shown
    assert "7 sources: 5 with problems, 1 not fetched yet, 1 paused." in shown
    assert names(session.page("/admin/sources?show=paused")) == ["Paused"]
    assert "Paused" not in names(session.page("/admin/sources?show=look"))


def test_sources_are_found_by_name_address_and_state_and_sorted(session: Seated) -> None:
    add_source(session.web, "b", fresh=[9, 1])
    add_source(session.web, "a", fresh=[None, 2], url="https://courier.example/feed")
    add_source(session.web, "c", fresh=[1, None])

    def listed(question: str) -> list[str]:
        return names(session.page(f"/admin/sources?{question}"))

    assert listed("sort=today&order=descending") == ["a", "b", "c"]
    assert listed("sort=all") == ["c", "a", "b"]
    assert listed("sort=answer") == ["c", "a", "b"]
    shown = session.page("/admin/sources?sort=name")
    assert names(shown) == ["a", "b", "c"]
    assert shown.count("aria-sort") == 1
    assert 'aria-sort="ascending"><a href="/admin/sources?sort=name&amp;order=descending"' in shown
    assert listed("q=COURIER.example") == ["a"]
    assert listed("show=look") == ["c"]
    shown = session.page("/admin/sources?show=well&q=B")
    assert names(shown) == ["b"]
    assert 'value="B"' in shown
    assert '<option value="well" selected>' in shown
    assert "sort=state&amp;order" not in session.page("/admin/sources?q=a&sort=name")
    nothing = session.page("/admin/sources?q=nobody")
    assert "No results." in nothing
    assert "All 3 sources" in nothing


def test_before_the_first_answer_nothing_is_red(session: Seated) -> None:
    url = add_source(session.web, "", fresh=[], url="https://www.aare.example/a/long/path/feed")
    shown = session.page("/admin/sources")
    assert '<span class="dim">New</span>' in shown
    assert "<svg" not in shown
    assert 'class="bad"' not in shown
    # One that was added in between has no crosses for the days before.
    read = FetchRecord(url, session.web.clock(), Outcome.READ, fresh=2)
    act(session.web.store, sources.record, read)
    shown = session.page("/admin/sources")
    assert "<title>2 new reports in 14 days, 2 today.</title>" in shown
    assert 'class="o"' not in shown


def test_a_source_without_a_name_is_called_by_its_host_and_no_key_is_shown(session: Seated) -> None:
    add_source(session.web, "", fresh=[1], url="https://www.aare.example/a/long/path/feed?x=1")
    shown = session.page("/admin/sources")
    assert names(shown) == ["aare.example"]
    assert "long/path" not in shown
    # Two of one host are told apart by their paths.
    add_source(session.web, "", fresh=[1], url="https://aare.example/other/feed")
    shown = session.page("/admin/sources")
    assert names(shown) == ["aare.example", "aare.example"]
    assert "www.aare.example/a/long/path/feed<" in shown
    assert "aare.example/other/feed<" in shown
    # The reports of today are counted, and no key of an address is shown or sought.
    assert "2 new reports today." in shown
    add_source(session.web, "Baltic Tidings", fresh=[7], url="https://baltic.example/?key=s3cret")
    shown = session.page("/admin/sources")
    assert "9 new reports today." in shown
    assert "s3cret" not in shown
    assert "No results." in session.page("/admin/sources?q=s3cret")


FEED = "https://courier.example/feed"


def brought(web: Served, publisher: str, *, ago: int = 0, count: int = 1) -> None:
    """Keep some reports of a publisher that came in so many days ago."""
    at = web.clock() - timedelta(days=ago)
    with web.store.write() as tx:
        for number in range(count):
            name = f"{publisher} {ago} {number}"
            one = Document(name, name, f"Words of {name}.", publisher=publisher)
            documents.keep(tx, Item(one, (f"id {name}",)), source=FEED, at=at)


def names_source_ledger(shown: str) -> list[str]:
    return re.findall(r'scope="row">([^<]*)<', shown)


def test_publishers_stand_with_their_counts_and_grade(session: Seated) -> None:
    act(session.web.store, sources.add, Source(FEED, grade="C"), at=session.web.clock())
    brought(session.web, "Courier", ago=4, count=3)
    brought(session.web, "Mail")
    brought(session.web, HOSTILE)
    brought(session.web, "")
    shown = session.page("/admin/sources/ledger")
    assert names_source_ledger(shown)[0] == "Courier"
    assert {"Mail", "No publisher named"} <= set(names_source_ledger(shown))
    assert ESCAPED in shown
    assert HOSTILE not in shown
    assert 'data-l="Reports">3<' in shown
    assert 'data-l="Silent days">4<' in shown
    assert "grade C" in shown
    assert names_source_ledger(session.page("/admin/sources/ledger?q=COUR")) == ["Courier"]
    assert "No results." in session.page("/admin/sources/ledger?q=nobody")
    # A year counts more than 30 days.
    brought(session.web, "Annual", ago=40)
    for span, listed in (("", False), ("year", True), ("age", False)):
        shown = session.page(f"/admin/sources/ledger?span={span}")
        assert ("Annual" in names_source_ledger(shown)) is listed


URL = "https://aare-post.example/feed?key=hidden"
#: What the form sends as it stands.
AS_IT_IS = {"do": "save", "name": "Aare Post", "owner": "", "language": "", "text": "auto"}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Sourcing]:
    with sourcing(tmp_path) as made:
        assert add_source(made.web, "Aare Post", fresh=[3, None, 2]) == URL
        yield made


def source_of(at: Sourcing) -> Source:
    (status,) = at.statuses()
    return status.source


def followed(at: Sourcing, fields: dict[str, str]) -> str:
    return at.session.sent(at.path(URL), fields)


def test_the_page_shows_visits_and_reports(at: Sourcing) -> None:
    text = "Council leases two berths. " * 9
    with at.web.store.write() as tx:
        one = Document(id="d1", title="Council leases berths", text=text, language="en")
        documents.keep(tx, Item(one, keys=("id 1",)), source=URL, at=at.web.clock())
    answer = at.session.get(at.path(URL))
    assert title(answer) == "Aare Post"
    shown = answer.text
    assert shown.count('<span class="bad">Failed</span>') == 1
    assert "timed out" in shown
    assert "3 new reports" in shown
    assert ">0.4 s</td>" in shown
    assert 'scope="row" lang="en">Council leases berths<' in shown
    assert "Not cited" in shown
    assert "<dt>Address</dt><dd>aare-post.example/feed</dd>" in shown
    assert "key=hidden" not in shown


def test_a_cited_report_leads_to_its_edition(tmp_path: Path) -> None:
    with target(tmp_path) as one:
        act(one.web.store, sources.add, Source(SOURCE, name="Courier"), at=one.web.clock())
        assert f'<a href="/{TODAY}">Thu 12 March</a>' in one.session.get(path_of(SOURCE)).text


@examples("status, reason, advice")
def test_what_fails_says_what_to_do(at: Sourcing, status: int, reason: str, advice: str) -> None:
    failed = FetchRecord(
        URL, at.web.clock(), Outcome.FAILED, reason=reason, status=status, seconds=0.2
    )
    act(at.web.store, sources.record, failed)
    shown = at.session.get(at.path(URL)).text
    assert "<b>Failing</b>" in shown
    assert f"Next step: {advice}" in shown
    assert f"{reason}; since today, 08:12, 1 attempt." in shown


def test_a_source_is_paused_and_resumed(at: Sourcing) -> None:
    shown = followed(at, {"do": "pause"})
    assert "Paused. Reports already collected are kept." in shown
    assert 'value="resume">Resume' in shown
    assert "Collect now" not in shown
    assert at.session.acts()[0].what == "pause source"
    assert at.session.acts()[0].about == "https://aare-post.example/feed"
    assert "Nothing has changed" in followed(at, {"do": "pause"})
    shown = followed(at, {"do": "resume"})
    assert "Resumed." in shown
    assert "Nothing has changed" in followed(at, {"do": "resume"})
    assert [act.what for act in at.session.acts()[:2]] == ["resume source", "pause source"]


def test_it_is_changed_and_the_log_says_what(at: Sourcing) -> None:
    told = {**AS_IT_IS, "name": "Aare Courier", "owner": "Meridian", "weight": "2"}
    shown = followed(at, told)
    assert "Saved." in shown
    assert 'value="Aare Courier"' in shown
    source = source_of(at)
    assert (source.name, source.owner, source.weight) == ("Aare Courier", "Meridian", 2.0)
    (act, *_) = at.session.acts()
    assert act.what == "edit source"
    assert act.about == (
        "https://aare-post.example/feed: name Aare Post → Aare Courier; owner none → Meridian; "
        "weight 1.0 → 2.0"
    )
    number = len(at.session.acts())
    followed(at, told)
    assert len(at.session.acts()) == number


def test_wrong_values_are_said_beside_their_fields_and_lines_become_spaces(at: Sourcing) -> None:
    as_it_is, path = {**AS_IT_IS, "weight": "1"}, at.path(URL)
    wrong = {"language": "ENGLISH", "name": HOSTILE, "owner": "o" * 999}
    answer = at.session.post(path, {**as_it_is, **wrong})
    assert answer.status_code == 422
    assert "2 fields to correct" in answer.text
    assert 'id="language-error"' in answer.text
    assert 'id="owner-error"' in answer.text
    assert ESCAPED in answer.text
    assert "<script" not in answer.text
    for field, value in (("weight", "nan"), ("weight", "1e9"), ("text", "both"), ("weight", "")):
        answer = at.session.post(path, {**as_it_is, field: value})
        assert f"{field.capitalize()}: this value is not in the list." in answer.text
    refused = at.session.refused(path, {**as_it_is, "name": "Aare\x00\x1b[2J\u202ePost"})
    assert "characters that cannot be printed" in refused
    assert source_of(at) == Source(URL, name="Aare Post")
    followed(at, {**as_it_is, "name": " Aare\r\nPost\tand  more "})
    assert source_of(at).name == "Aare Post and more"


def test_to_remove_it_takes_two_steps_and_its_reports_stay(at: Sourcing) -> None:
    path = at.path(URL)
    with at.web.store.write() as tx:
        one = Document(id="d1", title="Council", text="Council leases two berths. " * 9)
        documents.keep(tx, Item(one, keys=("id 1",)), source=URL, at=at.web.clock())
    assert "Remove this source" not in at.session.get(path).text
    assert "Remove this source" in at.session.post(path, {"do": "remove"}).text
    assert at.statuses()
    assert "Done</b>. Reports already collected are kept." in at.session.confirm(
        path, {"do": "remove"}
    )
    assert at.statuses() == ()
    assert "'d1'" in at.web.dump()
    assert at.session.acts()[0].what == "remove source"
    assert at.session.get(path).status_code == 404
    assert at.session.post(path, {"do": "remove"}).status_code == 404


def test_it_is_collected_now_although_it_asked_to_wait(at: Sourcing) -> None:
    waits = FetchRecord(
        URL, at.web.clock(), Outcome.WAITING, retry_at=at.web.clock() + timedelta(hours=5)
    )
    act(at.web.store, sources.record, waits)
    assert "<b>Waiting</b>" in at.session.get(at.path(URL)).text
    assert "Under way" in followed(at, {"do": "collect"})
    assert at.requests.take(0) == ((Step.COLLECT, None, ""),)
    (status,) = at.statuses()
    assert status.retry_at is None
    assert {act.what for act in at.session.acts()[:2]} == {"fetch source at once", "order collect"}
    # So are all.
    assert "Collect now" in at.session.page("/admin/sources")
    assert "Under way" in at.session.sent("/admin/sources/collect")
    assert at.requests.take(0) == ((Step.COLLECT, None, ""),)


def test_it_is_checked_now_as_what_it_is(at: Sourcing) -> None:
    at.news.at("/gone", refuse(410))
    url = at.news.url("/gone")
    act(at.web.store, sources.add, Source(url, name="Gone"), at=at.web.clock())
    shown = at.session.sent(at.path(url), {"do": "check"})
    assert "This source cannot be read now" in shown
    assert "answers 410 (Gone)" in shown
    assert "It is gone: find its new address by adding its site again." in shown
    assert "Add this source" not in shown
    assert at.path(url) in shown


def test_a_folder_is_not_checked_and_no_unknown_button_or_source_acts(at: Sourcing) -> None:
    act(at.web.store, sources.add, Source("/srv/wire", kind="folder"), at=at.web.clock())
    path = at.path("/srv/wire")
    assert "Check now" not in at.session.get(path).text
    assert at.session.post(path, {"do": "check"}).headers["location"] == path
    before = at.web.dump()
    assert at.session.post(at.path(URL), {"do": "x"}).status_code == 303
    for key in ("0" * 16, "x", "..", "%2e%2e", "1" * 5_000):
        assert at.session.get(f"/admin/sources/{key}").status_code in {404, 200, 414}
    assert at.session.post(f"/admin/sources/{'0' * 16}", {"do": "remove"}).status_code == 404
    assert at.web.dump() == before
