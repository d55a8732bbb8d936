from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefing.core.model import Document, Story
from briefing.core.text.cluster import PAIR, candidates, cluster
from briefing.core.text.likeness import (
    FEATURES,
    Likeness,
    features,
    shared_words,
    shipped,
    supports,
    view,
)
from tests.examples import news
from tests.newsday import HARBOR, HARBOR_COLUMN, NICKEL

MORNING = datetime(2026, 1, 4, 6, tzinfo=UTC)

#: One event as three papers tell it, and three events of a country, which share names and offices.
(*FERRY, _, _, _), (_, _, _, *LORVANIA) = news(__file__), news(__file__)
RESULTS = "Shr {} cts vs {} cts\nNet {} mln vs {} mln\nRevs {} mln vs {} mln\nAvg shrs {} mln\n"
FIRMS = (
    ("HALLOWAY TOOL CORP <HWT> 4TH QTR NET", (12, 9, "1.4", "1.1", "88.2", "79.9", "11.6")),
    ("BRINDLE FOODS INC <BRDL> 4TH QTR NET", (71, 66, "20.9", "19.2", "512.0", "498.3", "29.4")),
    ("OSTREY MINES LTD <OSM> 4TH QTR NET", (33, 41, "7.7", "9.3", "140.6", "155.1", "23.2")),
    ("KELMAN AIR INC <KLMA> 4TH QTR NET", (5, 18, "0.6", "2.5", "61.7", "70.4", "13.8")),
)


def report(
    name: str, title: str = "", text: str = "", *, hours: float | None = 0, publisher: str = ""
) -> Document:
    published = None if hours is None else MORNING + timedelta(hours=hours)
    return Document(id=name, title=title, text=text, published=published, publisher=publisher)


def reports(prefix: str, texts: Sequence[tuple[str, str]]) -> list[Document]:
    return [report(f"{prefix}{n}", title, text) for n, (title, text) in enumerate(texts)]


def word(number: int) -> str:
    """Spell a number in letters, so that it counts as a word and not as a figure."""
    return "".join("bdfghklmnp"[int(digit)] + "a" for digit in f"{number:05d}")


def ids(stories: Sequence[Story]) -> list[list[str]]:
    return [sorted(document.id for document in story.documents) for story in stories]


def test_one_event_is_one_story_however_many_tell_it() -> None:
    stories = cluster([*reports("f", FERRY), *reports("l", LORVANIA)], copies={})
    assert ids(stories) == [["f0", "f1", "f2"], ["l0"], ["l1"], ["l2"]]
    assert ids(cluster(reports("f", FERRY), copies={})) == [["f0", "f1", "f2"]]
    firms = [report(title, title, RESULTS.format(*numbers)) for title, numbers in FIRMS]
    stories = cluster([*firms, *reports("f", FERRY)], copies={})
    assert [story.reports for story in stories] == [3, 1, 1, 1, 1]
    again = report(
        "x", "Halloway Tool net rises", RESULTS.format(*FIRMS[0][1]).replace("Shr", "EPS")
    )
    assert ids(cluster([*firms, again], copies={}))[0] == [FIRMS[0][0], "x"]


def test_stories_that_may_be_on_one_matter_are_near_each_other() -> None:
    told = {"news": HARBOR, "column": HARBOR_COLUMN, "nickel": NICKEL}
    stories = cluster([report(name, *texts) for name, texts in told.items()], copies={})
    by = {story.documents[0].id: story for story in stories}
    ((event, likelihood),) = by["column"].near
    assert (event, by["nickel"].near) == (by["news"].id, ())
    assert 0.44 <= likelihood < PAIR
    assert by["news"].near == ((by["column"].id, likelihood),)


def test_a_report_like_a_single_report_of_a_large_story_is_near_it() -> None:
    def side(name: str, *numbers: int) -> Document:
        return report(name, text=" ".join(map(word, numbers)))

    sides = [side(str(n), *range(8), *range(9 * n, 9 * n + 6)) for n in range(1, 5)]
    sides.append(side("b", *range(9, 15), *range(90, 96)))
    large, single = cluster(sides, copies={})
    assert (large.reports, single.near[0][0]) == (4, large.id)
    assert not any(story.near for story in cluster(sides[1:], copies={}))


