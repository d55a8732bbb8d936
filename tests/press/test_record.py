from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import InputError
from briefing.core.model import (
    WEIGHTS,
    Brief,
    Correction,
    DateAhead,
    DayCount,
    Discrepancy,
    Document,
    EarlierHeadline,
    Edition,
    Evidence,
    Figure,
    Flow,
    FoundStory,
    Ledger,
    Panel,
    Quote,
    Saga,
    SagaEntry,
    Scale,
    Score,
    Section,
    Sentence,
    Setting,
    Status,
    WatchHit,
    digest,
)
from briefing.core.record import Record, read, write
from tests.fakes import draft

NAME = "edition.json"

texts = st.text(max_size=30)
names = st.text("abcdefgh", min_size=1, max_size=4)
counts = st.integers(0, 10**6)
#: Scores as they are written: four decimals.
shares = st.integers(-(10**6), 10**6).map(lambda number: number / 10**4)
points = st.floats(1, 40, allow_nan=False).map(lambda number: round(number, 6))
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
moments = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: max(moment, datetime(1990, 1, 1, tzinfo=UTC))
)
slices = st.builds(Sentence, document=names, start=counts, end=counts, text=texts)
titles = st.builds(
    lambda document, title: Sentence(document, 0, len(title), title), document=names, title=texts
)
sagas = st.builds(
    Saga,
    id=st.integers(1, 10**6).map("s{}".format),
    since=days,
    entries=st.tuples()
    | st.tuples(
        st.builds(SagaEntry, edition=texts, day=days, story=names, headline=texts, sentence=slices)
    ),
    also=st.tuples() | st.tuples(st.integers(1, 10**6).map("s{}".format)),
    beside=st.tuples() | st.tuples(texts),
)
scores = st.builds(Score, value=shares, terms=st.dictionaries(names, shares, max_size=2))


