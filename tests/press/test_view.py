import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core import record
from briefing.core.model import Edition, Flow, Panel, Section, Status
from briefing.press.lines import TIED_LETTERS, SourceView, Words, by_publisher, safe_url, tie
from briefing.press.panel import AheadView
from briefing.press.theme import Theme
from briefing.press.view import BriefView, draft_view, draw_qr, view
from briefing.press.wording import long_date, say, short_date, with_days, worded_in
from tests.examples import examples
from tests.fakes import brief, document, draft, edition_with, naming, panel
from tests.newsday import with_story
from tests.present import present
from tests.press.shown import PRINTED, shown


def edition_of(*sections: tuple[str, tuple[int, ...]], top: int | None = None) -> Edition:
    """Make an edition of numbered documents, one brief each."""
    sources = {
        number: document(number) for number in sorted({n for _, own in sections for n in own})
    }
    told = {n: brief(one, 2, story=f"s{n}", top=n == top) for n, one in sources.items()}
    made = (Section(name, tuple(told[number] for number in own)) for name, own in sections)
    return replace(edition_with(sources=sources.values()), sections=tuple(made))


#: An edition of one brief.
ONE = edition_of(("economy", (1,)))


def first_of(edition: Edition, **changes: Any) -> BriefView:  # noqa: ANN401  of its brief
    """Return how the first brief of an edition is shown."""
    return view(with_story(edition, "s1", **changes)).bands[0].columns[0][0]


def test_an_undated_story_says_so_and_a_panel_with_nothing_in_it_is_none() -> None:
    for since, said in ((None, ("", "undated")), (date(2026, 3, 11), ("undated", ""))):
        only = first_of(replace(ONE, since=since), status=Status.UNDATED)
        assert (only.status, only.counts) == said
    assert view(replace(ONE, panel=Panel())).panel is None
    assert view(replace(ONE, panel=Panel(chart=True))).panel is not None


class TestSourcesAreNumbered:
    def test_in_order_of_first_citation_once_the_panel_last(self) -> None:
        page = view(edition_of(("economy", (7, 3)), ("security", (9, 1)), top=9))
        assert [source.document for source in page.sources] == ["d9", "d7", "d3", "d1"]
        assert [source.number for source in page.sources] == [1, 2, 3, 4]
        once = edition_of(("economy", (1, 2)))
        first = once.sections[0].briefs[0]
        again = replace(once, sections=(*once.sections, Section("security", (first,))))
        assert [source.document for source in view(again).sources] == ["d1", "d2"]
        beside = document(5)
        more = replace(ONE, panel=panel(beside), documents={**ONE.documents, beside.id: beside})
        assert [source.document for source in view(more).sources] == ["d1", "d5"]

    def test_with_the_further_sources_behind_the_first_sentence_and_named(self) -> None:
        known = {name: document(number) for number, name in ((1, "d1"), (2, "d2"), (4, "d4"))}
        wide = with_story(replace(ONE, documents=known), "s1", sources=("d1", "d4", "d2"))
        lines = first_of(wide).lines
        assert [[mark.number for mark in line.marks] for line in lines] == [[1, 2, 3], [1]]
        assert [source.document for source in view(wide).sources] == ["d1", "d4", "d2"]
        assert first_of(ONE).lines[0].marks[0].label == "source 1, Kalvik Post"
        bare = replace(ONE, documents={"d1": replace(document(1), publisher="", title="", url="")})
        assert first_of(bare).lines[0].marks[0].label == "source 1"
        source = view(bare).sources[0]
        assert (source.publisher, source.title) == ("", "d1")


