"""The measure of printed sheets sees what a sheet must not have."""

from pathlib import Path

import font_source_serif_pro
import pytest
from weasyprint import HTML

from benchmarks.sheets import look

_FONTS = Path(font_source_serif_pro.font_directory)
_FACES = "".join(
    f"@font-face {{ font-family: Serif; font-weight: {weight}; "
    f"src: url({(_FONTS / f'SourceSerifPro-{name}.ttf').as_uri()}) }}"
    for weight, name in ((400, "Regular"), (600, "Semibold"))
)
_PAGE = "@page { size: 600pt 800pt; margin: 0 } body { margin: 0; font-family: Serif }"
_WORDS = "so many words as fill a line of it"


def line(left: float, base: float, text: str = _WORDS, *, size: int = 10, weight: int = 400) -> str:
    style = f"left: {left}pt; top: {base - size}pt; font-size: {size}pt; font-weight: {weight}"
    return f'<p style="position: absolute; margin: 0; white-space: nowrap; {style}">{text}</p>'


def rule(top: float, left: float = 40, right: float = 560) -> str:
    style = f"left: {left}pt; top: {top}pt; width: {right - left}pt; height: 1pt; background: #000"
    return f'<div style="position: absolute; {style}"></div>'


def column(left: float, first: float, lines: int) -> str:
    return "".join(line(left, first + 12 * number) for number in range(lines))


def sheet(*more: str) -> bytes:
    """Print a sheet with a headline, a row of two even columns, and what is added below it."""
    frame = (rule(50), rule(200), rule(300), rule(700), line(40, 716, "SOURCES"))
    head = line(40, 100, "A headline of the day", size=24, weight=600)
    news = (head, column(40, 120, 6), column(310, 120, 6), column(40, 222, 6), column(310, 222, 6))
    body = "".join((*frame, *news, *more))
    return HTML(string=f"<style>{_FACES}{_PAGE}</style>{body}").write_pdf()  # type: ignore[no-any-return]


def test_even_columns_have_no_fault() -> None:
    seen = look(sheet(column(40, 322, 30), column(310, 322, 30)))
    assert (seen.stubs, seen.broken, seen.uneven) == (0, 0, (False, False))
    assert len(seen.news) == 2
    # Nor has a headline left of its text.
    head = line(40, 330, "A short headline", size=12, weight=600)
    assert look(sheet(head, column(310, 330, 20))).uneven == (False, False)


@pytest.mark.parametrize(
    ("heading", "uneven"), [("SECURITY", (True, False)), ("IN THEIR WORDS", (False, True))]
)
def test_a_column_that_ends_high_is_uneven(heading: str, uneven: tuple[bool, bool]) -> None:
    seen = look(sheet(line(40, 315, heading), column(40, 330, 30), column(310, 330, 28)))
    assert seen.uneven == uneven
    assert max(*seen.news, *seen.panel) == pytest.approx(24 / 72 * 25.4, abs=0.1)


@pytest.mark.parametrize(("lines", "stubs"), [(3, 1), (4, 0)])
def test_few_lines_in_each_column_below_one_headline_are_a_stub(lines: int, stubs: int) -> None:
    head = line(40, 330, "A headline that stands over both of the columns", size=14, weight=600)
    assert look(sheet(head, column(40, 350, lines), column(310, 350, 2))).stubs == stubs


def test_a_word_is_broken_at_the_end_of_a_column() -> None:
    more = (column(40, 322, 29), line(40, 670, "by the two coun-"), column(310, 322, 30))
    assert look(sheet(*more)).broken == 1
