import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing.core.errors import InputError, MissingPartError
from briefing.lab.evaluate.figures import ci95, in_words, paired_ci95, ratio_ci95
from briefing.lab.evaluate.texts import (
    MEASURES,
    ReadArticle,
    SummaryItem,
    half_of,
    labels_of,
    read_article,
    read_item,
)
from briefing.lab.evaluate.texts import measure_reading as texts_measure
from briefing.lab.evaluate.texts import measure_summaries as measure
from tests.examples import examples

LINE: dict[str, Any] = {
    "id": "harbor",
    "documents": [
        {"title": "Harbor", "text": "The port raised fees.\nFog came.", "source": "Example Post"},
        {"title": None, "sentences": ["A crane arrived.", " ", "It is blue."]},
    ],
    "references": ["The port raised fees.", "The port raised fees.\nA crane arrived."],
}


def first_line(item: SummaryItem) -> Sequence[str]:
    return [item.documents[0].text.split("\n")[0]]


def nothing(item: SummaryItem) -> Sequence[str]:
    return [] if item.id else ["never"]


def test_items_hold_documents_references_and_sentences_as_slices() -> None:
    item = read_item(LINE)
    assert item.id == "harbor"
    assert [document.id for document in item.documents] == ["d0", "d1"]
    assert [document.title for document in item.documents] == ["Harbor", ""]
    assert item.documents[0].publisher == "Example Post"
    assert item.references == tuple(LINE["references"])
    item = read_item(LINE)
    text = item.documents[1].text
    assert list(item.split) == ["d1"]
    assert [text[s.start : s.end] for s in item.split["d1"]] == ["A crane arrived.", "It is blue."]
    assert [s.text for s in item.split["d1"]] == ["A crane arrived.", "It is blue."]
    assert [s.index for s in item.split["d1"]] == [0, 1]


@examples("change, message")
def test_a_wrong_line_is_refused_with_what_and_where(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_item({**LINE, **change})


def test_rouge_is_f1_of_stems_and_sentences_averaged_over_references() -> None:
    # "The port raised fees." against itself: 1. Against 7 words in two lines: 4 unigrams,
    # 3 of 6 bigrams, a subsequence of 4: 2·4/(4+7), 2·3/(3+6), 2·4/(4+7).
    lead = measure([read_item(LINE)], summarizers={"lead": first_line})["rankers"]["lead"]
    assert lead["rouge1"] == pytest.approx(100 * (1 + 8 / 11) / 2)
    assert lead["rouge2"] == pytest.approx(100 * (1 + 6 / 9) / 2)
    assert lead["rougeLsum"] == pytest.approx(100 * (1 + 8 / 11) / 2)
    line = {"id": "x", "documents": [{"text": "Ports raising"}], "references": ["port raised"]}
    report = measure([read_item(line)], summarizers={"lead": first_line})
    assert report["rankers"]["lead"]["rouge2"] == pytest.approx(100)
    # As one line "b c a d" would match only one of the two lines' orders.
    line = {"id": "x", "documents": [{"text": "-"}], "references": ["alpha beta\ngamma delta"]}
    report = measure(
        [read_item(line)], summarizers={"lead": lambda _: ["gamma delta", "alpha beta"]}
    )
    assert report["rankers"]["lead"]["rougeLsum"] == pytest.approx(100)
    assert report["rankers"]["lead"]["rouge2"] < 100


def test_each_ranker_is_reported_beside_lead_with_intervals() -> None:
    report = measure([read_item(LINE)] * 3, summarizers={"lead": first_line, "nothing": nothing})
    assert report["items"] == 3
    assert list(report["rankers"]) == ["lead", "nothing"]
    for row in report["rankers"].values():
        assert set(row) == {*MEASURES, "ci95", "over_lead"}
    silent, lead = report["rankers"]["nothing"], report["rankers"]["lead"]
    assert silent["rouge1"] == 0
    assert silent["over_lead"]["rouge1"] == pytest.approx([-lead["rouge1"]] * 2)
    assert lead["over_lead"]["rouge1"] == [0, 0]
    assert lead["ci95"]["rouge2"] == pytest.approx([lead["rouge2"]] * 2)


def test_intervals_hold_their_values_and_pairs_must_match() -> None:
    with pytest.raises(ValueError, match="lead"):
        measure([read_item(LINE)], summarizers={"nothing": nothing})
    with pytest.raises(InputError, match="no items"):
        measure([], summarizers={"lead": first_line})
    assert ci95([2.5, 2.5, 2.5]) == (2.5, 2.5)
    # 200 zeros and 200 ones: mean 0.5, standard error 0.5 / 20.
    low, high = ci95([0.0, 1.0] * 200)
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)
    assert ci95([1.0, 2.0, 4.0, 8.0]) == ci95([1.0, 2.0, 4.0, 8.0])
    with pytest.raises(ValueError, match="at least one"):
        ci95([])
    noisy = [float(value * 37 % 100) for value in range(100)]
    low, high = paired_ci95([value + 1 for value in noisy], noisy)
    assert (low, high) == pytest.approx((1, 1))
    with pytest.raises(ValueError, match="zip"):
        paired_ci95([1.0, 2.0], [1.0])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20))
