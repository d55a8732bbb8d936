"""Figures of reading, from labels alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.lab.evaluate.intervals import ci95, ratio_ci95
from briefing.lab.evaluate.reading import ReadArticle, half_of, labels_of, measure, read_article

LINE: dict[str, Any] = {
    "id": "harbor",
    "title": "Harbor opens",
    "text": "x" * 50,
    "spans": [[0, 9], [10, 19], [20, 29], [30, 39], [40, 49]],
    "readers": [
        {
            "needs": [[], [], [1], [], [-1]],
            "kind": ["junk", "news", "news", "news", "color"],
            "lead": [0, 1, 0, 0, 0],
        }
    ],
}
ARTICLE = read_article(LINE)
JUNK, LEAD, LEANS, FREE, LOST = (label.span for label in ARTICLE.labels)


def measured(*briefs: tuple[tuple[int, int], ...], refused: tuple[Any, ...] = ()) -> Any:  # noqa: ANN401
    return measure([ReadArticle(ARTICLE, briefs, (), refused)])


def test_a_need_counts_until_it_is_printed_above() -> None:
    assert measured((LEAD, LEANS))["unresolved"] == 0
    assert measured((LEANS, LEAD))["unresolved"] == 0.5
    assert measured((FREE, LEANS))["unresolved"] == 0.5
    assert measured((LEAD,), (LEANS,))["unresolved"] == 0.5


def test_what_stands_in_no_sentence_is_never_printed_above() -> None:
    assert measured((LEAD, LEANS, FREE, LOST))["unresolved"] == 0.25


def test_shorter_briefs_are_counted_apart() -> None:
    told = measure([ReadArticle(ARTICLE, ((LEAD, LEANS),), ((LEANS,), (LEAD,)), ())])
    assert (told["unresolved"], told["unresolved_shorter"], told["printed"]) == (0, 0.5, 2)


def test_fragments_and_leads_are_counted() -> None:
    told = measured((LEAD, JUNK), (FREE,))
    assert (told["junk"], told["lead_opens"], told["printed"]) == (1, 0.5, 3)


def test_only_what_stands_alone_can_be_wrongly_refused() -> None:
    assert measured((LEAD,), refused=(JUNK, LEANS, LOST))["refused"] == 0
    assert measured((LEAD,), refused=(LEAD, LEANS))["refused"] == 0.5


def test_nothing_printed_has_no_faults() -> None:
    told = measured()
    assert (told["printed"], told["unresolved"], told["lead_opens"]) == (0, 0, 0)


def test_each_article_is_of_one_half_and_both_have_figures() -> None:
    many = [replace(ARTICLE, id=f"a{number}") for number in range(20)]
    told = measure([ReadArticle(article, ((LEAD,),), (), ()) for article in many])
    assert {half_of(article) for article in many} == {"A", "B"} == set(told["halves"])
    assert sum(half["articles"] for half in told["halves"].values()) == told["articles"] == 20
    assert told["ci95"]["lead_opens"] == [1, 1]


def test_a_need_counts_when_every_reader_gives_it() -> None:
    lax = {"needs": [[], [], [], [], []], "kind": ["news"] * 5, "lead": [0, 0, 0, 1, 0]}
    article = read_article({**LINE, "readers": [*LINE["readers"], lax]})
    assert [label.free for label in article.labels] == [True] * 5
    assert [label.lead for label in article.labels] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("span", "labels"),
    [((10, 19), (1,)), ((13, 19), (1,)), ((10, 29), (1, 2)), ((16, 27), (2,)), ((49, 50), ())],
)
def test_a_printed_sentence_is_the_labels_that_it_shares_half_with(
    span: tuple[int, int], labels: tuple[int, ...]
) -> None:
    assert labels_of(span, ARTICLE.labels) == labels


@pytest.mark.parametrize(
    "broken",
    [
        {"spans": [[0, 9, 4]]},
        {"spans": "none"},
        {"readers": []},
        {"readers": [{"needs": [[]], "kind": ["news"], "lead": [0]}]},
        {"readers": [{"kind": ["news"] * 5, "lead": [0] * 5}]},
    ],
)
def test_a_broken_line_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="article 'harbor' of reading"):
        read_article({**LINE, **broken})


def test_no_articles_are_nothing_to_measure() -> None:
    with pytest.raises(InputError, match="no articles"):
        measure([])


def test_the_interval_of_a_ratio_weighs_each_item_by_its_whole() -> None:
    low, high = ratio_ci95([(1, 10), (0, 0)])
    assert (low, high) == (0, 0.1)
    assert ratio_ci95([(value, 1) for value in (1.0, 2.0, 4.0)]) == ci95([1.0, 2.0, 4.0])
    with pytest.raises(ValueError, match="at least one"):
        ratio_ci95([])