class TestBriefs:
    def test_are_split_into_columns_as_the_setting_says(self) -> None:
        edition = edition_of(("economy", (1, 2, 3)), ("security", (4, 5)))
        split = replace(edition, setting=replace(edition.setting, splits=(2, 1)))
        assert [[len(column) for column in band.columns] for band in view(split).bands] == [
            [2, 1],
            [1, 1],
        ]
        first, _ = view(edition).bands
        assert [len(column) for column in first.columns] == [3, 0]
        assert [brief_.story for brief_ in first.briefs] == ["s1", "s2", "s3"]

    def test_go_without_a_headline_that_is_none_or_right_above(self) -> None:
        edition = edition_of(("economy", (1, 2, 3)))
        same = {"headline": edition.documents["d1"].title}
        page = view(with_story(with_story(edition, "s2", **same), "s3", **same))
        shown = [one.headline is not None for one in page.bands[0].columns[0]]
        assert shown == [True, False, False]
        assert first_of(ONE, headline="").headline is None

    def test_count_their_reports_in_words(self) -> None:
        single = {"reports": 1, "publishers": 1}
        assert first_of(ONE, **single).counts == "one\u00a0source"
        elsewhere = edition_of(("security", (1,)))
        only = first_of(elsewhere, **single, touches=("economy",))
        # Between two parts a line may end, wherever they are said.
        assert only.counts == only.notes == only.strength == "one\u00a0source, also\u00a0economy"
        assert first_of(ONE).counts == ""
        assert first_of(ONE, reports=9, publishers=7).counts == "7\u00a0publishers"
        alone = replace(ONE, ledger=replace(ONE.ledger, publishers=1))
        assert first_of(alone, **single).counts == ""

    def test_of_the_top_story_are_not_repeated_in_its_section(self) -> None:
        page = view(edition_of(("economy", (1,)), ("security", (2,)), top=1))
        assert present(page.top).story == "s1"
        assert [band.name for band in page.bands] == ["security"]
        page = view(edition_of())
        assert (page.top, page.bands, page.panel, page.sources) == (None, (), None, ())


@pytest.mark.parametrize("splits", [(2, 1, 1), (2,), (2, 1, 1, 9), (-1, 0, 0), (9, 9, 9)])
def test_a_panel_below_loses_nothing_whatever_a_record_says(splits: tuple[int, ...]) -> None:
    paper = draft(3).edition
    setting = replace(paper.setting, splits=splits, flows=(Flow.COLUMNS, Flow.BESIDE, Flow.BESIDE))
    page = view(replace(paper, setting=setting))
    assert page.below
    blocks = [block for row in present(page.panel).rows for column in row for block in column]
    assert [block.name for block in blocks] == ["ahead", "figures", "quote", "chart"]
    assert [sum(map(len, block.columns)) for block in blocks] == [3, 3, 1, 1]


def test_a_draft_names_every_source_and_a_column_of_dates_opens_with_its_day() -> None:
    page = draft_view(draft(4))
    assert len(page.top) == 5
    assert [len(lengths) for lengths in page.briefs] == [3, 3, 3, 3]
    assert len(page.page.sources) == 5
    paper = draft(3).edition
    same = tuple(replace(item, day=paper.panel.ahead[0].day) for item in paper.panel.ahead)
    panel = Panel(ahead=same)
    setting = replace(paper.setting, splits=(2,), flows=(Flow.COLUMNS,))
    (((only,),),) = present(view(replace(paper, panel=panel, setting=setting)).panel).rows
    days = [[item.opens for item in own if isinstance(item, AheadView)] for own in only.columns]
    assert days == [[True, False], [True]]


def test_a_draft_numbers_named_stories_after_all_that_may_be_printed() -> None:
    paper = draft(12)
    named = naming(paper, *(paper.edition.documents[f"d{number}"] for number in (1, 2)))
    panel = present(draft_view(named).page.panel)
    numbers = [mark.number for item in panel.also for mark in item.line.marks]
    assert numbers == [14, 15]  # after the top story and twelve briefs


@examples("text, head, tail")
def test_the_last_two_words_are_held_together(text: str, head: str, tail: str) -> None:
    assert tie(text) == Words(head, tail)


