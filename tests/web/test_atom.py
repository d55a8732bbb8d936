from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import feedparser
import httpx2
import pytest
from sqlalchemy import update

from briefing.core import record
from briefing.store import editions
from briefing.store.editions import StoredEdition
from briefing.store.tables import EDITION
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import BRIEFING, FIRST, at, edition_of
from tests.publishing import Desk as Newsroom
from tests.web.served import WEB, Served, served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ATOM = "{http://www.w3.org/2005/Atom}"


def feed(answer: httpx2.Response) -> Element:
    assert answer.status_code == 200
    return fromstring(answer.content)  # noqa: S314  our own feed, from a test


def text(parent: Element, tag: str) -> str:
    found = parent.findtext(f"{ATOM}{tag}")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.first()
        newsroom.second()
        yield web


def stored_on_today(web: Served) -> StoredEdition:
    with web.store.read() as tx:
        stored = editions.on(tx, BRIEFING, TODAY)
    assert stored
    return stored


def test_the_feed_has_the_last_editions_newest_first(pages: Served) -> None:
    answer = pages.get("/feed")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = feed(answer)
    assert (text(root, "id"), text(root, "title")) == (f"{WEB}/feed", "Ostra Desk")
    first, second = root.findall(f"{ATOM}entry")
    assert [text(one, "id") for one in (first, second)] == [f"{WEB}/{TODAY}", f"{WEB}/{YESTERDAY}"]
    assert text(root, "updated") == text(first, "updated") == f"{TODAY}T20:00:00Z"


def test_an_entry_names_the_headlines_and_leads_to_page_and_pdf(pages: Served) -> None:
    entry = feed(pages.get("/feed")).findall(f"{ATOM}entry")[0]
    stored = stored_on_today(pages)
    edition = edition_of(stored)
    assert edition.top
    assert text(entry, "title") == f"Thursday 12 March 2026: {edition.top.headline}"
    for brief in edition.briefs():
        assert brief.headline in text(entry, "summary")
    links = {one.get("rel"): one for one in entry.findall(f"{ATOM}link")}
    assert links["alternate"].get("href") == f"{WEB}/{TODAY}"
    assert links["enclosure"].get("href") == f"{WEB}/{TODAY}.pdf"
    assert links["enclosure"].get("length") == str(len(stored.files["pdf"]))


def test_a_feed_reader_understands_it(pages: Served) -> None:
    read = feedparser.parse(pages.get("/feed").content)
    assert not read.bozo
    assert read.version == "atom10"
    assert len(read.entries) == 2


def test_an_entry_has_all_that_is_printed_with_links_to_the_checks(pages: Served) -> None:
    entry = feed(pages.get("/feed")).findall(f"{ATOM}entry")[0]
    content = entry.find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    html = content.text or ""
    shown = " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())
    edition = edition_of(stored_on_today(pages))
    for passage in edition.passages():
        assert passage.text in shown
    assert f'<a href="{WEB}/{TODAY}#c1">[1' in html
    assert all(not href.startswith("/") for href in re.findall('href="([^"]*)"', html))
    parsed = feedparser.parse(pages.get("/feed").content).entries[0]
    assert parsed.content[0].type == "text/html"


def test_every_page_names_the_feed(pages: Served) -> None:
    link = '<link rel="alternate" type="application/atom+xml" title="Ostra Desk" href="/feed">'
    for path in ("/", "/archive", "/subscribe", "/about"):
        assert link in pages.get(path).text


