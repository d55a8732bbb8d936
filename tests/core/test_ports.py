from __future__ import annotations

import pytest

from briefing.core.ports import Answer


@pytest.mark.parametrize(("status", "unchanged"), [(200, False), (304, True), (404, False)])
def test_an_answer_of_304_says_that_nothing_has_changed(status: int, *, unchanged: bool) -> None:
    assert Answer("https://courier.example/feed", status, b"").unchanged is unchanged
