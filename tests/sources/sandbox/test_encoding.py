import pytest

from briefing.core.errors import InputError
from briefing.sources.sandbox.encoding import PAGE_LIMIT, choose, feed_text, page_text


def test_what_is_utf8_is_read_so_whatever_is_claimed() -> None:
    about = {"content_type": "text/html; charset=windows-1251"}
    page = '<meta charset="koi8-r"><p>Nörtwick</p>'
    assert page_text(page.encode(), about=about) == (page, "")


def test_the_servers_claim_goes_before_the_pages() -> None:
    about = {"content_type": "text/html; charset=windows-1251"}
    page = '<meta charset="koi8-r"><p>Мирный</p>'
    assert page_text(page.encode("cp1251"), about=about) == (page, "")


def test_claims_that_servers_make_unasked_do_not_count() -> None:
    about = {"content_type": "text/html; charset=ISO-8859-1"}
    page = '<meta charset="koi8-r"><p>Мирный</p>'
    assert page_text(page.encode("koi8-r"), about=about) == (page, "")


def test_a_guess_is_noted_and_the_declaration_removed() -> None:
    page = '<?xml version="1.0" encoding="utf-8"?><p>Nörtwick</p>'
    text, note = page_text(page.encode("cp1252"), about={})
    assert (text, note) == ("<p>Nörtwick</p>", "not UTF-8, read as Windows-1252")


def test_a_feeds_own_declaration_goes_before_the_servers() -> None:
    feed = '<?xml version="1.0" encoding="windows-1251"?><rss>Мирный</rss>'
    about = {"content_type": "text/xml; charset=koi8-r"}
    assert feed_text(feed.encode("cp1251"), about=about) == feed


def test_letters_that_shift_are_not_taken_for_ascii() -> None:
    assert choose(b"\x1b$B", claims=("", "iso-2022-jp")) == "iso-2022-jp"
    assert choose(b"plain", claims=("utf-8", "")) == ""


def test_a_page_too_large_is_refused() -> None:
    with pytest.raises(InputError, match="larger than 5,000,000 bytes"):
        page_text(b"<" * (PAGE_LIMIT + 1), about={})