def test_hostile_headlines_leave_the_feed_whole(tmp_path: Path) -> None:
    evil = "]]> & <b>\u0001\u0085\ufffe\ud800 </summary>"
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        published = newsroom.publish(YESTERDAY)
        edition = edition_of(published.stored)
        sections = tuple(
            replace(one, briefs=tuple(replace(brief, headline=evil) for brief in one.briefs))
            for one in edition.sections
        )
        forged = replace(edition, sections=sections)
        stored = replace(
            published.stored,
            id=f"{BRIEFING}/{TODAY}",
            day=TODAY,
            record=record.write(forged),
            files={},
        )
        with web.store.write() as tx:
            editions.keep(tx, stored, edition=edition, recheck_at=None)
        entry = feed(web.get("/feed")).findall(f"{ATOM}entry")[0]
        assert "<b>\ufffd" not in text(entry, "content")
        assert "&lt;b&gt;" in text(entry, "content")
        assert text(entry, "summary") == "]]> & <b>\ufffd\u0085\ufffd\ufffd </summary>"
        assert not [one for one in entry.findall(f"{ATOM}link") if one.get("rel") == "enclosure"]


def test_an_edition_without_headlines_is_named_by_its_day(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        published = newsroom.publish(YESTERDAY)
        edition = edition_of(published.stored)
        empty = replace(edition, sections=())
        stored = replace(
            published.stored, id=f"{BRIEFING}/{TODAY}", day=TODAY, record=record.write(empty)
        )
        with web.store.write() as tx:
            editions.keep(tx, stored, edition=edition, recheck_at=None)
        entry = feed(web.get("/feed")).findall(f"{ATOM}entry")[0]
        assert text(entry, "title") == "Thursday 12 March 2026"
        assert text(entry, "summary") == "The page of Thursday 12 March 2026."


def test_twenty_editions_are_enough(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        published = newsroom.publish(YESTERDAY)
        edition = edition_of(published.stored)
        with web.store.write() as tx:
            for ago in range(1, 23):
                day = YESTERDAY - timedelta(days=ago)
                stored = replace(published.stored, id=f"{BRIEFING}/{day}", day=day, files={})
                editions.keep(tx, stored, edition=edition, recheck_at=None)
        ids = [text(one, "id") for one in feed(web.get("/feed")).findall(f"{ATOM}entry")]
        assert len(ids) == len(set(ids)) == 20
        assert ids[0].endswith("/2026-03-11")


def test_an_edition_whose_record_cannot_be_read_takes_no_other_from_the_feed(
    tmp_path: Path,
) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.first()
        newsroom.second()
        with web.store.write() as tx:
            tx.execute(update(EDITION).where(EDITION.c.day == TODAY).values(record="{}"))
        (entry,) = feed(web.get("/feed")).findall(f"{ATOM}entry")
        assert text(entry, "id") == f"{WEB}/{YESTERDAY}"


def test_the_words_of_a_party_have_their_speaker_in_the_feed_and_on_the_page(
    tmp_path: Path,
) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        Newsroom(web.store).first()
        with web.store.read() as tx:
            stored = editions.on(tx, BRIEFING, YESTERDAY)
        assert stored
        said = edition_of(stored)
        top = said.top
        assert top is not None
        party = replace(top, sentences=tuple(replace(s, speaker="KCNA") for s in top.sentences))
        sections = tuple(
            replace(one, briefs=tuple(party if it == top else it for it in one.briefs))
            for one in said.sections
        )
        words = record.write(replace(said, sections=sections))
        with web.store.write() as tx:
            tx.execute(update(EDITION).where(EDITION.c.day == YESTERDAY).values(record=words))
        (entry,) = feed(web.get("/feed")).findall(f"{ATOM}entry")
        assert f"<b>KCNA: </b>{top.sentences[0].text[:20]}" in unescape(text(entry, "content"))
        page = web.get(f"/{YESTERDAY}").text
        assert page.count('<b class="speaker">KCNA: </b>') == len(top.sentences)


def test_before_the_first_page_the_feed_is_empty_and_always_the_same(web: Served) -> None:
    answer = web.get("/feed")
    assert not feed(answer).findall(f"{ATOM}entry")
    web.later(days=1)
    assert web.get("/feed").headers["etag"] == answer.headers["etag"]
    assert re.match(rb"<\?xml version='1.0' encoding='utf-8'\?>", answer.content)
