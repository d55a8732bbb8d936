"""Renders a printed page as a picture for the screen."""

import io

import pypdfium2
from PIL import Image

from briefing.core.errors import LayoutError
from briefing.press.readback import PDFIUM

#: Pixels per inch: for A4, a picture of 1,240 by 1,754, of which a screen shows half the width.
_DOTS = 150
#: A page has ink, paper, red and their blends; more colors would make a file four times as large.
_COLORS = 32


def page_picture(pdf: bytes, *, dots: int = _DOTS) -> bytes:
    """Return the first page of a PDF as PNG.

    Raises:
        LayoutError: it is not a PDF, or has no page.
    """
    return _png(_images(pdf, dots=dots, most=1)[0])


def page_pictures(pdf: bytes, *, dots: int = _DOTS) -> tuple[bytes, ...]:
    """Return all pages as PNG; LayoutError as above."""
    images = _images(pdf, dots=dots)
    return tuple(map(_png, images))


def _images(pdf: bytes, *, dots: int, most: int | None = None) -> list[Image.Image]:
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise LayoutError(f"the page cannot be rendered as a picture ({error})") from error
        try:
            pages = range(min(len(document), most or len(document)))
            images = [document[page].render(scale=dots / 72).to_pil() for page in pages]
        finally:
            document.close()
    return images


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    # of a page of text, the median cut merges the red with ink and the octree tints gray letters;
    # maximum coverage is at most 11 of 255 wrong in any pixel, and its file is no larger
    colors = image.convert("RGB").quantize(_COLORS, method=Image.Quantize.MAXCOVERAGE)
    colors.save(written, "PNG")
    return written.getvalue()
