from pathlib import Path

import font_source_sans_pro
import font_source_serif_pro
import pytest
from fontTools.ttLib import TTFont

from briefing.core.glyphs import HELD, are_held, is_settable
from tests.examples import examples

UPRIGHT = (
    (font_source_serif_pro, "SourceSerifPro", ("Regular", "Semibold", "Bold")),
    (font_source_sans_pro, "SourceSansPro", ("Regular", "Semibold")),
)


def code_points() -> list[int]:
    pairs = [pair.split("-") for pair in HELD.split()]
    return [code for pair in pairs for code in range(int(pair[0], 16), int(pair[-1], 16) + 1)]


@pytest.mark.parametrize(
    "file",
    [
        Path(package.font_directory) / f"{family}-{weight}.ttf"
        for package, family, weights in UPRIGHT
        for weight in weights
    ],
    ids=lambda file: file.stem,
)
def test_every_upright_face_holds_every_character_that_may_be_set(file: Path) -> None:
    with TTFont(file) as font:
        held = font.getBestCmap()
    assert [hex(code) for code in code_points() if code not in held] == []


@examples("text")
def test_letters_of_europe_are_held(text: str) -> None:
    assert are_held(text)


@examples("text")
def test_what_no_pinned_font_holds_is_not(text: str) -> None:
    assert not are_held(text)
    assert not is_settable(text, longest=100)


@examples("text, settable")
def test_a_line_of_type_has_bounds(text: str, *, settable: bool) -> None:
    assert is_settable(text, longest=100) is settable