def test_an_interval_lies_within_the_values(values: list[float]) -> None:
    low, high = ci95(values)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_without_rouge_score_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    with pytest.raises(MissingPartError, match=r"pip install 'briefing\[lab\]'"):
        measure([read_item(LINE)], summarizers={"lead": first_line})


READING_LINE: dict[str, Any] = {
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
ARTICLE = read_article(READING_LINE)
JUNK, LEAD, LEANS, FREE, LOST = (label.span for label in ARTICLE.labels)


def measured(*briefs: tuple[tuple[int, int], ...], refused: tuple[Any, ...] = ()) -> Any:  # noqa: ANN401
    return texts_measure([ReadArticle(ARTICLE, briefs, (), refused)])


def test_needs_leads_and_fragments_are_counted_as_printed() -> None:
    assert measured((LEAD, LEANS))["unresolved"] == 0
    assert measured((LEANS, LEAD))["unresolved"] == 0.5
    assert measured((FREE, LEANS))["unresolved"] == 0.5
    assert measured((LEAD,), (LEANS,))["unresolved"] == 0.5
    assert measured((LEAD, LEANS, FREE, LOST))["unresolved"] == 0.25
    told = texts_measure([ReadArticle(ARTICLE, ((LEAD, LEANS),), ((LEANS,), (LEAD,)), ())])
    assert (told["unresolved"], told["unresolved_shorter"], told["printed"]) == (0, 0.5, 2)
    told = measured((LEAD, JUNK), (FREE,))
    assert (told["junk"], told["lead_opens"], told["printed"]) == (1, 0.5, 3)
    assert measured((LEAD,), refused=(JUNK, LEANS, LOST))["refused"] == 0
    assert measured((LEAD,), refused=(LEAD, LEANS))["refused"] == 0.5
    told = measured()
    assert (told["printed"], told["unresolved"], told["lead_opens"]) == (0, 0, 0)


def test_each_article_is_of_one_half_and_no_articles_are_nothing() -> None:
    many = [replace(ARTICLE, id=f"a{number}") for number in range(20)]
    told = texts_measure([ReadArticle(article, ((LEAD,),), (), ()) for article in many])
    assert {half_of(article) for article in many} == {"A", "B"} == set(told["halves"])
    assert sum(half["articles"] for half in told["halves"].values()) == told["articles"] == 20
    assert told["ci95"]["lead_opens"] == [1, 1]
    lax = {"needs": [[], [], [], [], []], "kind": ["news"] * 5, "lead": [0, 0, 0, 1, 0]}
    article = read_article({**READING_LINE, "readers": [*READING_LINE["readers"], lax]})
    assert [label.free for label in article.labels] == [True] * 5
    assert [label.lead for label in article.labels] == [False, True, False, True, False]
    with pytest.raises(InputError, match="no articles"):
        texts_measure([])
    low, high = ratio_ci95([(1, 10), (0, 0)])
    assert (low, high) == (0, 0.1)
    assert ratio_ci95([(value, 1) for value in (1.0, 2.0, 4.0)]) == ci95([1.0, 2.0, 4.0])
    with pytest.raises(ValueError, match="at least one"):
        ratio_ci95([])


@pytest.mark.parametrize(
    ("span", "labels"),
    [((10, 19), (1,)), ((13, 19), (1,)), ((10, 29), (1, 2)), ((16, 27), (2,)), ((49, 50), ())],
)
def test_a_printed_sentence_is_its_label(span: tuple[int, int], labels: tuple[int, ...]) -> None:
    assert labels_of(span, ARTICLE.labels) == labels


@examples("broken")
def test_a_broken_line_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="article 'harbor' of reading"):
        read_article({**READING_LINE, **broken})


@examples("value, said")
def test_a_figure_stands_behind_its_name(value: object, said: str) -> None:
    assert in_words({"figure": value}) == f"figure{' ' * 18} {said}"


def test_rows_are_named_and_groups_follow_the_plain_figures_as_tables() -> None:
    report = {
        "per_section": {"economy": {"f1": 0.75, "items": 4}, "other": 0.5},
        "items": 4,
        "ci95": {"f1": [0.5, 0.9]},
    }
    assert in_words(report).splitlines() == [
        "items                    4",
        "",
        "per_section",
        "  economy              f1 0.75  items 4",
        "  other                0.5",
        "",
        "ci95",
        "  f1                   0.5 to 0.9",
    ]
    report = {
        "days": [{"name": "monday", "fill": 0.5}, {"fill": 1}],
        "rankers": {"lead": {"rouge1": 41.1, "ci95": {"rouge1": [40.0, 42.5]}}},
    }
    assert in_words(report).splitlines() == [
        "",
        "days",
        "  monday               fill 0.5",
        "                       fill 1",
        "",
        "rankers",
        "  lead                 rouge1 41.10  ci95 (rouge1 40.00 to 42.50)",
    ]