def several(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


briefs = st.builds(
    Brief,
    story=names,
    headline=texts,
    status=st.sampled_from(Status),
    reports=counts,
    publishers=counts,
    sentences=several(slices),
    sources=several(names),
    top=st.booleans(),
    earlier=st.none() | st.builds(EarlierHeadline, edition=texts, day=days, title=titles),
    saga=st.none() | sagas,
)
figures = st.builds(Figure, slices, slices)
panels = st.builds(
    Panel,
    figures=several(st.builds(Figure, slices, slices, st.none() | st.dates())),
    quotes=several(st.builds(Quote, slices, slices, st.none() | slices)),
    ahead=several(st.builds(DateAhead, days, slices, slices)),
    discrepancies=several(
        st.builds(Discrepancy, figures, figures, revised=st.booleans()),
    ),
    chart=st.booleans(),
)
corrections = st.builds(
    Correction,
    document=names,
    title=texts,
    publisher=texts,
    url=texts,
    what=st.sampled_from(("changed", "vanished")),
    noticed=moments,
    edition=texts,
    lost=counts,
)
found_stories = st.builds(
    FoundStory,
    story=names,
    headline=texts,
    documents=several(names),
    section=texts,
    probability=shares,
    salience=shares,
    why=texts,
)
ledgers = st.builds(
    Ledger,
    **dict.fromkeys(
        ("documents", "publishers", "stories", "printed", "sentences", "sentences_printed"), counts
    ),
    dropped_documents=st.dictionaries(names, counts, max_size=2),
    dropped_sentences=st.dictionaries(names, counts, max_size=2),
    failed=several(st.tuples(texts, texts)),
    found=several(found_stories),
    no_room=several(st.tuples(texts, texts, texts)),
    drops=several(st.tuples(texts, texts)),
    corrections=several(corrections),
)
evidences = st.builds(
    Evidence,
    links=several(st.tuples(names, shares)),
    sections=st.dictionaries(names, shares, max_size=2),
    salience=scores,
    sentences=several(st.tuples(texts, names, scores, st.booleans())),
    beaten=several(texts),
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Document]:
    ids = draw(st.lists(names, max_size=3, unique=True))
    return {
        name: Document(
            id=name,
            title=draw(texts),
            text="",
            published=draw(st.none() | moments),
            publisher=draw(texts),
            owner=draw(texts),
            url=draw(texts),
            author=draw(texts),
            collected=draw(st.none() | moments),
            weight=draw(st.sampled_from(WEIGHTS)),
        )
        for name in ids
    }


editions = st.builds(
    Edition,
    id=texts,
    name=texts,
    day=days,
    language=names,
    number=counts,
    dateline=texts,
    sections=several(st.builds(Section, name=names, briefs=several(briefs))),
    panel=panels,
    documents=documents(),
    days=several(st.builds(DayCount, day=days, stories=st.dictionaries(names, counts, max_size=2))),
    ledger=ledgers,
    setting=st.builds(
        Setting,
        scale=st.sampled_from(Scale),
        lead=points,
        headline=points,
        splits=several(counts),
        side_gap=points,
        flows=several(st.sampled_from(Flow)),
    ),
    evidence=st.dictionaries(names, evidences, max_size=2),
    manifest=st.dictionaries(names, texts, max_size=2),
    since=st.none() | days,
)


@given(editions)
def test_what_is_written_is_read_back_the_same(edition: Edition) -> None:
    text = write(edition)
    stored = read(text, name=NAME)
    assert stored.edition == edition
    assert write(stored.edition) == text
    assert list(stored.digests) == list(edition.documents)
    assert stored.proof == edition.proof


def test_a_fitted_edition_is_read_back_without_the_texts_of_its_documents(edition: Edition) -> None:
    stored = read(write(edition), name=NAME)
    bare = {
        name: replace(document, text="", language="")
        for name, document in edition.documents.items()
    }
    sections = tuple(
        replace(
            section,
            briefs=tuple(
                replace(
                    brief,
                    sentences=tuple(replace(sentence, index=0) for sentence in brief.sentences),
                )
                for brief in section.briefs
            ),
        )
        for section in edition.sections
    )
    assert stored == Record(
        replace(edition, documents=bare, sections=sections),
        {name: document.sha256 for name, document in edition.documents.items()},
        edition.proof,
    )


def test_every_passage_is_written_with_its_digest(edition: Edition) -> None:
    stored = json.loads(write(edition))
    first = stored["sections"][0]["briefs"][0]["sentences"][0]
    sentence = next(edition.sentences())
    assert first == {
        "text": sentence.text,
        "document": sentence.document,
        "start": sentence.start,
        "end": sentence.end,
        "sha256": sentence.sha256,
    }
    for item in (*stored["figures"], *stored["quotes"], *stored["ahead"]):
        assert {"text", "document", "start", "end", "sha256"} <= set(item)
    assert stored["proof"] == edition.proof


def test_the_record_begins_with_what_it_is(edition: Edition) -> None:
    assert list(json.loads(write(edition)))[:5] == ["schema", "id", "name", "date", "language"]
    assert write(edition).endswith("}\n")


def test_a_document_that_is_read_has_the_digest_of_its_text(edition: Edition) -> None:
    again = read(write(edition), name=NAME).edition
    assert {name: one.sha256 for name, one in again.documents.items()} == {
        name: one.sha256 for name, one in edition.documents.items()
    }
    other = replace(again.documents["d0"], text="Other words.")
    assert other.sha256 == digest("Other words.")


def test_a_record_from_before_knows_the_last_edition_by_its_chart(edition: Edition) -> None:
    record = json.loads(write(edition))
    assert record.pop("since") == "2026-03-11"
    days = [{"date": f"2026-03-{day:02}", "stories": {}} for day in (8, 10, 12)]
    for kept, since in ((days, date(2026, 3, 10)), (days[2:], None), ([], None)):
        again = read(json.dumps({**record, "days": kept}), name=NAME).edition
        assert again.since == since
    assert read(json.dumps({**record, "since": None}), name=NAME).edition.since is None


def test_scores_are_written_with_four_decimals() -> None:
    edition = replace(
        draft(0).edition,
        evidence={
            "s1": Evidence(
                links=(("d0", 1 / 3),),
                sections={"economy": 2 / 3},
                salience=Score(1 / 7, {"size": 1 / 9}),
                sentences=(),
                shared={"d1": ("Ostra",)},
                commentary=(("d2", 1 / 3),),
            )
        },
    )
    assert read(write(edition), name="e").edition.evidence["s1"].shared == {"d1": ("Ostra",)}
    stored = json.loads(write(edition))["evidence"]["s1"]
    assert stored["links"] == [["d0", 0.3333]]
    assert stored["commentary"] == [["d2", 0.3333]]
    assert stored["sections"] == {"economy": 0.6667}
    assert stored["salience"] == {"value": 0.1429, "terms": {"size": 0.1111}}


@pytest.fixture(scope="module")
def stored(edition: Edition) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(write(edition))
    return content


def changed(stored: dict[str, Any], path: tuple[str | int, ...], value: object) -> str:
    """Return the record with one place changed, or left out when the value is None."""
    whole = copy.deepcopy(stored)
    place: Any = whole
    for part in path[:-1]:
        place = place[part]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(whole)


BRIEF = ("sections", 0, "briefs", 0)
CORRECTION = {
    "document": "d9",
    "title": "Council leases two berths",
    "publisher": "Ostra Courier",
    "url": "https://courier.example/9",
    "what": "changed",
    "noticed": "2026-03-12T05:00:00+00:00",
    "edition": "ostra-desk/2026-03-11",
    "lost": 1,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("schema",), "1"),
        (("schema",), None),
        (("id",), None),
        (("id",), 7),
        (("name",), ["Desk"]),
        (("date",), "yesterday"),
        (("date",), 20260312),
        (("number",), "3"),
        (("number",), True),
        (("dateline",), 5),
        (("sections",), None),
        (("sections",), {}),
        (("sections", 0), "economy"),
        (("sections", 0, "name"), 1),
        (("sections", 0, "briefs"), "none"),
        ((*BRIEF, "status"), "old"),
        ((*BRIEF, "status"), ["new"]),
        ((*BRIEF, "headline"), None),
        ((*BRIEF, "reports"), 2.5),
        ((*BRIEF, "top"), "yes"),
        ((*BRIEF, "sources"), ["d1", 2]),
        ((*BRIEF, "sentences", 0), "a sentence"),
        ((*BRIEF, "sentences", 0, "start"), "0"),
        ((*BRIEF, "sentences", 0, "end"), None),
        ((*BRIEF, "sentences", 0, "text"), 0),
        (("documents",), []),
        (("documents",), None),
        (("documents", "d0"), "text"),
        (("documents", "d0", "title"), 1),
        (("documents", "d0", "published"), "noon"),
        (("documents", "d0", "published"), 1773),
        (("documents", "d0", "sha256"), None),
        (("figures", 0, "numeral"), None),
        (("quotes", 0, "speaker"), "Officials"),
        (("quotes", 0, "office"), "minister"),
        (("ahead", 0, "date"), "soon"),
        (("ahead", 0, "mention"), None),
        (("days", 0, "stories"), []),
        (("days", 0, "stories"), {"economy": "many"}),
        (("chart",), 1),
        (("setting",), None),
        (("setting", "scale"), "huge"),
        (("setting", "lead"), "wide"),
        (("setting", "splits"), 2),
        (("setting", "flows"), ["sideways"]),
        (("setting", "flows"), 3),
        (("ledger",), [1]),
        (("ledger", "documents"), "many"),
        (("ledger", "printed"), [1]),
        (("ledger", "failed"), [["only one"]]),
        (("ledger", "failed"), 3),
        (("ledger", "no_room"), [["a", "b"]]),
        (("ledger", "dropped_documents"), [1]),
        (("ledger", "corrections"), {}),
        (("ledger", "corrections"), ["d1"]),
        (("ledger", "corrections"), [CORRECTION | {"what": "exploded"}]),
        (("ledger", "corrections"), [CORRECTION | {"what": ["changed"]}]),
        (("ledger", "corrections"), [CORRECTION | {"title": None}]),
        (("ledger", "corrections"), [CORRECTION | {"noticed": "noon"}]),
        (("ledger", "corrections"), [CORRECTION | {"lost": True}]),
        (("documents", "d0", "collected"), "noon"),
        (("documents", "d0", "author"), 7),
        (("proof",), 7),
        (("evidence",), [1]),
        (("evidence",), {"s1": {}}),
        (("evidence",), {"s1": 5}),
        (("manifest",), "none"),
    ],
)
def test_a_wrong_field_is_one_error_that_names_the_file(
    stored: dict[str, Any], path: tuple[str | int, ...], value: object
) -> None:
    with pytest.raises(InputError) as error:
        read(changed(stored, path, value), name=NAME)
    assert str(error.value).startswith(f"{NAME}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "{",
        "[]",
        "[1, 2]",
        "null",
        '"edition"',
        "{}",
        "[" * 100_000,
        '{"schema":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"schema": 1}',
        '{"schema": 1, "documents": {}}',
        "\x00\ud800",
        "NaN",
        "9" * 5000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_edition_is_one_error_that_names_the_file(text: str) -> None:
    with pytest.raises(InputError) as error:
        read(text, name=NAME)
    assert str(error.value).startswith(f"{NAME}: ")
    assert "\n" not in str(error.value)


def test_another_schema_is_told_apart(stored: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="schema 2; this version reads 1"):
        read(changed(stored, ("schema",), 2), name=NAME)


@pytest.mark.parametrize(
    "path",
    [("number",), ("dateline",), ("days",), ("ledger",), ("evidence",), ("manifest",), ("chart",)],
)
def test_what_may_be_left_out_has_a_default(stored: dict[str, Any], path: tuple[str]) -> None:
    assert isinstance(read(changed(stored, path, None), name=NAME), Record)


@given(
    st.recursive(
        st.none() | st.booleans() | counts | texts,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["schema", "documents", "sections", "id"]) | texts,
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_any_other_json_is_one_error(value: object) -> None:
    with pytest.raises(InputError, match=NAME):
        read(json.dumps(value), name=NAME)


def test_a_record_from_before_there_were_corrections_still_reads(stored: dict[str, Any]) -> None:
    older = read(changed(stored, ("ledger", "corrections"), None), name=NAME)
    assert older.edition.ledger.corrections == ()
    assert read(changed(stored, ("proof",), None), name=NAME).proof == ""


def test_corrections_stand_in_the_ledger(edition: Edition) -> None:
    made = Correction(
        **{**CORRECTION, "noticed": datetime(2026, 3, 12, 5, tzinfo=UTC)}  # type: ignore[arg-type]  # as written above
    )
    written = write(replace(edition, ledger=replace(edition.ledger, corrections=(made,))))
    assert json.loads(written)["ledger"]["corrections"] == [CORRECTION]
    assert read(written, name=NAME).edition.ledger.corrections == (made,)


def test_reports_without_a_date_stand_in_the_ledger(edition: Edition) -> None:
    ledger = replace(edition.ledger, undated=2, dated_by_words=1)
    written = write(replace(edition, ledger=ledger))
    facts = json.loads(written)["ledger"]
    assert (facts["undated"], facts["dated_by_words"]) == (2, 1)
    assert read(written, name=NAME).edition.ledger == ledger


def test_author_and_copy_are_written_only_where_they_are_known(edition: Edition) -> None:
    bare = json.loads(write(edition))["documents"]["d0"]
    assert not {"author", "collected", "weight"} & set(bare)
    complete = replace(
        edition.documents["d0"],
        author="Ana Rosk",
        collected=datetime(2026, 3, 11, 7, tzinfo=UTC),
        weight=1.5,
    )
    written = write(replace(edition, documents={**edition.documents, "d0": complete}))
    assert json.loads(written)["documents"]["d0"] == bare | {
        "collected": "2026-03-11T07:00:00+00:00",
        "author": "Ana Rosk",
        "weight": 1.5,
    }
    assert read(written, name=NAME).edition.documents["d0"] == replace(
        complete, text="", language=""
    )


def test_a_moment_of_another_zone_is_read_as_utc(stored: dict[str, Any]) -> None:
    path = ("documents", "d0", "published")
    moment = (
        read(changed(stored, path, "2026-03-12T01:30:00+03:00"), name=NAME)
        .edition.documents["d0"]
        .published
    )
    assert moment == datetime(2026, 3, 11, 22, 30, tzinfo=UTC)
    assert moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize("id_", ["", "s", "s01", "3", "s-1", "s3\n", "S3", "s3 "])
def test_a_saga_with_another_id_is_refused(id_: str) -> None:
    saga = Saga("s3", date(2026, 3, 4), ())
    edition = draft(2).edition
    (first, *_) = draft(2).briefs[0].lengths
    edition = replace(edition, sections=(Section("economy", (replace(first, saga=saga),)),))
    content = json.loads(write(edition))
    content["sections"][0]["briefs"][0]["saga"]["id"] = id_
    with pytest.raises(InputError, match="not an edition"):
        read(json.dumps(content), name=NAME)


@pytest.mark.parametrize(
    "fields", [{"also": ["x"]}, {"also": [4]}, {"also": "s4"}, {"beside": [None]}, {"beside": {}}]
)
def test_refuses_what_is_beside_a_saga_if_it_is_none(fields: dict[str, Any]) -> None:
    (first, *_) = draft(2).briefs[0].lengths
    saga = Saga("s3", date(2026, 3, 4), (), also=("s4",), beside=("s1",))
    section = Section("economy", (replace(first, saga=saga),))
    content = json.loads(write(replace(draft(2).edition, sections=(section,))))
    own = content["sections"][0]["briefs"][0]["saga"]
    assert (own["also"], own["beside"]) == (["s4"], ["s1"])
    own |= fields
    with pytest.raises(InputError, match="not an edition"):
        read(json.dumps(content), name=NAME)


def test_says_which_day_of_its_saga_an_edition_is() -> None:
    entry = SagaEntry("e", date(2026, 3, 4), "s2", "H", Sentence("d1", 0, 3, "Abc"))
    edition = replace(draft(2).edition, day=date(2026, 3, 12))
    (first, *_) = draft(2).briefs[0].lengths
    saga = Saga("s3", entry.day, (entry,))
    edition = replace(edition, sections=(Section("economy", (replace(first, saga=saga),)),))
    (brief,) = json.loads(write(edition))["sections"][0]["briefs"]
    assert (brief["saga"]["day"], brief["saga"]["since"]) == (9, "2026-03-04")
    (told,) = brief["saga"]["timeline"]
    assert (told["text"], told["document"], told["start"], told["end"]) == ("Abc", "d1", 0, 3)
    assert told["sha256"] == digest("Abc")


def test_what_is_watched_is_written_where_it_stands_and_read_back(edition: Edition) -> None:
    words = Sentence("d0", 4, 11, "Nambuda")
    hits = (
        WatchHit("south", "The South", "Nambuda", words, pull=True),
        WatchHit("south", "The South", "中国", replace(words, start=0, end=7), titled=True),
    )
    first, *others = edition.sections
    briefs = (replace(first.briefs[0], watched=hits), *first.briefs[1:])
    also = tuple(replace(one, watched=hits[:1]) for one in edition.panel.also)
    watching = replace(
        edition,
        sections=(replace(first, briefs=briefs), *others),
        panel=replace(edition.panel, also=also),
    )
    written = json.loads(write(watching))
    (own, _) = written["sections"][0]["briefs"][0]["watched"]
    assert own == {
        "list": "south",
        "label": "The South",
        "entry": "Nambuda",
        "pull": True,
        "in": "text",
        "text": "Nambuda",
        "document": "d0",
        "start": 4,
        "end": 11,
        "sha256": words.sha256,
    }
    again = read(write(watching), name=NAME).edition
    assert next(again.briefs()).watched == hits
    assert [one.watched for one in again.panel.also] == [one.watched for one in also]
    for key, value in (("in", "margin"), ("pull", 1), ("list", None), ("start", "4")):
        wrong = copy.deepcopy(written)
        wrong["sections"][0]["briefs"][0]["watched"][0][key] = value
        with pytest.raises(InputError, match="not an edition"):
            read(json.dumps(wrong), name=NAME)
