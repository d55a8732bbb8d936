from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import (
    DayCount,
    Document,
    Excerpt,
    Kind,
    Lengths,
    Quote,
    Score,
    Status,
    Story,
)
from briefing.core.page.compose import MOST_BRIEFS, choose_headline, compose
from briefing.core.ports import Draft
from tests.examples import examples
from tests.fakes import document, draft, panel, sentences_of

SECTIONS = ("economy", "security", "diplomacy")
BLANK = replace(draft(0).edition, days=())


def lengths_of(source: Document, most: int = 2) -> Lengths:
    """Return the first 1, 2, … sentences of a document."""
    return tuple(sentences_of(source)[:count] for count in range(1, most + 1))


def excerpt(
    number: int,
    salience: float,
    *sections: str,
    documents: Iterable[Document] = (),
    status: Status = Status.NEW,
) -> Excerpt:
    """Make an excerpt of one document, unless more are given, with a brief for each section."""
    own = tuple(documents) or (document(number, title=f"Title {number}"),)
    briefs = tuple((section, lengths_of(own[0])) for section in sections)
    return Excerpt(Story(f"s{number}", own), status, Score(salience), briefs)


def composed(*excerpts: Excerpt, most: int = MOST_BRIEFS) -> Draft:
    return compose(excerpts, edition=BLANK, sections=SECTIONS, most=most)


def ranked(paper: Draft) -> list[tuple[str, str]]:
    """Return story and section of each candidate, the best first."""
    everything = sorted((paper.top, *paper.briefs), key=lambda candidate: candidate.rank)
    return [(candidate.lengths[0].story, candidate.section) for candidate in everything]


def test_the_first_story_opens_the_page() -> None:
    paper = composed(excerpt(1, 1.0, "security"), excerpt(2, 0.9, "economy"))
    assert paper.top.section == "security"
    assert all(brief.top for brief in paper.top.lengths)
    assert not any(brief.top for other in paper.briefs for brief in other.lengths)
    paper = composed(excerpt(1, 1.0, "economy"))
    assert (paper.briefs, paper.sections) == ((), SECTIONS)
    assert paper.top.rank == 0


def test_briefs_stand_section_by_section_the_best_first_and_never_more_than_sixteen() -> None:
    sections = tuple("economy diplomacy security economy diplomacy security".split())
    paper = composed(
        *(excerpt(number, 1 - number / 100, name) for number, name in enumerate(sections))
    )
    assert [(other.section, other.rank) for other in paper.briefs] == [
        ("economy", 3),
        ("security", 2),
        ("security", 5),
        ("diplomacy", 1),
        ("diplomacy", 4),
    ]
    crowd = [excerpt(number, 1 / number, SECTIONS[number % 3]) for number in range(1, 41)]
    assert 1 + len(composed(*crowd).briefs) == MOST_BRIEFS == 16
    assert 1 + len(composed(*crowd, most=3).briefs) == 3


def test_a_second_brief_of_a_story_or_fourth_of_a_section_weighs_about_half() -> None:
    for salience, place in [(2.1, 3), (2.0, 4)]:
        economy = [excerpt(number, 4.0, "economy") for number in (2, 3, 4, 5)]
        paper = composed(excerpt(1, 5.0, "diplomacy"), *economy, excerpt(6, salience, "security"))
        assert ranked(paper)[1:].index(("s6", "security")) == place
    for salience, second in [(0.61, 3), (0.59, 2)]:
        paper = composed(
            excerpt(1, 2.0, "economy"),
            excerpt(2, 1.0, "economy", "security"),
            excerpt(3, salience, "diplomacy"),
        )
        assert ranked(paper).index(("s2", "security")) == second


def test_weights_rank_without_crowding_out_a_section() -> None:
    economy = [excerpt(number, 1.0, "economy") for number in range(2, 9)]
    paper = composed(excerpt(1, 2.0, "economy"), *economy, excerpt(9, 0.6, "security"), most=5)
    assert ("s9", "security") in ranked(paper)
    paper = composed(*(excerpt(number, 0.5, SECTIONS[number - 1]) for number in (3, 1, 2)))
    assert ranked(paper) == [("s3", "diplomacy"), ("s1", "economy"), ("s2", "security")]


def test_a_further_brief_never_stands_alone_and_what_has_no_room_is_in_the_ledger() -> None:
    crowd = [excerpt(number, 1.0, "economy") for number in range(2, 7)]
    paper = composed(
        excerpt(1, 2.0, "economy"), *crowd, excerpt(7, 0.9, "economy", "security"), most=7
    )
    assert [section for story, section in ranked(paper) if story == "s7"] != ["security"]
    paper = composed(*(excerpt(number, 1.0, "economy") for number in range(1, 5)), most=2)
    assert [story for story, _, _ in paper.edition.ledger.no_room] == ["s3", "s4"]


