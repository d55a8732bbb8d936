import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from briefing.core import record
from briefing.core.model import Edition, WatchList
from briefing.store import audit, editions
from briefing.store.tables import VERSION
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import BRIEFING, LISTS, publish_both, show_merge, show_split
from tests.store.ready import look, ready_store
from tests.web.admin.sessions import seated
from tests.web.served import Served, served

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of a desk with two editions."""
    folder = tmp_path_factory.mktemp("printed")
    with ready_store("desk.db", folder=folder) as store:
        publish_both(store)
    return folder / "desk.db"


@contextmanager
def desk(printed: Path, folder: Path, *, watch: tuple[WatchList, ...] = LISTS) -> Iterator[Served]:
    shutil.copy(printed, folder)
    with served(folder, name="Ostra Desk", watch=watch) as web:
        yield web


@pytest.fixture
def own(printed: Path, tmp_path: Path) -> Iterator[Served]:
    with desk(printed, tmp_path) as web:
        yield web


@pytest.fixture(scope="module")
def pages(printed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with desk(printed, tmp_path_factory.mktemp("desk")) as web:
        yield web


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("bare"), name="Ostra Desk") as web:
        yield web


def edition_on(web: Served) -> Edition:
    stored = look(web.store, editions.on, BRIEFING, TODAY)
    assert stored is not None
    return record.read(stored.record, name=stored.id).edition


def test_a_timeline_has_a_sentence_of_each_day_and_leads_to_its_checks(pages: Served) -> None:
    text = pages.get("/saga/s1").text
    places = [text.find(title, text.find("<main")) for title in (STRAIT_NEXT[0], STRAIT[0])]
    days = [text.find(f"<span>Day {number}</span>") for number in (2, 1)]
    assert -1 < days[0] < places[1]
    assert 0 < places[0] < places[1]
    assert text.count("Matches the stored text") == 2
    for path in re.findall(r'href="(/\d{4}-\d\d-\d\d#c\d+)"', pages.get("/saga/s1").text):
        day, _, check = path.partition("#")
        assert f'id="{check}"' in pages.get(day).text
    for day, words in ((YESTERDAY, "Day 1 of this story"), (TODAY, "Day 2 of this story")):
        text = pages.get(f"/{day}").text
        assert text.count(f'<a href="/saga/s1">{words}</a>') == 1


def test_a_sentence_that_is_no_longer_stored_as_printed_is_told(own: Served) -> None:
    (saga,) = [brief.saga for brief in edition_on(own).briefs() if brief.saga]
    name = saga.entries[0].sentence.document
    with own.store.write() as tx:
        tx.execute(update(VERSION).where(VERSION.c.id == name).values(text="Other words."))
    assert own.get("/saga/s1").text.count("Does not match the stored text") == 1
    with own.store.write() as tx:
        tx.execute(update(VERSION).values(text="Other words."))
    assert main(own, "/watch/straits").count("Does not match the stored text") == 2


def test_the_feed_has_an_entry_for_each_edition(pages: Served) -> None:
    answer = pages.get("/saga/s1/feed")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(answer.text)  # noqa: S314  our own
    titles = [one.findtext(f"{ATOM}title") for one in root.iter(f"{ATOM}entry")]
    assert titles == [f"Day 2: {STRAIT_NEXT[0]}", f"Day 1: {STRAIT[0]}"]
    ids = [one.findtext(f"{ATOM}id") or "" for one in root.iter(f"{ATOM}entry")]
    assert len(set(ids)) == 2
    assert all(one.startswith("https://briefing.example/2026-03-1") for one in ids)


def test_the_list_leads_to_each_saga(pages: Served, bare: Served) -> None:
    text = pages.get("/sagas").text
    assert f'<a href="/saga/s1">{STRAIT_NEXT[0]}</a>' in text
    assert "This page of the list is empty" in pages.get("/sagas?page=2").text
    for odd in ("0", "-1", "x", "٣", "9" * 40, ""):
        for path in ("/sagas", "/watch/straits"):
            assert pages.get(f"{path}?page={odd}").status_code == 200
    assert "No story has continued" in bare.get("/sagas").text


@pytest.mark.parametrize(
    "path", ["/saga/s1", "/saga/s1/feed", "/sagas", "/watch", "/watch/straits"]
)
def test_all_are_asked_for_again_and_not_sent_twice(pages: Served, path: str) -> None:
    first = pages.get(path)
    again = pages.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_what_is_no_saga_and_no_list_is_not_found(pages: Served) -> None:
    for id in ("s2", "s0", "S1", "1", "s1%0A", "%3Cb%3E", "s" + "9" * 40):
        for path in (f"/saga/{id}", f"/saga/{id}/feed"):
            assert pages.get(path).status_code == 404, path
    for name in ("none", "STRAITS", "straits%0A", "%3Cb%3E", "x" * 300):
        assert pages.get(f"/watch/{name}").status_code == 404, name


def test_what_may_be_one_is_said_on_both_pages_and_in_the_feed(own: Served) -> None:
    show_merge(own.store)
    for id, other in (("s1", "s2"), ("s2", "s1")):
        assert f'<a href="/saga/{other}">another saga</a>' in own.get(f"/saga/{id}").text
    entry = next(ET.fromstring(own.get("/saga/s1/feed").text).iter(f"{ATOM}entry"))  # noqa: S314  our own
    (link,) = [one for one in entry.iter(f"{ATOM}link") if one.get("rel") == "related"]
    assert link.get("href") == "https://briefing.example/saga/s2"


def test_two_stories_of_one_day_are_said_to_be_two(own: Served) -> None:
    assert "of 2 stories" not in own.get("/saga/s1").text
    show_split(own.store)
    text = own.get("/saga/s1").text
    assert text.count("<span>Day 2, one of 2 stories</span>") == 2
    assert 'rel="related"' not in own.get("/saga/s1/feed").text


def proposed(text: str) -> tuple[str, dict[str, str]]:
    """Return where the form of the one proposal goes, and what it sends but for the button."""
    (form,) = re.findall(r'<li><form method="post" action="([^"]+)">(.*?)</form>', text, re.DOTALL)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[1]))
    del hidden["form_token"]
    return form[0], hidden


class TestAnEditor:
    """Corrects a saga by its forms."""

    def form(self, web: Served) -> dict[str, str]:
        told = next(brief for brief in edition_on(web).briefs() if brief.saga)
        return {"do": "part", "days": f"{BRIEFING}/{TODAY} {told.story}"}

    def test_parts_a_saga_and_joins_it_again(self, own: Served) -> None:
        session = seated(own)
        answer = session.post("/admin/sagas/s1", self.form(own))
        assert answer.status_code == 303
        assert answer.headers["location"] == "/admin/sagas/s18?message=parted"
        assert "Split." in session.get(answer.headers["location"]).text
        assert "Day 1 of this story" in own.get(f"/{TODAY}").text
        answer = session.post("/admin/sagas/s18", {"do": "join", "into": "s1"})
        assert answer.headers["location"] == "/admin/sagas/s1?message=joined"
        moved = own.get("/saga/s18")
        assert (moved.status_code, moved.headers["location"]) == (308, "/saga/s1")
        assert "merged with s18 by an editor" in own.get("/saga/s1").text
        assert {one.what for one in look(own.store, audit.recent)} >= {"split saga", "merge sagas"}

    def test_is_told_what_is_wrong_and_keeps_what_was_typed(self, own: Served) -> None:
        session, before = seated(own), own.dump()
        for fields, words in (
            ({"do": "part"}, "but not all"),
            ({"do": "part", "days": "<b>x</b>"}, "has no such day"),
            ({"do": "join", "into": "s9"}, "no such saga"),
            ({"do": "join", "into": "<s9>"}, "&lt;s9&gt;"),
            ({"do": "join", "into": "s1"}, "already one saga"),
        ):
            answer = session.post("/admin/sagas/s1", fields)
            assert answer.status_code == 400
            assert words in answer.text
            assert 'aria-invalid="true"' in answer.text
        assert 'value="s1"' in answer.text
        assert session.post("/admin/sagas/s1", {"do": "x"}).status_code == 400
        assert session.post("/admin/sagas/s9", {"do": "part"}).status_code == 404
        assert session.get("/admin/sagas/s9").status_code == 404
        assert own.dump() == before

    @pytest.mark.parametrize("page", ["/admin/sagas", "/admin/sagas/s1", "/admin/sagas/s2"])
    def test_joins_by_a_click_what_is_shown_to_be_one(self, own: Served, page: str) -> None:
        show_merge(own.store)
        session = seated(own)
        path, fields = proposed(session.get(page).text)
        assert (path, fields) == ("/admin/sagas/s2", {"into": "s1"})
        answer = session.post(path, {**fields, "do": "join"})
        assert answer.headers["location"] == "/admin/sagas/s1?message=joined"
        assert "Proposed" not in session.get("/admin/sagas").text

    def test_declines_by_one_click(self, own: Served) -> None:
        show_merge(own.store)
        session = seated(own)
        assert "No editor has decided yet" in own.get("/saga/s1").text
        path, fields = proposed(session.get("/admin/sagas/s1").text)
        answer = session.post(path, {**fields, "do": "decline"})
        assert answer.headers["location"] == "/admin/sagas/s2?message=declined"
        assert "will not be proposed again" in session.get(answer.headers["location"]).text
        for id in ("s1", "s2"):
            assert "No editor has decided yet" not in own.get(f"/saga/{id}").text
        answer = session.post(path, {**fields, "do": "decline"})
        assert answer.status_code == 400
        assert "There is no longer a proposal" in answer.text

    def test_finds_it_in_the_list_and_must_be_signed_in(self, own: Served) -> None:
        session = seated(own)
        assert f'<a href="/admin/sagas/s1">{STRAIT_NEXT[0]}</a>' in session.get("/admin/sagas").text
        assert "page of the list is empty" in session.get("/admin/sagas?page=2").text
        assert 'href="/admin/sagas"' in session.get("/admin/tomorrow").text
        assert own.get("/admin/sagas/s1").status_code == 303
        assert own.post("/admin/sagas/s1", self.form(own)).status_code == 403


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


def test_the_archive_leads_to_lists_whose_pages_beyond_the_last_are_empty(
    pages: Served, bare: Served
) -> None:
    assert '<a class="bracket" href="/watch">' in pages.get("/archive").text
    assert "/watch" not in bare.get("/archive").text
    assert "This page of the list is empty" in main(pages, "/watch/straits?page=2")
    assert "No edition has named an entry yet" in main(pages, "/watch/quiet")
    assert "No lists are offered" in main(bare, "/watch")


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


def test_operators_see_what_each_list_says_and_those_that_are_gone(
    printed: Path, tmp_path: Path
) -> None:
    with desk(printed, tmp_path, watch=()) as web:
        one = seated(web)
        assert web.get("/watch/straits").status_code == 404
        text = re.sub(r"\s+", " ", one.get("/admin/settings/watch/straits").text)
        assert "(Ottar 2, Serrat 2)" in text
        assert "Serrat, Ottar · Security" in text or "Serrat, Ottar · Economy" in text
        assert "It is no longer watched" in text
        assert web.get("/admin/settings/watch/straits").status_code == 303
