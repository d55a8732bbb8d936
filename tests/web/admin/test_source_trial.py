import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from briefing.core.errors import BusyError
from briefing.core.model import Source
from briefing.settings import CollectSettings, Settings
from briefing.setup.news import AT_ONCE, SourceTrials
from briefing.sources.opml import OPML_BYTES, read_opml
from briefing.store import sources
from briefing.web import make_app
from tests.examples import examples
from tests.newsserver import News, give, hang, redirect, refuse, rss
from tests.small_day import DAY
from tests.store.ready import act
from tests.waiting import PATIENCE
from tests.web.admin.rounds import ESCAPED, HOSTILE
from tests.web.admin.sessions import seated
from tests.web.admin.sourcing import PAPER, Sourcing, sourcing
from tests.web.served import title

#: What the form sends as it stands.
AS_IT_IS = {"name": PAPER, "owner": "", "language": "", "text": "auto", "weight": "1"}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Sourcing]:
    with sourcing(tmp_path) as made:
        yield made


def test_a_home_page_shows_what_it_would_bring_before_it_is_added(at: Sourcing) -> None:
    answer = at.session.get(at.tried(at.news.url("/")))
    assert title(answer) == PAPER
    assert "Not added yet" in answer.text
    assert f"<dd>127.0.0.1:{at.news.port}/feed</dd>" in answer.text
    assert f"{len(DAY)}, blurbs only" in answer.text
    assert DAY[0]["title"] in answer.text
    assert "Blurb" in answer.text
    assert at.statuses() == ()
    assert at.session.acts()[0].what == "try source"
    # It is added from there, as it was filled in.
    path = at.tried(at.news.url("/"))
    told = {"owner": "Meridian", "language": "EN", "text": "page", "weight": "1.5"}
    told["name"] = "  The   Courier "
    answer = at.session.post(path, told)
    (source,) = (one.source for one in at.statuses())
    assert answer.headers["location"] == f"{at.path(source.url)}?message=added"
    assert (source.url, source.kind, source.name) == (at.news.url("/feed"), "feed", "The Courier")
    rest = (source.owner, source.language, source.text, source.weight)
    assert rest == ("Meridian", "en", "page", 1.5)
    assert at.session.acts()[0].what == "add source"
    assert at.session.post(path, told).headers["location"] == "/admin/sources?message=over"
    assert len(at.statuses()) == 1
    shown = at.session.page(at.tried(at.news.url("/feed")))
    assert "Already a source" in shown
    assert "Add this source" not in shown
    assert at.path(source.url) in shown


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(at: Sourcing) -> None:
    path = at.tried(at.news.url("/"))
    refused = at.session.refused(
        path, {**AS_IT_IS, "name": "N" * 200, "language": "english", "owner": HOSTILE}
    )
    assert "2 fields to correct" in refused
    assert 'id="language-error"' in refused
    assert "give two letters, such as en" in refused
    assert "N" * 200 in refused
    assert ESCAPED in refused
    assert "<script" not in refused
    answer = at.session.post(path, {**AS_IT_IS, "weight": "7"})
    assert "Weight: this value is not in the list." in answer.text
    assert at.statuses() == ()


def test_further_feeds_of_a_site_can_be_tried(at: Sourcing) -> None:
    at.news.at("/more", give(rss([News("Another matter")], title="More"), "application/rss+xml"))
    feeds = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{path}">'
        for path in ("/feed", "/more")
    )
    at.news.at("/two", give(f"<html><head>{feeds}</head><body>News</body></html>".encode()))
    shown = at.session.get(at.tried(at.news.url("/two"))).text
    assert "Other feeds on this site" in shown
    url = re.search(r'name="address" value="([^"]+/more)"', shown)
    assert url
    assert "Another matter" in at.session.get(at.tried(url[1])).text


def test_what_is_no_web_address_is_refused_beside_its_field(at: Sourcing) -> None:
    for address in (
        "",
        "   ",
        "not an address at all",
        "http://",
        "http://[::1",
        "ftp://news.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/etc",
        "examples",
        "feed\r\nHost: other.example",
        "http://ann:word@news.example/feed",
        "ann:word@news.example",
        "\N{RIGHT-TO-LEFT OVERRIDE}news.example",
        "x" * 4_000,
        HOSTILE,
    ):
        answer = at.attempt(address)
        assert answer.status_code == 422
        assert 'id="address-error"' in answer.text
        assert "<script" not in answer.text
    assert at.statuses() == ()
    assert not at.news.seen
    # A feed that leads inside is not followed.
    at.news.at("/out", redirect("http://169.254.169.254/latest/meta-data/"))
    answer = at.attempt(at.news.url("/out"))
    assert answer.status_code == 422
    assert "169.254.169.254" in answer.text


@examples("address")
def test_no_internal_address_is_asked(tmp_path: Path, address: str) -> None:
    with sourcing(tmp_path) as at:
        closed = SourceTrials(Settings(collect=CollectSettings(allow_ports=(at.news.port,))))
        object.__setattr__(at.web.desk, "trials", closed)
        answer = at.attempt(address.format(port=at.news.port))
        assert answer.status_code == 422
        assert 'id="address-error"' in answer.text
        assert not at.news.seen