def test_the_second_and_third_brief_of_a_story_weigh_less_under_other_titles() -> None:
    paper = composed(
        excerpt(1, 2.0, "economy"), excerpt(2, 1.0, *SECTIONS), excerpt(3, 0.37, "economy")
    )
    assert ranked(paper)[1:4] == [("s2", "economy"), ("s2", "security"), ("s2", "diplomacy")]
    paper = composed(excerpt(1, 1.0, "security", "economy"))
    assert ranked(paper) == [("s1", "security"), ("s1", "economy")]
    assert not paper.briefs[0].lengths[0].top
    pair = (document(1, title="Council leases berths"), document(2, title="Berths are let"))
    paper = composed(excerpt(1, 1.0, "security", "economy", documents=pair))
    assert paper.top.lengths[0].headline == "Council leases berths"
    assert paper.briefs[0].lengths[0].headline == "Berths are let"
    assert paper.briefs[0].lengths[0].sources == ("d2", "d1")


def test_a_brief_keeps_its_headline_at_each_length_and_counts_its_story() -> None:
    whole = excerpt(1, 1.0, "economy", status=Status.CONTINUING)
    top = composed(whole).top
    assert [brief.sentences for brief in top.lengths] == list(whole.briefs[0][1])
    assert {brief.headline for brief in top.lengths} == {"Title 1"}
    assert {brief.status for brief in top.lengths} == {Status.CONTINUING}
    three = [
        document(number, publisher=name) for number, name in enumerate(("Post", "Ray", "POST"))
    ]
    brief = composed(excerpt(1, 1.0, "economy", documents=three)).top.lengths[0]
    assert (brief.reports, brief.publishers) == (3, 2)


def test_a_brief_cites_headline_sentences_and_one_further_publisher() -> None:
    names = ("Post", "Post", "Ray", "Ray", "Wire")
    documents = tuple(
        document(number, publisher=name, title=f"Title {number}")
        for number, name in enumerate(names)
    )
    sentences = (sentences_of(documents[1])[0], sentences_of(documents[0])[1])
    cited = Excerpt(Story("s1", documents), Status.NEW, Score(1.0), (("economy", (sentences,)),))
    assert composed(cited).top.lengths[0].sources == ("d1", "d0", "d2")
    documents = (document(0, publisher="Post", title="T"), replace(document(1), title=""))
    lengths = ("economy", (sentences_of(documents[1])[:1],))
    cited = Excerpt(Story("s1", documents), Status.NEW, Score(1.0), (lengths,))
    assert composed(cited).top.lengths[0].sources == ("d0", "d1")
    sources = tuple(document(number, publisher=f"Publisher {number}") for number in range(3))
    doubtful = replace(
        excerpt(1, 1.0, "economy", documents=sources), supporting=frozenset({"d0", "d2"})
    )
    assert composed(doubtful).top.lengths[0].sources == ("d0", "d2")
    house = (
        replace(document(0), publisher="Post", owner="Ostra Press"),
        replace(document(1), publisher="Ray", owner="ostra press"),
    )
    assert composed(excerpt(1, 1.0, "economy", documents=house)).top.lengths[0].sources == ("d0",)


def test_a_headline_is_that_of_a_report_that_says_what_is_printed_at_that_length() -> None:
    plain, loud = document(0, title=HARBOR), document(1, publisher="Ray", title=LOUD)
    first = sentences_of(loud)[0]
    lengths = ((first,), (first, sentences_of(plain)[0]))
    briefs = (("economy", lengths),)
    cited = Excerpt(Story("s1", (loud, plain)), Status.NEW, Score(1.0), briefs)
    backed = replace(cited, supporting=frozenset({"d0", "d1"}))
    assert [brief.headline for brief in composed(backed).top.lengths] == [HARBOR, HARBOR]
    assert [brief.headline for brief in composed(cited).top.lengths] == [HARBOR, HARBOR]
    doubtful = composed(replace(cited, supporting=frozenset({"d1"}))).top.lengths
    assert [(brief.headline, brief.sources) for brief in doubtful] == [
        (LOUD, ("d1",)),
        (HARBOR, ("d0", "d1")),
    ]
    nameless = replace(cited, story=Story("s1", (replace(loud, title=""), plain)))
    alone = composed(replace(nameless, supporting=frozenset({"d1"}))).top.lengths[0]
    assert alone.headline == HARBOR


def days(count: int) -> tuple[DayCount, ...]:
    return tuple(DayCount(date(2026, 3, 1 + day), {"economy": day}) for day in range(count))