def test_chains_and_distance_in_time_do_not_join() -> None:
    # Each shares half of its words with the next and none with the one after.
    chain = [
        report(str(n), text=" ".join(word(4 * n + step) for step in range(8))) for n in range(20)
    ]
    assert not any({"0", "19"} <= set(group) for group in ids(cluster(chain, copies={})))
    early = report("early", *FERRY[0])
    later = "Divers found the ferry Marigold off Caldra. Salvage crews in Senn wait for two tugs."
    late = report("late", FERRY[1][0], later, hours=110)
    same = report("same", *FERRY[0], hours=110)
    assert ids(cluster([early, late], copies={})) == [["early"], ["late"]]
    assert ids(cluster([early, late], copies={}, window=timedelta(days=30))) == [["early", "late"]]
    assert ids(cluster([early, same], copies={})) == [["early", "same"]]
    early, late = (report(str(h), *FERRY[0], hours=h) for h in (0, 96))
    assert ids(cluster([early, late], copies={}, window=timedelta(hours=48))) == [["0"], ["96"]]
    chain = [report(str(hours), *FERRY[0], hours=hours) for hours in range(0, 480, 40)]
    for story in cluster(chain, copies={}, window=timedelta(hours=48)):
        dates = [document.published for document in story.documents if document.published]
        assert max(dates) - min(dates) < timedelta(hours=240)
    documents = [report("dated", *FERRY[0]), report("undated", *FERRY[1], hours=None)]
    assert ids(cluster(documents, copies={})) == [["dated", "undated"]]


def test_reports_and_stories_stand_in_order_of_weight() -> None:
    middle = report("m", "Ferry Marigold sinks off Caldra", " ".join(text for _, text in FERRY))
    (story,) = cluster([*reports("f", FERRY), middle], copies={})
    assert story.documents[0] is middle
    assert story.links[0] == 1.0
    assert all(0.1 < link < 1 for link in story.links[1:])
    assert len(story.links) == len(story.documents)
    pair = [report("late", *FERRY[0], hours=2), report("early", *FERRY[0], hours=1)]
    (story,) = cluster([*pair, report("again", *FERRY[0], hours=2)], copies={})
    assert [document.id for document in story.documents] == ["early", "late", "again"]
    stories = cluster([*reports("l", LORVANIA), *reports("f", FERRY)], copies={})
    assert [story.id for story in stories] == ["s1", "s2", "s3", "s4"]
    assert [story.reports for story in stories] == [3, 1, 1, 1]
    assert ids(stories)[1:] == [["l0"], ["l1"], ["l2"]]


def test_copies_go_with_their_original_or_are_not_lost_without_it() -> None:
    copy = report("copy", "Another headline", FERRY[0][1])
    vote = report("l0", *LORVANIA[0])
    stories = cluster([copy, vote, report("f0", *FERRY[0])], copies={"copy": "f0"})
    assert ids(stories) == [["l0"], ["f0"]]
    assert stories[1].copies == (copy,)
    assert stories[1].reports == 1
    stories = cluster([report("a"), report("b", "\x00", "\ud800 😀"), report("c")], copies={})
    assert ids(stories) == [["a"], ["b"], ["c"]]
    assert [story.links for story in stories] == [(1.0,)] * 3
    assert cluster([], copies={}) == ()
    for copies in [{"a": "gone"}, {"a": "b", "b": "a"}, {"b": "a", "a": "gone"}, {"a": "a"}]:
        stories = cluster([report("a", *FERRY[0]), report("b", *LORVANIA[0])], copies=copies)
        assert {d.id for story in stories for d in story.documents + story.copies} == {"a", "b"}


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec=None), max_size=20),
            st.lists(st.sampled_from(["ferry", "vote", "3.5", "שלום", "oil", "\n"]), max_size=12),
            st.none() | st.floats(-200, 200),
        ),
        max_size=8,
    )
)
def test_every_report_is_in_one_story(rows: list[tuple[str, list[str], float | None]]) -> None:
    documents = [
        report(str(n), title, " ".join(words), hours=hours)
        for n, (title, words, hours) in enumerate(rows)
    ]
    stories = cluster(documents, copies={})
    assert sorted(name for group in ids(stories) for name in group) == sorted(
        document.id for document in documents
    )
    assert stories == cluster(documents, copies={})


