from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Corrections,
    DateAhead,
    Discrepancy,
    Document,
    EarlierHeadline,
    Edition,
    Excerpt,
    Figure,
    Flow,
    Material,
    Panel,
    Quote,
    Scale,
    Score,
    Sentence,
    Status,
    recent,
)
from briefing.core.page.compose import cite_earlier, compose_panel, differing, stand_beside
from briefing.core.page.selection import Selection, build, least, shortest
from briefing.core.ports import Candidate, Draft
from tests.fakes import PlainMeasure, document, draft, naming
from tests.newsday import (
    NICKEL,
    STRAIT,
    STRAIT_NEXT,
    TODAY,
    YESTERDAY,
    brief_of,
    edition_of,
    report,
    split,
    story_of,
)

#: Briefs 0 and 1 are economy, 2 to 4 security, 5 to 6 diplomacy; the top story is economy.
SEVEN = draft(7)


def built(paper: Draft, choice: Selection, *, lead: float = 10.5, side_gap: float = 2.0) -> Edition:
    heights = PlainMeasure().probe(paper, (choice.scale,))[choice.scale]
    return build(paper, heights, choice, lead=lead, side_gap=side_gap)


def choice(*briefs: int, top: int = 3, scale: Scale = Scale.NORMAL) -> Selection:
    return Selection(scale, top, briefs, Panel())


def stories(edition: Edition) -> dict[str, list[str]]:
    return {section.name: [brief.story for brief in section.briefs] for section in edition.sections}


def renamed(candidate: Candidate, story: str) -> Candidate:
    lengths = tuple(replace(brief, story=story) for brief in candidate.lengths)
    return replace(candidate, lengths=lengths)


def test_the_top_story_opens_its_own_section() -> None:
    edition = built(SEVEN, least(SEVEN, Scale.NORMAL))
    assert stories(edition) == {
        "economy": ["s1", "s4", "s7"],
        "security": ["s2", "s5", "s8"],
        "diplomacy": ["s3", "s6"],
    }
    assert edition.top == SEVEN.top.lengths[2]
    edition = built(SEVEN, choice(0, 0, 1, 0, 0, 0, 0))
    assert stories(edition) == {"economy": ["s1"], "security": ["s2"]}
    assert edition.setting.splits == (0,)
    moved = replace(SEVEN, top=replace(SEVEN.top, section="diplomacy"))
    edition = built(moved, choice(1, 0, 0, 0, 0, 1, 0))
    assert stories(edition) == {"economy": ["s4"], "diplomacy": ["s1", "s3"]}


def test_a_page_holds_what_was_chosen_and_all_that_lays_it_out_again() -> None:
    edition = built(SEVEN, choice(1, 2, 3, 0, 0, 0, 1, top=5))
    assert [len(brief.sentences) for brief in edition.briefs()] == [5, 1, 2, 3, 1]
    setting = built(SEVEN, choice(1, 1, 3, 1, 1, 1, 0), lead=10.7, side_gap=4.5).setting
    assert (setting.scale, setting.lead, setting.side_gap) == (Scale.NORMAL, 10.7, 4.5)
    assert setting.headline == 23
    assert setting.splits == (1, 1, 0)
    assert setting.flows == (Flow.COLUMNS, Flow.COLUMNS, Flow.ACROSS)
    assert built(SEVEN, choice(1, 1, 1, 1, 3, 1, 0)).setting.splits == (1, 2, 0)
    assert built(SEVEN, least(SEVEN, Scale.THIN)).setting.splits == (2, 3, 2)
    edition = built(SEVEN, choice(1, 0, 0, 0, 0, 1, 0))
    assert list(edition.documents) == ["d0", "d3", "d2"]
    assert edition.documents["d3"] is SEVEN.edition.documents["d3"]
    assert built(SEVEN, choice(*(1,) * 7)).panel == Panel()
    assert built(SEVEN, least(SEVEN, Scale.NORMAL)).panel == SEVEN.edition.panel