@pytest.mark.parametrize(("count", "drawn"), [(4, False), (5, True)])
def test_the_chart_waits_for_five_days(count: int, *, drawn: bool) -> None:
    beside = panel(document(0))
    charted = replace(
        excerpt(1, 1.0, "economy", documents=(document(0),)),
        figures=beside.figures,
        ahead=beside.ahead,
    )
    edition = replace(BLANK, days=days(count))
    paper = compose([charted], edition=edition, sections=SECTIONS)
    assert paper.edition.panel.chart is drawn


def test_the_panel_takes_from_printed_stories_in_the_order_of_the_page() -> None:
    def quoting(number: int, salience: float, section: str) -> Excerpt:
        source = document(number, title=f"Title {number}")
        first_quote, *_ = panel(source).quotes
        quoted = excerpt(number, salience, section, documents=(source,))
        return replace(
            quoted,
            quotes=(Quote(first_quote.words, first_quote.speaker),),
            figures=panel(source).figures,
        )

    first = excerpt(9, 1.0, "economy")
    others = [quoting(1, 0.5, "economy"), quoting(2, 0.7, "security"), quoting(3, 0.1, "economy")]
    paper = composed(first, *others, most=3)
    assert [quote.words.document for quote in paper.edition.panel.quotes] == ["d2", "d1"]
    assert {figure.clause.document for figure in paper.edition.panel.figures} == {"d2"}


def test_a_draft_knows_the_story_of_each_report_and_holds_those_of_its_own_alone() -> None:
    first, second = document(1), document(2)
    paper = composed(excerpt(1, 1.0, "economy", documents=(first, second)))
    assert set(paper.story_of) == {"d1", "d2"}
    assert len(set(paper.story_of.values())) == 1
    paper = composed(
        excerpt(1, 1.0, "economy"), excerpt(2, 0.9, "economy"), excerpt(3, 0.1, "economy"), most=2
    )
    assert set(paper.edition.documents) == {"d1", "d2"}


@st.composite
def news_days(draw: st.DrawFn) -> list[Excerpt]:
    """Draw stories of one to three documents with titles that may be missing or the same."""
    titles = st.sampled_from(["", "Berths are let", "BERTHS ARE LET", "Nickel rises", "x" * 151])
    excerpts = []
    for number in range(draw(st.integers(1, 20))):
        documents = tuple(
            replace(document(10 * number + place), title=draw(titles))
            for place in range(draw(st.integers(1, 3)))
        )
        sections = draw(st.permutations(SECTIONS))[: draw(st.integers(1, 3))]
        salience = draw(st.floats(0.01, 1.0))
        excerpts.append(excerpt(number, salience, *sections, documents=documents))
    return excerpts


@given(news_days())
def test_briefs_are_ranked_cited_and_titled_word_for_word(excerpts: list[Excerpt]) -> None:
    paper = composed(*excerpts)
    titles = {each.story.id: [source.title for source in each.story.documents] for each in excerpts}
    for candidate in (paper.top, *paper.briefs):
        for brief in candidate.lengths:
            assert brief.headline in (*titles[brief.story], "")
            if brief.headline:
                assert paper.edition.documents[brief.sources[0]].title == brief.headline
            assert len(set(brief.sources)) == len(brief.sources)
            assert {sentence.document for sentence in brief.sentences} <= set(brief.sources)
            assert set(brief.sources) <= set(paper.edition.documents)
    ranks = sorted(candidate.rank for candidate in (paper.top, *paper.briefs))
    assert ranks == list(range(len(ranks)))
    assert len(set(ranked(paper))) == len(ranks)
    assert len(ranks) == min(MOST_BRIEFS, sum(len(each.briefs) for each in excerpts))


HARBOR = "Harbor council leases two berths"
BERTHS = "Two berths go to the coastguard"
LOUD = "COASTGUARD MOVES INTO PORT"
#: A title that is set where there is no shorter one, and titles that cannot be set.
LONG, TOO_LONG = "word " * 30 + "x", "word " * 48 + "x"
REVERSED = "Berths \u202ego to the coastguard"


def story_of(*titles: str) -> Story:
    return Story(
        "s1", tuple(replace(document(number), title=title) for number, title in enumerate(titles))
    )


def published(*titles: tuple[str, str]) -> Story:
    reports = enumerate(titles)
    return Story(
        "s1",
        tuple(
            replace(document(number), title=title, publisher=publisher)
            for number, (publisher, title) in reports
        ),
    )


def chosen(*titles: str, lead: int = 0, used: frozenset[str] = frozenset()) -> tuple[str, str]:
    return choose_headline(story_of(*titles), sentences_of(document(lead)), used=used)


