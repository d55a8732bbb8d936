"""What each publisher brought, as operators see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from briefing.core.model import Document, Item, Source
from briefing.store import documents, sources
from tests.web.admin.rounds import ESCAPED, HOSTILE
from tests.web.admin.sessions import Seated
from tests.web.served import Served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

FEED = "https://courier.example/feed"


def page(session: Seated, question: str = "") -> str:
    answer = session.get(f"/admin/sources/ledger{question}")
    assert answer.status_code == 200
    return answer.text


def brought(web: Served, publisher: str, *, ago: int = 0, count: int = 1) -> None:
    """Keep some reports of a publisher that came in so many days ago."""
    at = web.clock() - timedelta(days=ago)
    with web.store.write() as tx:
        for number in range(count):
            name = f"{publisher} {ago} {number}"
            one = Document(name, name, f"Words of {name}.", publisher=publisher)
            documents.keep(tx, Item(one, (f"id {name}",)), source=FEED, at=at)


def names(shown: str) -> list[str]:
    return re.findall(r'scope="row">([^<]*)<', shown)


def test_it_says_that_nothing_came_in(session: Seated) -> None:
    assert title(session.get("/admin/sources/ledger")) == "Ledger of sources"
    assert "No reports came in within this time." in page(session)


def test_publishers_stand_with_their_counts_and_grade(session: Seated) -> None:
    with session.web.store.write() as tx:
        sources.add(tx, Source(FEED, grade="C"), at=session.web.clock())
    brought(session.web, "Courier", ago=4, count=3)
    brought(session.web, "Mail")
    brought(session.web, HOSTILE)
    brought(session.web, "")
    shown = page(session)
    assert names(shown)[0] == "Courier"
    assert {"Mail", "No publisher named"} <= set(names(shown))
    assert ESCAPED in shown
    assert HOSTILE not in shown
    assert 'data-l="Reports">3<' in shown
    assert 'data-l="Silent days">4<' in shown
    assert "grade C" in shown


def test_a_year_counts_more_than_30_days(session: Seated) -> None:
    brought(session.web, "Courier", ago=40)
    assert names(page(session)) == []
    assert names(page(session, "?span=year")) == ["Courier"]
    assert names(page(session, "?span=age")) == []


def test_it_is_searched_sorted_and_paged(session: Seated) -> None:
    for number in range(51):
        brought(session.web, f"Mail {number:02}")
    brought(session.web, "Courier", count=2)
    assert names(page(session))[0] == "Courier"
    assert names(page(session, "?sort=name&order=descending"))[0] == "Mail 50"
    assert names(page(session, "?page=2")) == ["Mail 49", "Mail 50"]
    assert "51 to 52 of 52" in page(session, "?page=2")
    assert names(page(session, "?q=COUR")) == ["Courier"]
    assert "Nothing found." in page(session, "?q=nobody")


def test_the_page_of_sources_leads_to_it(session: Seated) -> None:
    with session.web.store.write() as tx:
        sources.add(tx, Source(FEED), at=session.web.clock())
    assert 'href="/admin/sources/ledger"' in session.get("/admin/sources").text
