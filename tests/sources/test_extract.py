"""HTML pages and PDFs read as documents, in the sandbox."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.sources.decode import PAGE_LIMIT
from briefing.sources.extract import PDF_LIMIT, extract, extract_pdf, is_pdf
from briefing.sources.sandbox.pool import shared
from tests.sources.sandbox.invented import DAY, PAGE, STAMP, pdf


def test_a_page_becomes_a_document() -> None:
    parsed = extract(PAGE.format(head=STAMP).encode(), where="a.html")
    document = parsed.document
    assert (parsed.where, parsed.notes) == ("a.html", ())
    assert (document.title, document.publisher) == ("Port opens again", "Harbor Post")
    assert document.url == "https://news.example/port"
    assert document.published == datetime(2026, 1, 4, 6, 30, tzinfo=UTC)
    assert document.timed
    assert document.language == "en"
    assert "came in before noon" in document.text
    assert "Nobody sees" not in document.text
    assert "rights reserved" not in document.text


def test_what_a_page_says_of_itself_goes_after_where_it_came_from() -> None:
    dated = PAGE.format(head=DAY).encode()
    document = extract(dated, url="https://mirror.example/1").document
    assert document.url == "https://mirror.example/1"
    assert not document.timed

    def guessing(
        task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        return {**shared()(task, body, about=about), "url": "https://news.example/guessed"}

    page = PAGE.format(head="")
    assert extract(page.encode(), parse=guessing).document.url == "https://news.example/port"
    bare = page.replace("https://news.example/port", "/port").encode()
    assert extract(bare, parse=guessing).document.url == "https://news.example/guessed"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"", "no article text"),
        (b"<html><body><script>var a = 1</script></body></html>", "no article text"),
        (b"<html><body><p>\xe2\x80\xa6</p><p>-</p></body></html>", "no article text"),
        (b"<" * (PAGE_LIMIT + 1), "larger than 5,000,000 bytes"),
        (b"\x89PNG\0\0", "not text"),
    ],
)
def test_a_page_without_an_article_is_refused(page: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        extract(page)


def test_5000_nested_divs_cost_one_page_and_not_the_reader() -> None:
    page = b"<html><body>" + b"<div>" * 5_000 + b"Deep down." + b"</div>" * 5_000
    with pytest.raises(InputError):
        extract(page)
    assert extract(PAGE.format(head="").encode()).document.title


_LINES = (
    "The port of Northwick opened again on Monday after three weeks",
    "of repairs to its quay. Twelve ships waited outside the harbor,",
    "and the first came in before noon.",
)


PDF = pdf(
    [list(_LINES)],
    info="/Title (Port report) /Author (A. Clerk) /CreationDate (D:20260104083000Z)",
    more="/Lang (en-GB)",
)


def test_a_pdf_becomes_a_document_unless_it_is_too_large() -> None:
    document = extract_pdf(PDF, parse=shared(), url="https://post.example/a.pdf").document
    assert document.text == " ".join(_LINES)
    assert (document.title, document.author) == ("Port report", "A. Clerk")
    assert document.published == datetime(2026, 1, 4, 8, 30, tzinfo=UTC)
    assert (document.url, document.language) == ("https://post.example/a.pdf", "en")
    with pytest.raises(InputError, match="larger than 50,000,000 bytes"):
        extract_pdf(b"%PDF-" + bytes(PDF_LIMIT), parse=shared())


def _mumbling(
    task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
) -> Mapping[str, Any]:
    return {
        "text": "word " * 100_000,
        "title": None,
        "notes": [f"{task}\nb", about["url"] + str(len(body))],
    }


def test_what_a_pdf_does_not_say_is_empty() -> None:
    parsed = extract_pdf(PDF, parse=_mumbling, url="u")
    assert (parsed.document.title, parsed.document.url) == ("", "")
    assert parsed.notes[:2] == ("pdf b", f"u{len(PDF)}")
    assert "cut after" in parsed.notes[2]
    with pytest.raises(InputError, match="is it a scan"):
        extract_pdf(PDF, parse=lambda *_, **__: {"text": "—"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"%PDF-1.7", True), (b"\r\n%PDF-1.7", True), (b"<p>%PDF-</p>", False), (b"PDF", False)],
)
def test_a_pdf_is_known_by_its_mark(body: bytes, expected: bool) -> None:  # noqa: FBT001
    assert is_pdf(body) is expected
