import hashlib
import html
import re
import zipfile
from base64 import b64encode
from dataclasses import replace
from datetime import date, time
from io import BytesIO
from pathlib import Path

import docx
import pytest
from sqlalchemy import select, update

from briefing.core.model import LEFT_OUT_BY_EDITOR
from briefing.core.schedule import Timetable
from briefing.store import documents, editions
from briefing.store.editions import StoredEdition
from briefing.store.tables import VERSION
from tests.desk import OPINION
from tests.newsday import HARBOR, ORCHIDS, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, at, edition_of
from tests.store.ready import look
from tests.web.served import WEB, Served, forge, served, title


def stored(web: Served, day: date = TODAY) -> StoredEdition:
    found = look(web.store, editions.on, BRIEFING, day)
    assert found
    return found


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
    shown = text_of(last.text)
    told = edition_of(stored(pages))
    for passage in told.passages():
        assert normalized(passage.text) in shown
    for brief in told.briefs():
        assert normalized(brief.headline) in shown


def test_each_mark_has_a_check_that_leads_back_and_to_the_whole_text(pages: Served) -> None:
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
    check = page.partition('id="c1"')[2].partition("</section>")[0]
    assert re.search(rf'href="/{TODAY}/source/1#printed\d+">Full stored text', check)
    assert re.search('href="https://courier.example/[^"]+" rel="noreferrer">Report on', check)


def test_a_further_source_shows_its_closest_sentence_as_just_that(ostra: Served) -> None:
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
    other = report("again", again, publisher="Kalvik Post")
    ostra.newsroom.keep(*FIRST, other, when=at(YESTERDAY, 18))
    ostra.newsroom.publish(YESTERDAY)
    page = ostra.get("/").text
    checks = re.findall('<section class="check".*?</section>', page, re.DOTALL)
    (found,) = [one for one in checks if "<b>Similar.</b>" in one]
    (nearest,) = re.findall('<mark class="nearest">(.*?)</mark>', found)
    assert nearest in again[1]
    assert nearest not in HARBOR[1]
    assert re.search(r"word overlap [01]\.\d\d out of 1", found)
    assert "Identical, character" not in found
    assert "printed opens" not in found


def test_behind_each_brief_are_its_reports_and_unprinted_sentences(pages: Served) -> None:
    page, told = pages.get("/").text, edition_of(stored(pages))
    behind = re.findall(r'<details class="behind">(.*?)</details>', page, re.DOTALL)
    assert len(behind) == len(list(told.briefs()))
    strait = next(one for one in behind if "Wed 11 March" in one and "On Wed" in one)
    earlier = next(brief.earlier for brief in told.briefs() if brief.earlier)
    assert f'<a href="/{YESTERDAY}">{html.escape(earlier.title.text)}</a>' in strait
    printed_words = {one.text for one in told.sentences()}
    ids = [id for one in told.evidence.values() for id, _ in one.links]
    texts = [one.text for one in look(pages.store, documents.texts, ids).values()]
    shown = re.findall(r"<q [^>]*>(.*?)</q>.*?characters (\d+) to (\d+)", page, re.DOTALL)
    assert shown
    for words, start, end in shown:
        assert html.unescape(words) not in printed_words
        assert html.unescape(words) in {text[int(start) : int(end)] for text in texts}


def test_stored_words_that_differ_are_so(ostra: Served, caplog: pytest.LogCaptureFixture) -> None:
    ostra.newsroom.first()
    assert "Not identical." not in ostra.get("/").text
    spoil(ostra, "harbor council", "harbor counsel")
    page = ostra.get("/").text
    assert page.count("Not identical.") == page.count('class="check fault"') >= 1
    assert "The stored text differs from what was printed. Compared at 08:12 UTC" in page
    assert "The harbor council of Port Ostra voted" in page
    assert "are not as they stand in the stored texts" in caplog.text
    sources = [ostra.get(f"/{YESTERDAY}/source/{number}").text for number in (1, 2, 3)]
    (source,) = [text for text in sources if "coastguard takes two berths" in text]
    assert "No. The stored text has changed since it was printed." in source


