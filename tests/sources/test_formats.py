import json
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO

import pytest

from briefing.core.errors import InputError
from briefing.sources import formats
from briefing.sources.decode import LINE_LIMIT, Stream
from briefing.sources.formats import to_plain
from briefing.sources.records import Failed, Outcome, ParsedDocument
from briefing.sources.sandbox.pool import shared
from tests.examples import examples
from tests.growth import is_linear
from tests.sources.outside import WHOLE, item, rss

FROM_JSON = partial(formats.from_json, parse=shared())
FROM_FEED = partial(formats.from_feed, parse=shared())
GOOD = json.dumps({"id": "a", "text": "Ships came in."})


def outcomes(read: Callable[..., Iterator[Outcome]], raw: bytes) -> list[Outcome]:
    return list(read(Stream(BytesIO(raw)), where="in"))


def only(read: Callable[..., Iterator[Outcome]], raw: bytes) -> ParsedDocument:
    (outcome,) = outcomes(read, raw)
    assert isinstance(outcome, ParsedDocument)
    return outcome


def failures(read: Callable[..., Iterator[Outcome]], raw: bytes) -> list[tuple[str, str]]:
    return [
        (outcome.where, outcome.reason)
        for outcome in outcomes(read, raw)
        if isinstance(outcome, Failed)
    ]


@examples("raw, title, text")
def test_a_short_line_before_a_blank_one_is_a_title(raw: bytes, title: str, text: str) -> None:
    document = only(formats.from_text, raw).document
    assert (document.title, document.text) == (title, text)


@examples("raw, reason")
def test_a_file_without_words_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        outcomes(formats.from_text, raw)


def test_texts_and_markdown_become_plain_and_are_cut() -> None:
    parsed = only(formats.from_text, "Ships cäme in today.\n".encode() * 500_000)
    assert 199_000 < len(parsed.document.text) <= 200_000
    assert parsed.document.text.endswith("today.\n")
    assert "cut after" in parsed.notes[0]
    assert only(formats.from_text, b"caf\xe9").notes == ("not UTF-8, read as Windows-1252",)
    document = only(formats.from_markdown, b"# Port\n\nShips **came**.&eacute;\n").document
    assert (document.title, document.text) == ("Port", "Ships came.é")


def test_a_bad_line_fails_alone_and_no_json_at_all_is_given_up() -> None:
    raw = b"\n".join([GOOD.encode(), b"", b"{bad", b"[1]", b'{"id": 1}', b"\0", b'{"text":"B."}'])
    read = outcomes(formats.from_lines, raw)
    assert [outcome.where for outcome in read] == "in:1 in:3 in:4 in:5 in:6 in:7".split()
    assert failures(formats.from_lines, raw) == [
        ("in:3", "not JSON (Expecting property name enclosed in double quotes at character 2)"),
        ("in:4", "not an object but a list; give one object per document"),
        ("in:5", 'no "text" in the record'),
        ("in:6", "not text (it has NUL bytes); save it as UTF-8 text"),
    ]
    raw = b"x" * (LINE_LIMIT + 1) + b"\n" + GOOD.encode()
    assert [where for where, _ in failures(formats.from_lines, raw)] == ["in:1"]
    assert len(outcomes(formats.from_lines, raw)) == 2
    assert only(formats.from_lines, '{"text": "café"}'.encode("cp1252")).notes == (
        "not UTF-8, read as Windows-1252",
    )
    failed = failures(formats.from_lines, b"plain words\n" * 5_000)
    assert len(failed) == 101
    assert failed[-1] == ("in", "stopped after 100 bad lines in a row; are these JSON lines?")


@examples("raw, places")
def test_json_may_be_an_object_a_list_or_lines(raw: str, places: list[str]) -> None:
    assert [outcome.where for outcome in outcomes(FROM_JSON, raw.encode())] == places


@pytest.mark.parametrize(
    ("raw", "place"), [("[1]", "in#1"), ('"x"', "in"), ("7", "in"), ("[[]]", "in#1")]
)
def test_json_that_is_no_record_fails(raw: str, place: str) -> None:
    assert [where for where, _ in failures(FROM_JSON, raw.encode())] == [place]


@pytest.mark.parametrize(
    ("read", "raw", "reason"),
    [
        (FROM_JSON, b'{"text": "a"', "not JSON"),
        (FROM_JSON, b"{\n,", "not JSON"),
        (FROM_JSON, b"7\n8\n", "not JSON"),
        (FROM_JSON, b"[" * 100_000, "nested too deeply"),
        (FROM_JSON, b"9" * 10_000, "too long to read"),
        (FROM_JSON, b" " * (formats.JSON_LIMIT + 1), "larger than 50,000,000 bytes"),
        (FROM_FEED, b"<html><body>Ships</body></html>", "not a feed but a web page; name it .html"),
        (FROM_FEED, b"<?xml version='1.0'?><note>Ships</note>", "not a feed"),
        (FROM_FEED, rss().body, "the feed lists nothing"),
        (FROM_FEED, b" " * (formats.FEED_LIMIT + 1), "larger than 20,000,000 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_json_or_feed_is_refused(
    read: Callable[..., Iterator[Outcome]], raw: bytes, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        outcomes(read, raw)


@examples("head, ending")
def test_the_first_bytes_tell_the_format(head: bytes, ending: str) -> None:
    assert formats.sniff(head) == ending


FEED = rss(
    item("https://post.example/a", title="Port opens", text=WHOLE),
    item("https://post.example/b", title="Two left"),
    "<item><title>Two left</title></item>",
    "<item><link>https://post.example/c</link></item>",
    "<item><category>Sea</category></item>",
    item(title="Short", text="Ships came in …"),
).body


def test_every_item_of_a_saved_feed_is_a_document_or_fails() -> None:
    read = outcomes(FROM_FEED, FEED)
    whole, *bare, short = (outcome for outcome in read if isinstance(outcome, ParsedDocument))
    assert isinstance(whole, ParsedDocument)
    assert isinstance(short, ParsedDocument)
    assert (whole.document.title, whole.document.url, whole.notes) == (
        "Port opens",
        "https://post.example/a",
        (),
    )
    assert short.notes == ("only the first lines; the full report is on its page",)
    assert [(each.where, each.document.title, each.document.text, each.notes) for each in bare] == [
        (where, "Two left", "", ("only its headline; the report is on its page",))
        for where in ("in#2", "in#3")
    ]
    assert len({each.document.id for each in bare}) == 2
    assert failures(FROM_FEED, FEED) == [
        ("in#4", "the feed has no text for it; save its page (https://post.example/c) as .html")
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Port Post",
        "items": [{"id": "1", "title": "Port opens", "content_text": WHOLE}],
    }
    parsed = only(FROM_JSON, json.dumps(feed).encode())
    assert (parsed.where, parsed.document.title) == ("in#1", "Port opens")
    assert parsed.document.publisher == "Port Post"


@examples("markdown, title, plain")
def test_words_stay_and_marks_go(markdown: str, title: str, plain: str) -> None:
    assert to_plain(markdown) == (title, plain)


@examples("mark")
def test_many_marks_take_linear_time(mark: str) -> None:
    assert is_linear(to_plain, mark * (15_000 // len(mark)))
