from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from briefing.core import record
from briefing.core.model import LEFT_OUT_BY_EDITOR
from briefing.store import editions
from tests.desk import OPINION, STUB
from tests.newsday import ORCHIDS, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, at, edition_of
from tests.publishing import Desk as Newsroom
from tests.web.served import Served, served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def test_it_is_told_how_the_page_is_made(tmp_path: Path, web: Served) -> None:
    assert "reports from" not in web.get("/about").text
    folder = tmp_path / "other"
    folder.mkdir()
    with served(folder, name="Ostra Desk") as printed:
        Newsroom(printed.store).first()
        answer = printed.get("/about")
        assert title(answer) == "How this page is made"
        assert "The latest page was made from 3 reports by 1 publisher." in answer.text
        assert f'href="/{YESTERDAY}/ledger"' in answer.text


def test_the_ledger_says_what_was_left_out_and_why_without_secrets(tmp_path: Path) -> None:
    failed = (
        ("https://wire.example/feed/key-1234", "not answered since 2026-03-10 05:34 UTC: key-1234"),
        ("/srv/desk/incoming", "[Errno 13] /srv/desk"),
        ("Sahel Matin", "not answered since 2026-03-10 05:34 UTC: refused"),
        ("//[", "x"),
    )
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        published = newsroom.publish(YESTERDAY)
        edition = edition_of(published.stored)
        ledger = replace(
            edition.ledger,
            failed=failed,
            dropped_documents={"opinion": 3, "live blog": 7},
            dropped_sentences={"byline": 1},
            dropped_stories={"of no section": 2},
            no_room=(("s9", "A <b>story</b>", "economy"),),
        )
        stored = replace(
            published.stored,
            id=f"{BRIEFING}/{TODAY}",
            day=TODAY,
            record=record.write(replace(edition, ledger=ledger)),
        )
        with web.store.write() as tx:
            editions.keep(tx, stored, edition=edition, recheck_at=None)
        answer = web.get(f"/{TODAY}/ledger")
        assert title(answer) == "What was left out, and why"
        for said in (
            '<th scope="row">Live blog</th><td class="figure-cell">7</td>',
            '<th scope="row">wire.example</th><td>Not answered since 2026-03-10 05:34 UTC</td>',
            '<th scope="row">A local folder</th><td>Could not be read</td>',
            '<th scope="row">Sahel Matin</th>',
            '<th scope="row">A source</th>',
            "A &lt;b&gt;story&lt;/b&gt;",
        ):
            assert said in answer.text
        assert answer.text.index("Live blog") < answer.text.index("Opinion")
        for secret in ("key-1234", "/srv/desk"):
            assert secret not in answer.text
        assert "Reports left out" not in web.get(f"/{YESTERDAY}/ledger").text


def test_behind_each_count_stand_the_headlines_linked_to_their_publishers(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script> & "fog"'
    stub = replace(report("stub", (hostile, STUB[1])), url="https://courier.example/?a=1&b=<2>")
    unlinked = replace(report("stub2", STUB), url="javascript:alert(1)")
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        column = replace(report("opinion", OPINION), publisher="<b>Post</b>")
        newsroom.keep(*FIRST, report("orchids", ORCHIDS), column, when=at(YESTERDAY, 18))
        newsroom.keep(stub, unlinked, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY)
        page = web.get(f"/{YESTERDAY}/ledger").text
    assert page.count("<details>") == 3
    assert '<summary>Headlines<span class="unseen">: opinion</span></summary>' in page
    assert f'rel="noreferrer">{OPINION[0]}</a>' in page
    assert "&lt;b&gt;Post&lt;/b&gt;" in page
    assert 'href="https://courier.example/?a=1&amp;b=&lt;2&gt;"' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert f"<li>{STUB[0]}" in page
    assert ORCHIDS[0] in page
    for raw in ("<script>alert", "<b>Post", "javascript:"):
        assert raw not in page


def test_of_many_headlines_the_first_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        stubs = [report(f"stub{number}", (f"Fog {number}", STUB[1])) for number in range(103)]
        newsroom.keep(*FIRST, *stubs, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY)
        page = web.get(f"/{YESTERDAY}/ledger").text
    assert page.count("<li>") == 100
    assert "<p>And 3 more</p>" in page


def test_what_editors_decided_against_is_counted_and_not_named(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.keep(*FIRST, report("orchids", ORCHIDS), when=at(YESTERDAY, 18))
        published = newsroom.publish(YESTERDAY)
        edition = edition_of(published.stored)
        found = tuple(
            replace(one, why=LEFT_OUT_BY_EDITOR if one.headline == ORCHIDS[0] else one.why)
            for one in edition.ledger.found
        )
        assert found != edition.ledger.found
        ledger = replace(edition.ledger, found=found, dropped_stories={LEFT_OUT_BY_EDITOR: 1})
        stored = replace(
            published.stored,
            id=f"{BRIEFING}/{TODAY}",
            day=TODAY,
            record=record.write(replace(edition, ledger=ledger)),
        )
        with web.store.write() as tx:
            editions.keep(tx, stored, edition=edition, recheck_at=None)
        page = web.get(f"/{TODAY}/ledger").text
    assert "Left out by an editor" in page
    assert ORCHIDS[0] not in page
