import copy
import json
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.model import (
    HEAD_LINES,
    DeskNote,
    Document,
    Edition,
    Evidence,
    Kind,
    Ledger,
    Letterhead,
    Mark,
    Panel,
    Saga,
    Score,
    Sentence,
    digest,
)
from briefing.core.record import (
    SCHEMA,
    Record,
    Seal,
    canonical,
    digest_of,
    from_json,
    read,
    to_json,
    to_public_json,
    write,
)
from tests.examples import examples
from tests.newsday import with_story

TEXT = "Ana Rosk, the mayor, said that 9 of 13 voted on Tuesday. Two frigates left Port Ostra."


def cut(words: str) -> Sentence:
    start = TEXT.index(words)
    return Sentence("d1", start, start + len(words), words)


def old(sentence: Sentence, **beside: object) -> dict[str, Any]:
    """Return a slice as schema 1 wrote it, with what is said of it in the same object."""
    names = ("text", "document", "start", "end", "sha256")
    return {name: getattr(sentence, name) for name in names} | beside


WHOLE, NINE, PORT = cut(TEXT[:56]), cut("9 of 13"), cut("Port Ostra")
SPEAKER, OFFICE = cut("Ana Rosk"), cut("the mayor")
FIGURE = old(WHOLE, numeral=old(NINE))

#: An edition of schema 1 with each part that it could have, and the same as one of today.
OLD, _READ = json.loads(FilePath(__file__).with_name("record1.json").read_text("utf-8")).values()
RECORD1 = from_json(Edition, _READ)

#: What each edition of schema 1 has.
BARE = {name: OLD[name] for name in "schema id name date language setting".split()} | {
    "sections": [],
    "documents": {},
}


def read_old(**changed: object) -> Record:
    return read(json.dumps(OLD | changed), name="old.json")


def test_every_part_of_an_edition_of_schema_1_is_read() -> None:
    record = read_old()
    assert (record.edition, record.intact) == (RECORD1, True)
    assert record.edition.documents["d1"].sha256 == digest(TEXT)
    assert [*record.edition.days[0].stories, *record.edition.lists] == [
        *("security", "economy"),
        *("sea", "air"),
    ]


def test_its_digest_is_that_of_one_line_for_each_printed_passage() -> None:
    lines = [
        f"{one.document} {one.start} {one.end} {one.sha256}"
        for one in (
            WHOLE,
            *(WHOLE, NINE) * 3,
            *(WHOLE, SPEAKER, OFFICE, WHOLE, SPEAKER),
            WHOLE,
            *(NINE, PORT, PORT),
        )
    ]
    assert [*RECORD1.passages()] == [
        *(WHOLE,),
        *(WHOLE, NINE) * 3,
        *(WHOLE, SPEAKER, OFFICE, WHOLE, SPEAKER),
        *(WHOLE, NINE, PORT, PORT),
    ]
    right, wrong = digest("\n".join(lines)), digest("\n".join(lines[1:]))
    assert read_old(proof=right) == read_old() == Record(RECORD1, right)
    assert read_old(proof=wrong) == Record(RECORD1, right, intact=False)


def test_what_may_be_left_out_of_it_has_a_default_and_the_edition_before_is_known() -> None:
    bare = read(json.dumps(BARE), name="old.json").edition
    assert (bare.number, bare.dateline, bare.since, bare.panel) == (1, "", None, Panel())
    assert (bare.days, bare.ledger, bare.evidence, bare.manifest) == ((), Ledger(), {}, {})
    assert bare.letterhead == Letterhead()
    named = read(json.dumps(BARE | {"letterhead": {"marking": "INTERNAL"}}), name="old.json")
    assert named.edition.letterhead == Letterhead("INTERNAL")
    days = [{"date": f"2026-03-{day:02}", "stories": {}} for day in (8, 10, 12)]
    for kept, since in ((days, date(2026, 3, 10)), (days[2:], None)):
        assert read(json.dumps(BARE | {"days": kept}), name="old.json").edition.since == since
    assert read_old(since=None).edition == replace(RECORD1, since=None)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": None},
        {"sections": [{"name": "economy"}]},
        {"documents": []},
        {"documents": {"d1": {}}},
        {"figures": [old(NINE)]},
        {"quotes": [old(WHOLE, speaker=old(NINE) | {"sha256": digest(TEXT)})]},
        {"discrepancies": [{"revised": True, "sides": [FIGURE]}]},
        {"also": ["s5"]},
        {"evidence": {"s1": {}}},
        {"manifest": {"choices": [{}]}},
        {"proof": ["0"]},
        {"strange": 1},
    ],
    ids=str,
)
def test_what_is_wrong_in_it_is_one_error_that_names_the_file(changed: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"^old\.json: not an edition \([^\n]+\)$"):
        read_old(**changed)


