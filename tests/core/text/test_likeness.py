"""How alike two reports are, the pairs that are compared, and the vectors they are compared by."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefing.core.model import Document
from briefing.core.text.cluster import candidates
from briefing.core.text.likeness import (
    FEATURES,
    Likeness,
    features,
    shared_words,
    shipped,
    supports,
    view,
)
from tests.core.text.test_cluster import FERRY, LORVANIA, word

MORNING = datetime(2026, 1, 4, 6, tzinfo=UTC)
WINDOW = timedelta(days=3)
#: Even odds for every pair, so that only the distance in time tells.
EVEN = Likeness(np.zeros(4))


def report(name: str, title: str, text: str, *, hours: float | None = 0) -> Document:
    published = None if hours is None else MORNING + timedelta(hours=hours)
    return Document(id=name, title=title, text=text, published=published)


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


def reports(told: list[tuple[list[str], list[str]]]) -> list[Document]:
    return [
        Document(str(number), " ".join(title), " ".join(text))
        for number, (title, text) in enumerate(told)
    ]


@given(REPORTS, st.sampled_from([1, 7, 1_024]))
@example([([word(1)], [word(2), word(5)])] * 3, 1)
def test_all_pairs_have_features(told: list[tuple[list[str], list[str]]], side: int) -> None:
    views = view(reports(told))
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
