from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from briefing.core import record
from briefing.store import documents, editions
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import BRIEFING, edition_of
from tests.publishing import Desk as Newsroom
from tests.web.served import Served, served

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


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


def test_what_was_printed_stands_in_brackets_and_can_be_linked_to(pages: Served) -> None:
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


def test_what_was_checked_stands_beside_it(pages: Served) -> None:
    page = pages.get(f"/{YESTERDAY}/source/1").text
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
    with pages.store.write() as tx:
        day = replace(stored, id=f"{BRIEFING}/{TODAY}", day=TODAY, record=record.write(forged))
        editions.keep(tx, day, edition=edition, recheck_at=None)
    check = pages.get(f"/{TODAY}").text.partition('id="c2"')[2].partition("</section>")[0]
    assert "<b>Close.</b>" in check
    assert "Same, character for character." not in check
    page = pages.get(f"/{TODAY}/source/2").text
    assert "Nothing was printed from this text; it reports the same story." in page
    assert "<mark" not in page
