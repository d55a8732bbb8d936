"""Bytes of an input to plain text: decompressed, decoded and cleaned."""

import gzip
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
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
from tests.examples import examples
from tests.growth import is_linear

WORDS = "Café prices rose in Zürich"


@examples("raw, note")
def test_the_encoding_is_found(raw: bytes, note: str) -> None:
    assert decode(raw) == (WORDS, note)


def test_bytes_windows_does_not_know_are_read_as_latin_1() -> None:
    assert decode(b"caf\xe9 \x81") == ("café \x81", "not UTF-8, read as Latin-1")


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("windows-1251", "cp1251"), ("Shift_JIS", "shift_jis"), ("gb2312", "gb18030")],
)
def test_a_declared_encoding_counts(declared: str, codec: str) -> None:
    text = "Порт открыт" if codec == "cp1251" else "港口"
    assert decode(text.encode(codec), declared=declared) == (text, "")


@pytest.mark.parametrize("declared", ["utf-7", "idna", "hex", "no-such-codec", "a\0b", "latin-1"])
def test_a_declaration_nobody_should_trust_is_ignored(declared: str) -> None:
    assert decode(WORDS.encode(), declared=declared) == (WORDS, "")


def test_a_wrong_declaration_or_half_a_character_costs_nothing_more() -> None:
    assert decode(WORDS.encode(), declared="iso-2022-jp") == (WORDS, "")
    assert decode("zwölf ü".encode()[:-1], cut=True) == ("zwölf ", "")


@pytest.mark.parametrize("raw", [b"\x7fELF\0\0", bytes(range(1, 32)) * 9, b"\xff\xd8\xff\xe0\0"])
def test_binary_is_not_text(raw: bytes) -> None:
    with pytest.raises(InputError, match="not text"):
        decode(raw)


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


@pytest.mark.parametrize(
    ("claimed", "codec"),
    [
        # What is UTF-8 is read so whatever is claimed, and the server's claim goes before the
        # page's unless it is one that servers make unasked.
        ("windows-1251", "utf-8"),
        ("windows-1251", "cp1251"),
        ("ISO-8859-1", "koi8-r"),
    ],
)
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


def test_what_is_too_large_is_refused_and_a_gzip_bomb_stops_at_the_limit() -> None:
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


def test_a_gzip_file_cut_short_or_damaged_gives_what_came_before_and_is_told() -> None:
    raw = gzip.compress(b"".join(b"line %d\n" % number for number in range(50_000)))
    stream = Stream(BytesIO(raw[: len(raw) // 2]))
    assert len(list(stream.lines())) > 1_000
    assert "ends too early" in stream.fault
    damaged = bytearray(gzip.compress(b"some text of no importance"))
    damaged[2] = 99
    stream = Stream(BytesIO(bytes(damaged)))
    assert stream.head(100) == b""
    assert "damaged" in stream.fault


def test_a_whole_read_ends_at_the_size_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 200_000)
    with path.open("rb") as raw:
        assert len(Stream(raw).head(100_000)) == 100_000
