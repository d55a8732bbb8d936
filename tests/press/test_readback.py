from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image, ImageChops
from weasyprint import HTML

from briefing.core.errors import LayoutError
from briefing.core.model import Sentence
from briefing.press.measure import Press
from briefing.press.readback import (
    PdfText,
    TextRun,
    frames,
    missing,
    page_picture,
    page_pictures,
    read_back,
    smallest_type,
    squeezed,
)
from briefing.press.theme import Theme
from tests.examples import examples
from tests.newsday import with_story
from tests.press.conftest import Page


def printed(*runs: tuple[str, float, float]) -> PdfText:
    return PdfText(1, tuple(TextRun(text, size, base, 0.0) for text, size, base in runs))


def test_a_sentence_that_was_not_printed_or_is_clipped_is_missing(page: Page) -> None:
    lost = Sentence("d0", 0, 11, "Never said.")
    first = next(page.edition.briefs())
    claims = with_story(page.edition, first.story, sentences=(*first.sentences, lost))
    assert missing(claims, read_back(page.pdf)) == (lost,)
    for cut in [1, 20, 60]:
        sentence = next(page.edition.sentences())
        clipped = squeezed(read_back(page.pdf).text).replace(
            squeezed(sentence.text), squeezed(sentence.text[:-cut] or "")
        )
        assert sentence in missing(page.edition, printed((clipped, 9, 100)))


@examples("source, set_as")
def test_what_setting_changes_is_not_missing(source: str, set_as: str) -> None:
    assert squeezed(source) == squeezed(set_as)


@pytest.mark.parametrize(("left", "right"), [("4.2", "42"), ("Ostra", "ostra"), ("a, b", "a b")])
def test_points_case_and_commas_are_compared(left: str, right: str) -> None:
    assert squeezed(left) != squeezed(right)


def test_the_smallest_type_is_that_of_what_must_be_read() -> None:
    page_text = printed(
        ("words", 9.0, 500), ("[3]", 7.0, 500), ("12 Mar", 7.0, 300), ("sources", 7.0, 40)
    )
    assert smallest_type(page_text, foot=60, exempt=("12 Mar",)) == 9.0
    assert smallest_type(page_text, foot=60) == 7.0
    assert smallest_type(page_text, foot=0, exempt=("12 Mar",)) == 7.0
    assert smallest_type(printed(), foot=0) == 0.0
    run = TextRun("1" * 20_000 + "x", 8.5, 500.0, 0.0)
    assert smallest_type(PdfText(1, (run,)), foot=0.0) == 8.5


def test_sizes_and_places_are_read_in_points(page: Page) -> None:
    runs = read_back(page.pdf).runs
    assert {round(run.size, 1) for run in runs} >= {8.8, 10.3, 23.0, 32.0}
    assert all(0 < run.base < 842 and 0 < run.left < 596 for run in runs)


@examples("text, is_mark")
def test_parts_of_marks_may_be_smaller_than_text(text: str, is_mark: bool) -> None:  # noqa: FBT001
    small = TextRun(text, 7.0, 500.0, 0.0)
    plain = TextRun("Fog closes the airport", 8.5, 500.0, 0.0)
    assert smallest_type(PdfText(1, (small, plain)), foot=0.0) == (8.5 if is_mark else 7.0)


def test_the_frame_of_a_story_is_where_it_was_laid_out_on_the_first_sheet(page: Page) -> None:
    framed = frames(page.edition, read_back(page.pdf))
    named = [named.story for named in page.edition.panel.also]
    assert [*framed] == list(
        dict.fromkeys([*(brief.story for brief in page.edition.briefs()), *named])
    )
    sheet = page.press._sheet(page.edition)
    box, top = sheet.boxes()["top"], page.edition.top
    assert top
    frame = framed[top.story][0]
    assert frame.left == pytest.approx(1000 * box.left / sheet.size[0], abs=10)
    assert frame.top == pytest.approx(1000 * box.top / sheet.size[1], abs=10)
    assert frame.top + frame.high == pytest.approx(1000 * box.bottom / sheet.size[1], abs=20)
    # No frame of a brief lies over that of another.
    every = [each for its in framed.values() for each in its]
    spans = sorted((each.top, each.top + each.high) for each in every if each.wide > 800)
    assert all(first[1] <= second[0] + 5 for first, second in pairwise(spans))
    assert frames(page.edition, printed(("Never said.", 9, 100))) == {}


def test_a_draft_has_no_digest_and_is_laid_out_once(page: Page, theme: Theme) -> None:
    press = Press(theme, theme.paper("A4"), draft=True)
    press.lay_out(page.edition)
    pdf = press.print(replace(page.edition, manifest={"made": "again"}))
    assert "notpublished" in squeezed(read_back(pdf).text)
    assert "notpublished" not in squeezed(read_back(page.pdf).text)
    assert press.layouts == 1


PAGE = HTML(
    string="<style>@page{size:100mm 50mm;margin:0}p{margin:20mm;color:#9c1c1f;height:9mm;"
    "background:#9c1c1f}</style><p>1"
).write_pdf()


def test_a_page_becomes_a_picture_of_its_size_and_colors(page: Page) -> None:
    image = Image.open(BytesIO(page_picture(PAGE, dots=254)))
    assert image.format == "PNG"
    assert image.size == (1001, 501)  # what a pixel covers in part counts
    pixels = image.convert("RGB")
    assert pixels.getpixel((10, 10)) == (255, 255, 255)
    assert pixels.getpixel((500, 250)) == (156, 28, 31)
    (whole,) = page_pictures(page.pdf, dots=100)
    red, _, blue = Image.open(BytesIO(whole)).convert("RGB").split()
    assert max(ImageChops.subtract(red, blue).tobytes()) > 60
    with pytest.raises(LayoutError, match="cannot be rendered as a picture"):
        page_picture(b"no page")
    with ThreadPoolExecutor(4) as pool:
        pictures = set(pool.map(page_picture, [PAGE] * 12))
    assert len(pictures) == 1
