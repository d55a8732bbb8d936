from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import Document, Edition, Evidence, Score, Section, Sentence
from briefing.core.text.segment import segment
from briefing.press.online import (
    LONGEST_NEIGHBOR,
    MOST_FURTHER,
    Background,
    backgrounds,
    merged,
    neighbors,
    paragraphs,
    part_of,
)
from tests.examples import examples
from tests.fakes import brief, document, draft, panel, sentences_of, slice_of

FIRST = datetime(2026, 3, 11, 6, 20, tzinfo=UTC)


def edition_of(
    *reports: Document, sentences: tuple[tuple[str, float], ...] = (), links: tuple[str, ...] = ()
) -> Edition:
    item = brief(reports[0], 1, story="s1")
    printed = item.sentences[0].text
    rows = [(text, "economy", Score(value), text == printed) for text, value in sentences]
    known = tuple((one, 0.9) for one in links or [report.id for report in reports])
    return replace(
        draft(0, beside=False).edition,
        sections=(Section("economy", (item,)),),
        documents={reports[0].id: reports[0]},
        evidence={"s1": Evidence(known, {}, Score(1.0), tuple(rows))},
    )


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
    plain = replace(
        plain,
        evidence={"s1": replace(plain.evidence["s1"], sentences=((whole, "", Score(1), False),))},
        sections=(Section("economy", (replace(brief(source, 1, story="s1"), sentences=()),)),),
    )
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


def test_a_slice_stands_between_whole_sentences_of_bearable_length() -> None:
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


def test_overlapping_slices_are_one_part_that_holds_them() -> None:
    assert merged([(10, 20), (12, 15), (0, 5), (18, 25), (25, 30)]) == ((0, 5), (10, 25), (25, 30))
    assert merged([]) == ()
    parts = ((0, 5), (10, 25))
    assert [part_of(span, parts) for span in ((0, 5), (12, 15), (4, 6), (30, 31))] == [1, 2, 0, 0]


def test_a_whole_text_is_cut_where_something_was_printed() -> None:
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
