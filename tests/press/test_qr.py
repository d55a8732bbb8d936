from __future__ import annotations

import re

import pytest

from briefing.press.qr import draw_qr

ADDRESS = "https://briefing.example/2026-03-12"


def modules(path: str) -> set[tuple[int, int]]:
    """Return the dark modules of a path, as column and row."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join(f"M{x} {y}h{wide}v1h-{back}z" for x, y, wide, back in runs) == path
    assert all(wide == back for _, _, wide, back in runs)
    return {(int(x) + n, int(y)) for x, y, wide, _ in runs for n in range(int(wide))}


def test_a_code_has_three_finder_patterns_and_a_timing_line() -> None:
    code = draw_qr(ADDRESS)
    dark, last = modules(code.path), code.side - 7
    for left, top in ((0, 0), (last, 0), (0, last)):
        square = {(x - left, y - top) for x, y in dark if 0 <= x - left < 7 and 0 <= y - top < 7}
        assert {(n, 0) for n in range(7)} <= square
        assert {(n, m) for n in (2, 3, 4) for m in (2, 3, 4)} <= square
        assert (1, 1) not in square
    assert [(x, 6) in dark for x in range(8, code.side - 8)] == [
        not x % 2 for x in range(8, code.side - 8)
    ]


def test_a_code_stays_within_its_side_and_is_the_same_each_time() -> None:
    code = draw_qr(ADDRESS)
    assert max(max(pair) for pair in modules(code.path)) == code.side - 1
    assert draw_qr(ADDRESS) == code != draw_qr(ADDRESS + "/")


def test_a_text_that_no_code_holds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"too large|does not fit"):
        draw_qr("x" * 5_000)
