"""Reads a PDF back: its text, and its pages as pictures for the screen."""

import io
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from contextlib import closing
from itertools import accumulate
from threading import Lock
from typing import NamedTuple

import pypdfium2
from PIL import Image
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT

from briefing.core.errors import LayoutError
from briefing.core.frozen import frozen
from briefing.core.model import Edition, Sentence
from briefing.core.text.speech import printed_title

#: PDFium is not thread-safe.
PDFIUM = Lock()
#: Characters that typesetting may add or remove: white space, hyphens (at the end of a line, PDFium
#: reads U+0002), zero-width characters.
_SET = re.compile(r"[\s\u00ad\u2010\u202f\u200b-\u200f\u2060-\u2064\ufeff\u0002-]+")
#: Part of a source mark, which may be smaller than text, and its least size in points.
_MARK, _LEAST_MARK = re.compile(r"\[?\+?\d*(?:\+\d+)*\]?"), 6.99


@frozen
class TextRun:
    """A piece of text of one size, in file order."""

    text: str
    #: Size of type in points.
    size: float
    #: Baseline, in points above the bottom of the sheet.
    base: float
    #: Left end, in points.
    left: float
    #: Number of its sheet, from 0.
    sheet: int = 0
    #: Right end, in points.
    right: float = 0.0


@frozen
class PdfText:
    """All text of a PDF."""

    pages: int
    runs: tuple[TextRun, ...]
    #: Width and height of the first sheet, in points.
    size: tuple[float, float] = (1.0, 1.0)

    @property
    def text(self) -> str:
        """The whole text in file order."""
        return "".join(run.text for run in self.runs)


def read_back(pdf: bytes) -> PdfText:
    """Read all text of a PDF with its sizes."""
    runs = []
    with PDFIUM, closing(pypdfium2.PdfDocument(pdf)) as document:
        for sheet, page in enumerate(document):
            for piece in page.get_objects([FPDF_PAGEOBJ_TEXT], textpage=page.get_textpage()):
                *_, high, left, base = piece.get_matrix().get()
                size, right = piece.get_font_size() * high, piece.get_bounds()[2]
                runs.append(TextRun(piece.extract(), size, base, left, sheet, right))
        return PdfText(len(document), tuple(runs), document[0].get_size())


def squeezed(text: str) -> str:
    """Return a text without what typesetting may change: spaces, hyphens, ligatures."""
    return _SET.sub("", unicodedata.normalize("NFKC", text))


def missing(edition: Edition, printed: PdfText) -> tuple[Sentence, ...]:
    """Return what the PDF's text lacks: passages, titles in corrections, the desk's note.

    If a passage continues on the next sheet, that sheet's marking and number may stand within it.
    """
    text = squeezed(printed.text)
    marking = re.escape(squeezed(edition.letterhead.marking.upper()))
    text += "\n" + re.sub(rf"(?:{marking})*\[Page\d+of\d+\](?:{marking})*", "", text)
    printed_as: list[tuple[Sentence, tuple[str, ...]]] = [
        (passage, (passage.text,)) for passage in edition.passages()
    ]
    # titles of named stories have no ticker symbols, those in corrections are complete
    printed_as += [(title, (title.text, printed_title(title.text))) for title in edition.titles()]
    if edition.note:
        # has no source, but must not be lost either
        parts = (edition.note.text, edition.note.signed)
        printed_as += [(Sentence("", 0, len(part), part), (part,)) for part in parts]
    return tuple(
        passage
        for passage, forms in printed_as
        if not any(squeezed(form) in text for form in forms)
    )


def smallest_type(printed: PdfText, *, foot: float, exempt: Iterable[str] = ()) -> float:
    """Return the smallest type size of the text, in points.

    Source marks and exempt texts (the chart's axis) are excluded, and everything below ``foot``
    (sources, ledger, verification), in points above the bottom of the last sheet.
    """
    excluded = set(exempt)
    return min(
        (
            run.size
            for run in printed.runs
            if (run.base > foot or run.sheet < printed.pages - 1)
            and not (run.size > _LEAST_MARK and _MARK.fullmatch(run.text.strip()))
            and run.text.strip() not in excluded
        ),
        default=0.0,
    )


class Frame(NamedTuple):
    """A rectangle on a sheet, in thousandths of its width and height."""

    left: float
    top: float
    wide: float
    high: float


#: Most characters between a headline and its first sentence, such as an earlier headline.
_BETWEEN = 300
#: White around the words in a rectangle, in points.
_AROUND = 3.0


def frames(edition: Edition, printed: PdfText) -> dict[str, list[Frame]]:
    """Return where the words of each story are on the first sheet: its briefs, or its title."""
    framed = dict[str, list[Frame]]()
    runs = [run for run in printed.runs if run.sheet == 0]
    pieces = [squeezed(run.text) for run in runs]
    text, ends = "".join(pieces), [*accumulate(map(len, pieces))]
    places, end = list[tuple[str, int, int]](), 0
    for brief in edition.briefs():
        first, last = (squeezed(brief.sentences[place].text) for place in (0, -1))
        # Briefs stand in this order: words that two of them print are each one's own.
        start = max(text.find(first, end), text.find(first))
        end = text.find(last, start) + len(last)
        head = text.rfind(squeezed(brief.headline), 0, max(start, 0))
        near = head >= 0 and start - head < len(brief.headline) + _BETWEEN
        places.append((brief.story, head if near else start, end if start >= 0 else -1))
    for named in edition.panel.also:
        words = squeezed(printed_title(named.title.text))
        start = text.find(words)
        places.append((named.story, start, start + len(words)))
    wide, high = printed.size
    for story, start, end in places:
        held = runs[bisect_right(ends, start) : bisect_left(ends, end) + 1]
        if start < 0 or not held:
            continue  # on another sheet
        left, right = min(run.left for run in held), max(run.right for run in held)
        top = high - max(run.base + 0.8 * run.size for run in held) - _AROUND
        foot = high - min(run.base - 0.25 * run.size for run in held) + _AROUND
        left, right = left - _AROUND, right + _AROUND
        parts = left / wide, top / high, (right - left) / wide, (foot - top) / high
        framed.setdefault(story, []).append(Frame(*(round(1000 * part, 1) for part in parts)))
    return framed


#: Pixels per inch: an A4 page becomes 1,240 by 1,754, twice the width shown on a screen.
_DOTS = 150
#: A page has ink, paper, red and their blends; more colors would quadruple the file.
_COLORS = 32


def page_picture(pdf: bytes, *, dots: int = _DOTS) -> bytes:
    """Return the first page of a PDF as PNG.

    Raises:
        LayoutError: it is not a PDF, or has no page.
    """
    return page_pictures(pdf, dots=dots, most=1)[0]


def page_pictures(pdf: bytes, *, dots: int = _DOTS, most: int | None = None) -> tuple[bytes, ...]:
    """Return the first ``most`` pages, or all, as PNG; raise LayoutError as above."""
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise LayoutError(f"the page cannot be rendered as a picture ({error})") from error
        with closing(document):
            pages = range(min(len(document), most or len(document)))
            images = [document[page].render(scale=dots / 72).to_pil() for page in pages]
    return tuple(map(_png, images))


def _png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    # for a page of text, the median cut merges red with ink, and the octree tints gray letters;
    # maximum coverage is at most 11 of 255 off in any pixel, and its file is no larger
    colors = image.convert("RGB").quantize(_COLORS, method=Image.Quantize.MAXCOVERAGE)
    colors.save(written, "PNG")
    return written.getvalue()
