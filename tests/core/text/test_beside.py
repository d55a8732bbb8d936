"""What stands beside a story is sought when it is asked for, and once."""

from __future__ import annotations

from briefing.core.text.beside import Sought


def test_is_sought_when_it_is_asked_for_and_then_kept() -> None:
    asked: list[int] = []

    def find() -> list[str]:
        asked.append(1)
        return ["12 ships", "3 ports"]

    found = Sought(find)
    assert asked == []
    assert [*found] == [*found] == ["12 ships", "3 ports"]
    assert asked == [1]


def test_equals_what_finds_the_same() -> None:
    one, same, other = Sought(lambda: [1, 2]), Sought(lambda: (1, 2)), Sought(lambda: [2, 1])
    assert one == same
    assert len({one, same}) == 1
    assert one != other
    assert one != (1, 2)