def test_why_an_address_cannot_be_added_is_said(at: Sourcing, tmp_path: Path) -> None:
    at.news.at("/gone", refuse(404))
    answer = at.attempt(at.news.url("/gone"))
    assert answer.status_code == 422
    assert "The page does not exist: check the address, or give the home page" in answer.text
    assert f'value="{at.news.url("/gone")}"' in answer.text
    at.news.at("/feed", refuse(404))
    at.news.at("/bare", give(b"<html><body>Nothing here</body></html>"))
    assert "no feed found" in at.attempt(at.news.url("/bare")).text.casefold()
    with sourcing(tmp_path / "short", seconds=0.3) as short:
        short.news.at("/slow", hang())
        answer = short.attempt(short.news.url("/slow"))
        assert answer.status_code == 422
        assert "Not known after 0 seconds: the site is slow, or this machine is busy" in answer.text


def test_while_one_is_tried_others_are_served(at: Sourcing) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait(exchange: Any) -> None:  # noqa: ANN401  of the server
        asked.set()
        go_on.wait(PATIENCE)
        refuse(404)(exchange)

    at.news.at("/waits", wait)
    thread = threading.Thread(target=at.attempt, args=(at.news.url("/waits"),))
    thread.start()
    try:
        assert asked.wait(PATIENCE)
        assert at.session.get("/admin/sources").status_code == 200
        assert at.web.get("/subscribe").status_code == 200
    finally:
        go_on.set()
        thread.join()
    # Only a few are tried at once, and the others are told.
    trials = at.web.desk.trials
    assert isinstance(trials, SourceTrials)
    held = [trials._places.acquire(blocking=False) for _ in range(AT_ONCE)]
    assert all(held)
    with pytest.raises(BusyError):
        trials(at.news.url("/"))
    busy = at.attempt(at.news.url("/"))
    assert busy.status_code == 422
    assert "Other addresses are being tried; try again in a moment." in busy.text
    for _ in held:
        trials._places.release()
    assert at.attempt(at.news.url("/")).status_code == 303


def test_a_preview_is_its_operators_own_and_over_after_an_hour(at: Sourcing) -> None:
    path = at.tried(at.news.url("/"))
    assert seated(at.web, "bob").get(path).headers["location"] == "/admin/sources?message=over"
    assert "Add this source" in at.session.get(path).text
    at.web.later(minutes=61)
    answer = at.session.get(path)
    assert answer.headers["location"] == "/admin/sources?message=over"
    assert "The preview expired" in at.session.get(answer.headers["location"]).text
    # Another process of the same store shows and adds it.
    path = at.tried(at.news.url("/"))
    there = TestClient(make_app(at.web.desk), "https://briefing.example", follow_redirects=False)
    assert "Add this source" in there.get(path, headers=at.session.cookies).text
    told = {**AS_IT_IS, "form_token": at.session.form_token}
    answer = there.post(path, data=told, headers=at.session.cookies)
    assert answer.headers["location"].endswith("?message=added")
    assert len(at.statuses()) == 1


ALDER, BIRCH = "https://alder.example/rss", "https://birch.example/rss"


@pytest.mark.slow
def test_of_many_previews_the_oldest_makes_room(at: Sourcing) -> None:
    first = at.tried(at.news.url("/"))
    at.web.later(seconds=1)
    for number in range(20):
        at.news.at(f"/{number}", give(rss([], title=f"Paper {number}"), "application/rss+xml"))
        last = at.tried(at.news.url(f"/{number}"))
    assert at.session.get(first).headers["location"] == "/admin/sources?message=over"
    assert at.session.get(last).status_code == 200


def opml(*outlines: str) -> bytes:
    return f"<opml version='2.0'><body>{''.join(outlines)}</body></opml>".encode()


def row(url: str, name: str = "Alder") -> str:
    return f'<outline text="{name}" type="rss" xmlUrl="{url}"/>'


def preview(at: Sourcing, content: bytes) -> tuple[str, str]:
    """Send a list; return the path of the preview and what it shows."""
    answer = at.send(content)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    return path, at.session.get(path).text


def test_a_list_is_shown_before_it_is_added(at: Sourcing) -> None:
    act(at.web.store, sources.add, Source(BIRCH, name="Mine"), at=at.web.clock())
    bad = '<outline text="Local" xmlUrl="file:///etc/hosts"/>'
    path, shown = preview(at, opml(row(ALDER), row(BIRCH, "Birch"), bad))
    assert "1 new, 1 already known, 1 could not be used. Nothing has been added yet." in shown
    assert "line 1: file:///etc/hosts (Local): not a web address (http or https)" in shown
    assert "Add 1 source" in shown
    assert len(at.statuses()) == 1
    assert at.session.post(path).headers["location"] == "/admin/sources?message=imported"
    assert [one.source.name for one in at.statuses()] == ["Alder", "Mine"]
    assert [act.what for act in at.session.acts()[:2]] == ["add source", "read list of sources"]
    # Sent twice, by a second press of the button, it adds nothing.
    assert at.session.post(path).headers["location"] == "/admin/sources?message=over"
    assert len(at.statuses()) == 2
    _, shown = preview(at, opml(row(ALDER)))
    assert "0 new, 1 already known." in shown
    assert '<button class="primary"' not in shown
    # It names no folder of this machine.
    folder = '<outline text="Files" type="link" url="/etc" briefingKind="folder"/>'
    assert "0 new, 0 already known, 1 could not be used." in preview(at, opml(folder))[1]


