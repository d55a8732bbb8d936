"""Contrast of colors, by the examples of WCAG."""

from __future__ import annotations

import pytest

from briefing.core.color import LEAST_CONTRAST, NIGHT, contrast, lightened


@pytest.mark.parametrize(
    ("color", "ground", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#000000", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#9c1c1f", "#ffffff", 8.1),
        ("#123456", "#123456", 1.0),
    ],
)
def test_contrast_is_that_of_wcag(color: str, ground: str, ratio: float) -> None:
    assert contrast(color, ground) == pytest.approx(ratio, abs=0.05)


@pytest.mark.parametrize("color", ["#000000", "#1d4f91", "#9c1c1f", "#16140f", "#ffffff"])
def test_a_tint_reads_at_night(color: str) -> None:
    assert contrast(lightened(color), NIGHT) >= LEAST_CONTRAST


def test_a_color_that_reads_at_night_stays() -> None:
    assert lightened("#f0857c") == "#f0857c"
