from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from briefing.core import record
from briefing.core.model import DayCount, Document, Edition, Section
from briefing.core.text.segment import segment
from briefing.press.letter import letter_parts
from briefing.press.online import Online, online
from briefing.press.theme import Theme
from tests.fakes import brief, document, draft, slice_of


def stored_record(edition: Edition) -> record.Record:
    """Return an edition as the store gives it back: documents without their texts."""
    return record.read(record.write(edition), name="a test")


def online_page(edition: Edition, *, sources: Mapping[str, Document] | None = None) -> Online:
    stored = edition.documents if sources is None else sources
    return online(
        stored_record(edition), sources=stored, segment=segment, zone=ZoneInfo("Europe/Zurich")
    )


def only(*sources: Document, cites: tuple[str, ...] = ()) -> Edition:
    """Make an edition of the first sentence of the first document."""
    item = replace(brief(sources[0], 1, story="s0"), sources=cites or (sources[0].id,))
    return replace(
        draft(0, beside=False).edition,
        sections=(Section("economy", (item,)),),
        documents={source.id: source for source in sources},
    )


def test_every_printed_passage_is_the_same_as_stored(edition: Edition) -> None:
    page = online_page(edition)
    assert not page.faults
    for check in page.checks:
        if check.titled:
            assert check.sentence.text == edition.documents[check.sentence.document].title
            continue
        text = edition.documents[check.sentence.document].text
        assert f"{check.before}{check.sentence.text}{check.after}" in text
        assert check.part
        assert check.digest.replace(" ", "") == check.sentence.sha256[:12]
        stored = page.stored[check.entry.number]
        pieces = [piece for block in stored.paragraphs for piece in block]
        part = "".join(piece.text for piece in pieces if piece.part == check.part)
        assert check.sentence.text in part
    places = [check.place for check in online_page(edition).checks]
    assert places[0] == "Top story, sentence 1"
    assert any(place.startswith("Economy, “") for place in places)
    assert {"Figures", "In their words", "Ahead, Mon 23 March"} <= set(places)
    for stored in online_page(edition).stored.values():
        assert all(check.own for check in stored.checks)
        assert not stored.fault
        assert len(stored.digest) == 14
        assert "".join(p.text for block in stored.paragraphs for p in block) == stored.document.text


def test_each_mark_leads_to_its_check_by_its_number(edition: Edition, theme: Theme) -> None:
    page = online_page(edition)
    assert [check.number for check in page.checks] == list(range(1, len(page.checks) + 1))
    mail = letter_parts(edition, theme=theme, web="https://briefing.example/2026-03-12").html
    for line in page.page.top.lines if page.page.top else ():
        for check, mark in zip(page.of(line), line.marks, strict=True):
            assert check.entry.number == mark.number
            assert check.mark.label == mark.label
            assert f"#c{check.number}" in mail


def test_other_words_or_none_in_the_store_are_a_fault() -> None:
    source = document(0)
    edition = only(source)
    other = {"d0": replace(source, text=source.text.replace("two berths", "six berths"))}
    (check,) = online_page(edition, sources=other).checks
    assert check.fault == "The stored text differs from what was printed."
    assert check.sentence.text.endswith("for nine years.")
    assert (check.before, check.after, check.part) == ("", "", 0)
    (check,) = online_page(
        only(source), sources={"d0": replace(source, text=source.text + " x")}
    ).checks
    assert check.fault == "The stored text has changed since it was printed."
    assert check.part == 1
    page = online_page(only(document(0)), sources={})
    assert [check.fault for check in page.faults] == ["The text is no longer stored."]
    assert not page.checks[0].stored
    assert not page.stored


def test_a_further_source_shows_its_closest_sentence_and_claims_no_same_words() -> None:
    quoted, other = document(0), document(1)
    page = online_page(only(quoted, other, cites=("d0", "d1")), sources={"d0": quoted})
    first, second = page.checks
    assert (first.own, second.own) == (True, False)
    assert (second.fault, second.part, second.before, second.nearest) == ("", 0, "", "")
    assert not page.faults
    quoted = document(0)
    close = "In Port Ostra, a council leased two harbor berths to a northern coastguard."
    other = document(1, text=f"Rain fell over the hills. {close} Nobody was hurt.")
    page = online_page(only(quoted, other, cites=("d0", "d1")))
    first, second = page.checks
    assert (first.nearest, first.likeness) == ("", 0.0)
    assert (second.own, second.fault, second.part) == (False, "", 0)
    assert second.nearest == close
    assert 0.5 < second.likeness < 1
    assert (second.before, second.after) == ("Rain fell over the hills. ", " Nobody was hurt.")
    other = document(1, text="Rain fell over hills. Nobody slept.")
    check = online_page(only(document(0), other, cites=("d0", "d1"))).checks[1]
    assert (check.nearest, check.likeness, check.before) == ("", 0.0, "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Published Wed 11 March, 07:00"),
        ({"timed": False}, "Published Wed 11 March"),
        ({"published": None}, ""),
        (
            {"collected": datetime(2026, 3, 11, 8, 42, tzinfo=UTC)},
            "Published Wed 11 March, 07:00; collected 09:42",
        ),
        (
            {"collected": datetime(2026, 3, 12, 4, 42, tzinfo=UTC)},
            "Published Wed 11 March, 07:00; collected Thu 12 March, 05:42",
        ),
        (
            {"timed": False, "collected": datetime(2026, 3, 11, 8, 42, tzinfo=UTC)},
            "Published Wed 11 March; collected Wed 11 March, 09:42",
        ),
        (
            {"published": None, "collected": datetime(2025, 12, 31, 8, tzinfo=UTC)},
            "Collected Wed 31 December 2025, 09:00",
        ),
    ],
)
def test_both_times_of_a_report_are_said(changes: dict[str, object], expected: str) -> None:
    source = replace(document(0), **changes)  # type: ignore[arg-type]
    (check,) = online_page(only(source)).checks
    assert check.dates == expected


def test_the_chart_is_drawn_in_pixels_if_there_is_any(edition: Edition) -> None:
    days = tuple(DayCount(date(2026, 3, 1 + n), {"economy": n, "security": 0}) for n in range(12))
    chart = online_page(replace(edition, days=days)).chart
    assert chart
    economy, security = chart.rows
    assert economy.today == 11
    assert [bar.today for bar in economy.bars] == [False] * 11 + [True]
    assert {bar.high for bar in security.bars} == {1.0}
    for bar in (*economy.bars, *security.bars):
        assert bar.y + bar.high == pytest.approx(chart.high)
        assert 0 <= bar.x <= chart.wide
    chart = online_page(replace(edition, days=(DayCount(date(2026, 3, 12), {}),))).chart
    assert chart
    assert (chart.rows, chart.high) == ((), 1.0)
    page = online_page(only(document(0)))
    assert page.chart is None
    assert page.of(online_page(only(document(1))).page.bands[0].columns[0][0].lines[0]) == []


def test_the_place_of_a_passage_is_where_its_own_words_stand() -> None:
    source = document(0)
    sentence = slice_of(source, "nine years")
    item = replace(brief(source, 1, story="s0"), sentences=(sentence,))
    edition = replace(only(source), sections=(Section("economy", (item,)),))
    (check,) = online_page(edition).checks
    assert check.before.startswith("The harbor council")
    assert check.after.startswith(". ")
