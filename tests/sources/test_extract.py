import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from briefing.errors import InputError, MissingPartError
from briefing.sources import extract as room
from briefing.sources.extract import PAGE_LIMIT, Reader, extract
from tests.sources.test_child import DAY, PAGE, STAMP


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


def test_a_page_becomes_a_document(reader: Reader) -> None:
    found = extract(PAGE.format(head=STAMP).encode(), where="a.html", reader=reader)
    document = found.document
    assert (found.where, found.notes) == ("a.html", ())
    assert document.title == "Port opens again"
    assert document.publisher == "Harbor Post"
    assert document.url == "https://news.example/port"
    assert document.published == datetime(2026, 1, 4, 6, 30, tzinfo=UTC)
    assert document.timed
    assert document.language == "en"
    assert "came in before noon" in document.text
    assert "Nobody sees" not in document.text
    assert "rights reserved" not in document.text


def test_where_a_page_came_from_goes_before_what_it_says(reader: Reader) -> None:
    page = PAGE.format(head=DAY).encode()
    document = extract(page, url="https://mirror.example/1", reader=reader).document
    assert document.url == "https://mirror.example/1"
    assert not document.timed


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "cp1252", "latin-1"])
def test_a_page_is_read_in_its_encoding(codec: str, reader: Reader) -> None:
    page = PAGE.format(head="").replace("Northwick", "Nörtwîck")
    assert "Nörtwîck" in extract(page.encode(codec), reader=reader).document.text


def test_a_declared_encoding_is_followed_and_the_declaration_removed(reader: Reader) -> None:
    page = '<?xml version="1.0" encoding="windows-1251"?>' + PAGE.format(
        head='<meta charset="windows-1251">'
    ).replace("Northwick", "Мирный")
    assert "Мирный" in extract(page.encode("cp1251"), reader=reader).document.text


def test_a_guessed_encoding_is_noted(reader: Reader) -> None:
    page = PAGE.format(head="").replace("Northwick", "Nörtwick")
    found = extract(page.encode("cp1252"), reader=reader)
    assert found.notes == ("not UTF-8, read as Windows-1252",)


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
def test_a_page_without_an_article_is_refused(page: bytes, reason: str, reader: Reader) -> None:
    with pytest.raises(InputError, match=reason):
        extract(page, reader=reader)


def test_5000_nested_divs_cost_one_page_and_not_the_reader(reader: Reader) -> None:
    page = b"<html><body>" + b"<div>" * 5_000 + b"Deep down." + b"</div>" * 5_000
    with pytest.raises(InputError):
        extract(page, reader=reader)
    assert extract(PAGE.format(head="").encode(), reader=reader).document.title


def test_a_page_that_takes_too_long_costs_one_page() -> None:
    reader = Reader(time_limit=1.0)
    start = time.perf_counter()
    with pytest.raises(InputError, match="longer than 1 seconds"):
        extract(b"<html><body>" + b"<p>One more line." * 50_000, reader=reader)
    assert time.perf_counter() - start < 6
    assert extract(PAGE.format(head="").encode(), reader=reader).document.title
    reader.close()


def test_a_child_that_dies_costs_one_page() -> None:
    reader = Reader()
    reader.ask("<html></html>")
    assert reader._child is not None
    os.kill(reader._child._process.pid, signal.SIGKILL)
    with pytest.raises(InputError, match="broke the HTML reader"):
        reader.ask("<html></html>")
    assert reader.ask("<html></html>") == {}
    reader.close()
    reader.close()


def test_a_child_without_memory_is_told() -> None:
    with pytest.raises(MissingPartError, match="does not start"):
        Reader(memory_limit=30_000_000).ask("<html></html>")


def test_a_child_is_replaced_after_some_hundred_pages(reader: Reader) -> None:
    reader.ask("<html></html>")
    before = reader._child
    assert before is not None
    before.pages_read = room._PAGES
    reader.ask("<html></html>")
    assert reader._child is not before


def test_an_error_in_the_child_is_a_reason() -> None:
    class Failing(Reader):
        def _answer(self, page: bytes) -> bytes:
            return b'{"error": "ValueError"}'

    with pytest.raises(InputError, match="cannot be read \\(ValueError\\)"):
        Failing().ask("<html></html>")


def test_no_secret_of_ours_reaches_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "x")
    assert "SMTP_PASSWORD" not in room._surroundings()
