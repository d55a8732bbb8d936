import hashlib
import html
import re
import zipfile
from base64 import b64encode
from dataclasses import replace
from datetime import time, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import docx
import feedparser
import httpx2
import pytest
from sqlalchemy import select, update

from briefing.core import record
from briefing.core.model import Edition
from briefing.core.schedule import Timetable
from briefing.store import documents, editions
from briefing.store.editions import StoredEdition
from briefing.store.tables import EDITION, VERSION
from tests.newsday import HARBOR, TODAY, YESTERDAY, report, with_story
from tests.publishing import BRIEFING, FIRST, at, edition_of
from tests.publishing import Desk as Newsroom
from tests.store.ready import look
from tests.web.served import WEB, Served, forge, printing, served, title


def edition(web: Served) -> Edition:
    stored = look(web.store, editions.on, BRIEFING, TODAY)
    assert stored
    return edition_of(stored)


def normalized(text: str) -> str:
    return " ".join(text.split())


def text_of(page: str) -> str:
    """Return what a page says, without its marks."""
    bare = re.sub(r'<a class="mark".*?</a>|<[^>]*>', "", page)
    return normalized(html.unescape(bare).replace("\u202f", ""))


def spoil(web: Served, old: str, new: str) -> None:
    """Let a stored text hold other words, as damage would."""
    with web.store.write() as tx:
        for row in tx.execute(select(VERSION.c.id, VERSION.c.text)).all():
            changed = update(VERSION).where(VERSION.c.id == row.id)
            tx.execute(changed.values(text=row.text.replace(old, new)))


def printed(web: Served, kind: str) -> bytes:
    stored = look(web.store, editions.on, BRIEFING, TODAY)
    assert stored
    return stored.files[kind]


def test_the_last_page_and_each_day_show_all_that_is_printed(pages: Served) -> None:
    last = pages.get("/")
    assert last.status_code == 200
    assert last.headers["content-type"] == "text/html; charset=utf-8"
    assert last.text == pages.get(f"/{TODAY}").text
    before = pages.get(f"/{YESTERDAY}").text
    assert "Wednesday 11 March 2026" in before
    assert "Thursday 12 March 2026" in last.text
    assert f'rel="next" href="/{TODAY}"' in before
    assert f'rel="prev" href="/{YESTERDAY}"' in last.text
    shown = text_of(pages.get("/").text)
    told = edition(pages)
    for passage in told.passages():
        assert normalized(passage.text) in shown
    for brief in told.briefs():
        assert normalized(brief.headline) in shown


def test_each_mark_has_a_check_that_leads_back_to_it(pages: Served) -> None:
    page = pages.get("/").text
    marks = re.findall(r'<a class="mark(?: holds)?" id="m(\d+)" href="#c(\d+)"', page)
    checks = re.findall(r'<section class="check" id="c(\d+)" tabindex="-1"', page)
    assert marks
    assert [one for one, _ in marks] == [other for _, other in marks] == checks
    for number in checks:
        assert f'<a class="close" href="#m{number}">Close</a>' in page
    assert page.count("Identical, character for character.") == len(checks)
    assert re.findall(r'<article [^>]*id="story(\d+)"', page)[0] == "1"
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_further_source_shows_its_closest_sentence_as_just_that(tmp_path: Path) -> None:
    again = (
        "Council of Ostra leases berths to coastguard",
        (
            "Crews at the quay spoke of it for hours. "
            "On Tuesday the harbor council of Port Ostra voted: two berths are leased to the "
            "Norvian coastguard, for nine years. According to the lease, two patrol frigates, "
            "armed, will from June tie up beside the terminal for grain. A clause on night "
            "patrol shifts was wanted by dockworkers; the text, now final, does not hold it. "
            "Over moorings the frigates would take, crews who are fishing have to a court of "
            "the region appealed."
        ),
    )
    with printing(tmp_path) as (web, newsroom):
        other = report("again", again, publisher="Kalvik Post")
        newsroom.keep(*FIRST, other, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY)
        page = web.get("/").text
    checks = re.findall('<section class="check".*?</section>', page, re.DOTALL)
    (found,) = [one for one in checks if "<b>Similar.</b>" in one]
    (nearest,) = re.findall('<mark class="nearest">(.*?)</mark>', found)
    assert nearest in again[1]
    assert nearest not in HARBOR[1]
    assert re.search(r"word overlap [01]\.\d\d out of 1", found)
    assert "Identical, character" not in found
    assert "printed opens" not in found


