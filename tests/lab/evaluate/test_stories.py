from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.lab.evaluate.stories import StoriesReport, measure_stories


def test_a_perfect_grouping_scores_one_whatever_the_labels_are_called() -> None:
    report = measure_stories(["a", "a", "b"], ["s2", "s2", "s1"])
    assert report == StoriesReport(1.0, 1.0, 1.0, 1.0, 2)


def test_a_hand_computed_grouping() -> None:
    # True {1 2 3} {4 5}, predicted {1 2} {3 4 5}.
    # Precision: 1, 1, 1/3, 2/3, 2/3 -> 11/15. Recall: 2/3, 2/3, 1/3, 1, 1 -> 11/15.
    # Pairs: true 3 + 1, predicted 1 + 3, common 2 -> 2 * 2 / 8.
    report = measure_stories(["a", "a", "a", "b", "b"], ["p", "p", "q", "q", "q"])
    assert report.b3_precision == pytest.approx(11 / 15)
    assert report.b3_recall == pytest.approx(11 / 15)
    assert report.b3_f1 == pytest.approx(11 / 15)
    assert report.pairwise_f1 == pytest.approx(0.5)
    assert report.clusters == 2


def test_putting_everything_together_costs_precision_only() -> None:
    report = measure_stories(["a", "b", "b", "c"], ["x"] * 4)
    assert report.b3_precision == pytest.approx((1 + 2 + 2 + 1) / 16)
    assert report.b3_recall == 1.0


def test_leaving_every_report_alone_costs_recall_only() -> None:
    report = measure_stories(["a", "a", "b"], ["1", "2", "3"])
    assert report.b3_precision == 1.0
    assert report.b3_recall == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert report.pairwise_f1 == 0.0


def test_no_pair_in_either_grouping_is_a_perfect_pairing() -> None:
    assert measure_stories(["a", "b"], ["1", "2"]).pairwise_f1 == 1.0


@pytest.mark.parametrize(("true", "predicted"), [([], []), (["a"], []), (["a"], ["1", "2"])])
def test_labels_that_do_not_pair_up_are_refused(true: list[str], predicted: list[str]) -> None:
    with pytest.raises(ValueError, match="must pair up"):
        measure_stories(true, predicted)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1))
def test_exchanging_the_two_groupings_exchanges_precision_and_recall(
    pairs: list[tuple[str, str]],
) -> None:
    true, predicted = [t for t, _ in pairs], [p for _, p in pairs]
    one, other = measure_stories(true, predicted), measure_stories(predicted, true)
    assert one.b3_precision == pytest.approx(other.b3_recall)
    assert one.b3_f1 == pytest.approx(other.b3_f1)
    assert one.pairwise_f1 == pytest.approx(other.pairwise_f1)
    assert 0 < one.b3_precision <= 1
