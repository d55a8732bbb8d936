import io

import pytest
from pypdf import PdfReader, PdfWriter

from briefing.core.errors import InputError
from briefing.sources.sandbox.pdfs import read, to_paragraphs, without_furniture
from briefing.sources.sandbox.pool import Sandbox
from tests.examples import examples
from tests.sources.sandbox.invented import pdf

LINES = [
    "The port of Northwick opened again on Monday after three weeks of re-",
    "pairs to its quay. Twelve ships waited outside the harbor, and the first",
    "came in before noon.",
    "A second vote is due once the regional court has heard an appeal by the",
    "fishing crews.",
]
TEXT = (
    "The port of Northwick opened again on Monday after three weeks of repairs to its quay. "
    "Twelve ships waited outside the harbor, and the first came in before noon.\n"
    "A second vote is due once the regional court has heard an appeal by the fishing crews."
)
INFO = "/Title (Port report) /Author (A. Clerk) /CreationDate (D:20260104083000+02'00')"


def written(writer: PdfWriter) -> bytes:
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def encrypted(*, password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([LINES]))))
    writer.encrypt(user_password=password, owner_password=password + "x", algorithm="RC4-128")
    return written(writer)


def test_a_pdf_gives_its_paragraphs_and_what_it_says_of_itself(sandbox: Sandbox) -> None:
    assert sandbox("pdf", pdf([LINES], info=INFO, more="/Lang (en-GB)")) == {
        "text": TEXT,
        "notes": [],
        "title": "Port report",
        "author": "A. Clerk",
        "published": "2026-01-04T06:30:00Z",
        "language": "en-GB",
    }


@examples("info, published")
def test_a_date_that_cannot_be_read_is_none(info: str, published: str) -> None:
    assert read(pdf([LINES], info=info), about={}).get("published", "") == published


def test_paragraphs_go_on_over_the_page_and_end_at_headings_and_items() -> None:
    names = ("East", "West", "North", "South")
    pages = [
        ["Harbor report 2026", *[f"{name} {line}" for line in LINES], f"Page {n} of 4"]
        for n, name in enumerate(names, 1)
    ]
    text = read(pdf(pages), about={})["text"]
    assert "Harbor report" not in text
    assert "of 4" not in text
    assert [text.count(f"{name} The port of Northwick") for name in names] == [1, 1, 1, 1]
    assert without_furniture([["Header", "a"], ["Header", "b"]]) == ["Header", "a", "Header", "b"]
    assert read(pdf([LINES[:2], LINES[2:]]), about={})["text"] == TEXT
    lines = ["The quay", "A " + "long " * 12 + "line", "of text.", "", "one", "Two", "3 three"]
    assert to_paragraphs(lines).split("\n") == [
        "The quay",
        "A " + "long " * 12 + "line of text.",
        "one",
        "Two",
        "3 three",
    ]
    assert to_paragraphs([]) == ""


@examples("lines, text")
def test_words_divided_at_the_end_of_a_line_are_joined(lines: list[str], text: str) -> None:
    filler = "x" * max(map(len, lines))
    assert to_paragraphs([*[" ".join(line.split()) for line in lines], "", filler]) == (
        f"{text}\n{filler}"
    )


def test_the_first_200_pages_of_what_anybody_may_read_are_read_with_their_title() -> None:
    result = read(pdf([[f"Report number {'x' * (n + 1)}"] for n in range(205)]), about={})
    assert result["notes"] == ["has 205 pages, only the first 200 are read"]
    assert result["text"].count("Report") == 200
    assert read(encrypted(password=""), about={})["text"] == TEXT
    with pytest.raises(InputError, match="encrypted; save it without a password"):
        read(encrypted(password="secret"), about={})  # noqa: S106
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf([LINES]))))
    writer.metadata = None
    assert read(written(writer), about={})["title"] == ""
    for title in ["Microsoft Word - port.docx", "port.pdf", "Untitled document", "PowerPoint - a"]:
        assert read(pdf([LINES], info=f"/Title ({title})"), about={})["title"] == ""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (pdf([[]]), "no text in the PDF"),
        (b"%PDF-1.4 and nothing else", "not a PDF that can be read"),
        (b"", "not a PDF that can be read"),
    ],
    ids=["scan", "damaged", "empty"],
)
def test_what_cannot_be_read_is_told(body: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read(body, about={})