def test_words_are_tied_only_where_a_line_holds_them_and_days_have_no_leading_zeros() -> None:
    title = "Latest invocation of the Ostra Mechanism"
    assert tie(title).tail == "Ostra Mechanism"
    assert tie(title, most=14) == Words(title)
    assert long_date(date(2026, 3, 2)) == "Monday 2 March 2026"
    assert short_date(date(2026, 4, 2)) == "Thu 2 April"


@given(st.text(max_size=200))
def test_tying_changes_no_word(text: str) -> None:
    tied = tie(text)
    assert (tied.head + tied.tail).rstrip() == text.rstrip()
    if tied.tail:
        assert sum(map(str.isalpha, tied.tail.split()[-1])) <= TIED_LETTERS


@pytest.mark.parametrize(
    "url", ["https://a.example/b?c=d#e", "http://a.example", "HTTPS://A.EXAMPLE/é"]
)
def test_an_address_of_the_web_is_kept(url: str) -> None:
    assert safe_url(url) == url


@examples("url")
def test_any_other_address_is_not(url: str) -> None:
    assert safe_url(url) == ""


def test_titles_are_set_by_their_letters_and_a_foot_names_each_publisher_once() -> None:
    assert tie("OSTRA BANK ESTIMATES LOSS").capitals
    assert not tie("Ostra Bank estimates loss").capitals
    assert not tie("EU, UN").capitals
    assert tie("COASTGUARD HOLDS 41 IN RAIDS ON AN ARMS SMUGGLING RING").short
    assert not tie("Internationalization of harbors").short
    assert tie("Fahrkartenverkauf der Bahn lahm").short
    assert not tie("FAHRKARTENVERKAUF DER BAHN LAHM").short
    sources = [
        SourceView(number, publisher, f"Report {number}", "", f"d{number}")
        for number, publisher in enumerate(("Ostra Courier", "", "Harbor Gazette", "Ostra Courier"))
    ]
    grouped = [
        (one.name, [source.number for source in one.sources]) for one in by_publisher(sources)
    ]
    assert grouped == [("Ostra Courier", [0, 3]), ("Harbor Gazette", [2]), ("", [1])]


def test_an_address_is_printed_without_its_scheme_and_a_long_folio_with_short_days() -> None:
    check = present(view(replace(ONE, address="https://brief.example/desk/2026-03-12")).check)
    assert (check.host, check.path) == ("brief.example/desk/", "2026-03-12")
    for address in ("", "javascript:alert(1)", f"https://brief.example/{'x' * 200}"):
        assert view(replace(ONE, address=address)).check is None
    edition = replace(edition_of(("economy", (1, 2))), since=date(2026, 3, 11))
    everywhere = "Correspondents in Zurich, Nairobi, Lima and Seoul, 06:30 in each"
    for dateline, said in (
        (edition.dateline, (long_date(edition.day), "Since Wednesday")),
        (everywhere, ("Thu 12 March 2026", "Since Wed")),
    ):
        page = view(replace(edition, dateline=dateline))
        assert (page.date, page.day_line.since) == said


@pytest.mark.parametrize(
    ("flows", "rows"),
    [
        ((Flow.BESIDE, Flow.BESIDE, Flow.COLUMNS), [2, 1]),
        ((Flow.BESIDE, Flow.COLUMNS, Flow.COLUMNS), [1, 1, 1]),
        ((Flow.COLUMNS, Flow.COLUMNS, Flow.BESIDE), [1, 1, 1]),
        ((Flow.BESIDE, Flow.BESIDE, Flow.BESIDE), [2, 1]),
        ((Flow.BESIDE, Flow.UNDER, Flow.BESIDE), [2]),
        ((Flow.BESIDE, Flow.BESIDE, Flow.UNDER), [2]),
        ((Flow.COLUMNS, Flow.UNDER, Flow.UNDER), [1, 1, 1]),
        ((), [1, 1, 1]),
    ],
)
def test_no_section_is_lost_whatever_the_rows(flows: tuple[Flow, ...], rows: list[int]) -> None:
    edition = edition_of(("economy", (1,)), ("security", (2,)), ("diplomacy", (3,)))
    setting = replace(edition.setting, splits=(1, 1, 1), flows=flows)
    assert [len(row) for row in view(replace(edition, setting=setting)).rows] == rows


