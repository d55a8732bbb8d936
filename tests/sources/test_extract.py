import gzip
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.sources import language
from briefing.sources.decode import (
    LINE_LIMIT,
    PAGE_LIMIT,
    TEXT_LIMIT,
    TITLE_LIMIT,
    Stream,
    choose,
    clean,
    decode,
    feed_text,
    is_blank,
    one_line,
    page_text,
    shorten,
)
from briefing.sources.extract import PDF_LIMIT, extract, extract_pdf, is_pdf
from briefing.sources.language import detect
from briefing.sources.sandbox.pool import shared
from tests.examples import examples
from tests.growth import is_linear
from tests.sources.sandbox.invented import DAY, PAGE, STAMP, pdf


def test_a_page_becomes_a_document_by_where_it_came_from_then_by_what_it_says() -> None:
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
    document = extract(PAGE.format(head=DAY).encode(), url="https://mirror.example/1").document
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
        (b"<html><body>" + b"<div>" * 5_000 + b"Deep down." + b"</div>" * 5_000, "no article"),
    ],
)
def test_a_page_without_an_article_is_refused(page: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        extract(page)
    # It costs that page, and not the reader.
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


def test_a_pdf_becomes_a_document_unless_it_is_too_large_or_says_nothing() -> None:
    document = extract_pdf(PDF, parse=shared(), url="https://post.example/a.pdf").document
    assert document.text == " ".join(_LINES)
    assert (document.title, document.author) == ("Port report", "A. Clerk")
    assert document.published == datetime(2026, 1, 4, 8, 30, tzinfo=UTC)
    assert (document.url, document.language) == ("https://post.example/a.pdf", "en")
    with pytest.raises(InputError, match="larger than 50,000,000 bytes"):
        extract_pdf(b"%PDF-" + bytes(PDF_LIMIT), parse=shared())
    parsed = extract_pdf(PDF, parse=_mumbling, url="u")
    assert (parsed.document.title, parsed.document.url) == ("", "")
    assert parsed.notes[:2] == ("pdf b", f"u{len(PDF)}")
    assert "cut after" in parsed.notes[2]
    with pytest.raises(InputError, match="is it a scan"):
        extract_pdf(PDF, parse=lambda *_, **__: {"text": "—"})
    for body, expected in [
        (b"%PDF-1.7", True),
        (b"\r\n%PDF-1.7", True),
        (b"<p>%PDF-</p>", False),
        (b"PDF", False),
    ]:
        assert is_pdf(body) is expected


def _mumbling(
    task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
) -> Mapping[str, Any]:
    return {
        "text": "word " * 100_000,
        "title": None,
        "notes": [f"{task}\nb", about["url"] + str(len(body))],
    }


_ENGLISH = (
    "The ministers met on Monday and agreed to lower the duty on steel from May. They said that "
    "the ports would open again on the same day, with more ships than were expected. The unions "
    "have called the plan a first step, and this week their members vote on it. "
)
_DUTCH = (
    "De ministers vragen zich af of de rechten op staal omlaag gaan of niet, of de havens weer "
    "open gaan of dicht blijven, en of de bonden dat steunen. The Plan, zegt men, is by the book. "
)
_DANISH = (
    "Ministrene kan have ret for en gangs skyld, og de to havne kan have plads for flere skibe; "
    "for byen er det godt, for havnen bedre, siger borgmesteren for byen. "
)
_FEW = "Ministers agreed Monday: lower steel duty, reopened ports, union members vote."
_ALIKE = "Ministers vragen of staal duur is, of goedkoop, en of The Plan by the book is."
_RUSSIAN = "Министры встретились в понедельник и договорились снизить пошлины на сталь. "


@examples("text, code")
def test_the_language_is_told(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize(
    ("text", "code", "doubted"),
    [
        (_ENGLISH * 3, "en", False),
        ("Too short", "", False),
        (
            "The ministers met on Monday and agreed to lower the duty on steel from May.",
            "en",
            False,
        ),
        # too few words to be sure
        (_FEW, "en", True),
        ("Il ministro dice che INSTEAD OF e WHEN non possono avere nuove condizioni.", "it", True),
        # Afrikaans is as near as so few words allow
        (_ALIKE, "af", True),
        (_ENGLISH + _RUSSIAN * 3, "ru", True),
        (_DUTCH * 6, "nl", True),
        (_DANISH * 6, "da", True),
        (_ENGLISH + _DUTCH * 8, "nl", True),
        (_ENGLISH + _RUSSIAN * 20, "ru", True),
        # what comes after the first 2,000 characters decides nothing
        (_RUSSIAN * 30 + _ENGLISH * 30, "ru", True),
    ],
)
def test_english_words_in_another_language_decide_nothing_and_the_model_only_in_doubt(
    text: str, code: str, monkeypatch: pytest.MonkeyPatch, *, doubted: bool
) -> None:
    asked = Mock(wraps=language._identifier)
    monkeypatch.setattr(language, "_identifier", asked)
    assert (detect(text), asked.called) == (code, doubted)


def test_what_loads_the_model_is_not_imported_before() -> None:
    code = (
        "import sys; from briefing.sources.language import detect; detect(sys.argv[1]); "
        "print('py3langid' in sys.modules)"
    )
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, _ENGLISH * 3], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "False\n"


WORDS = "Café prices rose in Zürich"


@examples("raw, note")
def test_the_encoding_is_found(raw: bytes, note: str) -> None:
    assert decode(raw) == (WORDS, note)


def test_a_declared_encoding_counts_unless_nobody_should_trust_it() -> None:
    for declared, codec in [
        ("windows-1251", "cp1251"),
        ("Shift_JIS", "shift_jis"),
        ("gb2312", "gb18030"),
    ]:
        text = "Порт открыт" if codec == "cp1251" else "港口"
        assert decode(text.encode(codec), declared=declared) == (text, "")
    for declared in ["utf-7", "idna", "hex", "no-such-codec", "a\0b", "latin-1"]:
        assert decode(WORDS.encode(), declared=declared) == (WORDS, "")
    assert decode(WORDS.encode(), declared="iso-2022-jp") == (WORDS, "")
    assert decode("zwölf ü".encode()[:-1], cut=True) == ("zwölf ", "")
    assert decode(b"caf\xe9 \x81") == ("café \x81", "not UTF-8, read as Latin-1")
    for raw in [b"\x7fELF\0\0", bytes(range(1, 32)) * 9, b"\xff\xd8\xff\xe0\0"]:
        with pytest.raises(InputError, match="not text"):
            decode(raw)
    for text in ["x" * 1_000_000, "\ud800" * 100 + "a" * 60, "qzx " * 5_000]:
        assert len(detect(text)) in {0, 2}


@examples("text, stored")
def test_only_breaks_controls_and_half_characters_change(text: str, stored: str) -> None:
    assert clean(text) == stored


@given(st.text(st.characters()))
def test_a_stored_text_is_never_changed_again(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean(text).encode("utf-8").decode("utf-8") == clean(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("x" * TEXT_LIMIT, TEXT_LIMIT),
        ("x" * (TEXT_LIMIT - 10) + "\n" + "y" * 99, TEXT_LIMIT - 9),
        ("x" * (TEXT_LIMIT - 10) + ". " + "y" * 99, TEXT_LIMIT - 9),
        ("x" * 20 + "\n" + "y" * TEXT_LIMIT, TEXT_LIMIT),
    ],
)
def test_a_long_text_is_cut_where_a_paragraph_or_sentence_ends(text: str, length: int) -> None:
    short, note = shorten(text)
    assert (len(short), bool(note)) == (length, len(text) > TEXT_LIMIT)
    assert shorten(short) == (short, "")


def test_titles_are_bounded_lines_with_words() -> None:
    assert one_line(" Port\n\topens\0 again ") == "Port opens again"
    assert len(one_line("word " * 10_000)) <= TITLE_LIMIT
    assert is_blank(" \n… 😀 —")
    assert not is_blank("港")


@pytest.mark.parametrize("mark", ["\r\n", "\0", ".", "\ud800", "x", '."', "\u2028"])
def test_a_megabyte_of_anything_takes_linear_time(mark: str) -> None:
    assert is_linear(lambda text: shorten(clean(text)), mark * (1_000_000 // len(mark)))


@examples("claimed, codec")
def test_a_page_is_read_by_its_bytes_then_by_what_is_claimed(claimed: str, codec: str) -> None:
    about = {"content_type": f"text/html; charset={claimed}"}
    page = '<meta charset="koi8-r"><p>Мирный</p>'
    assert page_text(page.encode(codec), about=about) == (page, "")


def test_declarations_of_feeds_and_guesses_are_noted() -> None:
    page = '<?xml version="1.0" encoding="utf-8"?><p>Nörtwick</p>'
    text, note = page_text(page.encode("cp1252"), about={})
    assert (text, note) == ("<p>Nörtwick</p>", "not UTF-8, read as Windows-1252")
    feed = '<?xml version="1.0" encoding="windows-1251"?><rss>Мирный</rss>'
    about = {"content_type": "text/xml; charset=koi8-r"}
    assert feed_text(feed.encode("cp1251"), about=about) == feed
    assert choose(b"\x1b$B", claims=("", "iso-2022-jp")) == "iso-2022-jp"
    assert choose(b"plain", claims=("utf-8", "")) == ""


def test_what_is_too_large_or_damaged_is_refused_or_read_up_to_the_limit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="larger than 5,000,000 bytes"):
        page_text(b"<" * (PAGE_LIMIT + 1), about={})
    assert Stream(BytesIO(gzip.compress(b"one\ntwo"))).head(100) == b"one\ntwo"
    assert list(Stream(BytesIO(b"one\ntwo")).lines()) == [(1, b"one\n"), (2, b"two")]
    long = b"x" * (2 * LINE_LIMIT + 5) + b"\nnext\n"
    assert list(Stream(BytesIO(long)).lines()) == [(1, None), (2, b"next\n")]
    bomb = gzip.compress(b"\n" * 3_000_000)
    stream = Stream(BytesIO(bomb), limit=100_000)
    assert len(list(stream.lines())) == 100_000
    assert "larger than 100,000 bytes" in stream.fault
    whole = Stream(BytesIO(bomb), limit=100_000)
    assert len(whole.head(2_000_000)) <= 100_000
    assert whole.fault
    raw = gzip.compress(b"".join(b"line %d\n" % number for number in range(50_000)))
    stream = Stream(BytesIO(raw[: len(raw) // 2]))
    assert len(list(stream.lines())) > 1_000
    assert "ends too early" in stream.fault
    damaged = bytearray(gzip.compress(b"some text of no importance"))
    damaged[2] = 99
    stream = Stream(BytesIO(bytes(damaged)))
    assert stream.head(100) == b""
    assert "damaged" in stream.fault
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 200_000)
    with path.open("rb") as file:
        assert len(Stream(file).head(100_000)) == 100_000