def test_what_is_no_list_or_no_upload_of_one_file_is_told_by_its_field(at: Sourcing) -> None:
    for content, hint in (
        (b"", "Choose an OPML file"),
        (b"   ", "it is empty"),
        (b"<html><body>Sign in</body></html>", "its root is"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
        (b"{}", "no XML in it"),
    ):
        answer = at.send(content)
        assert answer.status_code == 422
        assert 'id="file-error"' in answer.text
        assert hint in answer.text
    for answer in (
        at.session.post("/admin/sources/import"),
        at.session.post("/admin/sources/import", {"file": "text"}),
    ):
        assert answer.status_code == 422
        assert "No file was chosen." in answer.text
    assert at.send(b"<opml>" + b" " * OPML_BYTES).status_code in {413, 422}
    assert at.send(b"<opml>" + b" " * (OPML_BYTES + 50_000)).status_code == 413
    assert at.statuses() == ()
    headers = at.session.cookies
    files = [("file", ("a.opml", opml(row(ALDER)), "text/xml"))] * 2
    token = {"form_token": at.session.form_token}
    answer = at.web.client.post("/admin/sources/import", data=token, files=files, headers=headers)
    assert answer.status_code == 400
    broken = {**headers, "Content-Type": "multipart/form-data; boundary=b"}
    answer = at.web.client.post("/admin/sources/import", content=b"--b\r\nx", headers=broken)
    assert answer.status_code in {400, 403}
    # Nobody else may fill the memory: the body of who is not signed in is not waited for.
    head = (
        "POST /admin/sources/import HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n"
    )
    assert at.web.raw(head.encode()).startswith(b"HTTP/1.1 403 ")
    # Other forms take no file, and no more than before.
    assert at.session.post("/admin/sources/try", files={"file": ("a", b"x")}).status_code == 400
    assert at.session.post("/admin/sources/try", {"address": "x" * 40_000}).status_code == 413


def test_a_large_list_is_shown_in_part_and_added_whole(at: Sourcing) -> None:
    rows = [row(f"https://n{number}.example/feed", f"Paper {number}") for number in range(1_200)]
    path, shown = preview(at, opml(*rows))
    assert "1,200 new, 0 already known." in shown
    assert "And 700 more." in shown
    at.session.post(path)
    assert len(at.statuses()) == 1_200
    assert at.session.acts()[0].about == "1,200 sources"


def test_all_sources_are_downloaded_and_read_again(at: Sourcing) -> None:
    kept = (
        Source(ALDER, name="Alder & Sons", owner="Meridian", language="en", weight=1.5),
        Source("https://page.example/news", kind="pages", name=HOSTILE),
    )
    with at.web.store.write() as tx:
        for place, one in enumerate(kept):
            sources.add(tx, one, at=at.web.clock().replace(minute=place))
        sources.pause(tx, ALDER, at=at.web.clock())
    answer = at.session.get("/admin/sources.opml")
    assert answer.headers["content-type"].startswith("text/x-opml")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="world-desk-sources.opml"'
    )
    assert read_opml(answer.content).sources == kept
    assert at.web.get("/admin/sources.opml").status_code == 303


def test_a_page_whose_reports_are_not_detected_is_read_by_a_selector(at: Sourcing) -> None:
    listed = "".join(f"<li><a href='/{n}'>{n}</a></li>" for n in "abc")
    body = f"<!doctype html><html><ul class='news'>{listed}</ul></html>"
    sent = {"address": at.news.at("/list", give(body)), "links": ".news a["}
    wrong = at.session.post("/admin/sources/try", sent)
    assert "is not a CSS selector" in wrong.text
    answer = at.session.post("/admin/sources/try", sent | {"links": ".news a"})
    preview = at.session.get(answer.headers["location"])
    assert re.findall(r'scope="row">(\w)</th>', preview.text) == ["a", "b", "c"]
    at.session.post(answer.headers["location"], {**AS_IT_IS, "links": ".news a"})
    (status,) = at.statuses()
    assert (status.source.kind, status.source.links) == ("pages", ".news a")


def test_a_source_is_paused_until_a_day(at: Sourcing) -> None:
    added = at.session.post(at.tried(at.news.url("/")), AS_IT_IS)
    path = added.headers["location"].partition("?")[0]
    for wrong in ("2026-13-01", "1999-01-01"):
        answer = at.session.post(path, {"do": "pause", "until": wrong})
        assert answer.headers["location"] == f"{path}?message=day"
    at.session.post(path, {"do": "pause", "until": "2031-03-01"})
    (status,) = at.statuses()
    assert status.paused_until is not None
    assert "not fetched until Sat 1 March 2031, 00:00" in at.session.get(path).text
