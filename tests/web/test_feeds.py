import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import feedparser
import pytest
from mutagen.mp3 import MP3
from sqlalchemy import update
from starlette.testclient import TestClient

from briefing.core import record
from briefing.mail.tokens import Purpose
from briefing.press.formats import Rendition
from briefing.press.spoken import page_spoken
from briefing.press.theme import classic
from briefing.store import editions, printed_files
from briefing.store.editions import StoredEdition
from briefing.store.tables import EDITION
from briefing.web.application import make_app
from tests.examples import examples
from tests.newsday import TODAY, YESTERDAY, with_story
from tests.publishing import BRIEFING, FIRST, SECOND, at, edition_of, files_of
from tests.store.ready import look
from tests.web.served import WEB, Served, desk_but, forge, served

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
#: A date of RFC 822, as RSS 2.0 allows it: with four digits of the year.
DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
#: Elements of RSS 2.0.
CHANNEL = {"title", "link", "description", "language", "lastBuildDate", "item"}
ITEM = {"title", "link", "description", "guid", "pubDate", "enclosure"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed two days, the second of which is read aloud."""
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk", spoken=True) as web:
        newsroom, theme = web.newsroom, classic()
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY, write=lambda _, pdf: {"pdf": pdf})
        newsroom.keep(*SECOND, when=at(TODAY, 18))
        newsroom.publish(
            TODAY,
            write=lambda edition, pdf: {
                **files_of(edition, pdf),
                "spoken": page_spoken(edition, Rendition(theme)),
            },
        )
        yield web


def text(parent: Element, tag: str) -> str:
    (found,) = parent.findall(tag)
    assert found.text
    return found.text


def plain(parent: Element) -> set[str]:
    return {child.tag for child in parent if "{" not in child.tag}


def test_the_podcast_keeps_the_rules_of_rss(pages: Served) -> None:
    answer = pages.get("/podcast")
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    root = fromstring(answer.content)  # noqa: S314  our own
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    assert plain(channel) == CHANNEL
    assert (text(channel, "title"), text(channel, "link")) == ("Ostra Desk", f"{WEB}/")
    # An edition that is not read aloud is no episode.
    (item,) = channel.findall("item")
    assert plain(item) == ITEM
    assert text(item, "guid") == text(item, "link") == f"{WEB}/{TODAY}"
    for told in (text(channel, "lastBuildDate"), text(item, "pubDate")):
        assert DATE.fullmatch(told)
        assert f"{parsedate_to_datetime(told):%Y-%m-%d %H:%M}" == f"{TODAY} 20:00"


def test_an_episode_has_the_length_and_duration_of_its_file_and_a_program_understands_it(
    pages: Served,
) -> None:
    channel = fromstring(pages.get("/podcast").content)[0]  # noqa: S314  our own
    enclosure = channel.find("item/enclosure")
    assert enclosure is not None
    assert (enclosure.get("url"), enclosure.get("type")) == (f"{WEB}/{TODAY}.mp3", "audio/mpeg")
    file = pages.get(f"/{TODAY}.mp3")
    assert file.headers["content-type"] == "audio/mpeg"
    assert enclosure.get("length") == file.headers["content-length"] == str(len(file.content))
    read: Any = MP3
    seconds = int(text(channel, f"item/{ITUNES}duration"))
    assert abs(seconds - read(BytesIO(file.content)).info.length) < 1
    read = feedparser.parse(pages.get("/podcast").content)
    assert (read.bozo, read.version, read.feed.language) == (False, "rss20", "en")
    (entry,) = read.entries
    assert entry.title.startswith("Thursday 12 March 2026: ")
    assert entry.published_parsed[:4] == (TODAY.year, TODAY.month, TODAY.day, 20)
    assert f'<a href="{WEB}/{TODAY}#c1">[1' in entry.summary


def test_pages_lead_to_the_podcast_and_to_the_file_only_if_there_is_one(pages: Served) -> None:
    assert f'<a href="/{TODAY}.mp3">MP3</a>' in pages.get(f"/{TODAY}").text
    assert ".mp3" not in pages.get(f"/{YESTERDAY}").text
    assert pages.get(f"/{YESTERDAY}.mp3").status_code == 404
    link = '<a href="/podcast">Podcast</a>'
    assert link in pages.get("/archive").text
    silent = TestClient(make_app(desk_but(pages.desk, spoken=False)), WEB)
    assert link not in silent.get("/archive").text


def test_a_closed_podcast_opens_by_the_key_of_a_reader_and_hands_it_on(pages: Served) -> None:
    client = TestClient(make_app(desk_but(pages.desk, readers="subscribers")), WEB)
    page = client.get(pages.path(Purpose.PREFERENCES, pages.add())).text
    (podcast,) = re.findall(rf"{WEB}(/podcast\?key=[^<]+)", page)
    read = feedparser.parse(client.get(podcast).content)
    assert read.feed.itunes_block == 1
    (file,) = read.entries[0].enclosures
    assert file.href == f"{WEB}/{TODAY}.mp3?{podcast.partition('?')[2]}"
    assert len(client.get(file.href).content) == int(file.length)
    for path in ("/podcast", f"/{TODAY}.mp3", f"/{TODAY}.mp3?key=none"):
        assert client.get(path).status_code == 403


@examples("wanted, first, last")
def test_a_player_gets_the_bytes_that_it_wants(
    pages: Served, wanted: str, first: int, last: int
) -> None:
    path = f"/{TODAY}.mp3"
    whole = pages.get(path)
    assert whole.headers["accept-ranges"] == "bytes"
    size = len(whole.content)
    first, last = first % size, last % size
    part = pages.get(path, headers={"Range": wanted})
    assert (part.status_code, part.content) == (206, whole.content[first : last + 1])
    assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
    assert part.headers["content-length"] == str(last + 1 - first)
    assert part.headers["etag"] == whole.headers["etag"]
    tag = {"Range": wanted, "If-None-Match": whole.headers["etag"]}
    assert pages.get(path, headers=tag).status_code == 304


def test_bytes_that_a_file_lacks_are_refused_and_no_single_range_gets_it_whole(
    pages: Served,
) -> None:
    path, file = f"/{TODAY}.mp3", look(pages.store, printed_files.spoken, f"{BRIEFING}/{TODAY}")
    assert file
    for wanted in ("bytes=99999999999-", "bytes=-0"):
        answer = pages.get(path, headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (416, b"")
        assert answer.headers["content-range"] == f"bytes */{len(file)}"
    odd = ("bytes=5-2", "bytes=-", "bytes=0-1,4-5", "bytes=a-b", "items=0-1", f"bytes={9**99}-")
    for wanted in odd:
        assert pages.get(path, headers={"Range": wanted}).content == file
    # No tag here says that the bytes are the same (RFC 9110, section 13.1.5).
    known = {"Range": "bytes=0-1", "If-Range": pages.get(path).headers["etag"]}
    assert pages.get(path, headers=known).content == file
    assert pages.client.head(path, headers={"Range": "bytes=0-1"}).status_code == 200


ATOM = "{http://www.w3.org/2005/Atom}"


def entries(web: Served) -> list[Element]:
    answer = web.get("/feed")
    assert answer.status_code == 200
    return fromstring(answer.content).findall(f"{ATOM}entry")  # noqa: S314  our own


def stored(web: Served, day: date = TODAY) -> StoredEdition:
    found = look(web.store, editions.on, BRIEFING, day)
    assert found
    return found


def atom(parent: Element, tag: str) -> str:
    return text(parent, f"{ATOM}{tag}")


def test_the_feed_has_the_last_editions_with_all_that_is_printed_and_links_to_the_checks(
    pages: Served,
) -> None:
    answer = pages.get("/feed")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = fromstring(answer.content)  # noqa: S314  our own
    assert (atom(root, "id"), atom(root, "title")) == (f"{WEB}/feed", "Ostra Desk")
    first, second = entries(pages)
    assert [atom(one, "id") for one in (first, second)] == [f"{WEB}/{TODAY}", f"{WEB}/{YESTERDAY}"]
    assert atom(root, "updated") == atom(first, "updated") == f"{TODAY}T20:00:00Z"
    page = atom(first, "content")
    shown = " ".join(unescape(re.sub("<[^>]*>", " ", page)).split())
    edition = edition_of(stored(pages))
    for passage in edition.passages():
        assert passage.text in shown
    assert f'<a href="{WEB}/{TODAY}#c1">[1' in page
    assert all(not href.startswith("/") for href in re.findall('href="([^"]*)"', page))
    read = feedparser.parse(answer.content)
    assert (bool(read.bozo), read.version, len(read.entries)) == (False, "atom10", 2)
    assert read.entries[0].content[0].type == "text/html"
    assert edition.top
    assert atom(first, "title") == f"Thursday 12 March 2026: {edition.top.headline}"
    for brief in edition.briefs():
        assert brief.headline in atom(first, "summary")
    links = {one.get("rel"): one for one in first.findall(f"{ATOM}link")}
    assert links["alternate"].get("href") == f"{WEB}/{TODAY}"
    assert links["enclosure"].get("href") == f"{WEB}/{TODAY}.pdf"
    assert links["enclosure"].get("length") == str(len(stored(pages).files["pdf"]))


def test_hostile_headlines_leave_the_feed_whole(ostra: Served) -> None:
    evil = "]]> & <b>\u0001\u0085\ufffe\ud800 </summary>"
    published = ostra.newsroom.first()
    edition = edition_of(published.stored)
    sections = tuple(
        replace(one, briefs=tuple(replace(brief, headline=evil) for brief in one.briefs))
        for one in edition.sections
    )
    forge(ostra, published.stored, replace(edition, sections=sections), files={})
    entry = entries(ostra)[0]
    assert "<b>\ufffd" not in atom(entry, "content")
    assert "&lt;b&gt;" in atom(entry, "content")
    assert atom(entry, "summary") == "]]> & <b>\ufffd\u0085\ufffd\ufffd </summary>"
    assert not [one for one in entry.findall(f"{ATOM}link") if one.get("rel") == "enclosure"]


def test_an_edition_without_headlines_is_named_by_its_day(ostra: Served) -> None:
    published = ostra.newsroom.first()
    forge(ostra, published.stored, replace(edition_of(published.stored), sections=()))
    entry = entries(ostra)[0]
    assert atom(entry, "title") == "Thursday 12 March 2026"
    assert atom(entry, "summary") == "The edition of Thursday 12 March 2026."


def test_twenty_editions_are_enough(ostra: Served) -> None:
    published = ostra.newsroom.first()
    edition = edition_of(published.stored)
    with ostra.store.write() as tx:
        for ago in range(1, 23):
            day = YESTERDAY - timedelta(days=ago)
            kept = replace(published.stored, id=f"{BRIEFING}/{day}", day=day, files={})
            editions.keep(tx, kept, edition=edition, recheck_at=None)
    ids = [atom(one, "id") for one in entries(ostra)]
    assert len(ids) == len(set(ids)) == 20
    assert ids[0].endswith("/2026-03-11")


def test_an_edition_whose_record_is_damaged_takes_no_other_from_the_feed(ostra: Served) -> None:
    ostra.newsroom.first()
    ostra.newsroom.second()
    with ostra.store.write() as tx:
        tx.execute(update(EDITION).where(EDITION.c.day == TODAY).values(record="{}"))
    (entry,) = entries(ostra)
    assert atom(entry, "id") == f"{WEB}/{YESTERDAY}"


def test_words_of_a_party_have_their_speaker_in_the_feed_and_on_the_page(ostra: Served) -> None:
    ostra.newsroom.first()
    said = edition_of(stored(ostra, YESTERDAY))
    top = said.top
    assert top
    party = tuple(replace(s, speaker="KCNA") for s in top.sentences)
    words = record.write(with_story(said, top.story, sentences=party))
    with ostra.store.write() as tx:
        tx.execute(update(EDITION).where(EDITION.c.day == YESTERDAY).values(record=words))
    (entry,) = entries(ostra)
    assert f"<b>KCNA: </b>{top.sentences[0].text[:20]}" in unescape(atom(entry, "content"))
    page = ostra.get(f"/{YESTERDAY}").text
    assert page.count('<b class="speaker">KCNA: </b>') == len(top.sentences)


def test_before_the_first_page_the_feed_is_empty_and_always_the_same(web: Served) -> None:
    answer = web.get("/feed")
    assert not entries(web)
    web.later(days=1)
    assert web.get("/feed").headers["etag"] == answer.headers["etag"]
    assert re.match(rb"<\?xml version='1.0' encoding='utf-8'\?>", answer.content)
