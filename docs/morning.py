"""Writes the pictures of the first morning, of those that ``./run bench morning`` has made."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
#: Scenes of the film that the documentation shows.
SHOWN = ("first", "tried", "made", "tomorrow", "page")
#: Pixels of a picture; colors of its palette, which are enough for ink, paper and red.
WIDE, MOST_HIGH, COLORS = 820, 1000, 64


def main() -> None:
    """Write each picture, scaled down and cut below."""
    folder = ROOT / "docs" / "morning"
    folder.mkdir(exist_ok=True)
    for scene in SHOWN:
        (path,) = (ROOT / "out" / "morning").glob(f"*-{scene}.png")
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        high = round(picture.height * WIDE / picture.width)
        small = picture.resize((WIDE, high), Image.Resampling.LANCZOS)
        shown = small.crop((0, 0, WIDE, min(high, MOST_HIGH)))
        shown.quantize(COLORS, Image.Quantize.FASTOCTREE).save(
            folder / f"{scene}.png", optimize=True
        )


if __name__ == "__main__":
    main()
