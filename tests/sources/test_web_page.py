import pytest

from briefing.core.errors import FetchError, InputError
from briefing.core.ports import Answer
from briefing.sources.sandbox.pool import shared
from briefing.sources.web_page import is_html, own_address, read_page, to_page
from tests.sources.outside import REPORT, SITE, WHOLE, Outside, page, run
from tests.sources.test_pdf import PDF


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><p>",
        b"\xef\xbb\xbf \n<html>",
        b"<!-- a comment --><html>",
        b"<?xml version='1.0'?><!DOCTYPE html><html>",
    ],
)
def test_a_page_is_known_by_how_it_begins(body: bytes) -> None:
    assert is_html(body)


@pytest.mark.parametrize("body", [b"", b"<?xml version='1.0'?><rss>", b"%PDF-1.7", b"{}", b"<p>"])
def test_what_begins_otherwise_is_no_page(body: bytes) -> None:
    assert not is_html(body)


@pytest.mark.parametrize(
    ("claimed", "own"),
    [
        (f"{SITE}/port", f"{SITE}/port"),
        ("https://www.post.example/port", "https://www.post.example/port"),
        ("https://other.example/port", REPORT),
        (f"{SITE}/", REPORT),
        ("javascript:1", REPORT),
        (None, REPORT),
    ],
)
def test_a_page_is_believed_about_its_address_within_its_site(claimed: object, own: str) -> None:
    assert own_address(claimed, answered=REPORT) == own


def test_a_page_is_read_with_its_own_address() -> None:
    head = f'<link rel="canonical" href="{SITE}/port">'
    read = run(read_page(REPORT, gateway=Outside({REPORT: page(head=head)}).gateway))
    assert read.document.text.endswith(WHOLE)
    assert (read.document.url, read.answered) == (f"{SITE}/port", REPORT)


def test_a_pdf_is_read_by_what_it_is_and_not_by_its_name() -> None:
    read = to_page(Answer(REPORT, 200, PDF, "text/html"), parse=shared())
    assert "Northwick" in read.document.text
    assert read.document.url == REPORT


def test_the_encoding_that_only_the_server_names_is_used() -> None:
    body = page("Порт открыт снова после ремонта причала, сказал капитан порта утром. " * 9).body
    answer = Answer(REPORT, 200, body.decode().encode("cp1251"), "text/html; charset=windows-1251")
    assert "Порт открыт снова" in to_page(answer, parse=shared()).document.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            Answer(REPORT, 200, b"\x89PNG", "image/png"),
            "neither a web page nor a PDF but image/png",
        ),
        (Answer(REPORT, 200, b"\x89PNG", "a\x1bb"), "but unknown"),
        (Answer(REPORT, 200, b"<!doctype html><p>", "text/html"), "no article text"),
        (Answer(REPORT, 200, b"", ""), "no article text"),
    ],
)
def test_an_answer_that_is_no_report_is_refused(answer: Answer, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        to_page(answer, parse=shared())
    assert str(caught.value).isprintable()


def test_a_report_that_leads_to_the_front_page_is_gone() -> None:
    front = Answer(f"{SITE}/", 200, page().body, "text/html")
    with pytest.raises(FetchError, match="front page") as caught:
        run(read_page(REPORT, gateway=Outside({REPORT: front}).gateway))
    assert caught.value.gone


def test_a_page_that_cannot_be_read_is_a_lasting_failure() -> None:
    picture = Answer("", 200, b"GIF89a", "image/gif")
    with pytest.raises(FetchError, match="neither") as caught:
        run(read_page(REPORT, gateway=Outside({REPORT: picture}).gateway))
    assert not caught.value.passing