def test_more_reports_alike_than_neighbors_are_kept_stay_one_story() -> None:
    alike = [
        report(f"f{n}", FERRY[0][0], f"{FERRY[0][1]} Filed as number {n}.") for n in range(150)
    ]
    other = [report(str(n), text=" ".join(word(40 * n + i) for i in range(40))) for n in range(450)]
    assert cluster([*alike, *other], copies={})[0].reports == 150


def on_event(event: int, teller: int, *, matter: int) -> Document:
    """Return a report with words of the matter, thirty of its event, and three of its own."""
    words = [*range(matter), *range(1_000 * event, 1_000 * event + 30)]
    own = range(50_000 + 1_000 * event + 10 * teller, 50_003 + 1_000 * event + 10 * teller)
    return report(f"{event}.{teller}", text=" ".join(map(word, (*words, *own))))


def test_events_of_one_matter_stay_apart_and_two_reports_need_more_than_even_odds() -> None:
    for matter, stories in [(30, 2), (60, 1)]:
        # The mean likelihood between the two is .56 and .72, within each .91.
        told = [on_event(event, teller, matter=matter) for event in (1, 2) for teller in range(3)]
        assert len(cluster(told, copies={})) == stories
    for shared, stories in [(16, 2), (18, 1)]:
        # Likelihoods of .57 and .59.
        told = [
            report(
                str(n), text=" ".join(map(word, (*range(shared), *range(100 * n, 100 * n + 20))))
            )
            for n in (1, 2)
        ]
        assert len(cluster(told, copies={})) == stories


WINDOW = timedelta(days=3)
#: Even odds for every pair, so that only the distance in time tells.
EVEN = Likeness(np.zeros(4))


def pair(one: Document, other: Document, *, model: Likeness | None = None) -> float:
    rows, columns = np.array([0]), np.array([1])
    likelihood = (model or shipped())(view([one, other]), rows=rows, columns=columns, window=WINDOW)
    return float(likelihood[0])


def test_the_features_of_a_pair_by_hand() -> None:
    # No word stands in the table of all news, and each in one or in both of the two reports.
    views = view([report("a", "Kazzot Bliffen", ""), report("b", "", "kazzot drimmel")])
    rare, common = sqrt(log(42 / 1.5)), sqrt(log(42 / 2.5))
    (found,) = features(views, rows=np.array([0]), columns=np.array([1]))
    assert dict(zip(FEATURES, found.tolist(), strict=True)) == pytest.approx(
        {
            # One has no text but its headline, whose words count then.
            "text": common**2 / (common**2 + rare**2),
            # Of the headline one word stands in the lead; there is no other headline.
            "held": common / (common + rare),
            "held_both": 0,
        }
    )


def test_a_passage_is_supported_by_a_text_that_shares_its_words_and_by_no_headline() -> None:
    one = report(
        "a", "Ferry sinks off Caldra", "The Marigold took on water. It sank near Senn, he said."
    )
    other = report(
        "b", "Marigold is lost", "The ferry sank; he said it was near Senn, Caldra's seat."
    )
    assert shared_words(one, other) == ("Ferry", "Caldra", "Marigold", "Senn", "sank")
    assert shared_words(one, report("c", "", "Wheat harvest fails")) == ()
    passage = FERRY[0][1]
    assert supports(report("a", *FERRY[1]), passage)
    assert not supports(report("b", FERRY[0][0], LORVANIA[2][1]), passage)
    assert not supports(report("c", FERRY[0][0], ""), passage)
    assert not supports(report("d", *FERRY[0]), "It is.")


