from __future__ import annotations

import pytest

from briefing.lab.evaluate.sagas import (
    FollowedStory,
    measure,
    measure_changes,
)


def row(day: int, saga: str, found: str) -> FollowedStory:
    return FollowedStory(day, saga, found)


def test_a_perfect_division_has_all_links_and_pairs() -> None:
    report = measure([row(1, "a/x", "1"), row(2, "a/y", "2"), row(3, "a/x", "1")])
    for share in (report.links_right, report.links_found, report.pair_recall):
        assert (share.value, share.of) == (1.0, 1)
    assert (report.stories, report.pair_precision.value) == (3, 1.0)


def test_a_link_to_the_theme_is_near_and_not_right() -> None:
    report = measure([row(1, "a/x", "1"), row(2, "a/y", "1"), row(3, "b/x", "1")])
    assert report.links_right.value == 0.0
    assert (report.links_near.value, report.links_near.of) == (0.5, 2)
    assert report.pair_near.value == pytest.approx(1 / 3)
    assert report.pair_near.of == 3


def test_stories_more_than_thirty_days_apart_are_no_pair() -> None:
    report = measure([row(1, "a/x", "1"), row(31, "a/x", "2"), row(62, "a/x", "2")])
    assert (report.links_found.value, report.links_found.of) == (0.0, 1)
    assert (report.pair_recall.value, report.pair_recall.of) == (0.0, 1)
    assert report.links_right.of == 0


def test_a_story_of_the_same_day_is_no_link_but_a_pair() -> None:
    report = measure([row(1, "a/x", "1"), row(1, "a/x", "1")])
    assert (report.links_right.of, report.pair_precision.of) == (0, 1)


def test_nothing_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="no stories"):
        measure([])


def test_what_editions_show_is_right_where_all_are_of_one_saga_or_theme() -> None:
    merges = [("a/x", "a/x", "a/x"), ("a/x", "a/x", "a/y"), ("a/x", "a/x", "b/x")]
    report = measure_changes(merges, [("a/x", "a/x"), ("a/x", "b/x")])
    assert report.merges_right.value == pytest.approx(1 / 3)
    assert report.merges_near.value == pytest.approx(2 / 3)
    assert (report.strands_right.value, report.strands_near.value) == (0.5, 0.5)
    assert measure_changes([], []).merges_right.of == 0
