from __future__ import annotations

from briefing.core.budget import OF_READER, OF_SOURCE, is_spent


def test_a_source_has_a_budget_and_leaves_the_others_theirs() -> None:
    before = [("flood", "ann")] * OF_SOURCE
    assert not is_spent(before[1:], source="flood", reader="ann")
    assert is_spent(before, source="flood", reader="ann")
    assert not is_spent(before, source="flood", reader="bo")
    assert not is_spent(before, source="post", reader="ann")
    assert not is_spent([("", "ann")] * OF_SOURCE, source="", reader="ann")


def test_a_reader_has_a_budget_whoever_sets_it_off() -> None:
    before = [(f"source {number}", "ann") for number in range(OF_READER)]
    assert not is_spent(before[1:], source="other", reader="ann")
    assert is_spent(before, source="other", reader="ann")
    assert is_spent(before, source="", reader="ann")