NAME = "edition.json"
_OLD = RECORD1
#: An edition with every field of the record.
_FIRST = _OLD.sections[0].briefs[0]
_SAID = tuple(replace(one, speaker="Ostra House") for one in _FIRST.sentences)
EDITION = replace(
    with_story(_OLD, _FIRST.story, sentences=_SAID, foreign=(("de", ("d1",)),)),
    documents={
        "d1": replace(
            _OLD.documents["d1"], language="en", timed=False, marks=(Mark.OPINION,), kind=Kind.WIRE
        )
    },
    ledger=replace(_OLD.ledger, chosen=1, headlines_chosen=2, kinds={"wire": 1}, foreign=1),
    evidence={
        story: replace(its, foreign=(("d1", 0.5),), beside=(("d1", 0.5),))
        for story, its in _OLD.evidence.items()
    },
    setting=replace(_OLD.setting, lines=((11.25, 11.5),)),
    letterhead=replace(
        _OLD.letterhead,
        **dict[str, Any]((name, "Ostra House") for _, name in HEAD_LINES),
        logo="data:image/png;base64,iVBORw0KGgo=",
    ),
)
CONTENT: dict[str, Any] = json.loads(write(EDITION))
#: As readers get it.
PUBLIC: dict[str, Any] = json.loads(write(EDITION, private=False))

Path = tuple[str | int, ...]


def types_in(hint: Any) -> Iterator[type]:  # noqa: ANN401  any annotation
    if is_dataclass(hint):
        yield typing.cast("type", hint)
        hint = tuple[tuple(typing.get_type_hints(hint).values())]  # type: ignore[misc]  # made here
    for part in typing.get_args(hint):
        yield from types_in(part)


KINDS = tuple(dict.fromkeys(types_in(Edition)))

