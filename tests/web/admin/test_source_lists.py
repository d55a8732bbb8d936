"""Lists of sources: looked at before they are added, and taken away whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from briefing.core.model import Source
from briefing.sources.opml import OPML_BYTES, read_opml
from briefing.store import sources
from tests.web.admin.rounds import ESCAPED, HOSTILE
from tests.web.admin.sessions import seated
from tests.web.admin.sourcing import Sourcing, sourcing

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ALDER, BIRCH = "https://alder.example/rss", "https://birch.example/rss"


def opml(*outlines: str) -> bytes:
    return f"<opml version='2.0'><body>{''.join(outlines)}</body></opml>".encode()


def row(url: str, name: str = "Alder") -> str:
    return f'<outline text="{name}" type="rss" xmlUrl="{url}"/>'


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Sourcing]:
    with sourcing(tmp_path) as made:
        yield made


def preview(at: Sourcing, content: bytes) -> tuple[str, str]:
    """Send a list; return the path of the preview and what it shows."""
    answer = at.send(content)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    return path, at.session.get(path).text


def test_a_list_is_shown_before_it_is_added(at: Sourcing) -> None:
    with at.web.store.write() as tx:
        sources.add(tx, Source(BIRCH, name="Mine"), at=at.web.clock())
    bad = '<outline text="Local" xmlUrl="file:///etc/hosts"/>'
    path, shown = preview(at, opml(row(ALDER), row(BIRCH, "Birch"), bad))
    assert "1 new, 1 already known, 1 could not be used. Nothing is added yet." in shown
    assert "line 1: file:///etc/hosts (Local): not a web address (http or https)" in shown
    assert "Add 1 source" in shown
    assert len(at.statuses()) == 1
    answer = at.session.post(path)
    assert answer.headers["location"] == "/admin/sources?message=imported"
    assert [one.source.name for one in at.statuses()] == ["Alder", "Mine"]
    acts = at.session.acts()
    assert [act.what for act in acts[:2]] == ["add source", "read list of sources"]
    # Sent twice, by a second press of the button, it adds nothing.
    assert at.session.post(path).headers["location"] == "/admin/sources?message=over"
    assert len(at.statuses()) == 2


def test_of_a_list_without_anything_new_nothing_can_be_added(at: Sourcing) -> None:
    with at.web.store.write() as tx:
        sources.add(tx, Source(ALDER), at=at.web.clock())
    _, shown = preview(at, opml(row(ALDER)))
    assert "0 new, 1 already known." in shown
    assert '<button class="primary"' not in shown


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "Choose the OPML file"),
        (b"   ", "it is empty"),
        (b"<html><body>Sign in</body></html>", "its root is"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
        (b"{}", "no XML in it"),
        (bytes(range(256)) * 40, "not text"),
    ],
)
def test_what_is_no_list_is_refused_beside_its_field(
    at: Sourcing, content: bytes, hint: str
) -> None:
    answer = at.send(content)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert hint in answer.text
    assert at.statuses() == ()


def test_no_file_at_all_is_said(at: Sourcing) -> None:
    for answer in (
        at.session.post("/admin/sources/import"),
        at.session.post("/admin/sources/import", {"file": "text"}),
    ):
        assert answer.status_code == 422
        assert "No file was sent." in answer.text


def test_a_file_that_is_too_large_is_refused(at: Sourcing) -> None:
    assert at.send(b"<opml>" + b" " * OPML_BYTES).status_code in {413, 422}
    assert at.send(b"<opml>" + b" " * (OPML_BYTES + 50_000)).status_code == 413
    assert at.statuses() == ()


def test_two_files_and_a_broken_body_are_refused(at: Sourcing) -> None:
    headers = at.session.cookies
    files = [("file", ("a.opml", opml(row(ALDER)), "text/xml"))] * 2
    token = {"form_token": at.session.form_token}
    answer = at.web.client.post("/admin/sources/import", data=token, files=files, headers=headers)
    assert answer.status_code == 400
    broken = {**headers, "Content-Type": "multipart/form-data; boundary=b"}
    answer = at.web.client.post("/admin/sources/import", content=b"--b\r\nx", headers=broken)
    assert answer.status_code in {400, 403}


def test_without_a_session_no_file_is_read(at: Sourcing) -> None:
    """Nobody else may fill the memory: the body of who is not signed in is not waited for."""
    head = (
        "POST /admin/sources/import HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n"
    )
    assert at.web.raw(head.encode()).startswith(b"HTTP/1.1 403 ")


def test_other_forms_take_no_file_and_no_more_than_before(at: Sourcing) -> None:
    assert at.session.post("/admin/sources/try", files={"file": ("a", b"x")}).status_code == 400
    answer = at.session.post("/admin/sources/try", {"address": "x" * 40_000})
    assert answer.status_code == 413


def test_hostile_names_are_words_and_entities_are_not_expanded(at: Sourcing) -> None:
    name = HOSTILE.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    bombs = (
        '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )
    content = bombs.encode() + opml(row(ALDER, name), row(BIRCH, "&b;&x;"))
    _, shown = preview(at, content)
    assert ESCAPED in shown
    assert "<script" not in shown
    assert "root:" not in shown
    assert "aaaaaaaaaa" not in shown


def test_a_list_names_no_folder_of_this_machine(at: Sourcing) -> None:
    _, shown = preview(
        at, opml('<outline text="Files" type="link" url="/etc" briefingKind="folder"/>')
    )
    assert "0 new, 0 already known, 1 could not be used." in shown


def test_a_large_list_is_shown_in_part_and_added_whole(at: Sourcing) -> None:
    rows = [row(f"https://n{number}.example/feed", f"Paper {number}") for number in range(1_200)]
    path, shown = preview(at, opml(*rows))
    assert "1,200 new, 0 already known." in shown
    assert "And 700 more." in shown
    at.session.post(path)
    assert len(at.statuses()) == 1_200
    assert at.session.acts()[0].about == "1,200 sources"


def test_a_preview_is_its_operators_own(at: Sourcing) -> None:
    path, _ = preview(at, opml(row(ALDER)))
    other = seated(at.web, "bob")
    assert other.get(path).headers["location"] == "/admin/sources?message=over"
    assert other.post(path).headers["location"] == "/admin/sources?message=over"
    assert at.statuses() == ()


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
