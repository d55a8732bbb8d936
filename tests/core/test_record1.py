from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.core.model import (
    Action,
    Brief,
    Choice,
    ChoiceOutcome,
    Correction,
    CorrectionBrief,
    CorrectionKind,
    DateAhead,
    DayCount,
    DeskNote,
    Discrepancy,
    Document,
    EarlierHeadline,
    Edition,
    Effect,
    Evidence,
    Figure,
    Flow,
    FoundStory,
    Ledger,
    Letterhead,
    NamedStory,
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
    Week,
    digest,
)
from briefing.core.record import Record, read

TEXT = "Ana Rosk, the mayor, said that 9 of 13 voted on Tuesday. Two frigates left Port Ostra."
TITLE = "Council leases two berths"
EARLIER, DAY = date(2026, 3, 11), date(2026, 3, 12)
SEEN = datetime(2026, 3, 12, 5, tzinfo=UTC)


def cut(words: str) -> Sentence:
    start = TEXT.index(words)
    return Sentence("d1", start, start + len(words), words)


def titled(title: str) -> Sentence:
    return Sentence("d1", 0, len(title), title)


def old(sentence: Sentence, **beside: object) -> dict[str, Any]:
    """Return a slice as schema 1 wrote it, with what is said of it in the same object."""
    names = ("text", "document", "start", "end", "sha256")
    return {name: getattr(sentence, name) for name in names} | beside


WHOLE, NINE, PORT = cut(TEXT[:56]), cut("9 of 13"), cut("Port Ostra")
SPEAKER, OFFICE, TUESDAY = cut("Ana Rosk"), cut("the mayor"), cut("Tuesday")
FIGURE, AHEAD = old(WHOLE, numeral=old(NINE)), old(WHOLE, date="2026-03-23", mention=old(TUESDAY))
WATCHED = old(PORT, list="sea", label="Sea", entry="Ostra", pull=True) | {"in": "text"}
WAS = "ostra-desk/2026-03-11"
FOUND = {"story": "s9", "headline": TITLE, "documents": ["d1"], "section": "economy"}

