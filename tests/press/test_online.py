from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core import record
from briefing.core.model import DayCount, Document, Edition, Evidence, Score, Sentence
from briefing.core.text.segment import segment
from briefing.press.letter import letter_parts
from briefing.press.online import (
    LONGEST_NEIGHBOR,
    MOST_FURTHER,
    Background,
    Online,
    backgrounds,
    merged,
    neighbors,
    online,
    paragraphs,
    part_of,
)
from briefing.press.theme import Theme
from tests.examples import examples
from tests.fakes import brief, document, edition_with, panel, sentences_of, slice_of
from tests.newsday import with_story


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
    return edition_with(item, sources=sources)


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


def test_the_place_of_a_passage_and_the_bars_of_the_chart_are_in_pixels(edition: Edition) -> None:
    source = document(0)
    sentence = slice_of(source, "nine years")
    item = replace(brief(source, 1, story="s0"), sentences=(sentence,))
    (check,) = online_page(edition_with(item, sources=[source])).checks
    assert check.before.startswith("The harbor council")
    assert check.after.startswith(". ")
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


FIRST = datetime(2026, 3, 11, 6, 20, tzinfo=UTC)


def edition_of(
    *reports: Document, sentences: tuple[tuple[str, float], ...] = (), links: tuple[str, ...] = ()
) -> Edition:
    item = brief(reports[0], 1, story="s1")
    printed = item.sentences[0].text
    rows = [(text, "economy", Score(value), text == printed) for text, value in sentences]
    known = tuple((one, 0.9) for one in links or [report.id for report in reports])
    evidence = {"s1": Evidence(known, {}, Score(1.0), tuple(rows))}
    return edition_with(item, sources=reports[:1], evidence=evidence)


def behind(edition: Edition, *stored: Document) -> Background:
    sources = {one.id: one for one in stored}
    return backgrounds(edition, sources=sources, numbers={stored[0].id: 1})["s1"]


def at(number: int, published: datetime | None, *, timed: bool = True) -> Document:
    return replace(document(number), published=published, timed=timed)


def test_reports_stand_by_publication_and_those_without_a_date_come_last() -> None:
    reports = (at(0, None), at(1, FIRST + timedelta(hours=5)), at(2, FIRST, timed=False))
    found = behind(edition_of(*reports), *reports)
    assert [(one.entry.document, one.entry.number, one.when) for one in found.reports] == [
        ("d2", 0, "Wed 11 March"),
        ("d1", 0, "Wed 11 March, 11:20"),
        ("d0", 1, ""),
    ]
    assert found.summary == "3 reports"
    assert found.timeline is None


def test_the_best_sentences_that_were_not_printed_are_slices_of_stored_texts() -> None:
    source, other = document(0), document(1)
    printed, *rest = sentences_of(source)
    others = sentences_of(other)
    rows = (
        (printed.text, 0.9),
        *((one.text, 0.1 * n) for n, one in enumerate(rest, start=1)),
        *((one.text, 0.8 - 0.1 * n) for n, one in enumerate(others)),
        ("Nobody ever wrote this.", 1.0),
    )
    found = behind(edition_of(source, other, sentences=rows), source, other)
    ranked = [text for text, _ in sorted(rows, key=lambda row: -row[1])]
    texts = [one.text for one in found.further]
    assert texts == [one for one in ranked if one not in {printed.text, rows[-1][0]}][:3]
    assert len(texts) == MOST_FURTHER
    assert found.summary == "2 reports, 3 further sentences"
    for one in found.further:
        holder = {"d0": source, "d1": other}[one.report.entry.document]
        assert holder.text[one.start : one.end] == one.text


def test_a_sentence_of_which_the_panel_prints_a_clause_is_no_further_one() -> None:
    source = document(0)
    clause = panel(source).figures[0].clause.text
    whole = next(one.text for one in sentences_of(source) if clause in one.text)
    plain = edition_of(source, sentences=((whole, 0.5),))
    its = replace(plain.evidence["s1"], sentences=((whole, "", Score(1), False),))
    plain = replace(with_story(plain, "s1", sentences=()), evidence={"s1": its})
    assert [one.text for one in behind(plain, source).further] == [whole]
    assert behind(replace(plain, panel=panel(source)), source).further == ()