def test_the_next_page_is_announced_in_words(tmp_path: Path) -> None:
    table = Timetable(time(6, 30), "Europe/Zurich")
    with served(tmp_path, name="Ostra Desk", timetable=table) as web:
        web.newsroom.first()
        assert "Thu 12 March was due at 06:30" in web.get("/").text
        web.clock.at = at(YESTERDAY, 21)
        assert "Thu 12 March comes at 06:30" in web.get("/").text
        web.clock.at = at(TODAY, 21)
        assert "Fri 13 March comes at 06:30" in web.get("/").text


def test_files_are_given_as_they_were_printed(pages: Served) -> None:
    answer = pages.get(f"/{TODAY}.pdf")
    assert answer.content == stored(pages).files["pdf"]
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == f'inline; filename="ostra-desk-{TODAY}.pdf"'
    answer = pages.get(f"/{TODAY}.html")
    assert answer.content == stored(pages).files["html"]
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


def test_what_is_not_there_is_told(pages: Served) -> None:
    places = """/2026-02-30 {day}/source/0 {day}/source/999 {day}/source/x {day}/source/%D9%A1
        /1999-01-01/source/1 /1999-01-01/ledger /1999-01-01.html /1999-01-01.pdf /2026-1-1 /20260101
        /%D9%A2026-01-01 /..%2f..%2fetc%2fpasswd /..%2fdesk.db.pdf /index.php /fonts/x.woff2
        /fonts/SourceSerifPro-Regular.ttf /fonts/SourceSansPro-Light /fonts/..%2f..%2fsite.css
        /subscribe/"""
    for path in places.format(day=f"/{TODAY}").split():
        answer = pages.get(path)
        assert (answer.status_code, title(answer)) == (404, "Page not found"), path
        assert "location" not in answer.headers


def test_a_page_without_a_pdf_is_told(ostra: Served) -> None:
    ostra.newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
    ostra.newsroom.publish(YESTERDAY, write=lambda _edition, _pdf: {})
    page = ostra.get("/")
    assert page.status_code == 200
    assert ".pdf" not in page.text
    for path in (f"/{YESTERDAY}.pdf", f"/{YESTERDAY}.html", "/last.pdf"):
        assert ostra.get(path).status_code == 404


def test_an_edition_on_another_paper_has_an_address_of_its_own(ostra: Served) -> None:
    ostra.newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
    ostra.newsroom.publish(
        YESTERDAY, write=lambda _edition, pdf: {"pdf": pdf, "letter.pdf": b"%PDF"}
    )
    answer = ostra.get(f"/{YESTERDAY}.letter.pdf")
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF", "application/pdf")
    shown = f'inline; filename="ostra-desk-{YESTERDAY}.letter.pdf"'
    assert answer.headers["content-disposition"] == shown
    page = ostra.get("/").text
    assert f'<a href="/{YESTERDAY}.letter.pdf">PDF, US Letter</a>' in page
    assert ".a4.pdf" not in page
    for other in ("a4", "A4", "html", "letter.letter", "x%0ay"):
        assert ostra.get(f"/{YESTERDAY}.{other}.pdf").status_code == 404


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


def test_what_a_source_has_changed_since_stands_beside_the_sentence(ostra: Served) -> None:
    ostra.newsroom.first()
    before = ostra.get(f"/{YESTERDAY}")
    assert "Corrected since" not in before.text
    harbor = report("harbor", HARBOR)
    ostra.newsroom.edit(
        harbor, harbor.text.replace("nine years", "<b>ninety</b> years"), when=at(TODAY, 9)
    )
    page = ostra.get(f"/{YESTERDAY}", headers={"If-None-Match": before.headers["etag"]})
    assert page.status_code == 200
    since = "<b>Corrected since, seen Thursday 12 March 2026:</b>"
    # in its check, beside it, and on the page of the stored text
    check, beside = page.text.split("for nine years.</span>")
    source = re.findall(rf'href="(/{YESTERDAY}/source/\d+)', check)[-1]
    for shown in (check, beside, ostra.get(source).text):
        assert shown.index(since) < shown.index("for &lt;b&gt;ninety&lt;/b&gt; years.</span>")
    # what was printed stays proved, and every other sentence as it was
    assert "Not identical" not in page.text
    assert page.text.count("Corrected since") == 2
    markdown = ostra.get(f"/{YESTERDAY}.md").text
    assert "## Changed since it was printed" in markdown
    assert "\\<b\\>ninety\\</b\\> years." in markdown
    with zipfile.ZipFile(BytesIO(ostra.get(f"/{YESTERDAY}.epub").content)) as book:
        book_page = book.read("EPUB/page.xhtml").decode()
    assert "Changed since it was printed</h2>" in book_page
    assert "&lt;b&gt;ninety&lt;/b&gt; years." in book_page
    assert f'href="{WEB}/{YESTERDAY}#c1"' in book_page
    word = docx.Document(BytesIO(ostra.get(f"/{YESTERDAY}.docx").content))
    words = [one.text for one in word.paragraphs]
    place = words.index("Changed since it was printed")
    assert "for nine years. Corrected since, seen " in words[place + 1]
    assert "<b>ninety</b> years." in words[place + 1]


