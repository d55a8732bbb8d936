from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.lab.evaluate.stories import measure


def test_a_perfect_grouping_scores_one_whatever_the_labels_are_called() -> None:
    report = measure(list(zip(["a", "a", "b"], ["s2", "s2", "s1"], strict=True)))
    assert (report.b3_precision, report.b3_recall, report.b3_f1) == (1.0, 1.0, 1.0)
    assert (report.pairwise_f1, report.clusters, report.ci95) == (1.0, 2, (1.0, 1.0))


def test_a_hand_computed_grouping() -> None:
    # True {1 2 3} {4 5}, predicted {1 2} {3 4 5}.
    # Precision: 1, 1, 1/3, 2/3, 2/3 -> 11/15. Recall: 2/3, 2/3, 1/3, 1, 1 -> 11/15.
    # Pairs: true 3 + 1, predicted 1 + 3, common 2 -> 2 * 2 / 8.
    report = measure(list(zip(["a", "a", "a", "b", "b"], ["p", "p", "q", "q", "q"], strict=True)))
    assert report.b3_precision == pytest.approx(11 / 15)
    assert report.b3_recall == pytest.approx(11 / 15)
    assert report.b3_f1 == pytest.approx(11 / 15)
    assert report.pairwise_f1 == pytest.approx(0.5)
    assert report.clusters == 2


def test_putting_everything_together_costs_precision_only() -> None:
    report = measure(list(zip(["a", "b", "b", "c"], ["x"] * 4, strict=True)))
    assert report.b3_precision == pytest.approx((1 + 2 + 2 + 1) / 16)
    assert report.b3_recall == 1.0


def test_leaving_every_report_alone_costs_recall_only() -> None:
    report = measure(list(zip(["a", "a", "b"], ["1", "2", "3"], strict=True)))
    assert report.b3_precision == 1.0
    assert report.b3_recall == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert report.pairwise_f1 == 0.0


def test_no_pair_in_either_grouping_is_a_perfect_pairing() -> None:
    assert measure(list(zip(["a", "b"], ["1", "2"], strict=True))).pairwise_f1 == 1.0


def test_no_reports_are_refused() -> None:
    with pytest.raises(ValueError, match="no reports"):
        measure([])


def test_the_interval_holds_the_figure_and_narrows_with_more_stories() -> None:
    few = [("a", "p"), ("a", "p"), ("b", "q"), ("b", "r"), ("c", "s")]
    many = [(f"{n}{true}", f"{n}{found}") for n in range(30) for true, found in few]
    wide, narrow = measure(few), measure(many)
    assert wide.ci95[0] <= wide.b3_f1 <= wide.ci95[1]
    assert narrow.b3_f1 == pytest.approx(wide.b3_f1)
    assert narrow.ci95[1] - narrow.ci95[0] < wide.ci95[1] - wide.ci95[0]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1))
def test_exchanging_the_two_groupings_exchanges_precision_and_recall(
    pairs: list[tuple[str, str]],
) -> None:
    one, other = measure(pairs), measure([(found, true) for true, found in pairs])
    assert one.b3_precision == pytest.approx(other.b3_recall)
    assert one.b3_f1 == pytest.approx(other.b3_f1)
    assert one.pairwise_f1 == pytest.approx(other.pairwise_f1)
    assert 0 < one.b3_precision <= 1
