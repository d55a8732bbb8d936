from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from briefing.core.model import Document, FetchRecord, Item, Outcome, Source, Step
from briefing.store import documents, sources
from briefing.web.admin.sources import path_of
from tests.examples import examples
from tests.newsday import TODAY
from tests.newsserver import refuse
from tests.publishing import SOURCE
from tests.web.admin.rounds import ESCAPED, HOSTILE, add_source
from tests.web.admin.sourcing import Sourcing, sourcing
from tests.web.hostile import target
from tests.web.served import title

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
        with one.web.store.write() as tx:
            sources.add(tx, Source(SOURCE, name="Courier"), at=one.web.clock())
        assert f'<a href="/{TODAY}">Thu 12 March</a>' in one.session.get(path_of(SOURCE)).text


@examples("status, reason, advice")
def test_what_fails_says_what_to_do(at: Sourcing, status: int, reason: str, advice: str) -> None:
    failed = FetchRecord(
        URL, at.web.clock(), Outcome.FAILED, reason=reason, status=status, seconds=0.2
    )
    with at.web.store.write() as tx:
        sources.record(tx, failed)
    shown = at.session.get(at.path(URL)).text
    assert "<b>Failing</b>" in shown
    assert f"Next step: {advice}" in shown
    assert f"{reason}; since today, 08:12, 1 visit." in shown


def test_a_source_is_paused_and_resumed(at: Sourcing) -> None:
    shown = followed(at, {"do": "pause"})
    assert "Paused. Its reports stay." in shown
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


def test_wrong_values_are_said_beside_their_fields(at: Sourcing) -> None:
    told = {**AS_IT_IS, "weight": "1", "language": "ENGLISH", "name": HOSTILE, "owner": "o" * 999}
    answer = at.session.post(at.path(URL), told)
    assert answer.status_code == 422
    assert "2 fields to correct" in answer.text
    assert 'id="language-error"' in answer.text
    assert 'id="owner-error"' in answer.text
    assert ESCAPED in answer.text
    assert "<script" not in answer.text
    for field, value in (("weight", "nan"), ("weight", "1e9"), ("text", "both"), ("weight", "")):
        answer = at.session.post(at.path(URL), {**AS_IT_IS, "weight": "1", field: value})
        assert f"The {field} is none of the list." in answer.text
    assert source_of(at) == Source(URL, name="Aare Post")


def test_control_characters_and_lines_become_spaces(at: Sourcing) -> None:
    followed(at, {**AS_IT_IS, "weight": "1", "name": " Aare\r\nPost\tand  more "})
    assert source_of(at).name == "Aare Post and more"
    answer = at.session.post(
        at.path(URL), {**AS_IT_IS, "weight": "1", "name": "Aare\x00\x1b[2J\u202ePost"}
    )
    assert answer.status_code == 422
    assert "characters that cannot be printed" in answer.text


def test_to_remove_it_takes_two_steps_and_its_reports_stay(at: Sourcing) -> None:
    path = at.path(URL)
    with at.web.store.write() as tx:
        one = Document(id="d1", title="Council", text="Council leases two berths. " * 9)
        documents.keep(tx, Item(one, keys=("id 1",)), source=URL, at=at.web.clock())
    assert "Remove this source" not in at.session.get(path).text
    assert "Remove this source" in at.session.post(path, {"do": "remove"}).text
    assert at.statuses()
    assert "Done</b>. Its reports stay." in at.session.confirm(path, {"do": "remove"})
    assert at.statuses() == ()
    assert "'d1'" in at.web.dump()
    assert at.session.acts()[0].what == "remove source"
    assert at.session.get(path).status_code == 404
    assert at.session.post(path, {"do": "remove"}).status_code == 404


def test_it_is_collected_now_although_it_asked_to_wait(at: Sourcing) -> None:
    waits = FetchRecord(
        URL, at.web.clock(), Outcome.WAITING, retry_at=at.web.clock() + timedelta(hours=5)
    )
    with at.web.store.write() as tx:
        sources.record(tx, waits)
    assert "<b>Waiting</b>" in at.session.get(at.path(URL)).text
    assert "Under way" in followed(at, {"do": "collect"})
    assert at.requests.take(0) == ((Step.COLLECT, None),)
    (status,) = at.statuses()
    assert status.retry_at is None
    assert {act.what for act in at.session.acts()[:2]} == {"fetch source at once", "order collect"}


def test_all_are_collected_now(at: Sourcing) -> None:
    assert "Collect now" in at.session.get("/admin/sources").text
    assert "Under way" in at.session.sent("/admin/sources/collect")
    assert at.requests.take(0) == ((Step.COLLECT, None),)
    assert at.session.acts()[0].what == "order collect"


def test_it_is_checked_now_as_what_it_is(at: Sourcing) -> None:
    at.news.at("/gone", refuse(410))
    url = at.news.url("/gone")
    with at.web.store.write() as tx:
        sources.add(tx, Source(url, name="Gone"), at=at.web.clock())
    shown = at.session.sent(at.path(url), {"do": "check"})
    assert "It cannot be read now" in shown
    assert "answers 410 (Gone)" in shown
    assert "It is gone: find its new address by adding its site again." in shown
    assert "Add this source" not in shown
    assert at.path(url) in shown


def test_a_folder_is_not_checked_and_no_unknown_button_or_source_acts(at: Sourcing) -> None:
    with at.web.store.write() as tx:
        sources.add(tx, Source("/srv/wire", kind="folder"), at=at.web.clock())
    path = at.path("/srv/wire")
    assert "Check now" not in at.session.get(path).text
    assert at.session.post(path, {"do": "check"}).headers["location"] == path
    before = at.web.dump()
    assert at.session.post(at.path(URL), {"do": "x"}).status_code == 303
    for key in ("0" * 16, "x", "..", "%2e%2e", "1" * 5_000):
        assert at.session.get(f"/admin/sources/{key}").status_code in {404, 200, 414}
    assert at.session.post(f"/admin/sources/{'0' * 16}", {"do": "remove"}).status_code == 404
    assert at.web.dump() == before