#: A report with a headline alone that nobody would name.
BLOOM = ("Orchids in the garden of Sund", "They bloom.")


def test_it_is_told_how_the_page_is_made(ostra: Served) -> None:
    assert "latest edition was made" not in ostra.get("/about").text
    ostra.newsroom.first()
    answer = ostra.get("/about")
    assert title(answer) == "How an edition is made"
    assert "The latest edition was made from 3 reports by 1 publisher." in answer.text
    assert f'href="/{YESTERDAY}/ledger"' in answer.text


def test_the_ledger_says_what_was_left_out_and_why_without_secrets(ostra: Served) -> None:
    failed = (
        ("https://wire.example/feed/key-1234", "not answered since 2026-03-10 05:34 UTC: key-1234"),
        ("/srv/desk/incoming", "[Errno 13] /srv/desk"),
        ("Sahel Matin", "not answered since 2026-03-10 05:34 UTC: refused"),
        ("//[", "x"),
    )
    published = ostra.newsroom.first()
    edition = edition_of(published.stored)
    ledger = replace(
        edition.ledger,
        failed=failed,
        dropped_documents={"opinion": 3, "live blog": 7},
        dropped_sentences={"byline": 1},
        dropped_stories={"of no section": 2},
        no_room=(("s9", "A <b>story</b>", "economy"),),
    )
    forge(ostra, published.stored, replace(edition, ledger=ledger))
    answer = ostra.get(f"/{TODAY}/ledger")
    assert title(answer) == "What was left out, and why"
    for said in (
        '<th scope="row">Live blog</th><td class="figure-cell">7</td>',
        '<th scope="row">wire.example</th><td>No response since 2026-03-10 05:34 UTC</td>',
        '<th scope="row">A local folder</th><td>Could not be read</td>',
        '<th scope="row">Sahel Matin</th>',
        '<th scope="row">A source</th>',
        "A &lt;b&gt;story&lt;/b&gt;",
    ):
        assert said in answer.text
    assert answer.text.index("Live blog") < answer.text.index("Opinion")
    for secret in ("key-1234", "/srv/desk"):
        assert secret not in answer.text
    assert "Reports left out" not in ostra.get(f"/{YESTERDAY}/ledger").text


def test_behind_each_count_stand_the_headlines_linked_to_their_publishers(ostra: Served) -> None:
    hostile = '<script>alert(1)</script> & "fog"'
    stub = replace(
        report("stub", (hostile, "They bloom.")), url="https://courier.example/?a=1&b=<2>"
    )
    unlinked = replace(report("stub2", BLOOM), url="javascript:alert(1)")
    column = replace(report("opinion", OPINION), publisher="<b>Post</b>")
    ostra.newsroom.keep(*FIRST, report("orchids", ORCHIDS), column, when=at(YESTERDAY, 18))
    ostra.newsroom.keep(stub, unlinked, when=at(YESTERDAY, 18))
    ostra.newsroom.publish(YESTERDAY)
    page = ostra.get(f"/{YESTERDAY}/ledger").text
    assert page.count("<details>") == 3
    assert '<summary>Headlines<span class="unseen">: opinion</span></summary>' in page
    assert f'rel="noreferrer">{OPINION[0]}</a>' in page
    assert "&lt;b&gt;Post&lt;/b&gt;" in page
    assert 'href="https://courier.example/?a=1&amp;b=&lt;2&gt;"' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert f"<li>{BLOOM[0]}" in page
    assert ORCHIDS[0] in page
    for raw in ("<script>alert", "<b>Post", "javascript:"):
        assert raw not in page


