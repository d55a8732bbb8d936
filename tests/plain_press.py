"""A press without paper: heights by count, and one sheet that holds the words in a plain type.

To lay out a page takes half a second. What is chosen, kept, shown and mailed is the same without;
tests to which the page itself matters are marked ``paper``, and those of the press know no other.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import pytest
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from briefing.core.model import Edition, Scale, Sentence
from briefing.core.ports import Draft, Fit, Heights
from briefing.press.formats import Rendition
from briefing.press.measure import Press
from briefing.press.text import page_text
from tests.fakes import PlainMeasure

_REAL = {name: getattr(Press, name) for name in ("probe", "lay_out", "print", "missing")}
_MEASURES: WeakKeyDictionary[Press, PlainMeasure] = WeakKeyDictionary()


def _probe(press: Press, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
    press.layouts += 1
    return _MEASURES.setdefault(press, PlainMeasure()).probe(draft, scales)


def _lay_out(press: Press, edition: Edition) -> Fit:
    press.layouts += 1
    measure = _MEASURES.get(press)
    # What was made ahead was measured by another press.
    return measure.lay_out(edition) if measure else Fit(1, 1.0, 0.0, 0.0)


def _print(press: Press, edition: Edition) -> bytes:
    """Return a PDF with the files of the edition, equal for equal editions."""
    writer, content, out = PdfWriter(), StreamObject(), io.BytesIO()
    text = page_text(edition, Rendition(press._theme)).encode("cp1252", "replace")
    lines = (line.translate(None, b"()\\") for line in text.split(b"\n"))
    content.set_data(b"BT /F 5 Tf 5 TL 9 830 Td (" + b") ' (".join(lines) + b") ' ET")
    font = {"Type": "Font", "Subtype": "Type1", "BaseFont": "Times-Roman"}
    page = writer.add_blank_page(595, 842)
    page[NameObject("/Contents")] = writer._add_object(content)
    named = {NameObject(f"/{key}"): NameObject(f"/{value}") for key, value in font.items()}
    fonts = DictionaryObject({NameObject("/F"): DictionaryObject(named)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    for file in press._attach(edition):
        writer.add_attachment(file.name, file.content)
    writer.write(out)
    return out.getvalue()


def _missing(press: Press, edition: Edition, pdf: bytes) -> Sequence[Sentence]:
    del press, edition, pdf
    return ()


_PLAIN = {"probe": _probe, "lay_out": _lay_out, "print": _print, "missing": _missing}


@contextmanager
def printing(*, plain: bool) -> Iterator[None]:
    """Let all presses of this process do without paper, or be the real ones."""
    with pytest.MonkeyPatch.context() as patch:
        for name, method in (_PLAIN if plain else _REAL).items():
            patch.setattr(Press, name, method)
        yield