def test_features_are_the_same_both_ways_and_a_word_of_all_news_tells_less() -> None:
    views = view(
        [
            report("a", "Ferry sinks off Caldra", "Nine people are missing off Caldra."),
            report("b", "Nine missing", "A ferry sank off Caldra on Sunday morning."),
        ]
    )
    one, other = np.array([0]), np.array([1])
    forth = features(views, rows=one, columns=other)
    np.testing.assert_array_equal(forth, features(views, rows=other, columns=one))
    assert ((forth >= 0) & (forth <= 1)).all()
    told = report("a", "", "president ferry"), report("b", "", "president bank")
    rare = report("c", "", "marigold ferry"), report("d", "", "marigold bank")
    (common_word,) = features(view(told), rows=np.array([0]), columns=np.array([1]))
    (rare_word,) = features(view(rare), rows=np.array([0]), columns=np.array([1]))
    assert common_word[0] < rare_word[0] / 2
    assert (shipped().weights[:-1] > 0).all()
    assert shipped().weights[-1] < 0


def test_odds_fall_with_the_distance_until_reports_are_no_pair() -> None:
    for hours, windows in [(0, 0), (24, 1 / 3), (72, 1), (108, 1.5)]:
        likelihood = pair(report("a", "", ""), report("b", "", "", hours=hours), model=EVEN)
        assert likelihood == pytest.approx(1 / (1 + exp(0.75 * windows)))
    late = report("b", *FERRY[0], hours=144)
    assert pair(report("a", *FERRY[0]), late) == 0
    assert pair(report("a", "", "", hours=None), report("b", "", "", hours=900), model=EVEN) == 0.5
    mixed_up = report("b", FERRY[0][0], LORVANIA[2][1])
    assert not any(len(rows) for rows, _, _ in candidates(view([report("a", *FERRY[0]), mixed_up])))
    ((rows, columns, _),) = candidates(view([report("a", *FERRY[0]), report("b", FERRY[0][0], "")]))
    assert (rows.tolist(), columns.tolist()) == ([0], [1])
    assert list(candidates(view([]))) == []


#: Words that most reports hold, that some hold, and that few do.
WORDS = st.one_of(
    st.integers(0, 3).map(word), st.integers(0, 60).map(word), st.integers(0, 2_000).map(word)
)
REPORTS = st.lists(
    st.tuples(st.lists(WORDS, max_size=6), st.lists(WORDS, max_size=40)), min_size=1, max_size=60
)


def told_reports(told: list[tuple[list[str], list[str]]]) -> list[Document]:
    return [
        Document(str(number), " ".join(title), " ".join(text))
        for number, (title, text) in enumerate(told)
    ]


@given(REPORTS, st.sampled_from([1, 7, 1_024]))
@example([([word(1)], [word(2), word(5)])] * 3, 1)
def test_all_pairs_have_features(told: list[tuple[list[str], list[str]]], side: int) -> None:
    views = view(told_reports(told))
    every = np.array([*combinations(range(len(told)), 2)], dtype=np.int64).reshape(-1, 2)
    about = features(views, rows=every[:, 0], columns=every[:, 1])
    # Those at the very border may fall on either side of it.
    at_border = abs(about[:, 0] - 0.08) < 1e-9
    wanted = about[:, 0] >= 0.08
    found: dict[tuple[int, int], list[float]] = {}
    for rows, columns, features_of in candidates(views, side=side):
        pairs = [*zip(rows.tolist(), columns.tolist(), strict=True)]
        assert pairs == sorted(pairs)
        found |= zip(pairs, features_of.tolist(), strict=True)
    for (one, two), row, is_one, unsure in zip(
        every.tolist(), about, wanted, at_border, strict=True
    ):
        assert unsure or ((one, two) in found) == is_one
        if (one, two) in found:
            assert found[one, two] == pytest.approx(row.tolist(), abs=1e-12)
