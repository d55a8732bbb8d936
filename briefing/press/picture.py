"""Renders a printed page as a picture for the screen."""

from __future__ import annotations

import io
from threading import Lock

import pypdfium2
from PIL import Image

from briefing.core.errors import LayoutError

#: Pixels per inch: for A4, a picture of 1,240 by 1,754, of which a screen shows half the width.
_DOTS = 150
#: A page has ink, paper, red and their blends; more colors would make a file four times as large.
_COLORS = 32
#: PDFium is not thread-safe.
_ALONE = Lock()


def page_picture(pdf: bytes, *, dots: int = _DOTS) -> bytes:
    """Return the first page of a PDF as PNG.

    Raises:
        LayoutError: it is not a PDF, or has no page.
    """
    return page_pictures(pdf, dots=dots, most=1)[0]


def page_pictures(pdf: bytes, *, dots: int = _DOTS, most: int | None = None) -> tuple[bytes, ...]:
    """Return the pages of a PDF as PNG, the first ``most`` of them.

    Raises:
        LayoutError: it is not a PDF, or has no page.
    """
    with _ALONE:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise LayoutError(f"the page cannot be rendered as a picture ({error})") from error
        try:
            pages = range(min(len(document), most or len(document)))
            images = [document[page].render(scale=dots / 72).to_pil() for page in pages]
        finally:
            document.close()
    return tuple(map(_png, images))


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    # Median cut, the usual method, would leave grays alone: so little of a page is red.
    method = Image.Quantize.FASTOCTREE
    image.convert("RGB").quantize(_COLORS, method=method).save(written, "PNG")
    return written.getvalue()