def test_the_ledger_counts_what_is_printed_and_names_what_had_no_room() -> None:
    ledger = built(SEVEN, choice(1, 2, 0, 0, 0, 0, 3)).ledger
    assert (ledger.printed, ledger.sentences_printed) == (4, 3 + 1 + 2 + 3)
    assert (ledger.documents, ledger.publishers, ledger.stories) == (8, 3, 8)
    ledger = built(SEVEN, choice(1, 1, 1, 1, 0, 1, 0)).ledger
    assert ledger.no_room == (
        ("s8", SEVEN.briefs[4].lengths[0].headline, "security"),
        ("s6", SEVEN.briefs[6].lengths[0].headline, "diplomacy"),
    )
    earlier = ("s90", "A ferry line closes for the winter", "economy")
    ledger = replace(SEVEN.edition.ledger, no_room=(earlier,))
    paper = replace(SEVEN, edition=replace(SEVEN.edition, ledger=ledger))
    no_room = built(paper, choice(1, 1, 1, 1, 0, 1, 1)).ledger.no_room
    assert [story for story, _, _ in no_room] == ["s8", "s90"]


def test_a_story_of_two_sections_counts_once() -> None:
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s2"))
    edition = built(replace(SEVEN, briefs=twice), choice(1, 1, 1, 1, 1, 1, 0))
    assert edition.ledger.no_room == ()
    assert edition.ledger.printed == 7
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s1"))
    ledger = built(replace(SEVEN, briefs=twice), choice(*(1,) * 7)).ledger
    assert (ledger.printed, ledger.sentences_printed) == (7, 10)
    twice = (*SEVEN.briefs[:6], renamed(SEVEN.briefs[6], "s2"))
    ledger = built(replace(SEVEN, briefs=twice), choice(1, 1, 0, 1, 1, 1, 0)).ledger
    assert [(story, section) for story, _, section in ledger.no_room] == [("s2", "security")]


def test_the_shortest_page_counts_every_brief_and_names_what_else_waits() -> None:
    waiting = [document(40), document(41)]
    edition = shortest(naming(SEVEN, *waiting))
    assert [len(brief.sentences) for brief in edition.briefs()] == [3, *(1,) * 7]
    assert (edition.ledger.printed, edition.ledger.no_room) == (8, ())
    assert [named.story for named in edition.panel.also] == ["nd40", "nd41"]


OLD = report("d1", STRAIT)


def before(document: Document = OLD, *, day: date = YESTERDAY) -> Edition:
    made = edition_of(brief_of(document, 0), day=day)
    return replace(made, documents={document.id: document})


def excerpt(
    status: Status = Status.DEVELOPING, *, document: Document = OLD, day: date = YESTERDAY
) -> Excerpt:
    title = Sentence(document.id, 0, len(document.title), document.title)
    return Excerpt(
        story_of(report("d9", STRAIT_NEXT)),
        status,
        Score(1.0),
        (),
        earlier=EarlierHeadline(f"ostra-desk/{day}", day, title),
    )


def wrong(document: Document) -> CorrectionBrief:
    words = split(document)[document.id][0]
    moment = report("d0", NICKEL).published
    assert moment is not None
    return CorrectionBrief(
        CorrectionKind.WITHDRAWN, words, None, "ostra-desk/2026-03-11", YESTERDAY, moment
    )


def test_a_developing_story_alone_has_the_headline_that_was_printed_and_its_document() -> None:
    (told,), documents = cite_earlier([excerpt()], material=Material((), TODAY, [before()]))
    assert told == excerpt()
    assert documents == {"d1": OLD}
    for status in [Status.NEW, Status.CONTINUING]:
        (told,), documents = cite_earlier(
            [excerpt(status)], material=Material((), TODAY, [before()])
        )
        assert (told.earlier, documents) == (None, {})


def test_an_earlier_headline_is_not_of_a_corrected_report_and_a_shared_document_is_one() -> None:
    today = Corrections(briefs=(wrong(OLD),))
    known = Material((), TODAY, [before()], corrections=today)
    since = Material((), TODAY, [replace(before(), corrections=(wrong(OLD),))])
    for material in (known, since):
        (told,), documents = cite_earlier([excerpt()], material=material)
        assert (told.earlier, documents) == (None, {})
    bare = replace(OLD, text="", text_sha256=OLD.sha256)
    material = Material([OLD], TODAY, [replace(before(), documents={"d1": bare})])
    (told,), documents = cite_earlier([excerpt()], material=material)
    assert told == excerpt()
    assert documents["d1"] is OLD


