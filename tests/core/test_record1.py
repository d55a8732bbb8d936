import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Edition, Ledger, Letterhead, Panel, Sentence, digest
from briefing.core.record import Record, from_json, read

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
OLD, _READ = json.loads(Path(__file__).with_name("record1.json").read_text("utf-8")).values()
EDITION = from_json(Edition, _READ)

#: What each edition of schema 1 has.
BARE = {name: OLD[name] for name in "schema id name date language setting".split()} | {
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
