from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.page.columns import split

#: Heights as the probe gives them: whole and half lines.
HEIGHTS = st.lists(st.integers(1, 40).map(lambda halves: halves / 2), min_size=1, max_size=16)


@pytest.mark.parametrize(
    ("heights", "left", "height"),
    [
        ((4.0,), 1, 4.0),
        ((4.0, 4.0), 1, 4.0),
        ((2.0, 2.0, 4.0), 2, 4.0),
        ((9.0, 1.0, 1.0), 1, 9.0),
        ((1.0, 1.0, 9.0), 2, 9.0),
        ((3.0, 3.0, 3.0), 2, 6.0),
    ],
)
def test_a_band_is_split_where_its_columns_are_nearest_in_height(
    heights: tuple[float, ...], left: int, height: float
) -> None:
    assert split(heights) == (left, height)


@given(HEIGHTS)
def test_no_other_split_is_lower(heights: list[float]) -> None:
    everywhere = [
        max(sum(heights[:count]), sum(heights[count:])) for count in range(1, len(heights) + 1)
    ]
    assert split(heights)[1] == min(everywhere)


@given(HEIGHTS)
def test_the_height_told_is_that_of_the_split_told(heights: list[float]) -> None:
    left, height = split(heights)
    assert height == max(sum(heights[:left]), sum(heights[left:]))


@given(HEIGHTS)
def test_of_equal_splits_the_left_column_takes_more(heights: list[float]) -> None:
    left, height = split(heights)
    fuller = range(left + 1, len(heights) + 1)
    assert all(max(sum(heights[:count]), sum(heights[count:])) > height for count in fuller)


def test_a_difference_that_cannot_be_seen_decides_nothing() -> None:
    assert split((3.0 + 1e-9, 3.0, 3.0))[0] == 2
