from __future__ import annotations

import pytest

from briefing.press.pdf import Placement
from briefing.press.white import White, find_white

LEAD = 10.0
#: Two columns of 100, a panel of 60, and 405 from the top to the foot, of which 5 are its own.
SHEET = {
    "spread": Placement(0, 0, 260, 300),
    "main": Placement(0, 0, 200, 300),
    "foot": Placement(0, 405, 260, 500),
}
WHOLE = 400 * 260.0


def box(left: float, top: float, wide: float, high: float) -> Placement:
    return Placement(left, top, left + wide, top + high)


def white(**more: Placement) -> White:
    named = {name.replace("_", "-"): placed for name, placed in more.items()}
    return find_white({**SHEET, **named}, lead=LEAD, thin=False)


def full_panel() -> dict[str, Placement]:
    return {"side": box(200, 0, 60, 400), "block_also": box(200, 0, 60, 400)}


def test_a_page_without_a_hole_is_full() -> None:
    columns = {"column1_1": box(0, 100, 100, 295), "column1_2": box(100, 100, 100, 295)}
    seen = white(top=box(0, 0, 200, 100), band1=box(0, 100, 200, 300), **columns, **full_panel())
    assert seen == White(fill=1.0, free=0.0, side_free=0.0, hole=0.0)


def test_white_below_the_lower_column_is_a_hole_together_with_what_is_free() -> None:
    columns = {"column1_1": box(0, 100, 100, 275), "column1_2": box(100, 100, 100, 175)}
    seen = white(top=box(0, 0, 200, 100), band1=box(0, 100, 200, 280), **columns, **full_panel())
    assert seen.free == 20
    assert seen.hole == 120
    assert seen.fill == pytest.approx(1 - (20 + 120) * 100 / WHOLE)


def test_an_upper_row_has_holes_of_its_own() -> None:
    columns = {
        "column1_1": box(0, 100, 100, 95),
        "column1_2": box(100, 100, 100, 35),
        "column2_1": box(0, 200, 100, 195),
        "column2_2": box(100, 200, 100, 195),
    }
    bands = {"band1": box(0, 100, 200, 100), "band2": box(0, 200, 200, 200)}
    seen = white(top=box(0, 0, 200, 100), **bands, **columns, **full_panel())
    assert seen.hole == 60
    assert seen.fill == pytest.approx(1 - 60 * 100 / WHOLE)


def test_the_right_one_of_balanced_columns_may_end_higher() -> None:
    seen = white(
        top=box(0, 0, 200, 100),
        text_top=box(0, 40, 200, 60),
        end_top=box(150, 80, 0, 0),
        wide1=box(0, 100, 200, 300),
        text_wide1=box(0, 130, 200, 265),
        end_wide1=box(110, 365, 0, 0),
        **full_panel(),
    )
    assert seen.hole == 30
    assert seen.fill == pytest.approx(1 - (20 + 30) * 100 / WHOLE)


def test_text_that_stays_in_the_left_column_leaves_the_right_one_white() -> None:
    seen = white(
        top=box(0, 0, 200, 100),
        wide1=box(0, 100, 200, 300),
        text_wide1=box(0, 130, 200, 265),
        end_wide1=box(0, 395, 0, 0),
        **full_panel(),
    )
    assert seen.hole == 265  # the headline above it stands over both columns


def test_white_below_the_panel_and_shared_among_its_blocks_counts() -> None:
    seen = white(
        top=box(0, 0, 200, 400),
        side=box(200, 0, 60, 350),
        block_also=box(200, 0, 60, 100),
        block_ahead=box(200, 137.5, 60, 212.5),
    )
    assert (seen.side_free, seen.hole) == (50, 50)
    assert seen.fill == pytest.approx(1 - (50 + 30) * 60 / WHOLE)


def test_corrections_stand_in_one_row_of_their_own() -> None:
    seen = white(top=box(0, 0, 200, 100), band_corrections=box(0, 100, 200, 260), **full_panel())
    assert (seen.free, seen.hole) == (40, 40)
    assert seen.fill == pytest.approx(1 - 40 * 200 / WHOLE)


def test_a_thin_page_is_one_column_to_the_end_of_its_panel() -> None:
    boxes = {**SHEET, "top": box(0, 0, 200, 100), "side": box(0, 100, 200, 200)}
    seen = find_white(boxes, lead=LEAD, thin=True)
    assert (seen.free, seen.side_free, seen.hole) == (100, 0, 100)
    assert seen.fill == pytest.approx(0.75)


def test_a_page_without_news_is_empty() -> None:
    assert white().fill == 0.0