#: An edition of schema 1 with each part that it could have.
OLD: dict[str, Any] = {
    "schema": 1, "id": "ostra-desk/2026-03-12", "name": "Ostra Desk", "date": "2026-03-12",
    "language": "en", "number": 3, "since": "2026-03-11",
    "week": {"first": "2026-03-06", "editions": [WAS]}, "dateline": "Ostra, 06:30",
    "address": "https://ostra.example/2026-03-12",
    "letterhead": {"marking": "INTERNAL", "accent": "#0a0b0c", "labels": {"economy": "Money"}},
    "sections": [
        {
            "name": "economy",
            "briefs": [
                {
                    "story": "s1", "headline": TITLE, "status": "developing", "top": True,
                    "reports": 2, "publishers": 1, "sentences": [old(WHOLE)], "sources": ["d1"],
                    "touches": ["security"],
                    "earlier": {
                        "edition": WAS, "date": "2026-03-11", "title": TITLE, "document": "d1",
                    },
                    "saga": {
                        "id": "s3", "since": "2026-03-10", "day": 3,
                        "timeline": [
                            old(WHOLE, edition=WAS, date="2026-03-11", story="s2", headline=TITLE),
                        ],
                        "also": ["s4"], "beside": ["s2"],
                    },
                    "days": ["2026-03-11"], "watched": [WATCHED, WATCHED | {"in": "title"}],
                },
                {
                    "story": "s2", "headline": TITLE, "status": "new", "top": False, "reports": 1,
                    "publishers": 1, "sentences": [], "sources": [],
                },
            ],
        },
    ],
    "documents": {
        "d1": {
            "title": TITLE, "publisher": "Ostra Courier", "owner": "Courier Group",
            "url": "https://courier.example/1", "published": "2026-03-12T05:00:00+00:00",
            "sha256": digest(TEXT), "collected": "2026-03-12T06:00:00+01:00", "author": "Ana Rosk",
            "weight": 1.5, "grade": "B",
        },
    },
    "figures": [FIGURE],
    "discrepancies": [{"revised": True, "sides": [FIGURE | {"date": "2026-03-11"}, FIGURE]}],
    "quotes": [
        old(WHOLE, speaker=old(SPEAKER), office=old(OFFICE)),
        old(WHOLE, speaker=old(SPEAKER), office=None),
    ],
    "ahead": [AHEAD],
    "also": [
        {
            "story": "s5", "title": TITLE, "document": "d1", "status": "undated",
            "section": "security", "watched": [WATCHED],
        },
    ],
    "announced": [AHEAD | {"announced": "2026-03-11"}],
    "corrections": [
        {
            "kind": "changed", "part": "text", "old": old(NINE, differs=[[31, 32]]),
            "new": old(PORT, differs=[[0, 4], [5, 10]]), "edition": WAS, "date": "2026-03-11",
            "noticed": "2026-03-12T05:00:00+00:00",
        },
        {
            "kind": "withdrawn", "part": "text", "old": old(PORT, differs=[]), "new": None,
            "edition": WAS, "date": "2026-03-11", "noticed": "2026-03-12T05:00:00+00:00",
        },
        {
            "kind": "removed", "part": "headline", "old": old(titled(TITLE), differs=[]),
            "new": None, "edition": WAS, "date": "2026-03-11",
            "noticed": "2026-03-12T05:00:00+00:00",
        },
    ],
    "note": {"text": "The port is closed.", "signed": "Ostra Desk"},
    "lists": {"sea": "Sea", "air": "Air"}, "only": ["economy"], "only_lists": ["sea"],
    "days": [{"date": "2026-03-12", "stories": {"security": 1, "economy": 2}}], "chart": True,
    "setting": {
        "scale": "thin", "lead": 9.825537693670801, "headline": 23, "splits": [1], "side_gap": 1.5,
        "flows": ["wide"],
    },
    "ledger": {
        "documents": 9, "publishers": 8, "stories": 7, "printed": 2, "named": 1, "sentences": 6,
        "sentences_printed": 5, "dropped_documents": {"empty": 1},
        "dropped_sentences": {"a question": 2},
        "dropped_stories": {"dropped by an editor": 1, "commentary on another story": 2},
        "failed": [["https://vell.example", "no answer"]], "no_room": [["s6", TITLE, "economy"]],
        "drops": [["d7", "empty"]],
        "corrections": [
            {
                "document": "d9", "title": TITLE, "publisher": "Ostra Courier",
                "url": "https://courier.example/9", "what": "changed",
                "noticed": "2026-03-12T05:00:00+00:00", "edition": WAS, "lost": 1,
            },
        ],
        "corrected": 1, "corrections_waiting": 2, "dated_by_words": 3, "undated": 4,
        "found": [
            FOUND | {"probability": 0.75, "salience": 1.25},
            FOUND | {"probability": 1, "salience": 0, "why": "dropped by an editor"},
        ],
    },
    "evidence": {
        "s1": {
            "links": [["d1", 1]], "sections": {"economy": 0.75},
            "salience": {"value": 1.5, "terms": {"size": 0.5}},
            "sentences": [
                {
                    "text": WHOLE.text, "section": "economy", "printed": True,
                    "score": {"value": 2.5, "terms": {}},
                },
            ],
            "beaten": ["Fog closes the airport"], "shared": [["d1", ["Ostra", "Rosk"]]],
            "commentary": [["d8", 0.5]], "matches": [["berth", "economy", 2]],
        },
        "s2": {
            "links": [], "sections": {}, "salience": {"value": 0, "terms": {}}, "sentences": [],
            "beaten": [],
        },
    },
    "manifest": {
        "briefing": "0.1.0",
        "choices": [
            {
                "id": 1, "action": "move", "section": "economy", "headline": TITLE,
                "document": "d1", "url": "https://courier.example/1", "who": "ada",
                "at": "2026-03-12T05:00:00+00:00", "effect": "met", "story": "s1",
            },
        ],
    },
}  # fmt: skip