def test_a_grade_stands_behind_its_publisher(edition: Edition, theme: Theme) -> None:
    first, *_ = edition.documents.values()
    graded = replace(
        edition,
        documents={
            name: replace(one, grade="B" if one.publisher == first.publisher else "")
            for name, one in edition.documents.items()
        },
    )
    entries = {item.name: item.grade for item in view(graded).publishers}
    assert entries.pop(first.publisher) == "B"
    assert set(entries.values()) <= {""}
    words = re.compile(rf"{first.publisher} \(?B\b")
    for form in PRINTED:
        assert words.search(shown(form, graded, theme)), form
        assert not words.search(shown(form, edition, theme)), form
    assert record.read(record.write(graded), name="it").edition.documents[first.id].grade == "B"


def test_an_owner_of_publishers_is_named_once_everywhere(edition: Edition, theme: Theme) -> None:
    posts = dict(zip(edition.documents, ("Morning Post", "Evening Post", "Quill"), strict=False))
    owners = {"Morning Post": "Quill", "Evening Post": "QUILL"}
    documents = {
        name: replace(one, publisher=post, owner=owners.get(post, ""))
        for name, one in edition.documents.items()
        if (post := posts.get(name, one.publisher))
    }
    owned = replace(edition, documents=documents)
    named = {line.partition(":")[0] for line in view(owned).owners}
    assert [set(line.split(", ")) for line in named] == [{"Morning Post", "Evening Post", "Quill"}]
    (line,) = view(owned).owners
    for form in PRINTED:
        assert shown(form, owned, theme).count(line) == 1
    alone = {**documents, **{one.id: replace(one, owner="") for one in documents.values()}}
    assert view(replace(edition, documents=alone)).owners == ()
    unsaid = {one.id: replace(one, owner="\u202e") for one in documents.values()}
    assert view(replace(edition, documents=unsaid)).owners == ()


ADDRESS = "https://briefing.example/2026-03-12"


def modules(path: str) -> set[tuple[int, int]]:
    """Return the dark modules of a path, as column and row."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join(f"M{x} {y}h{wide}v1h-{back}z" for x, y, wide, back in runs) == path
    assert all(wide == back for _, _, wide, back in runs)
    return {(int(x) + n, int(y)) for x, y, wide, _ in runs for n in range(int(wide))}


def test_a_code_has_three_finder_patterns_and_a_timing_line() -> None:
    code = draw_qr(ADDRESS)
    dark, last = modules(code.path), code.side - 7
    for left, top in ((0, 0), (last, 0), (0, last)):
        square = {(x - left, y - top) for x, y in dark if 0 <= x - left < 7 and 0 <= y - top < 7}
        assert {(n, 0) for n in range(7)} <= square
        assert {(n, m) for n in (2, 3, 4) for m in (2, 3, 4)} <= square
        assert (1, 1) not in square
    assert [(x, 6) in dark for x in range(8, code.side - 8)] == [
        not x % 2 for x in range(8, code.side - 8)
    ]
    assert max(max(pair) for pair in modules(code.path)) == code.side - 1
    assert draw_qr(ADDRESS) == code != draw_qr(ADDRESS + "/")
    with pytest.raises(ValueError, match=r"too large|does not fit"):
        draw_qr("x" * 5_000)


def test_an_article_is_elided_before_a_day_that_begins_with_a_vowel() -> None:
    with worded_in("it"):
        week = with_days(say().the_week, first="8", last="14 novembre")
        assert week == "La settimana dall’8 al 14 novembre"
        assert with_days(say().days_to, first="1º", last="11") == "dal 1º all’11"
        assert with_days(say().announced, day="8\u00a0marzo").endswith(" l’8\u00a0marzo")
        assert with_days(say().days_to, first="18", last="28") == "dal 18 al 28"
    with worded_in("fr"):
        assert with_days(say().days_to, first="8", last="11") == "du 8 au 11"
