"""An edition as an EPUB for e-readers, with the same sentences as the page."""

from __future__ import annotations

import zipfile
from io import BytesIO

from briefing.core.model import Edition
from briefing.press.formats import Rendition
from briefing.press.html import environment
from briefing.press.lines import xml_text
from briefing.press.parts import parts_of

#: The earliest moment that a ZIP archive can hold.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_TYPE = b"application/epub+zip"
_CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
#: The documents of the publication by the template of each.
_PARTS = {
    "package.opf": "package.html",
    "nav.xhtml": "nav.html",
    "page.xhtml": "page.html",
    "style.css": "style.css",
}


def page_epub(edition: Edition, rendition: Rendition) -> bytes:
    """Return the edition as an .epub file; characters that XML cannot hold become U+FFFD.

    References:
        W3C (2023), EPUB 3.3; W3C (2023), EPUB Accessibility 1.1.
    """
    parts = parts_of(edition, rendition)
    accent = edition.letterhead.accent or rendition.theme.accent
    templates = environment(rendition.theme)
    texts = {"META-INF/container.xml": _CONTAINER}
    for name, template in _PARTS.items():
        text = templates.get_template(f"epub/{template}").render(
            parts=parts, page=parts.page, say=parts.say, day=edition.day.isoformat(), accent=accent
        )
        texts[f"EPUB/{name}"] = xml_text(f"{text.strip()}\n")
    return _packed(texts)


def _packed(texts: dict[str, str]) -> bytes:
    """Return the archive: its type first and as it is, all else compressed, no time in it."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as whole:
        whole.writestr(zipfile.ZipInfo("mimetype", _NO_TIME), _TYPE, zipfile.ZIP_STORED)
        for name, text in texts.items():
            whole.writestr(zipfile.ZipInfo(name, _NO_TIME), text.encode(), zipfile.ZIP_DEFLATED)
    return made.getvalue()
