import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from briefing.core.model import LEFT_OUT_BY_EDITOR
from briefing.store import documents, editions
from tests.desk import OPINION
from tests.newsday import ORCHIDS, TODAY, YESTERDAY, report
from tests.publishing import BRIEFING, FIRST, at, edition_of
from tests.publishing import Desk as Newsroom
from tests.web.served import Served, forge, printing, served, title

#: A report with a headline alone that nobody would name.
BLOOM = ("Orchids in the garden of Sund", "They bloom.")


def test_it_is_told_how_the_page_is_made(tmp_path: Path, web: Served) -> None:
    assert "reports from" not in web.get("/about").text
    folder = tmp_path / "other"
    folder.mkdir()
    with served(folder, name="Ostra Desk") as printed:
        Newsroom(printed.store).first()
        answer = printed.get("/about")
        assert title(answer) == "How an edition is made"
        assert "The latest edition was made from 3 reports by 1 publisher." in answer.text
        assert f'href="/{YESTERDAY}/ledger"' in answer.text


def test_the_ledger_says_what_was_left_out_and_why_without_secrets(tmp_path: Path) -> None:
    failed = (
        ("https://wire.example/feed/key-1234", "not answered since 2026-03-10 05:34 UTC: key-1234"),
        ("/srv/desk/incoming", "[Errno 13] /srv/desk"),
        ("Sahel Matin", "not answered since 2026-03-10 05:34 UTC: refused"),
        ("//[", "x"),
    )
    with printing(tmp_path) as (web, newsroom):
        published = newsroom.first()
        edition = edition_of(published.stored)
        ledger = replace(
            edition.ledger,
            failed=failed,
            dropped_documents={"opinion": 3, "live blog": 7},
            dropped_sentences={"byline": 1},
            dropped_stories={"of no section": 2},
            no_room=(("s9", "A <b>story</b>", "economy"),),
        )
        forge(web, published.stored, replace(edition, ledger=ledger))
        answer = web.get(f"/{TODAY}/ledger")
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
        assert "Reports left out" not in web.get(f"/{YESTERDAY}/ledger").text


def test_behind_each_count_stand_the_headlines_linked_to_their_publishers(tmp_path: Path) -> None:
    hostile = '<script>alert(1)</script> & "fog"'
    stub = replace(
        report("stub", (hostile, "They bloom.")), url="https://courier.example/?a=1&b=<2>"
    )
    unlinked = replace(report("stub2", BLOOM), url="javascript:alert(1)")
    with printing(tmp_path) as (web, newsroom):
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
    assert f"<li>{BLOOM[0]}" in page
    assert ORCHIDS[0] in page
    for raw in ("<script>alert", "<b>Post", "javascript:"):
        assert raw not in page


def test_of_many_headlines_the_first_are_shown_and_the_others_counted(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        stubs = [
            report(f"stub{number}", (f"Orchids {number}", f"They bloom {number}."))
            for number in range(103)
        ]
        newsroom.keep(*FIRST, *stubs, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY)
        page = web.get(f"/{YESTERDAY}/ledger").text
    assert page.count("<li>") == 100
    assert "<p>And 3 more</p>" in page


def test_what_editors_decided_against_is_counted_and_not_named(tmp_path: Path) -> None:
    with printing(tmp_path) as (web, newsroom):
        newsroom.keep(*FIRST, report("orchids", ORCHIDS), when=at(YESTERDAY, 18))
        published = newsroom.publish(YESTERDAY)
        edition = edition_of(published.stored)
        found = tuple(
            replace(one, why=LEFT_OUT_BY_EDITOR if one.headline == ORCHIDS[0] else one.why)
            for one in edition.ledger.ranked
        )
        assert found != edition.ledger.ranked
        ledger = replace(edition.ledger, ranked=found, dropped_stories={LEFT_OUT_BY_EDITOR: 1})
        forge(web, published.stored, replace(edition, ledger=ledger))
        page = web.get(f"/{TODAY}/ledger").text
    assert "Left out by an editor" in page
    assert ORCHIDS[0] not in page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        Newsroom(web.store).first()
        yield web


def body(page: str) -> str:
    return page.partition('<article class="stored"')[2].partition(">")[2].partition("</article>")[0]


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", "", markup)).split())


def test_the_whole_text_is_shown_as_it_was_collected(pages: Served) -> None:
    with pages.store.read() as tx:
        stored = editions.on(tx, BRIEFING, YESTERDAY)
        assert stored
        texts = documents.texts(tx, edition_of(stored).documents)
    shown = {plain(body(pages.get(f"/{YESTERDAY}/source/{n}").text)) for n in (1, 2, 3)}
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
    front = plain(first)
    for _, words in marked:
        assert plain(words).split(". ")[0] in front
    beside = plain(page.partition("<aside")[2])
    assert "Yes, character for character" in beside
    assert "Top story, sentence 1" in beside
    assert re.search(r"Characters \d+ to \d+ of \d+, sha256 (\w{4} ){3}", beside)
    assert f'href="/{YESTERDAY}#m1"' in page
    assert '<meta name="robots" content="noindex">' in page


def test_a_further_source_is_shown_without_a_claim(pages: Served) -> None:
    with pages.store.read() as tx:
        stored = editions.on(tx, BRIEFING, YESTERDAY)
        assert stored
        bare = edition_of(stored)
        edition = replace(bare, documents=documents.texts(tx, bare.documents))
    top = edition.top
    assert top
    others = [name for name in edition.documents if name != top.sources[0]]
    brief = replace(top, sources=(top.sources[0], others[0]))
    only = replace(edition.sections[0], briefs=(brief,))
    forged = replace(
        edition, sections=(only,), panel=replace(edition.panel, figures=(), quotes=(), ahead=())
    )
    forge(pages, stored, forged)
    check = pages.get(f"/{TODAY}").text.partition('id="c2"')[2].partition("</section>")[0]
    assert "<b>Similar.</b>" in check
    assert "Identical, character for character." not in check
    page = pages.get(f"/{TODAY}/source/2").text
    assert "Nothing was printed from this text; it reports the same story." in page
    assert "<mark" not in page