def test_behind_each_brief_are_its_reports_and_unprinted_sentences(pages: Served) -> None:
    page, told = pages.get("/").text, edition(pages)
    behind = re.findall(r'<details class="behind">(.*?)</details>', page, re.DOTALL)
    assert len(behind) == len(list(told.briefs()))
    strait = next(one for one in behind if "Wed 11 March" in one and "On Wed" in one)
    earlier = next(brief.earlier for brief in told.briefs() if brief.earlier)
    assert f'<a href="/{YESTERDAY}">{html.escape(earlier.title.text)}</a>' in strait
    printed_words = {one.text for one in told.sentences()}
    with pages.store.read() as tx:
        ids = [id for one in told.evidence.values() for id, _ in one.links]
        stored = [one.text for one in documents.texts(tx, ids).values()]
    shown = re.findall(r"<q [^>]*>(.*?)</q>.*?characters (\d+) to (\d+)", page, re.DOTALL)
    assert shown
    for words, start, end in shown:
        assert html.unescape(words) not in printed_words
        assert html.unescape(words) in {text[int(start) : int(end)] for text in stored}


def test_a_check_leads_to_the_whole_text_and_to_the_publisher(pages: Served) -> None:
    check = pages.get("/").text.partition('id="c1"')[2].partition("</section>")[0]
    assert re.search(rf'href="/{TODAY}/source/1#printed\d+">Full stored text', check)
    assert re.search('href="https://courier.example/[^"]+" rel="noreferrer">Report on', check)


def test_stored_words_that_differ_are_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        Newsroom(web.store).first()
        assert "Not identical." not in web.get("/").text
        spoil(web, "harbor council", "harbor counsel")
        page = web.get("/").text
        assert page.count("Not identical.") == page.count('class="check fault"') >= 1
        assert "The stored text differs from what was printed. Compared at 08:12 UTC" in page
        assert "The harbor council of Port Ostra voted" in page
        assert "are not as they stand in the stored texts" in caplog.text
        sources = [web.get(f"/{YESTERDAY}/source/{number}").text for number in (1, 2, 3)]
        (source,) = [text for text in sources if "coastguard takes two berths" in text]
        assert "No. The stored text has changed since it was printed." in source


def test_the_next_page_is_announced_in_words(tmp_path: Path) -> None:
    table = Timetable(time(6, 30), "Europe/Zurich")
    with served(tmp_path, name="Ostra Desk", timetable=table) as web:
        Newsroom(web.store).first()
        assert "Thu 12 March was due at 06:30" in web.get("/").text
        web.clock.at = at(YESTERDAY, 21)
        assert "Thu 12 March comes at 06:30" in web.get("/").text
        web.clock.at = at(TODAY, 21)
        assert "Fri 13 March comes at 06:30" in web.get("/").text


def test_the_file_for_the_screen_is_given_as_it_was_printed(pages: Served) -> None:
    answer = pages.get(f"/{TODAY}.html")
    assert answer.content == printed(pages, "html")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    allowed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{allowed}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_last_pdf_has_an_address_of_its_own(pages: Served, web: Served) -> None:
    answer = pages.get("/last.pdf")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{TODAY}.pdf")
    assert web.get("/last.pdf").status_code == 404
    assert 'src="/last.png?' in pages.get("/subscribe").text
    assert pages.get("/last.png").content.startswith(b"\x89PNG")


def test_readers_find_the_address_that_never_changes_and_the_feed_and_no_administration(
    pages: Served,
) -> None:
    for path in ("/", "/archive", "/about", f"/{TODAY}/ledger", "/nothing"):
        assert "/admin" not in pages.get(path).text
    page = pages.get("/").text
    assert f'<link rel="canonical" href="{WEB}/{TODAY}">' in page
    assert f'<a href="{WEB}/{TODAY}">{WEB}/{TODAY}</a>' in page
    assert "mailto:?subject=Ostra%20Desk%2C%20Thursday%2012%20March%202026&amp;body=https" in page
    link = '<link rel="alternate" type="application/atom+xml" title="Ostra Desk" href="/feed">'
    for path in ("/", "/archive", "/subscribe", "/about"):
        assert link in pages.get(path).text