@examples("hours, bars, ends")
def test_the_timeline_counts_reports(hours: tuple[int, ...], bars: list[int], ends: str) -> None:
    reports = [at(number, FIRST + timedelta(hours=hour)) for number, hour in enumerate(hours)]
    line = behind(edition_of(*reports), *reports).timeline
    assert line
    most = max(bars)
    assert [bar.high for bar in line.bars] == [max(1.0, 24.0 * n / most) for n in bars]
    assert {bar.kind for bar in line.bars} == {"b"}
    assert line.title.startswith("Published Wed 11 March, 06:20 to ")
    assert line.title.endswith(ends)
    assert line.wide == 8 * len(bars) - 2


def test_what_shows_nothing_is_left_out() -> None:
    reports = [at(0, FIRST), at(1, FIRST + timedelta(minutes=9))]
    assert behind(edition_of(*reports), *reports).timeline is None
    edition = replace(edition_of(document(0)), evidence={})
    assert backgrounds(edition, sources={}, numbers={}) == {}
    source = document(0)
    found = behind(edition_of(source, links=("d0", "gone", "lost")), source)
    assert (len(found.reports), found.lost) == (1, 2)


TEXT = "One is here. Two is here. Three is here.\n\nFour is here. Five is here."
SOURCE = document(0, text=TEXT)
SENTENCES = segment(SOURCE)


def around(words: str, text: str = TEXT) -> tuple[str, str]:
    source = document(0, text=text)
    sentence = slice_of(source, words)
    return neighbors(text, (sentence.start, sentence.end), sentences=segment(source))


def test_a_slice_stands_between_whole_sentences_in_one_part_of_a_whole_text() -> None:
    assert around("Two is here.") == ("One is here. ", " Three is here.")
    assert around("Four is here.") == ("Three is here.\n\n", " Five is here.")
    assert around("One is here.") == ("", " Two is here.")
    assert around("Five is here.") == ("Four is here. ", "")
    assert around("wo is") == ("One is here. T", " here. Three is here.")
    assert around("here. Two is") == ("One is ", " here. Three is here.")
    assert neighbors("   ", (0, 2), sentences=()) == ("", "")
    long = "very " * LONGEST_NEIGHBOR
    text = f"A {long}long one. It is short. Another {long}long one."
    assert around("is short", text=text) == ("It ", ".")
    assert around("It is short", text=f"It is short and {long}long.") == ("", "")
    assert merged([(10, 20), (12, 15), (0, 5), (18, 25), (25, 30)]) == ((0, 5), (10, 25), (25, 30))
    assert merged([]) == ()
    parts = ((0, 5), (10, 25))
    assert [part_of(span, parts) for span in ((0, 5), (12, 15), (4, 6), (30, 31))] == [1, 2, 0, 0]
    sentence = slice_of(SOURCE, "Two is here.")
    first, second = paragraphs(TEXT, sentences=SENTENCES, parts=((sentence.start, sentence.end),))
    assert [(piece.text, piece.part) for piece in first] == [
        ("One is here. ", 0),
        ("Two is here.", 1),
        (" Three is here.", 0),
    ]
    assert first[1].opens
    assert first[1].closes
    assert "".join(piece.text for piece in second) == "\n\nFour is here. Five is here."
    sentence = slice_of(SOURCE, "Three is here.\n\nFour is here.")
    whole = paragraphs(TEXT, sentences=SENTENCES, parts=((sentence.start, sentence.end),))
    pieces = [piece for block in whole for piece in block if piece.part]
    assert [(piece.opens, piece.closes) for piece in pieces] == [(True, False), (False, True)]
    (block,) = paragraphs("* * *", sentences=(), parts=())
    assert [piece.text for piece in block] == ["* * *"]
    assert paragraphs("", sentences=(), parts=()) == ((),)


@given(
    st.text(alphabet="ab. \n", max_size=80),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4),
    st.sets(st.integers(1, 79), max_size=4),
)
def test_each_character_stays_once(text: str, spans: list[tuple[int, int]], ends: set[int]) -> None:
    parts = merged((a, b) for a, b in spans if a < b <= len(text))
    places = [0, *sorted(end for end in ends if end < len(text)), len(text)]
    sentences = [
        Sentence("d0", a, b, text[a:b], n, paragraph=n) for n, (a, b) in enumerate(pairwise(places))
    ]
    pieces = [p for block in paragraphs(text, sentences=sentences, parts=parts) for p in block]
    assert "".join(piece.text for piece in pieces) == text
    for number, (start, end) in enumerate(parts, start=1):
        mine = [piece for piece in pieces if piece.part == number]
        assert "".join(piece.text for piece in mine) == text[start:end]
        assert [piece.opens for piece in mine] == [True, *[False] * (len(mine) - 1)]
        assert [piece.closes for piece in mine] == [*[False] * (len(mine) - 1), True]
