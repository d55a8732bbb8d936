"""Writes the pictures of the gallery: each theme on a thin, a normal and a heavy day.

Run as a module of its own (``./run docs``); the news is that of examples/.
"""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

from PIL import Image

from briefing.press.readback import page_pictures
from briefing.settings import PageSettings, Settings
from briefing.setup.pages import contents, make_page

ROOT = Path(__file__).parents[1]
#: Days by the number of their reports: 1, 17 and 67.
DAYS = {
    "2026-03-12/harmattan-post-benin.txt": date(2026, 3, 12),
    "2026-03-11": date(2026, 3, 11),
    "2026-03-12": date(2026, 3, 12),
}
#: Theme, paper, and dots per inch at which three days stand side by side.
SHOWN = (
    ("classic", "A4", 44),
    ("classic", "A5", 60),
    ("memo", "A4", 44),
    ("large", "A4", 32),
    ("reader", "8inch", 38),
)
#: Space between two sheets and between two days, in pixels; colors of a picture.
BESIDE, BETWEEN = 3, 12
#: Ink, accent and their blends with paper: a palette taken from the picture would be all gray.
INKS, STEPS = ((22, 20, 15), (156, 28, 31)), 10
#: How much larger a sheet is drawn.
TIMES = 3
GROUND = (128, 128, 128)


def sheets(theme: str, paper: str, *, dots: int) -> list[list[Image.Image]]:
    """Return the sheets of each day."""
    page = PageSettings(theme=theme, paper=paper)
    settings = Settings(name="World Desk", dateline="Geneva, 06:30", page=page)
    days = []
    for news, day in DAYS.items():
        paths = [str(ROOT / "examples" / news)]
        done, _ = make_page(paths, settings=settings, day=day, before=(), watch=lambda _: None)
        pdf = contents(done, kind="pdf", settings=settings)
        # The few colors of a small picture would all be gray: it is made of a large one.
        pictures = page_pictures(pdf, dots=dots * TIMES)
        whole = [Image.open(io.BytesIO(picture)).convert("RGB") for picture in pictures]
        days.append([sheet.reduce(TIMES) for sheet in whole])
    return days


def side_by_side(days: list[list[Image.Image]]) -> Image.Image:
    """Return one picture of all sheets."""
    wide = sum(sheet.width + BESIDE for day in days for sheet in day) + BETWEEN * len(days)
    high = max(sheet.height for day in days for sheet in day)
    picture, left = Image.new("RGB", (wide, high + 2 * BESIDE), GROUND), BETWEEN // 2
    for day in days:
        for sheet in day:
            picture.paste(sheet, (left, BESIDE))
            left += sheet.width + BESIDE
        left += BETWEEN
    return picture


def palette() -> Image.Image:
    """Return a picture that has the colors of a page."""
    colors = [*GROUND]
    for ink in INKS:
        for step in range(STEPS):
            colors += [round(255 - (255 - part) * step / (STEPS - 1)) for part in ink]
    image = Image.new("P", (1, 1))
    image.putpalette(colors)
    return image


def main() -> None:
    """Write them all."""
    folder = ROOT / "docs" / "gallery"
    folder.mkdir(exist_ok=True)
    for theme, paper, dots in SHOWN:
        picture = side_by_side(sheets(theme, paper, dots=dots)).quantize(
            palette=palette(), dither=Image.Dither.NONE
        )
        picture.save(folder / f"{theme}-{paper.lower()}.png", optimize=True)


if __name__ == "__main__":
    main()