def test_the_pdf_is_the_printed_page_and_is_not_sent_twice(pages: Served) -> None:
    answer = pages.get(f"/{TODAY}.pdf")
    assert answer.content == printed(pages, "pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="ostra-desk-{TODAY}.pdf"'
    paths = ("/", f"/{TODAY}", f"/{TODAY}.pdf", "/site.css", f"/{TODAY}/source/1", "/feed")
    for path in (*paths, f"/{TODAY}/ledger"):
        first = pages.get(path)
        again = pages.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert "no-store" not in again.headers["cache-control"]


def test_what_is_not_there_is_told(pages: Served) -> None:
    for path in (
        "/2026-02-30",
        f"/{TODAY}/source/0",
        f"/{TODAY}/source/999",
        f"/{TODAY}/source/x",
        f"/{TODAY}/source/%D9%A1",
        "/1999-01-01/source/1",
        "/1999-01-01/ledger",
        "/1999-01-01.html",
        "/1999-01-01.pdf",
        "/2026-1-1",
        "/20260101",
        "/%D9%A2026-01-01",
        "/..%2f..%2fetc%2fpasswd",
        "/..%2fdesk.db.pdf",
        "/index.php",
        "/fonts/SourceSerifPro-Regular.ttf",
        "/fonts/x.woff2",
        "/fonts/..%2f..%2fsite.css",
        "/subscribe/",
    ):
        answer = pages.get(path)
        assert (answer.status_code, title(answer)) == (404, "Page not found"), path
        assert "location" not in answer.headers


def test_a_page_without_a_pdf_is_told(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY, write=lambda _edition, _pdf: {})
        page = web.get("/")
        assert page.status_code == 200
        assert ".pdf" not in page.text
        for path in (f"/{YESTERDAY}.pdf", f"/{YESTERDAY}.html", "/last.pdf"):
            assert web.get(path).status_code == 404


def test_an_edition_on_another_paper_has_an_address_of_its_own(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY, write=lambda _edition, pdf: {"pdf": pdf, "letter.pdf": b"%PDF"})
        answer = web.get(f"/{YESTERDAY}.letter.pdf")
        assert (answer.content, answer.headers["content-type"]) == (b"%PDF", "application/pdf")
        shown = f'inline; filename="ostra-desk-{YESTERDAY}.letter.pdf"'
        assert answer.headers["content-disposition"] == shown
        page = web.get("/").text
        assert f'<a href="/{YESTERDAY}.letter.pdf">PDF, US Letter</a>' in page
        assert ".a4.pdf" not in page
        for other in ("a4", "A4", "html", "letter.letter", "x%0ay"):
            assert web.get(f"/{YESTERDAY}.{other}.pdf").status_code == 404


def test_the_style_sheet_loads_nothing_but_our_fonts_cut_to_what_is_needed(web: Served) -> None:
    brackets = web.get("/fonts/SourceSansPro-Light.woff2")
    assert brackets.headers["content-type"] == "font/woff2"
    assert brackets.content.startswith(b"wOF2")
    assert len(brackets.content) < 3_000
    css = web.get("/site.css").text
    loaded = re.findall(r"url\(([^)]*)\)", css)
    assert loaded
    for name in loaded:
        assert re.fullmatch(r"fonts/[\w-]+\.woff2", name)
    assert "@import" not in css


def test_what_a_source_has_changed_since_stands_beside_the_sentence(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.first()
        before = web.get(f"/{YESTERDAY}")
        assert "Corrected since" not in before.text
        harbor = report("harbor", HARBOR)
        newsroom.edit(
            harbor, harbor.text.replace("nine years", "<b>ninety</b> years"), when=at(TODAY, 9)
        )
        page = web.get(f"/{YESTERDAY}", headers={"If-None-Match": before.headers["etag"]})
        assert page.status_code == 200
        since = "<b>Corrected since, seen Thursday 12 March 2026:</b>"
        # in its check, beside it, and on the page of the stored text
        check, beside = page.text.split("for nine years.</span>")
        source = re.findall(rf'href="(/{YESTERDAY}/source/\d+)', check)[-1]
        for shown in (check, beside, web.get(source).text):
            assert shown.index(since) < shown.index("for &lt;b&gt;ninety&lt;/b&gt; years.</span>")
        # what was printed stays proved, and every other sentence as it was
        assert "Not identical" not in page.text
        assert page.text.count("Corrected since") == 2
        markdown = web.get(f"/{YESTERDAY}.md").text
        assert "## Changed since it was printed" in markdown
        assert "\\<b\\>ninety\\</b\\> years." in markdown
        with zipfile.ZipFile(BytesIO(web.get(f"/{YESTERDAY}.epub").content)) as book:
            book_page = book.read("EPUB/page.xhtml").decode()
        assert "Changed since it was printed</h2>" in book_page
        assert "&lt;b&gt;ninety&lt;/b&gt; years." in book_page
        assert f'href="{WEB}/{YESTERDAY}#c1"' in book_page
        word = docx.Document(BytesIO(web.get(f"/{YESTERDAY}.docx").content))
        words = [one.text for one in word.paragraphs]
        place = words.index("Changed since it was printed")
        assert "for nine years. Corrected since, seen " in words[place + 1]
        assert "<b>ninety</b> years." in words[place + 1]


ATOM = "{http://www.w3.org/2005/Atom}"


def feed(answer: httpx2.Response) -> Element:
    assert answer.status_code == 200
    return fromstring(answer.content)  # noqa: S314  our own feed, from a test


def text(parent: Element, tag: str) -> str:
    found = parent.findtext(f"{ATOM}{tag}")
    assert found is not None
    return found


def stored_on_today(web: Served) -> StoredEdition:
    stored = look(web.store, editions.on, BRIEFING, TODAY)
    assert stored
    return stored


def test_the_feed_has_the_last_editions_with_all_that_is_printed_and_links_to_the_checks(
    pages: Served,
) -> None:
    answer = pages.get("/feed")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = feed(answer)
    assert (text(root, "id"), text(root, "title")) == (f"{WEB}/feed", "Ostra Desk")
    first, second = root.findall(f"{ATOM}entry")
    assert [text(one, "id") for one in (first, second)] == [f"{WEB}/{TODAY}", f"{WEB}/{YESTERDAY}"]
    assert text(root, "updated") == text(first, "updated") == f"{TODAY}T20:00:00Z"
    content = feed(pages.get("/feed")).findall(f"{ATOM}entry")[0].find(f"{ATOM}content")
    assert content is not None
    assert content.get("type") == "html"
    html = content.text or ""
    shown = " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())
    for passage in edition_of(stored_on_today(pages)).passages():
        assert passage.text in shown
    assert f'<a href="{WEB}/{TODAY}#c1">[1' in html
    assert all(not href.startswith("/") for href in re.findall('href="([^"]*)"', html))
    read = feedparser.parse(pages.get("/feed").content)
    assert (bool(read.bozo), read.version, len(read.entries)) == (False, "atom10", 2)
    assert read.entries[0].content[0].type == "text/html"


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


def test_hostile_headlines_leave_the_feed_whole(tmp_path: Path) -> None:
    evil = "]]> & <b>\u0001\u0085\ufffe\ud800 </summary>"
    with printing(tmp_path) as (web, newsroom):
        published = newsroom.first()
        edition = edition_of(published.stored)
        sections = tuple(
            replace(one, briefs=tuple(replace(brief, headline=evil) for brief in one.briefs))
            for one in edition.sections
        )
        forge(web, published.stored, replace(edition, sections=sections), files={})
        entry = feed(web.get("/feed")).findall(f"{ATOM}entry")[0]
        assert "<b>\ufffd" not in text(entry, "content")
        assert "&lt;b&gt;" in text(entry, "content")
        assert text(entry, "summary") == "]]> & <b>\ufffd\u0085\ufffd\ufffd </summary>"
        assert not [one for one in entry.findall(f"{ATOM}link") if one.get("rel") == "enclosure"]


def test_an_edition_without_headlines_is_named_by_its_day(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        published = newsroom.first()
        forge(web, published.stored, replace(edition_of(published.stored), sections=()))
        entry = feed(web.get("/feed")).findall(f"{ATOM}entry")[0]
        assert text(entry, "title") == "Thursday 12 March 2026"
        assert text(entry, "summary") == "The edition of Thursday 12 March 2026."


def test_twenty_editions_are_enough(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        published = newsroom.first()
        edition = edition_of(published.stored)
        with web.store.write() as tx:
            for ago in range(1, 23):
                day = YESTERDAY - timedelta(days=ago)
                stored = replace(published.stored, id=f"{BRIEFING}/{day}", day=day, files={})
                editions.keep(tx, stored, edition=edition, recheck_at=None)
        ids = [text(one, "id") for one in feed(web.get("/feed")).findall(f"{ATOM}entry")]
        assert len(ids) == len(set(ids)) == 20
        assert ids[0].endswith("/2026-03-11")


def test_an_edition_whose_record_is_damaged_takes_no_other_from_the_feed(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.first()
        newsroom.second()
        with web.store.write() as tx:
            tx.execute(update(EDITION).where(EDITION.c.day == TODAY).values(record="{}"))
        (entry,) = feed(web.get("/feed")).findall(f"{ATOM}entry")
        assert text(entry, "id") == f"{WEB}/{YESTERDAY}"


def test_words_of_a_party_have_their_speaker_in_the_feed_and_on_the_page(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        Newsroom(web.store).first()
        stored = look(web.store, editions.on, BRIEFING, YESTERDAY)
        assert stored
        said = edition_of(stored)
        top = said.top
        assert top is not None
        party = tuple(replace(s, speaker="KCNA") for s in top.sentences)
        words = record.write(with_story(said, top.story, sentences=party))
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
