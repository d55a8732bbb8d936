"""The only module that uses WeasyPrint: lays out our HTML and writes the PDF."""

from __future__ import annotations

import base64
import ctypes
import gc
import io
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from weasyprint import HTML, Attachment, Document
from weasyprint.text import ffi
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from briefing.core.errors import LayoutError
from briefing.core.model import PLAIN, Letterhead
from briefing.press.finish import AttachedFile, drop_nested_links, finish
from briefing.press.logo import check_embedded
from briefing.press.theme import Theme

#: Base of all addresses in a template; the host name never resolves (RFC 2606).
_BASE = "https://theme.invalid/"
#: CSS pixels to points.
_POINTS = 0.75
#: Tagged, archivable, with files attached; required both for layout and for writing. The claim of
#: PDF/UA-1 is added when the PDF is finished.
_VARIANT = "pdf/a-3a"
#: What draws a page, beside Pango.
_DRAWING = ("weasyprint", "pydyf", "pyphen", "font-source-sans-pro", "font-source-serif-pro")
_KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}

# Pango matches fonts in a thread of its own, which may still run when the interpreter ends and
# unloads the libraries: a process that had done all its work then died of SIGSEGV, seen once on a
# busy machine. One reference more keeps them loaded.
for _library in (ffi.gobject, ffi.pango, ffi.harfbuzz, ffi.fontconfig, ffi.pangoft2):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_library))


def drawn_by() -> dict[str, str]:
    """Return the versions of all that draws a page, by name."""
    return {name: version(name) for name in _DRAWING} | {"pango": str(ffi.pango.pango_version())}


class _Assets(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Serves files of the theme by name, and nothing else."""

    def __init__(self, theme: Theme, letterhead: Letterhead) -> None:
        super().__init__(allowed_protocols=("https",), allow_redirects=False)
        self._theme = theme
        self._letterhead = letterhead

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        del headers
        if url and url == self._letterhead.logo:
            # An edition may come from anybody: what its logo has, loads nothing else.
            kind, _, content = check_embedded(url).removeprefix("data:").partition(";base64,")
            return URLFetcherResponse(url, base64.b64decode(content), {"Content-Type": kind})
        path = self._theme.asset(url.removeprefix(_BASE)) if url.startswith(_BASE) else None
        if path is None:
            raise ValueError(f"not an asset of the theme: {url}")
        body = path.read_bytes()
        if path.suffix != ".ttf":
            body = self._theme.recolored(body.decode("utf-8"), self._letterhead).encode()
        return URLFetcherResponse(url, body, {"Content-Type": _KINDS[path.suffix]})


class _Warnings(logging.Handler):
    """Collects WeasyPrint's warnings; a warning is an error in the theme."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


#: WeasyPrint has one logger per process, so warnings belong to one layout only if it runs alone.
#: Nor may two pause the collector of garbage, of which there is one as well: it stayed off for ever
#: if one began it again between the other's question whether it runs and its pause.
_ONE_LAYOUT = threading.RLock()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Do without the collector of garbage, which would go through all of a layout in vain."""
    # What a layout makes, some hundred thousand objects, lives as long as the layout does; going
    # through it over and over took a tenth of the time of a page.
    with _ONE_LAYOUT:
        paused = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if paused:
                gc.enable()


@contextmanager
def _warnings_as_errors() -> Iterator[None]:
    logger = logging.getLogger("weasyprint")
    warnings = _Warnings()
    with _ONE_LAYOUT:
        logger.addHandler(warnings)
        propagate, logger.propagate = logger.propagate, False
        try:
            yield
        finally:
            logger.removeHandler(warnings)
            logger.propagate = propagate
    if warnings.messages:
        raise LayoutError(f"the theme cannot be laid out: {warnings.messages[0]}")


@dataclass(frozen=True, slots=True)
class Placement:
    """Position of an element, in points from the top left of the sheet."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def high(self) -> float:
        """Height in points."""
        return self.bottom - self.top

    @property
    def wide(self) -> float:
        """Width in points."""
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Sheet:
    """One laid-out document."""

    _document: Document

    @property
    def pages(self) -> int:
        """Number of pages."""
        return len(self._document.pages)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the first page in points."""
        page = self._document.pages[0]
        return page.width * _POINTS, page.height * _POINTS

    def boxes(self, page: int = 0) -> dict[str, Placement]:
        """Return the box of every element of a page that has an id; pages count from 0."""
        return {name: _box(box) for name, box in self._document.pages[page].anchors.items()}

    def pdf(self, *, identifier: bytes, attached: Sequence[AttachedFile] = ()) -> bytes:
        """Write the PDF; equal layouts, identifiers and attached files give equal bytes."""
        drop_nested_links(self._document)
        with _warnings_as_errors():
            return bytes(
                self._document.write_pdf(
                    pdf_variant=_VARIANT,
                    pdf_identifier=identifier,
                    attachments=[_attachment(file) for file in attached],
                    finisher=partial(finish, attached=attached),
                )
            )


def _attachment(file: AttachedFile) -> Attachment:
    return Attachment(
        file_obj=io.BytesIO(file.content),
        name=file.name,
        description=file.description,
        created=file.dated,
        modified=file.dated,
        relationship=file.relationship,
    )


def _box(corners: Any) -> Placement:  # noqa: ANN401  four numbers or two points, by version
    flat = [
        float(number)
        for part in corners
        for number in (part if isinstance(part, tuple | list) else (part,))
    ]
    return Placement(*(number * _POINTS for number in (*flat[:2], *flat[-2:])))


class Typesetter:
    """Lays out HTML of a theme; fonts are loaded once."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._fonts = FontConfiguration()

    @_collector_paused()
    def measure(self, html: str, letterhead: Letterhead) -> dict[str, Placement]:
        """Lay out a page that is not kept, and return the boxes of its first sheet."""
        return self.set(html, letterhead).boxes()

    @_collector_paused()
    def set(self, html: str, letterhead: Letterhead = PLAIN) -> Sheet:
        """Lay out a page in the accent of a letterhead, which is also the only one to have a logo.

        Raises:
            LayoutError: the theme uses something that is missing or not supported.
        """
        assets = _Assets(self._theme, letterhead)
        with _warnings_as_errors():
            page = HTML(string=html, base_url=_BASE, url_fetcher=assets)
            return Sheet(page.render(font_config=self._fonts, pdf_variant=_VARIANT))
