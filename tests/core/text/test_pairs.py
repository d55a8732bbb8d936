"""Squares of pairs hold the same pairs, with the same features, as one gathered by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from briefing.core.model import Document
from briefing.core.text.likeness import features, view
from briefing.core.text.pairs import candidates
from tests.core.text.test_cluster import word

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
def test_pairs_and_features_are_those_of_every_pair(
    told: list[tuple[list[str], list[str]]], side: int
) -> None:
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


def test_no_reports_make_no_pairs() -> None:
    assert list(candidates(view([]))) == []