def test_a_document_with_the_id_of_another_gets_one_of_its_own() -> None:
    days = YESTERDAY, YESTERDAY - timedelta(1), YESTERDAY - timedelta(2)
    other, third = report("d1", NICKEL), report("d1", STRAIT_NEXT)
    editions = [before(one, day=day) for one, day in zip((OLD, other, third), days, strict=True)]
    excerpts = [
        excerpt(),
        excerpt(document=other, day=days[1]),
        excerpt(document=third, day=days[2]),
    ]
    taken = report("d1~2026-03-10", NICKEL)  # the same report under another id
    told, documents = cite_earlier(excerpts, material=Material([taken], TODAY, editions))
    titles = [one.earlier.title for one in told if one.earlier]
    assert [title.document for title in titles] == ["d1", "d1~2026-03-10", "d1~2026-03-09"]
    assert {name: one.title for name, one in documents.items()} == {
        title.document: title.text for title in titles
    }


@pytest.mark.parametrize(
    ("headline", "differs"),
    [(STRAIT_NEXT[0], True), (STRAIT[0], False), (STRAIT[0].upper() + "!", False), ("", False)],
)
def test_the_same_headline_is_not_printed_twice(headline: str, *, differs: bool) -> None:
    assert (differing(excerpt(), headline=headline) is not None) is differs
    assert differing(replace(excerpt(), earlier=None), headline=headline) is None


def test_an_edition_knows_those_of_a_week_and_always_the_one_before() -> None:
    by_age = {age: before(day=TODAY - timedelta(age)) for age in (1, 3, 7, 8, 20)}
    assert recent([], day=TODAY) == ()
    assert recent(by_age.values(), day=TODAY) == (by_age[1], by_age[3], by_age[7])
    assert recent([by_age[20], by_age[8]], day=TODAY) == (by_age[8],)
    again = replace(by_age[3], number=9)
    assert recent([again, by_age[3]], day=TODAY) == (again,)


FIRST_DAY = date(2026, 4, 1)


def words(text: str, document: str = "d1", start: int = 0) -> Sentence:
    return Sentence(document, start, start + len(text), text)


def figure(numeral: str, document: str = "d1") -> Figure:
    return Figure(words(numeral, document), words(f"Fees rose by {numeral}.", document))


def quote(text: str, document: str = "d1") -> Quote:
    return Quote(words(text, document), words("Ada Lind", document))


def ahead(day: int, document: str = "d1", start: int = 0) -> DateAhead:
    clause = words("the court will rule", document, start)
    return DateAhead(FIRST_DAY + timedelta(days=day), clause, words("Friday", document))


def numerals(panel: Panel) -> list[str]:
    return [figure.numeral.text for figure in panel.figures]


def days(panel: Panel) -> list[int]:
    return [(item.day - FIRST_DAY).days for item in panel.ahead]


def test_every_story_gives_its_best_figure_first_and_a_numeral_keeps_its_place() -> None:
    figures = [[figure("1"), figure("2")], [], [figure("3"), figure("4"), figure("5")]]
    assert numerals(compose_panel(figures, [], [], chart=True)) == ["1", "3", "2", "4", "5"]
    figures = [[figure("4 per cent", "d1"), figure("9")], [figure("7")], [figure("4 per cent")]]
    panel = compose_panel(figures, [], [], chart=True)
    assert numerals(panel) == ["4 per cent", "7", "9"]
    assert panel.figures[0].clause.document == "d1"


def test_two_blocks_make_a_panel_and_no_day_of_a_story_comes_twice() -> None:
    dates = [[ahead(3, "d1"), ahead(3, "d2"), ahead(4)], [ahead(3, "d5")]]
    panel = compose_panel([], [], dates, chart=True)
    assert [(item.clause.document, item.day.day) for item in panel.ahead] == [
        ("d1", 4),
        ("d5", 4),
        ("d1", 5),
    ]
    figures = [[figure("1")]]
    assert compose_panel(figures, [], [], chart=True) == Panel(
        figures=tuple(figures[0]), chart=True
    )
    assert compose_panel(figures, [[quote("No")]], [], chart=False).quotes == (quote("No"),)


@given(st.lists(st.lists(st.integers(0, 9).map(str), max_size=6), max_size=6))
def test_figures_are_the_first_of_their_numeral_in_turn(stories: list[list[str]]) -> None:
    figures = [
        [figure(numeral, f"d{story}") for numeral in own] for story, own in enumerate(stories)
    ]
    turns = [own[turn].numeral.text for turn in range(6) for own in figures if turn < len(own)]
    panel = compose_panel(figures, [], [], chart=True)
    assert numerals(panel) == list(dict.fromkeys(turns))[:12]