def test_the_headline_is_the_title_above_the_first_sentence_unless_a_title_is_wanted() -> None:
    assert chosen(HARBOR, BERTHS, lead=1) == (BERTHS, "d1")
    assert chosen(HARBOR, BERTHS, "", lead=2) == (HARBOR, "d0")
    assert chosen(HARBOR, BERTHS, lead=7) == (HARBOR, "d0")
    story, lead = story_of(HARBOR, BERTHS, LOUD), sentences_of(document(0))
    used = frozenset({LOUD})
    assert choose_headline(story, lead, used=used, wanted="d2") == (LOUD, "d2")
    story, lead = story_of(HARBOR, TOO_LONG), sentences_of(document(0))
    assert choose_headline(story, lead, used=frozenset(), wanted="d1") == (HARBOR, "d0")


def test_a_title_that_was_said_or_is_in_capitals_gives_way_and_one_that_cannot_be_set_is_none() -> (
    None
):
    assert chosen(HARBOR, BERTHS, used=frozenset({HARBOR})) == (BERTHS, "d1")
    assert chosen(LOUD, BERTHS) == (BERTHS, "d1")
    assert chosen(BERTHS, LOUD, used=frozenset({BERTHS})) == (LOUD, "d1")
    assert chosen(LOUD, HARBOR, used=frozenset({LOUD, HARBOR})) == (HARBOR, "d1")
    assert (len(LONG), len(TOO_LONG)) == (151, 241)
    assert chosen(LONG, BERTHS) == (BERTHS, "d1")
    assert chosen(LONG[1:], BERTHS) == (LONG[1:], "d0")
    assert chosen(TOO_LONG, LONG) == (LONG, "d1")
    assert chosen(REVERSED, BERTHS) == (BERTHS, "d1")
    assert chosen("", " \n\t", TOO_LONG, REVERSED, lead=1) == ("", "d1")


@examples("loud")
def test_the_plainest_title_precedes_what_judges_asks_claims_or_previews(loud: str) -> None:
    assert chosen(loud, BERTHS) == (BERTHS, "d1")


def test_of_titles_as_plain_one_that_tells_something_else_and_those_of_parties_give_way() -> None:
    told = sentences_of(document(0, text="The council of Ostra leases two berths."))
    story = published(("Ostra Courier", HARBOR), ("Reuters", "Smelter union ends its strike"))
    assert choose_headline(story, told, used=frozenset()) == (HARBOR, "d0")
    story = published(("A", "Council slams rivals over two berths"), ("B", "Ferry was late"))
    assert choose_headline(story, told, used=frozenset())[1] == "d0"
    story = story_of("Council leases berths", "Berths leased by council")
    own, other = story.documents
    story = replace(story, documents=(replace(own, kind=Kind.STATE), other))
    for used, headline in ((set(), other), ({other.title}, own)):
        chosen = choose_headline(story, sentences_of(document(2)), used=used)
        assert chosen == (headline.title, headline.id)


@pytest.mark.parametrize(("hours", "older"), [(13, False), (12, True)])
def test_a_title_half_a_day_older_gives_way(hours: int, *, older: bool) -> None:
    told = sentences_of(document(0, text="The council of Ostra leases two berths."))
    loud, plain = "Council fully leases two berths", "Council leases two berths"
    own, other = published(("A", loud), ("B", plain)).documents
    moment = datetime(2026, 1, 4, tzinfo=UTC)
    own, other = (
        replace(own, published=moment),
        replace(other, published=moment - timedelta(hours=hours)),
    )
    chosen, _ = choose_headline(Story("s1", (own, other)), told, used=frozenset())
    assert chosen == (plain if older else loud)


def test_a_title_that_guesses_at_what_a_later_report_tells_comes_last() -> None:
    told = sentences_of(document(0, text="The council of Ostra leases two berths."))
    asks, guesses = "Berths: what do we know?!", "Council could lease two berths"
    own, other = published(("A", asks), ("B", guesses)).documents
    moment = datetime(2026, 1, 4, tzinfo=UTC)
    for earlier, headline in ((timedelta(0), guesses), (timedelta(minutes=1), asks)):
        story = Story("s1", tuple(
            replace(report, published=moment - earlier * (report is other))
            for report in (own, other)
        ))  # fmt: skip
        assert choose_headline(story, told, used=frozenset())[0] == headline


@given(
    st.lists(
        st.text(max_size=9) | st.sampled_from((HARBOR, LOUD, TOO_LONG, REVERSED)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 6),
    st.frozensets(st.text(max_size=5)),
)
def test_a_headline_is_a_title_of_it(titles: list[str], lead: int, used: frozenset[str]) -> None:
    headline, titled = chosen(*titles, lead=lead, used=used)
    by_id = {f"d{number}": title for number, title in enumerate(titles)}
    if headline:
        assert by_id[titled] == headline
        assert headline not in (TOO_LONG, REVERSED)
    else:
        assert titled == f"d{lead}"
        assert not {HARBOR, LOUD} & set(titles)
