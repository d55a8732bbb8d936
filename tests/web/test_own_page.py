import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from briefing.app.editions import Withdraw, withdraw
from briefing.app.publish import publish
from briefing.core.model import NO_SECTIONS, WatchEntry, WatchList, offered_lists
from briefing.core.text.watch import Matcher
from briefing.store import Store, printed_files
from briefing.store.audit import Actor
from tests.desk import RECIPE
from tests.newsday import HARBOR, NICKEL, STRAIT, YESTERDAY
from tests.publishing import BRIEFING, FIRST, at, publish_plan
from tests.publishing import Desk as Newsroom
from tests.web.served import OTHER, Served, served

OWN, LISTED = f"/{YESTERDAY}/1", f"/{YESTERDAY}/w1"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        web.add(sections=("economy",))
        web.add(OTHER, sections=("economy",))
        web.add("list@courier.example", sections=NO_SECTIONS, lists=("straits",))
        keep_first(web.store)
        yield web


def keep_first(store: Store) -> None:
    """Publish the first day of a desk that offers a list."""
    Newsroom(store).keep(*FIRST, when=at(YESTERDAY, 18))
    own = [WatchList("straits", (WatchEntry("Serrat"),), "The <straits>", offer=True)]
    recipe = replace(RECIPE, watch=Matcher.of(own), lists=offered_lists(own))
    publish(store, publish_plan(recipe=lambda _: recipe), day=YESTERDAY, now=at(YESTERDAY, 20))


def test_it_shows_its_sections_alone_and_leads_to_the_page_of_all(pages: Served) -> None:
    answer = pages.get(OWN)
    assert answer.status_code == 200
    assert NICKEL[0] in answer.text
    assert HARBOR[0] not in answer.text
    assert "Edition 1, 1 section<" in answer.text
    assert "Page of economy. " in answer.text
    assert f'href="/{YESTERDAY}">All sections</a>' in answer.text
    assert f"{OWN}.pdf" in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text
    assert 'rel="canonical"' not in answer.text
    assert f'href="{OWN}.json"' not in answer.text
    assert HARBOR[0] in pages.get(f"/{YESTERDAY}").text


def test_the_page_of_a_list_has_an_address_of_its_own(pages: Served) -> None:
    answer = pages.get(LISTED)
    assert answer.status_code == 200
    assert STRAIT[0] in answer.text
    assert NICKEL[0] not in answer.text
    assert "Edition 1, 1 watch-list<" in answer.text
    assert "Page of watch-list The &lt;straits&gt;. " in answer.text
    assert f'href="/{YESTERDAY}">All sections</a>' in answer.text


@pytest.mark.parametrize("own", [OWN, LISTED])
def test_every_check_and_source_of_it_opens(pages: Served, own: str) -> None:
    page = pages.get(own).text
    marks = set(re.findall(r'href="#c(\d+)"', page))
    assert marks
    assert marks == set(re.findall(r'<section class="check" id="c(\d+)"', page))
    sources = set(re.findall(rf'href="({own}/source/\d+)', page))
    assert sources
    for path in sources:
        text = pages.get(path)
        assert text.status_code == 200
        assert "Yes, character for character" in text.text
        assert f'href="{own}#m' in text.text


def test_its_pdf_is_the_one_that_is_mailed(pages: Served) -> None:
    answer = pages.get(f"{OWN}.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert f'-{YESTERDAY}-1.pdf"' in answer.headers["Content-Disposition"]
    with pages.store.read() as tx:
        kept = printed_files.get(tx, f"{BRIEFING}/{YESTERDAY}", "1")
    assert kept
    assert answer.content == kept.pdf


@pytest.mark.parametrize("path", [OWN, f"{OWN}.pdf", f"{OWN}/source/1", f"{LISTED}.pdf"])
def test_it_is_asked_for_again_by_its_tag(pages: Served, path: str) -> None:
    tag = pages.get(path).headers["ETag"]
    assert pages.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        f"/{YESTERDAY}/2",
        f"/{YESTERDAY}/1-2",
        f"/{YESTERDAY}/economy",
        f"/{YESTERDAY}/%00",
        f"/{YESTERDAY}/{'9' * 5000}",
        f"/{YESTERDAY}/1.json",
        f"/{YESTERDAY}/1-w1",
        f"/{YESTERDAY}/w2",
        f"/{YESTERDAY}/w1-1",
        f"/{YESTERDAY}/w",
        f"/{YESTERDAY}/straits",
        f"/{YESTERDAY}/2.pdf",
        f"/{YESTERDAY}/2/source/1",
        f"{OWN}/source/99",
        "/tomorrow/1",
        "/2026-03-10/1",
    ],
)
def test_what_was_not_made_is_not_there(pages: Served, path: str) -> None:
    assert pages.get(path).status_code == 404


def test_it_is_withdrawn_with_its_edition(pages: Served) -> None:
    """The last test of this file: the edition is gone behind it."""
    with pages.store.write() as tx:
        withdraw(
            tx, Withdraw("Ostra Desk", YESTERDAY, "wrong"), actor=Actor("command", pages.clock())
        )
    assert "withdrawn" in pages.get(OWN).text
    assert (pages.get(OWN).status_code, pages.get(f"{OWN}.pdf").status_code) == (410, 410)
    assert pages.get(f"{OWN}/source/1").status_code == 410
