import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.model import WEIGHTS, Document, Mark, digest
from briefing.sources.records import (
    ParsedDocument,
    distinct,
    from_record,
    language_code,
    moment,
    parse,
    safe_id,
    to_line,
    web_address,
)
from tests.examples import examples

TEXT = "The port opened on Monday.\nShips came in."
RECORD = {
    "id": "a-1",
    "url": "https://news.example/a?b=1",
    "source": "Harbor Post",
    "title": "Port opens",
    "published": "2026-01-04T08:30:00+02:00",
    "text": TEXT,
    "owner": "Harbor Group",
    "language": "en-GB",
    "author": "A. Reporter",
    "collected": "2026-01-04T09:00:00.000123Z",
    "marks": ["opinion", "paywall"],
    "unknown": [1],
}


def document(record: dict[str, object]) -> Document:
    return from_record(record, where="a").document


def test_a_record_becomes_a_document() -> None:
    assert from_record(RECORD, where="a.jsonl:1") == ParsedDocument(
        "a.jsonl:1",
        Document(
            id="a-1",
            title="Port opens",
            text=TEXT,
            published=datetime(2026, 1, 4, 6, 30, tzinfo=UTC),
            publisher="Harbor Post",
            url="https://news.example/a?b=1",
            language="en",
            owner="Harbor Group",
            author="A. Reporter",
            collected=datetime(2026, 1, 4, 9, 0, 0, 123, tzinfo=UTC),
            marks=(Mark.PAYWALL, Mark.OPINION),
        ),
    )


@examples("record, reason")
def test_a_record_without_text_is_refused_with_the_reason(record: object, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        from_record(record, where="a")


@examples("key, value, note")
def test_what_is_ignored_is_noted(key: str, value: object, note: str) -> None:
    assert from_record({"text": TEXT, key: value}, where="a").notes == (note,)


def test_missing_fields_are_nothing_to_note_and_a_weight_that_none_can_have_is() -> None:
    record = dict.fromkeys(RECORD) | {"sentences": TEXT.split("\n"), "published": " "}
    parsed = from_record(record, where="a")
    assert parsed.notes == ()
    assert parsed.document.text == TEXT
    assert not {"author", "collected", "marks"} & json.loads(to_line(parsed.document)).keys()
    parsed = from_record({"text": "word " * 100_000}, where="a")
    assert len(parsed.document.text) <= 200_000
    assert "cut after" in parsed.notes[0]
    for value in [0, -1, 3, 1e308, float("nan"), float("inf"), "2", None, [2], {}]:
        parsed = from_record({"text": TEXT, "weight": value}, where="a")
        assert parsed.document.weight == 1.0
        assert parsed.notes == ('"weight" is none that a source can have; ignored',)
        assert document({"text": TEXT, "weight": 2}).weight == 2.0
    for tag, code in [("en", "en"), ("EN-us", "en"), ("zh_Hans", "zh"), ("eng", ""), ("", "")]:
        assert language_code(tag) == code


@examples("given_id, expected")
def test_an_id_is_safe_to_print(given_id: object, expected: str) -> None:
    assert document({"id": given_id, "text": TEXT}).id == expected


def test_a_document_without_an_id_is_named_by_its_content() -> None:
    first = document({"text": TEXT, "title": "A"})
    assert first.id == document({"text": TEXT, "title": "A", "id": ""}).id
    assert first.id != document({"text": TEXT, "title": "B"}).id
    assert len(first.id) == 13


@examples("stamp, expected, timed", expected=datetime.fromisoformat)
def test_a_stamp_is_read_as_utc(stamp: str, expected: datetime | None, timed: bool) -> None:  # noqa: FBT001
    assert moment(stamp) == (expected, timed)


@examples("url")
def test_only_web_addresses_are_kept(url: str) -> None:
    assert web_address(url) == ""


@examples("line, reason")
def test_bad_json_is_refused_in_one_line(line: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        parse(line)
    assert "\n" not in str(caught.value)


def test_equal_ids_are_one_document_or_numbered_past_those_taken() -> None:
    first, again = (
        ParsedDocument("a:1", Document("x", "", TEXT)),
        ParsedDocument("a:2", Document("x", "T", TEXT)),
    )
    reading = distinct([first, again])
    assert reading.documents == (first.document,)
    assert reading.noted == (("a:2", "the same document as x before, dropped"),)
    texts = ["One.", "Two.", "Three.", "Two."]
    reading = distinct(
        ParsedDocument(f"a:{at}", Document("x", "", text)) for at, text in enumerate(texts, 1)
    )
    assert [each.id for each in reading.documents] == ["x", "x~2", "x~3"]
    assert reading.noted == (
        ("a:2", "id x is taken by another text, now x~2"),
        ("a:3", "id x is taken by another text, now x~3"),
        ("a:4", "the same document as x~2 before, dropped"),
    )
    items = [("x~2", "One."), ("x", "Two."), ("x", "Three."), ("x~2", "Three.")]
    reading = distinct(ParsedDocument("a", Document(name, "", text)) for name, text in items)
    assert [each.id for each in reading.documents] == ["x~2", "x", "x~3", "x~2~2"]


@given(
    st.builds(
        from_record,
        st.fixed_dictionaries(
            {"text": st.text().map(lambda text: "a" + text)},
            optional={
                "id": st.text() | st.integers() | st.floats() | st.none(),
                "title": st.text(),
                "source": st.text(),
                "owner": st.text(),
                "url": st.text() | st.just("https://a.example/1"),
                "language": st.text() | st.just("de"),
                "published": st.dates().map(str)
                | st.datetimes(timezones=st.just(UTC)).map(str)
                | st.text(),
                "author": st.text(),
                "collected": st.datetimes(timezones=st.just(UTC)).map(str) | st.text(),
                "marks": st.lists(st.sampled_from([*Mark, "loud"])),
                "weight": st.sampled_from(WEIGHTS) | st.floats() | st.text(),
            },
        ),
        where=st.just("a"),
    )
)
def test_a_document_written_and_read_again_is_the_same(parsed: ParsedDocument) -> None:
    line = to_line(parsed.document)
    assert line.count("\n") == 1
    assert from_record(json.loads(line), where="a") == replace(parsed, notes=())


def test_a_document_without_its_text_is_written_and_read_with_its_digest() -> None:
    whole = document({"id": "d1", "title": "Council votes", "text": TEXT})
    bare = replace(whole, text="", text_sha256=whole.sha256)
    assert json.loads(to_line(bare))["sha256"] == whole.sha256
    again = document(json.loads(to_line(bare)))
    assert (again, again.sha256) == (bare, whole.sha256)
    assert "sha256" not in json.loads(to_line(whole))
    assert document({"id": "d1", "text": TEXT, "sha256": "0" * 64}).sha256 == digest(TEXT)
    for sha256 in ["", "0", "0" * 63 + "g", "0" * 65, 7, None]:
        with pytest.raises(InputError, match="the text has no words"):
            document({"id": "d1", "title": "Council votes", "text": "", "sha256": sha256})


@given(st.text(st.characters()))
def test_a_safe_id_is_safe_once_and_for_all(name: str) -> None:
    assert safe_id(safe_id(name)) == safe_id(name)
    assert safe_id(name).isprintable()
