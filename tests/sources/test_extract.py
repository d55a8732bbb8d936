"""HTML pages and PDFs read as documents, in the sandbox."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Mark
from briefing.sources.decode import PAGE_LIMIT
from briefing.sources.extract import PDF_LIMIT, extract, extract_pdf, is_pdf
from briefing.sources.sandbox.pool import Sandbox, shared
from tests.sources.sandbox.invented import DAY, PAGE, STAMP


@pytest.fixture(scope="module")
def reader() -> Sandbox:
    return shared()


def test_a_page_becomes_a_document(reader: Sandbox) -> None:
    parsed = extract(PAGE.format(head=STAMP).encode(), where="a.html", parse=reader)
    document = parsed.document
    assert (parsed.where, parsed.notes) == ("a.html", ())
    assert document.title == "Port opens again"
    assert document.publisher == "Harbor Post"
    assert document.url == "https://news.example/port"
    assert document.published == datetime(2026, 1, 4, 6, 30, tzinfo=UTC)
    assert document.timed
    assert document.language == "en"
    assert "came in before noon" in document.text
    assert "Nobody sees" not in document.text
    assert "rights reserved" not in document.text


def test_where_a_page_came_from_goes_before_what_it_says(reader: Sandbox) -> None:
    page = PAGE.format(head=DAY).encode()
    document = extract(page, url="https://mirror.example/1", parse=reader).document
    assert document.url == "https://mirror.example/1"
    assert not document.timed


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "cp1252", "latin-1"])
def test_a_page_is_read_in_its_encoding(codec: str, reader: Sandbox) -> None:
    page = PAGE.format(head="").replace("Northwick", "Nörtwîck")
    assert "Nörtwîck" in extract(page.encode(codec), parse=reader).document.text


def test_what_the_server_says_of_the_encoding_counts(reader: Sandbox) -> None:
    page = PAGE.format(head="").replace("Northwick", "Мирный").encode("cp1251")
    content_type = "text/html; charset=windows-1251"
    assert "Мирный" in extract(page, content_type=content_type, parse=reader).document.text


def test_author_and_marks_are_the_pages_own() -> None:
    head = (
        '<meta name="author" content="Ann Clerk">'
        '<meta property="article:section" content="Opinion">'
        '<meta property="article:content_tier" content="locked">'
    )
    document = extract(PAGE.format(head=head).encode()).document
    assert document.author == "Ann Clerk"
    assert document.marks == (Mark.PAYWALL, Mark.OPINION)


def test_the_canonical_address_goes_before_others_that_a_page_names() -> None:
    class Said:
        def __call__(
            self, task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
        ) -> Mapping[str, Any]:
            parsed = shared()(task, body, about=about)
            return {**parsed, "url": "https://news.example/guessed"}

    page = PAGE.format(head="")
    assert extract(page.encode(), parse=Said()).document.url == "https://news.example/port"
    bare = page.replace("https://news.example/port", "/port").encode()
    assert extract(bare, parse=Said()).document.url == "https://news.example/guessed"


def test_a_declared_encoding_is_followed_and_the_declaration_removed(reader: Sandbox) -> None:
    page = '<?xml version="1.0" encoding="windows-1251"?>' + PAGE.format(
        head='<meta charset="windows-1251">'
    ).replace("Northwick", "Мирный")
    assert "Мирный" in extract(page.encode("cp1251"), parse=reader).document.text


def test_a_guessed_encoding_is_noted(reader: Sandbox) -> None:
    page = PAGE.format(head="").replace("Northwick", "Nörtwick")
    parsed = extract(page.encode("cp1252"), parse=reader)
    assert parsed.notes == ("not UTF-8, read as Windows-1252",)


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
def test_a_page_without_an_article_is_refused(page: bytes, reason: str, reader: Sandbox) -> None:
    with pytest.raises(InputError, match=reason):
        extract(page, parse=reader)


def test_5000_nested_divs_cost_one_page_and_not_the_reader(reader: Sandbox) -> None:
    page = b"<html><body>" + b"<div>" * 5_000 + b"Deep down." + b"</div>" * 5_000
    with pytest.raises(InputError):
        extract(page, parse=reader)
    assert extract(PAGE.format(head="").encode(), parse=reader).document.title


_LINES = (
    "The port of Northwick opened again on Monday after three weeks",
    "of repairs to its quay. Twelve ships waited outside the harbor,",
    "and the first came in before noon.",
)


def _written(lines: tuple[str, ...]) -> bytes:
    """Return a PDF of one page with some lines, a title and a date."""
    operators = "".join(f"({line}) Tj T* " for line in lines)
    stream = f"BT /F1 12 Tf 14 TL 60 700 Td {operators}ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 7 0 R >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Title (Port report) /Author (A. Clerk) /CreationDate (D:20260104083000Z) >>",
        "<< /Font << /F1 5 0 R >> >>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, held in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{held}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info 6 0 R >>"
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}\n"
    return body + f"{head}startxref\n{len(body)}\n%%EOF\n".encode()


PDF = _written(_LINES)


def test_a_pdf_becomes_a_document() -> None:
    document = extract_pdf(PDF, parse=shared(), url="https://post.example/a.pdf").document
    assert document.text == " ".join(_LINES)
    assert (document.title, document.author) == ("Port report", "A. Clerk")
    assert document.published == datetime(2026, 1, 4, 8, 30, tzinfo=UTC)
    assert (document.url, document.language) == ("https://post.example/a.pdf", "en")


def test_a_pdf_without_text_is_refused() -> None:
    with pytest.raises(InputError, match="no text in the PDF"):
        extract_pdf(_written(()), parse=shared())


def test_a_pdf_that_is_too_large_is_not_read() -> None:
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


def test_what_a_pdf_does_not_say_is_empty_and_notes_are_kept() -> None:
    parsed = extract_pdf(PDF, parse=_mumbling, url="u")
    assert (parsed.document.title, parsed.document.url) == ("", "")
    assert parsed.notes[:2] == ("pdf b", f"u{len(PDF)}")
    assert "cut after" in parsed.notes[2]


def test_no_words_are_no_text() -> None:
    with pytest.raises(InputError, match="is it a scan"):
        extract_pdf(PDF, parse=lambda *_, **__: {"text": "—"})


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"%PDF-1.7", True), (b"\r\n%PDF-1.7", True), (b"<p>%PDF-</p>", False), (b"PDF", False)],
)
def test_a_pdf_is_known_by_its_mark(body: bytes, expected: bool) -> None:  # noqa: FBT001
    assert is_pdf(body) is expected
