from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.sources.pdf import PDF_LIMIT, extract_pdf, is_pdf
from briefing.sources.sandbox.pool import shared

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