HITS = (
    WatchHit("sea", "Sea", "Ostra", PORT, pull=True),
    WatchHit("sea", "Sea", "Ostra", PORT, titled=True, pull=True),
)
#: The same.
EDITION = Edition(
    id="ostra-desk/2026-03-12", name="Ostra Desk", day=DAY, language="en", number=3,
    dateline="Ostra, 06:30",
    sections=(
        Section(
            "economy",
            (
                Brief(
                    story="s1", headline=TITLE, status=Status.DEVELOPING, reports=2, publishers=1,
                    sentences=(WHOLE,), sources=("d1",), top=True, touches=("security",),
                    earlier=EarlierHeadline(WAS, EARLIER, titled(TITLE)),
                    saga=Saga(
                        "s3", date(2026, 3, 10), (SagaEntry(WAS, EARLIER, "s2", TITLE, WHOLE),),
                        also=("s4",), beside=("s2",),
                    ),
                    days=(EARLIER,), watched=HITS,
                ),
                Brief("s2", TITLE, Status.NEW, 1, 1, (), ()),
            ),
        ),
    ),
    panel=Panel(
        figures=(Figure(NINE, WHOLE),),
        quotes=(Quote(WHOLE, SPEAKER, OFFICE), Quote(WHOLE, SPEAKER)),
        ahead=(DateAhead(date(2026, 3, 23), WHOLE, TUESDAY),),
        discrepancies=(
            Discrepancy(Figure(NINE, WHOLE, EARLIER), Figure(NINE, WHOLE), revised=True),
        ),
        chart=True, also=(NamedStory("s5", titled(TITLE), Status.UNDATED, "security", HITS[:1]),),
    ),
    documents={
        "d1": Document(
            "d1", TITLE, published=SEEN, publisher="Ostra Courier", owner="Courier Group",
            url="https://courier.example/1", author="Ana Rosk", collected=SEEN, weight=1.5,
            grade="B", text_sha256=digest(TEXT),
        ),
    },
    days=(DayCount(DAY, {"security": 1, "economy": 2}),),
    ledger=Ledger(
        documents=9, publishers=8, stories=7, printed=2, named=1, sentences=6, sentences_printed=5,
        dropped_documents={"empty": 1}, dropped_sentences={"a question": 2},
        dropped_stories={"left out by an editor": 1, "commentary on another story": 2}, failures=1,
        failed=(("https://vell.example", "no answer"),), no_room=(("s6", TITLE, "economy"),),
        drops=(("d7", "empty"),),
        corrections=(
            Correction(
                document="d9", title=TITLE, publisher="Ostra Courier",
                url="https://courier.example/9", what="changed", noticed=SEEN, edition=WAS, lost=1,
            ),
        ),
        corrected=1, corrections_waiting=2, dated_by_words=3, undated=4,
        found=(
            FoundStory("s9", TITLE, ("d1",), "economy", 0.75, 1.25),
            FoundStory("s9", TITLE, ("d1",), "economy", 1.0, why="left out by an editor"),
        ),
    ),
    setting=Setting(Scale.THIN, 9.825537693670801, 23, (1,), 1.5, (Flow.WIDE,)),
    evidence={
        "s1": Evidence(
            links=(("d1", 1.0),), sections={"economy": 0.75}, salience=Score(1.5, {"size": 0.5}),
            sentences=((WHOLE.text, "economy", Score(2.5), True),),
            beaten=("Fog closes the airport",), shared={"d1": ("Ostra", "Rosk")},
            commentary=(("d8", 0.5),), matches=(("berth", "economy", 2.0),),
        ),
        "s2": Evidence((), {}, Score(0.0), ()),
    },
    manifest={"briefing": "0.1.0"},
    choices=(
        ChoiceOutcome(
            Choice(
                1, DAY, Action.MOVE, "d1", "https://courier.example/1", TITLE, "ada", SEEN,
                "economy",
            ),
            Effect.MET, "s1",
        ),
    ),
    corrections=(
        CorrectionBrief(
            CorrectionKind.CHANGED, NINE, PORT, WAS, EARLIER, SEEN, old_marks=((31, 32),),
            new_marks=((0, 4), (5, 10)),
        ),
        CorrectionBrief(CorrectionKind.WITHDRAWN, PORT, None, WAS, EARLIER, SEEN),
        CorrectionBrief(
            CorrectionKind.REMOVED, titled(TITLE), None, WAS, EARLIER, SEEN, headline=True,
        ),
    ),
    address="https://ostra.example/2026-03-12",
    letterhead=Letterhead("INTERNAL", accent="#0a0b0c", labels=(("economy", "Money"),)),
    since=EARLIER, note=DeskNote("The port is closed.", "Ostra Desk"),
    announced=(DateAhead(date(2026, 3, 23), WHOLE, TUESDAY, EARLIER),),
    week=Week(date(2026, 3, 6), (WAS,)), lists={"sea": "Sea", "air": "Air"}, only=("economy",),
    only_lists=("sea",),
)  # fmt: skip

#: What each edition of schema 1 has.
BARE = {name: OLD[name] for name in ("schema", "id", "name", "date", "language", "setting")} | {
    "sections": [],
    "documents": {},
}


def read_old(**changed: object) -> Record:
    return read(json.dumps(OLD | changed), name="old.json")


def test_every_part_of_an_edition_of_schema_1_is_read() -> None:
    record = read_old()
    assert (record.edition, record.intact) == (EDITION, True)
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
    assert [*EDITION.passages()] == [
        *(WHOLE,),
        *(WHOLE, NINE) * 3,
        *(WHOLE, SPEAKER, OFFICE, WHOLE, SPEAKER),
        *(WHOLE, NINE, PORT, PORT),
    ]
    right, wrong = digest("\n".join(lines)), digest("\n".join(lines[1:]))
    assert read_old(proof=right) == read_old() == Record(EDITION, right)
    assert read_old(proof=wrong) == Record(EDITION, right, intact=False)


def test_what_may_be_left_out_of_it_has_a_default() -> None:
    bare = read(json.dumps(BARE), name="old.json").edition
    assert (bare.number, bare.dateline, bare.since, bare.panel) == (1, "", None, Panel())
    assert (bare.days, bare.ledger, bare.evidence, bare.manifest) == ((), Ledger(), {}, {})
    assert bare.letterhead == Letterhead()
    named = read(json.dumps(BARE | {"letterhead": {"marking": "INTERNAL"}}), name="old.json")
    assert named.edition.letterhead == Letterhead("INTERNAL")


def test_it_knows_the_edition_before_by_its_chart_if_not_by_its_date() -> None:
    days = [{"date": f"2026-03-{day:02}", "stories": {}} for day in (8, 10, 12)]
    for kept, since in ((days, date(2026, 3, 10)), (days[2:], None)):
        assert read(json.dumps(BARE | {"days": kept}), name="old.json").edition.since == since
    assert read_old(since=None).edition == replace(EDITION, since=None)


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
