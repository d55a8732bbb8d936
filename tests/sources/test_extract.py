from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Mark
from briefing.sources.extract import PAGE_LIMIT, extract
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
