from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image, ImageChops
from weasyprint import HTML

from briefing.core.errors import LayoutError
from briefing.press.readback import page_picture, page_pictures
from tests.press.conftest import Page

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


def test_several_threads_get_the_same_picture() -> None:
    with ThreadPoolExecutor(4) as pool:
        pictures = set(pool.map(page_picture, [PAGE] * 12))
    assert len(pictures) == 1
