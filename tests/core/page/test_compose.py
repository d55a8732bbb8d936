from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Corrections,
    DayCount,
    Document,
    EarlierHeadline,
    Edition,
    Excerpt,
    Kind,
    Lengths,
    Material,
    Quote,
    Score,
    Sentence,
    Status,
    Story,
    recent,
)
from briefing.core.page.compose import (
    MOST_BRIEFS,
    choose_headline,
    cite_earlier,
    compose,
    differing,
)
from briefing.core.ports import Draft
from tests.examples import examples
from tests.fakes import document, draft, panel, sentences_of
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
    pinned: bool = False,
) -> Excerpt:
    """Make an excerpt of one document, unless more are given, with a brief for each section."""
    own = tuple(documents) or (document(number, title=f"Title {number}"),)
    briefs = tuple((section, lengths_of(own[0])) for section in sections)
    return Excerpt(Story(f"s{number}", own), status, Score(salience), briefs, pinned)


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


def counts_of(count: int) -> tuple[DayCount, ...]:
    return tuple(DayCount(date(2026, 3, 1 + day), {"economy": day}) for day in range(count))


@pytest.mark.parametrize(("count", "drawn"), [(4, False), (5, True)])
def test_the_chart_waits_for_five_days(count: int, *, drawn: bool) -> None:
    beside = panel(document(0))
    charted = replace(
        excerpt(1, 1.0, "economy", documents=(document(0),)),
        figures=beside.figures,
        ahead=beside.ahead,
    )
    edition = replace(BLANK, days=counts_of(count))
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


def titled(*titles: str) -> Story:
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
    return choose_headline(titled(*titles), sentences_of(document(lead)), used=used)


def test_the_headline_is_the_title_above_the_first_sentence_unless_a_title_is_wanted() -> None:
    assert chosen(HARBOR, BERTHS, lead=1) == (BERTHS, "d1")
    assert chosen(HARBOR, BERTHS, "", lead=2) == (HARBOR, "d0")
    assert chosen(HARBOR, BERTHS, lead=7) == (HARBOR, "d0")
    story, lead = titled(HARBOR, BERTHS, LOUD), sentences_of(document(0))
    used = frozenset({LOUD})
    assert choose_headline(story, lead, used=used, wanted="d2") == (LOUD, "d2")
    story, lead = titled(HARBOR, TOO_LONG), sentences_of(document(0))
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
    story = titled("Council leases berths", "Berths leased by council")
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


def test_a_title_that_counts_otherwise_comes_last() -> None:
    told = sentences_of(document(0, text="The council of Ostra leases two berths."))
    story = published(("A", "Council leases nine berths"), ("B", "Berths: what do we know?!"))
    for miscounting, best in ((set[str](), "d0"), ({"d0"}, "d1"), ({"d0", "d1"}, "d0")):
        assert choose_headline(story, told, used=frozenset(), miscounting=miscounting)[1] == best


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


@pytest.mark.parametrize("sections", [("economy",), ("economy", "security")])
def test_a_pin_comes_right_after_the_opening_and_a_further_brief_of_it_is_only_ranked(
    sections: tuple[str, ...],
) -> None:
    paper = composed(
        excerpt(1, 9, "economy"), excerpt(2, 8, "economy"), excerpt(3, 0.1, *sections, pinned=True)
    )
    order = [("s1", "economy"), ("s3", "economy"), ("s2", "economy"), ("s3", "security")]
    assert ranked(paper) == order[: 2 + len(sections)]
    pinned = [one for one in (paper.top, *paper.briefs) if one.pinned]
    assert [(one.lengths[0].story, one.section) for one in pinned] == [("s3", "economy")]


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_no_pin_is_left_out_while_there_are_as_many_places(pins: list[bool]) -> None:
    excerpts = [
        excerpt(number, 30 - number, SECTIONS[number % 3], pinned=pinned)
        for number, pinned in enumerate(pins, 1)
    ]
    paper = composed(*excerpts, most=1 + sum(pins[1:]))
    stories = {story for story, _ in ranked(paper)}
    assert stories == {"s1"} | {f"s{place}" for place, pin in enumerate(pins, 1) if pin}


OLD = report("d1", STRAIT)


def before(document: Document = OLD, *, day: date = YESTERDAY) -> Edition:
    made = edition_of(brief_of(document, 0), day=day)
    return replace(made, documents={document.id: document})


def goes_on(
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
    (told,), documents = cite_earlier([goes_on()], material=Material((), TODAY, [before()]))
    assert told == goes_on()
    assert documents == {"d1": OLD}
    for status in [Status.NEW, Status.CONTINUING]:
        (told,), documents = cite_earlier(
            [goes_on(status)], material=Material((), TODAY, [before()])
        )
        assert (told.earlier, documents) == (None, {})


def test_an_earlier_headline_is_not_of_a_corrected_report_and_a_shared_document_is_one() -> None:
    today = Corrections(briefs=(wrong(OLD),))
    known = Material((), TODAY, [before()], corrections=today)
    since = Material((), TODAY, [replace(before(), corrections=(wrong(OLD),))])
    for material in (known, since):
        (told,), documents = cite_earlier([goes_on()], material=material)
        assert (told.earlier, documents) == (None, {})
    bare = replace(OLD, text="", text_sha256=OLD.sha256)
    material = Material([OLD], TODAY, [replace(before(), documents={"d1": bare})])
    (told,), documents = cite_earlier([goes_on()], material=material)
    assert told == goes_on()
    assert documents["d1"] is OLD


def test_a_document_with_the_id_of_another_gets_one_of_its_own() -> None:
    days = YESTERDAY, YESTERDAY - timedelta(1), YESTERDAY - timedelta(2)
    other, third = report("d1", NICKEL), report("d1", STRAIT_NEXT)
    editions = [before(one, day=day) for one, day in zip((OLD, other, third), days, strict=True)]
    excerpts = [
        goes_on(),
        goes_on(document=other, day=days[1]),
        goes_on(document=third, day=days[2]),
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
    assert (differing(goes_on(), headline=headline) is not None) is differs
    assert differing(replace(goes_on(), earlier=None), headline=headline) is None


def test_an_edition_knows_those_of_a_week_and_always_the_one_before() -> None:
    by_age = {age: before(day=TODAY - timedelta(age)) for age in (1, 3, 7, 8, 20)}
    assert recent([], day=TODAY) == ()
    assert recent(by_age.values(), day=TODAY) == (by_age[1], by_age[3], by_age[7])
    assert recent([by_age[20], by_age[8]], day=TODAY) == (by_age[8],)
    again = replace(by_age[3], number=9)
    assert recent([again, by_age[3]], day=TODAY) == (again,)
