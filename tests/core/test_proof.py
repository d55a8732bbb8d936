from dataclasses import replace
from typing import Any

import pytest

from briefing.core.model import Discrepancy, Document, Edition, Panel, Section
from briefing.core.proof import Failure, prove
from briefing.core.record import read, write
from tests.fakes import brief, document, draft, panel, slice_of
from tests.newsday import with_story

SOURCES = {f"d{number}": document(number) for number in range(3)}


@pytest.fixture
def edition() -> Edition:
    return replace(
        draft(0).edition,
        sections=(
            Section("economy", (brief(SOURCES["d1"], 2, story="s1"),)),
            Section("security", (brief(SOURCES["d2"], 1, story="s2"),)),
        ),
        panel=panel(SOURCES["d0"]),
        documents=SOURCES,
    )


def with_source(source: Document) -> dict[str, Document]:
    return {**SOURCES, source.id: source}


def reasons(failures: tuple[Failure, ...]) -> set[str]:
    return {failure.reason for failure in failures}


def test_an_edition_is_proved_and_a_changed_sentence_is_found(edition: Edition) -> None:
    proof = prove(edition, sources=SOURCES)
    assert proof.failures == ()
    # three sentences, three figures and three dates of two slices each, a quote of two, two titles
    assert proof.checked == 3 + 6 + 6 + 2 + 2
    source = SOURCES["d2"]
    forged = replace(source, text=source.text.replace("Two frigates", "Six frigates"))
    (failure,) = prove(edition, sources=with_source(forged)).failures
    end = len(next(iter(edition.sections[1].briefs)).sentences[0].text)
    assert failure == Failure(
        edition.sections[1].briefs[0].sentences[0].text,
        "d2",
        f"characters 0 to {end} of the source are other words",
    )


def test_a_speaker_whom_the_source_does_not_name_is_found(edition: Edition) -> None:
    said = edition.sections[0].briefs[0]
    for speaker, faults in ((SOURCES["d1"].publisher, set()), ("KCNA", {"d1"})):
        spoken = tuple(replace(one, speaker=speaker) for one in said.sentences)
        told = with_story(edition, "s1", sentences=spoken)
        failures = prove(told, sources=SOURCES).failures
        assert {failure.document for failure in failures} == faults
        assert reasons(failures) <= {"its source does not name KCNA as the speaker"}


def test_a_slice_that_was_moved_or_whose_text_changed_is_found(edition: Edition) -> None:
    source = SOURCES["d2"]
    moved = replace(source, text=f" {source.text}")
    failures = prove(edition, sources=with_source(moved)).failures
    assert [failure.document for failure in failures] == ["d2"]
    longer = replace(source, text=f"{source.text} One more sentence.")
    failures = prove(edition, sources=with_source(longer)).failures
    assert reasons(failures) == {"the source text has changed elsewhere since it was printed"}
    assert [failure.document for failure in failures] == ["d2"]
    failures = prove(replace(edition, documents={}), sources=SOURCES).failures
    assert reasons(failures) == {"the source text has changed elsewhere since it was printed"}


@pytest.mark.parametrize("name", "title publisher owner url published author".split())
def test_what_is_said_of_a_source_is_compared_with_it(edition: Edition, name: str) -> None:
    value = None if name == "published" else "Another"
    said: dict[str, Any] = {name: value}
    forged = replace(edition, documents={**SOURCES, "d1": replace(SOURCES["d1"], **said)})
    (failure,) = prove(forged, sources=SOURCES).failures
    has = getattr(SOURCES["d1"], name) or "none"
    assert failure == Failure(f"{name}: {value or 'none'}", "d1", f"its source has {has}")


def test_a_record_of_another_digest_or_without_its_source_is_found(edition: Edition) -> None:
    assert prove(edition, sources=SOURCES, intact=False).failures == (
        Failure(edition.id, "", "the digest does not match the record"),
    )
    others = {name: source for name, source in SOURCES.items() if name != "d1"}
    failures = prove(edition, sources=others).failures
    assert [failure.reason for failure in failures] == [
        "the source is not among the stored texts",
        "the source is not among the stored texts",
        "no source has it",
    ]


def test_a_headline_that_nobody_cited_has_is_found_and_none_is_needed(edition: Edition) -> None:
    forged, borrowed = "Council leases every berth", SOURCES["d2"].title
    for changes, failures in (
        ({"headline": forged}, [(forged, "d1")]),
        ({"headline": borrowed}, [(borrowed, "d1")]),
        ({"sources": ()}, [(SOURCES["d1"].title, "")]),
        ({"headline": ""}, []),
    ):
        changed = with_story(edition, "s1", **changes)
        expected = [Failure(*failure, "no source has it") for failure in failures]
        assert [*prove(changed, sources=SOURCES).failures] == expected


def test_quotations_days_and_both_numbers_of_a_discrepancy_are_proved(edition: Edition) -> None:
    ahead = edition.panel.ahead[0]
    forged = replace(ahead, mention=replace(ahead.mention, text="$99 million"))
    changed = replace(edition, panel=replace(edition.panel, ahead=(forged,)))
    (failure,) = prove(changed, sources=SOURCES).failures
    assert failure.text == "$99 million"
    figure = edition.panel.figures[0]
    pair = Discrepancy(figure, replace(figure, clause=replace(figure.clause, start=1)))
    old = replace(edition, panel=Panel(discrepancies=(pair,)))
    record = read(write(old), name="2026-03-12.json")
    assert (record.intact, record.edition.panel) == (True, old.panel)
    (failure,) = prove(old, sources=SOURCES).failures
    assert failure.text == figure.clause.text
    for part in ["words", "speaker", "office"]:
        quote = replace(edition.panel.quotes[0], office=slice_of(SOURCES["d0"], "the capital"))
        other = replace(quote, **{part: replace(getattr(quote, part), start=1, end=4)})
        changed = replace(edition, panel=replace(edition.panel, quotes=(other,)))
        (failure,) = prove(changed, sources=SOURCES).failures
        assert failure.reason == "characters 1 to 4 of the source are other words"
