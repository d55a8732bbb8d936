from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefing.store import editions
from briefing.web.edition import style_policy
from tests.newsday import TODAY, YESTERDAY
from tests.publishing import BRIEFING, FIRST, at
from tests.publishing import Desk as Newsroom
from tests.web.served import Served, served, title

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a desk that has printed two days."""
    with served(tmp_path_factory.mktemp("desk"), name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.first()
        newsroom.second()
        yield web


def printed(web: Served, kind: str) -> bytes:
    with web.store.read() as tx:
        stored = editions.on(tx, BRIEFING, TODAY)
    assert stored
    return stored.files[kind]


def test_the_last_page_is_shown_as_it_was_printed(pages: Served) -> None:
    for path in ("/", f"/{TODAY}"):
        answer = pages.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.content == printed(pages, "html")
    assert pages.get(f"/{YESTERDAY}").content != printed(pages, "html")


def test_its_styles_and_nothing_else_are_allowed(pages: Served) -> None:
    answer = pages.get("/")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    allowed = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{allowed}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert " style=" not in answer.text


def test_a_page_without_styles_is_allowed_none() -> None:
    assert "style-src 'none'" in style_policy(b"<p>")


def test_the_pdf_is_the_printed_page(pages: Served) -> None:
    answer = pages.get(f"/{TODAY}.pdf")
    assert answer.content == printed(pages, "pdf")
    assert answer.headers["content-type"] == "application/pdf"
    shown = f'inline; filename="ostra-desk-{TODAY}.pdf"'
    assert answer.headers["content-disposition"] == shown


def test_what_a_reader_has_is_not_sent_again(pages: Served) -> None:
    for path in ("/", f"/{TODAY}.pdf", "/site.css"):
        first = pages.get(path)
        again = pages.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert "no-store" not in again.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/2026-02-30",
        "/1999-01-01",
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
    ],
)
def test_what_is_not_there_is_told(pages: Served, path: str) -> None:
    answer = pages.get(path)
    assert (answer.status_code, title(answer)) == (404, "No such page")
    assert "location" not in answer.headers


def test_a_page_without_a_pdf_is_told(tmp_path: Path) -> None:
    with served(tmp_path, name="Ostra Desk") as web:
        newsroom = Newsroom(web.store)
        newsroom.keep(*FIRST, when=at(YESTERDAY, 18))
        newsroom.publish(YESTERDAY, write=lambda _edition, _pdf: {})
        assert web.get("/").status_code == 404
        assert web.get(f"/{YESTERDAY}.pdf").status_code == 404


def test_before_the_first_page_it_is_said_that_there_is_none(web: Served) -> None:
    answer = web.get("/")
    assert (answer.status_code, title(answer)) == (503, "No page yet")
    assert answer.headers["retry-after"] == "3600"


def test_a_font_is_cut_to_what_the_pages_need(web: Served) -> None:
    brackets = web.get("/fonts/SourceSansPro-Light.woff2")
    assert brackets.headers["content-type"] == "font/woff2"
    assert brackets.content.startswith(b"wOF2")
    assert len(brackets.content) < 3_000


def test_the_style_sheet_loads_nothing_but_our_fonts(web: Served) -> None:
    css = web.get("/site.css").text
    loaded = re.findall(r"url\(([^)]*)\)", css)
    assert loaded
    for name in loaded:
        assert re.fullmatch(r"fonts/[\w-]+\.woff2", name)
    assert "@import" not in css