def printed(panel: Panel, *sentences: Sentence, told: tuple[str, ...] = ()) -> Panel:
    """Return what stands beside these sentences, whose documents are the ones cited."""
    cited = {sentence.document for sentence in sentences}
    return stand_beside(panel, sentences, documents=cited | set(told), cited=cited)


NEWS = words("Ministers met in Ostra.", start=900)


def test_few_items_of_printed_stories_stand_beside() -> None:
    units = ("$1", "2%", "3 ships", "4 cows", "5")
    whole = compose_panel(
        [[figure(unit) for unit in units]],
        [[quote("We sail at dawn"), quote("No more")]],
        [[ahead(day) for day in range(9)]],
        chart=True,
    )
    beside = printed(whole, NEWS)
    assert numerals(beside) == ["$1", "2%", "3 ships"]
    assert [item.words.text for item in beside.quotes] == ["We sail at dawn", "No more"]
    assert days(beside) == [0, 1, 2, 3, 4]
    assert beside.chart
    whole = compose_panel(
        [[figure("1%", "d3"), figure("$2", "d2"), figure("3 ships")]],
        [[quote("Fees must fall", "d3"), quote("No more", "d2")]],
        [[ahead(1, "d3"), ahead(2, "d2"), ahead(3)]],
        chart=False,
    )
    beside = printed(whole, NEWS, told=("d2",))
    assert numerals(beside) == ["3 ships"]
    assert [item.words.text for item in beside.quotes] == ["No more"]
    assert days(beside) == [2, 3]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("4 per cent", "5%"),
        ("12.5 percent", "3 pct"),
        ("$3.2bn", "$40 million"),
        ("9 ships", "12,000 ships"),
        ("19 to 8", "7 to 2"),
        ("25", "9"),
    ],
)
def test_no_two_figures_have_one_unit(one: str, other: str) -> None:
    whole = compose_panel([[figure(one), figure(other), figure("€5")]], [], [], chart=False)
    assert numerals(printed(whole, NEWS)) == [one, "€5"]


def test_what_the_news_says_is_not_said_beside_it() -> None:
    whole = compose_panel(
        [[figure("1%"), figure("$2", "d2"), figure("3 ships", "d2")]],
        [[quote("We sail at dawn"), quote("No more", "d2"), quote("Fees must fall", "d2")]],
        [[ahead(1), ahead(2, "d2")]],
        chart=False,
    )
    news = (words("We sail at dawn, on a ferry for $2, he said: “No, more”."), words("x", "d2", 90))
    beside = printed(whole, *news)
    assert numerals(beside) == ["3 ships"]
    assert [item.words.text for item in beside.quotes] == ["Fees must fall"]
    assert days(beside) == [2]
    whole = compose_panel([[figure("5%")]], [], [], chart=False)
    for longer in ("2.5%", "1,5%", "15%"):
        assert numerals(printed(whole, words(f"Fees rose by {longer}.", start=900))) == ["5%"]
    assert numerals(printed(whole, words("Fees rose by 5%.", start=900))) == []
    far, near = figure("1%"), figure("$2")
    far = replace(far, clause=replace(far.clause, index=12))
    whole = compose_panel([[far, near]], [], [], chart=False)
    assert numerals(printed(whole, replace(NEWS, index=2))) == ["$2", "1%"]


def test_dates_stand_soonest_first_and_todays_before_them() -> None:
    dates = [[ahead(9), ahead(1)], [ahead(8)], [ahead(7)], [ahead(6)], [ahead(5)]]
    assert days(printed(compose_panel([], [], dates, chart=True), NEWS)) == [5, 6, 7, 8, 9]
    dates = [[ahead(3, "d2")], [ahead(3, "d1", 40)], [ahead(3, "d1", 4)]]
    panel = printed(compose_panel([], [], dates, chart=True), NEWS, told=("d2",))
    assert [item.clause.key[:2] for item in panel.ahead] == [("d1", 4), ("d1", 40), ("d2", 0)]
    today = replace(ahead(0, "old"), announced=FIRST_DAY - timedelta(days=20))
    panel = compose_panel([], [], [[today], [ahead(3, "d1")], [ahead(1, "d9")]], chart=True)
    beside = stand_beside(panel, [], documents={"d1"}, cited={"d1"})
    assert [item.clause.document for item in beside.ahead] == ["old", "d1"]
    old = Panel(discrepancies=(Discrepancy(figure("9%"), figure("8%", "d2")),))
    assert printed(old, NEWS, told=("d2",)) == Panel()