_ids = st.integers(1, 10**6).map("s{}".format)
_moments = st.datetimes(datetime(1990, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  zones beside
#: Scores as they are written: four decimals.
_scores = st.integers(-(10**9), 10**9).map(lambda number: number / 10**4)
# Halves of a pair that stand side by side are one character of JSON.
_any_text = st.text(st.characters(exclude_categories=["Cs"]) | st.just("\udfff"), max_size=5)
PLAIN: Mapping[object, st.SearchStrategy[Any]] = {
    str: _any_text,
    int: st.integers(),
    bool: st.booleans(),
    float: _scores,
    date: st.dates(),
    datetime: _moments,
}
#: Fields of which not every value of their type is valid.
OWN: Mapping[object, dict[str, st.SearchStrategy[Any]]] = {
    Saga: {"id": _ids, "also": st.lists(_ids, max_size=2).map(tuple)},
    DeskNote: dict.fromkeys(("text", "signed"), st.sampled_from(("The port is closed.", "Desk"))),
    Letterhead: {
        "accent": st.sampled_from(("", "#a1b2c3")),
        "logo": st.sampled_from(("", "data:image/png;base64,iVBORw0KGgo=")),
        "labels": st.sampled_from(((), (("economy", "Money"),))),
    },
}


def values(hint: Any, *, exact: bool = False) -> st.SearchStrategy[Any]:  # noqa: ANN401, PLR0911
    """Return what makes values of a type, as the codec goes through it."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        made = {
            one.name: values(hints[one.name], exact="exact" in one.metadata)
            for one in fields(hint)
            if one.metadata.get("json", "") is not None
        }
        return st.builds(typing.cast("type", hint), **{**made, **OWN.get(hint, {})})
    if origin is types.UnionType:
        return st.none() | values(args[0])
    if origin is tuple and args[-1] is ...:
        return st.lists(values(args[0]), max_size=1).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, args))
    if origin is not None:
        return st.dictionaries(_any_text, values(args[1]), max_size=2)
    if exact:
        return st.floats(allow_nan=False, allow_infinity=False)
    return PLAIN[hint] if hint in PLAIN else st.sampled_from(hint)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=settings().max_examples // 4)
@given(data=st.data())
def test_what_is_written_is_read_back_the_same(kind: type, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    text = canonical(to_json(value))
    again = from_json(kind, json.loads(text))
    assert again == value
    assert canonical(to_json(again)) == text


def test_an_edition_is_one_line_of_canonical_json_with_its_signature_beside_it() -> None:
    record = read(write(EDITION), name=NAME)
    assert (record.edition, record.intact) == (EDITION, True)
    assert write(record.edition) == write(EDITION)
    (document,) = record.edition.documents.values()
    assert document.sha256 == EDITION.documents["d1"].sha256 == digest(TEXT)
    assert replace(document, text="Other words.").sha256 == digest("Other words.")
    assert write(EDITION) == canonical(CONTENT) + "\n"
    assert (CONTENT["schema"], CONTENT["digest"]) == (SCHEMA, digest_of(EDITION))
    shown = to_public_json(EDITION)
    assert CONTENT["digest"] == digest(canonical(shown))
    assert json.loads(write(EDITION, private=False)) == shown | {
        name: CONTENT[name] for name in ("schema", "digest")
    }
    seal = Seal("ab" * 32, "cd" * 64)
    signed = read(write(EDITION, seal=seal), name=NAME)
    assert (signed.seal, signed.digest, signed.intact) == (seal, digest_of(EDITION), True)
    assert read(write(EDITION), name=NAME).seal is None


@examples("content, text")
def test_there_is_one_form_of_each_value(content: object, text: str) -> None:
    assert canonical(content) == text
    assert json.loads(text, parse_int=float) == content


def paths(content: Any, at: Path = ()) -> Iterator[Path]:  # noqa: ANN401  any JSON
    """Yield the place of each value of JSON, the whole left out."""
    if isinstance(content, dict | list):
        for key, one in content.items() if isinstance(content, dict) else enumerate(content):
            yield (*at, key)
            yield from paths(one, (*at, key))


def value_at(content: Any, path: Path) -> Any:  # noqa: ANN401  any JSON
    for key in path:
        content = content[key]
    return content


SHOWN = tuple(paths(to_public_json(EDITION)))
PRIVATE = tuple(sorted({*paths(to_json(EDITION))} - {*SHOWN}, key=str))


def written(value: Any) -> Iterator[tuple[type, str]]:  # noqa: ANN401  any value of the core
    """Yield each field of each type that has another value than its default."""
    if is_dataclass(value):
        for one in fields(value):
            own = getattr(value, one.name)
            if own not in (one.default, ()):
                yield type(value), one.name
            yield from written(own)
    elif isinstance(value, tuple | Mapping):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from written(one)


def test_the_example_has_every_field_so_that_each_can_be_changed() -> None:
    every = {
        (kind, one.name)
        for kind in KINDS
        for one in fields(kind)
        if one.metadata.get("json", "") is not None
    }
    assert every <= {*written(EDITION), *written(EDITION.shown())}


_json = st.none() | st.booleans() | st.integers() | _any_text | st.lists(st.integers(), max_size=1)
_like: Mapping[type, st.SearchStrategy[Any]] = {
    str: _any_text | st.dates().map(str),
    int: st.integers(0, 10**6),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
}


def is_found(content: dict[str, Any]) -> bool:
    """Tell whether a record is refused or known to be another."""
    try:
        return not read(json.dumps(content), name=NAME).intact
    except InputError:
        return True


@settings(max_examples=5 * settings().max_examples)
@given(st.data())
def test_whatever_is_changed_in_a_record_is_found(data: st.DataObject) -> None:
    content = copy.deepcopy(PUBLIC)
    *above, key = data.draw(st.sampled_from(SHOWN))
    place = value_at(content, tuple(above))
    old = place[key]
    match data.draw(st.sampled_from(("like", "other", "gone", "twice", "renamed"))):
        case "like" if type(old) in _like:
            place[key] = data.draw(_like[type(old)])
        case "gone":
            del place[key]
        case "twice" if isinstance(place, list):
            place.append(old)
        case "renamed" if isinstance(place, dict):
            place[data.draw(_any_text)] = place.pop(key)
        case _:
            place[key] = data.draw(_json)
    same = json.dumps(content, sort_keys=True) == json.dumps(PUBLIC, sort_keys=True)
    assert is_found(content) is not same


def test_another_order_a_name_that_stands_twice_or_a_wrong_digest_is_found() -> None:
    for path in SHOWN:
        content = copy.deepcopy(PUBLIC)
        several = value_at(content, path)
        if isinstance(several, list) and several != several[::-1]:
            several.reverse()
            assert is_found(content), path
    text = write(EDITION).replace('"number":3', '"number":4,"number":3')
    with pytest.raises(InputError, match="a name stands twice"):
        read(text, name=NAME)
    slices = [path for path in SHOWN if path[-1] == "sha256" and path[0] != "documents"]
    assert len(slices) > 20
    for path in slices:
        content = copy.deepcopy(PUBLIC)
        value_at(content, path[:-1])["sha256"] = digest("Other words.")
        with pytest.raises(InputError, match="its sha256 is not that of its words"):
            read(json.dumps(content), name=NAME)


def test_what_concerns_the_desk_alone_is_not_public_and_not_in_the_digest() -> None:
    # of these readers see numbers, or names
    counted: set[Path] = {
        ("choices",),
        ("ledger", "found"),
        ("panel", "also", 0, "watched"),
        ("sections", 0, "briefs", 0, "watched"),
        ("ledger", "dropped_stories", "commentary on another story"),
        ("ledger", "headlines_chosen"),
    }
    alone: set[Path] = {
        ("documents", "d1", "weight"),
        ("evidence",),
        ("ledger", "drops"),
        ("ledger", "failed"),
    }
    assert {path for path in PRIVATE if path[:-1] not in PRIVATE} == counted | alone
    for path in alone:
        content = copy.deepcopy(CONTENT)
        del value_at(content, path[:-1])[path[-1]]
        assert read(json.dumps(content), name=NAME).intact
    content = copy.deepcopy(CONTENT)
    content["evidence"]["s1"]["commentary"] = [["d7", 0.4]]
    assert read(json.dumps(content), name=NAME) == read(write(EDITION), name=NAME)


def test_scores_have_four_decimals_and_what_json_does_not_have_is_not_written() -> None:
    lead = EDITION.setting.lead
    assert f"{lead}" == "9.825537693670801"
    score = Score(1 / 7, {"size": 1 / 9})
    made = replace(
        EDITION, evidence={"s1": Evidence((("d0", 1 / 3),), {"economy": 2 / 3}, score, ())}
    )
    content = json.loads(write(made))
    assert content["setting"]["lead"] == lead
    assert content["evidence"]["s1"] == {
        "links": [["d0", 0.3333]],
        "sections": {"economy": 0.6667},
        "salience": {"value": 0.1429, "terms": {"size": 0.1111}},
        "sentences": [],
    }
    document = from_json(Document, {"id": "d", "title": "", "published": "2026-03-12T01:30+03:00"})
    assert document.published == datetime(2026, 3, 11, 22, 30, tzinfo=UTC)
    assert document.published.tzinfo is UTC
    for number in [float("nan"), float("inf"), float("-inf")]:
        with pytest.raises(ValueError, match="no number of JSON"):
            canonical(number)


@examples("path, value, said", path=tuple)
def test_a_wrong_field_is_one_error_that_says_where(path: Path, value: object, said: str) -> None:
    content = copy.deepcopy(CONTENT)
    place = value_at(content, path[:-1])
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    with pytest.raises(InputError) as error:
        read(json.dumps(content), name=NAME)
    assert str(error.value).startswith(f"{NAME}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        *("", "not JSON", "{", "[1]", "null", '"edition"', "{}", "NaN", "\x00\ud800"),
        *("9" * 5000, "[" * 100_000, '{"schema":' + "[" * 100_000 + "]" * 100_000 + "}"),
        *('{"schema":2}', '{"schema":1}', '{"schema":2,"digest":""}'),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_edition_is_one_error_that_names_the_file(text: str) -> None:
    with pytest.raises(InputError) as error:
        read(text, name=NAME)
    assert str(error.value).startswith(f"{NAME}: not an edition (")
    assert "\n" not in str(error.value)
