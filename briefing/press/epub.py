"""An edition as an EPUB for e-readers, with the same sentences as the page."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO

from briefing.core.language import Phrases
from briefing.core.model import Edition
from briefing.press.corrections import AmendedWords
from briefing.press.html import Checks, environment
from briefing.press.lines import safe_url, xml_text
from briefing.press.theme import Theme
from briefing.press.view import PageView, view
from briefing.press.wording import phrases

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


def page_epub(
    edition: Edition, *, theme: Theme, web: str = "", amended: Sequence[AmendedWords] = ()
) -> bytes:
    """Return the edition as an .epub file; the same edition gives the same bytes.

    The documents need only title, publisher and address; with ``web``, the address of the edition,
    marks link to the checks, else to the list of sources. Characters that XML cannot hold become
    U+FFFD.

    References:
        W3C (2023), EPUB 3.3; W3C (2023), EPUB Accessibility 1.1.
    """
    page, say = view(edition), phrases(edition.language)
    given = {
        "page": page,
        "day": edition.day.isoformat(),
        "checks": Checks(page, edition),
        "web": safe_url(web),
        "say": say,
        "amended": amended,
        "parts": tuple(_parts(page, say, amended)),
        "accent": edition.letterhead.accent or theme.accent,
    }
    templates = environment(theme)
    texts = {"META-INF/container.xml": _CONTAINER}
    for name, template in _PARTS.items():
        text = templates.get_template(f"epub/{template}").render(given).strip() + "\n"
        texts[f"EPUB/{name}"] = xml_text(text)
    return _packed(texts)


def _parts(
    page: PageView, say: Phrases, amended: Sequence[AmendedWords]
) -> Iterator[tuple[str, str]]:
    """Yield id and name of each part behind the sections."""
    panel = page.panel
    there = (
        (page.corrected, "corrections", say.corrections),
        (panel and panel.also, "also", page.also),
        (panel and panel.ahead, "ahead", say.ahead),
        (panel and panel.figures, "figures", say.figures),
        (panel and panel.quotes, "quotes", say.in_their_words),
        (amended, "amended", say.amended),
        (page.sources, "sources", say.sources),
    )
    yield from ((id_, name) for items, id_, name in there if items)


def _packed(texts: dict[str, str]) -> bytes:
    """Return the archive: its type first and as it is, all else compressed, no time in it."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as whole:
        whole.writestr(zipfile.ZipInfo("mimetype", _NO_TIME), _TYPE, zipfile.ZIP_STORED)
        for name, text in texts.items():
            whole.writestr(zipfile.ZipInfo(name, _NO_TIME), text.encode(), zipfile.ZIP_DEFLATED)
    return made.getvalue()
