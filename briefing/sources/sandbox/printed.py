"""The task "printed": what a PDF shows, sheet by sheet, and the files attached to it."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import pypdfium2
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from briefing.core.errors import InputError
from briefing.sources.decode import one_line
from briefing.sources.records import EDITION, SOURCES
from briefing.sources.sandbox.pdfs import opened, pdf_errors

#: Most sheets that are read; an edition has one.
_SHEETS = 10
#: Pixels per inch of the pictures compared, and most points per side: more than A3.
_DOTS, _LONGEST = 150, 1_300
#: Most bytes of an uncompressed attached file: 100 texts of the greatest length in four-byte
#: characters. pypdf itself stops at 75 million.
_BYTES = 50_000_000
#: Entries of a catalog that can trigger actions in a PDF viewer.
_ACTIVE = ("/OpenAction", "/AA", "/AcroForm")


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return what a PDF shows, and those of the two files of an edition that it has.

    Keys: sheets (each with size in points, text, links and the digest of its picture), more (a
    description of anything else in it), and the names of the files.

    InputError: the PDF is damaged or encrypted, or a file is attached twice, too large, or not
    text.
    """
    with pdf_errors(PyPdfError, pypdfium2.PdfiumError):
        reader = opened(body)
        files: dict[str, str] = {}
        others = []
        for file in reader.attachment_list:
            if file.name not in {EDITION, SOURCES}:
                others.append(file.name)
                continue
            if file.name in files:
                raise InputError(f"{file.name} is attached twice; ask its publisher for the PDF")
            content = file.content
            if len(content) > _BYTES:
                raise InputError(
                    f"{file.name} in it is larger than {_BYTES:,} bytes; it is not ours"
                )
            try:
                files[file.name] = content.decode()
            except UnicodeDecodeError:
                raise InputError(
                    f"{file.name} in it is not UTF-8; ask its publisher for it"
                ) from None
        more = [f"the file {one_line(name, limit=80)} is attached" for name in others]
        more += [f"it has {key[1:]}" for key in _ACTIVE if key in reader.root_object]
        return {"sheets": list(_sheets(body, reader)), "more": more} | files


def _sheets(body: bytes, reader: PdfReader) -> Iterator[dict[str, Any]]:
    document = pypdfium2.PdfDocument(body)
    for place in range(min(len(document), _SHEETS)):
        page = document[place]
        size = [round(points, 1) for points in page.get_size()]
        if max(size) > _LONGEST:
            raise InputError(f"a sheet is {max(size):,.0f} points long; ask its publisher for it")
        # PDFium marks a line break after a hyphen with a noncharacter.
        text = page.get_textpage().get_text_range().replace("\ufffe", "")
        picture = page.render(scale=_DOTS / 72).to_numpy().tobytes()
        yield {
            "size": size,
            "text": text,
            "picture": hashlib.sha256(picture).hexdigest(),
            "links": [_link(note.get_object()) for note in reader.pages[place].get("/Annots", ())],
        }


def _link(annotation: Any) -> str:  # noqa: ANN401  pypdf's type
    """Return the type of an annotation and where it leads."""
    action = annotation["/A"].get_object() if "/A" in annotation else {}
    target = action.get("/URI", annotation.get("/Dest", ""))
    return f"{annotation.get('/Subtype')} {one_line(str(target), limit=500)}"
