import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from briefing.core.model import WatchList
from briefing.store.tables import VERSION
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import LISTS, publish_both
from tests.web.admin.sessions import seated
from tests.web.served import Served, served


def desk(
    folder: Path, *, watch: tuple[WatchList, ...], printed: tuple[WatchList, ...] = LISTS
) -> Iterator[Served]:
    with served(folder, name="Ostra Desk", watch=watch) as web:
        publish_both(web.store, printed)
        yield web


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    yield from desk(tmp_path, watch=LISTS)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from desk(tmp_path_factory.mktemp("desk"), watch=LISTS)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("bare"), name="Ostra Desk") as web:
        yield web


def main(web: Served, path: str) -> str:
    return re.sub(r"\s+", " ", web.get(path).text.partition("<main")[2])


def test_stories_and_lists_lead_to_each_other(pages: Served) -> None:
    for day in (YESTERDAY, TODAY):
        text = main(pages, f"/{day}")
        assert 'watched: <a href="/watch/straits">The straits</a></span>' in text
    text = main(pages, "/watch")
    straits, quiet = (text.find(f'<a href="/watch/{one.name}">{one.heading}</a>') for one in LISTS)
    assert 0 < straits < quiet
    assert straits < text.find("2 stories in 7 days, 2 in 30") < quiet
    assert "Last named Thu 12 March 2026" in text
    assert "Not named yet" in text


def test_the_archive_leads_to_them_where_there_are_any(pages: Served, bare: Served) -> None:
    assert '<a class="bracket" href="/watch">' in pages.get("/archive").text
    assert "/watch" not in bare.get("/archive").text


def test_a_list_shows_its_stories_by_day_with_their_sentences(pages: Served) -> None:
    text = main(pages, "/watch/straits")
    places = [text.find(title) for title in (STRAIT_NEXT[0], STRAIT[0])]
    assert 0 < places[0] < places[1]
    assert text.count("Matches the stored text") == 2
    assert "2 stories in 7 days, 2 in 30." in text
    assert "Serrat, Ottar" not in text
    for path in re.findall(r'<h4><a href="(/[^"]*)"', text):
        day, _, anchor = path.partition("#")
        assert f'id="{anchor}"' in pages.get(day).text


def test_words_that_are_no_longer_stored_as_printed_are_told(own: Served) -> None:
    with own.store.write() as tx:
        tx.execute(update(VERSION).values(text="Other words."))
    assert main(own, "/watch/straits").count("Does not match the stored text") == 2


def test_operators_see_what_each_list_says_and_those_that_are_gone(tmp_path: Path) -> None:
    for web in desk(tmp_path, watch=()):
        one = seated(web)
        assert web.get("/watch/straits").status_code == 404
        text = re.sub(r"\s+", " ", one.get("/admin/settings/watch/straits").text)
        assert "(Ottar 2, Serrat 2)" in text
        assert "Serrat, Ottar · Security" in text or "Serrat, Ottar · Economy" in text
        assert "It is no longer watched" in text
        assert web.get("/admin/settings/watch/straits").status_code == 303


def test_pages_beyond_the_last_are_empty(pages: Served, bare: Served) -> None:
    assert "This page of the list is empty" in main(pages, "/watch/straits?page=2")
    for odd in ("0", "-1", "x", "٣", "9" * 40, ""):
        assert pages.get(f"/watch/straits?page={odd}").status_code == 200
    assert "No edition has named an entry yet" in main(pages, "/watch/quiet")
    assert "No lists are offered" in main(bare, "/watch")


@pytest.mark.parametrize("path", ["/watch", "/watch/straits"])
def test_all_are_asked_for_again_and_not_sent_twice(pages: Served, path: str) -> None:
    first = pages.get(path)
    again = pages.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)


@pytest.mark.parametrize("name", ["none", "STRAITS", "straits%0A", "%3Cb%3E", "x" * 300])
def test_what_is_no_list_is_not_found(pages: Served, name: str) -> None:
    assert pages.get(f"/watch/{name}").status_code == 404