def test_of_many_headlines_the_first_are_shown_and_the_others_counted(ostra: Served) -> None:
    stubs = [
        report(f"stub{number}", (f"Orchids {number}", f"They bloom {number}."))
        for number in range(103)
    ]
    ostra.newsroom.keep(*FIRST, *stubs, when=at(YESTERDAY, 18))
    ostra.newsroom.publish(YESTERDAY)
    page = ostra.get(f"/{YESTERDAY}/ledger").text
    assert page.count("<li>") == 100
    assert "<p>And 3 more</p>" in page


def test_what_editors_decided_against_is_counted_and_not_named(ostra: Served) -> None:
    ostra.newsroom.keep(*FIRST, report("orchids", ORCHIDS), when=at(YESTERDAY, 18))
    published = ostra.newsroom.publish(YESTERDAY)
    edition = edition_of(published.stored)
    found = tuple(
        replace(one, why=LEFT_OUT_BY_EDITOR if one.headline == ORCHIDS[0] else one.why)
        for one in edition.ledger.ranked
    )
    assert found != edition.ledger.ranked
    ledger = replace(edition.ledger, ranked=found, dropped_stories={LEFT_OUT_BY_EDITOR: 1})
    forge(ostra, published.stored, replace(edition, ledger=ledger))
    page = ostra.get(f"/{TODAY}/ledger").text
    assert "Left out by an editor" in page
    assert ORCHIDS[0] not in page


def body(page: str) -> str:
    return page.partition('<article class="stored"')[2].partition(">")[2].partition("</article>")[0]


def test_the_whole_text_is_shown_as_it_was_collected(pages: Served) -> None:
    printed = edition_of(stored(pages, YESTERDAY))
    texts = look(pages.store, documents.texts, printed.documents)
    shown = {text_of(body(pages.get(f"/{YESTERDAY}/source/{n}").text)) for n in (1, 2, 3)}
    assert shown == {" ".join(one.text.split()) for one in texts.values()}


def test_what_was_printed_stands_in_brackets_with_what_was_checked_beside_it(pages: Served) -> None:
    page = pages.get(f"/{YESTERDAY}/source/1").text
    marked = re.findall(
        r'<mark class="printed opens closes" id="printed(\d+)">(.*?)</mark>', body(page), re.DOTALL
    )
    assert [number for number, _ in marked] == [str(n) for n in range(1, len(marked) + 1)]
    first = pages.get(f"/{YESTERDAY}").text
    for number in re.findall(rf"/{YESTERDAY}/source/1#printed(\d+)", first):
        assert f'id="printed{number}"' in page
    front = text_of(first)
    for _, words in marked:
        assert text_of(words).split(". ")[0] in front
    beside = text_of(page.partition("<aside")[2])
    assert "Yes, character for character" in beside
    assert "Top story, sentence 1" in beside
    assert re.search(r"Characters \d+ to \d+ of \d+, sha256 (\w{4} ){3}", beside)
    assert f'href="/{YESTERDAY}#m1"' in page
    assert '<meta name="robots" content="noindex">' in page


def test_a_further_source_is_shown_without_a_claim(ostra: Served) -> None:
    stored = ostra.newsroom.first().stored
    bare = edition_of(stored)
    edition = replace(bare, documents=look(ostra.store, documents.texts, bare.documents))
    top = edition.top
    assert top
    others = [name for name in edition.documents if name != top.sources[0]]
    brief = replace(top, sources=(top.sources[0], others[0]))
    only = replace(edition.sections[0], briefs=(brief,))
    forged = replace(
        edition, sections=(only,), panel=replace(edition.panel, figures=(), quotes=(), ahead=())
    )
    forge(ostra, stored, forged)
    check = ostra.get(f"/{TODAY}").text.partition('id="c2"')[2].partition("</section>")[0]
    assert "<b>Similar.</b>" in check
    assert "Identical, character for character." not in check
    page = ostra.get(f"/{TODAY}/source/2").text
    assert "Nothing was printed from this text; it reports the same story." in page
    assert "<mark" not in page
