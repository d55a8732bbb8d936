"""Lays out our HTML with WeasyPrint, measures the white, and writes the PDF."""

from __future__ import annotations

import base64
import ctypes
import gc
import io
import logging
import re
import threading
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial
from importlib.metadata import version
from itertools import pairwise
from time import monotonic
from typing import Any, NamedTuple

import pydyf
from weasyprint import CSS, HTML, Attachment, Document
from weasyprint.text import ffi
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from briefing.core.errors import LayoutError
from briefing.core.frozen import frozen
from briefing.core.model import PLAIN, Letterhead
from briefing.press.logo import check_embedded
from briefing.press.theme import Theme

#: Base of all addresses in a template; this host name never resolves (RFC 2606).
_BASE = "https://theme.invalid/"
#: Points per CSS pixel.
POINTS = 0.75
#: Tagged, archivable and with attachments; needed for layout as well as for writing. PDF/UA-1 is
#: declared when the PDF is finished.
_VARIANT = "pdf/a-3a"
#: Packages beside Pango that determine how a page is drawn.
_DRAWING = ("weasyprint", "pydyf", "pyphen", "font-source-sans-pro", "font-source-serif-pro")
_LINK = re.compile('<link rel="stylesheet" href="([^"]+)">')
_KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}

# Pango matches fonts in a thread of its own, which may still run when the interpreter exits and
# unloads the libraries; a process that had finished its work then died of SIGSEGV, seen once on a
# busy machine. An extra reference keeps the libraries loaded.
for _library in (ffi.gobject, ffi.pango, ffi.harfbuzz, ffi.fontconfig, ffi.pangoft2):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_library))


def drawn_by() -> dict[str, str]:
    """Return the version of each library that draws a page, by name."""
    return {name: version(name) for name in _DRAWING} | {"pango": str(ffi.pango.pango_version())}


class _Assets(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Serves the theme's files by name, and nothing else."""

    def __init__(self, theme: Theme, letterhead: Letterhead) -> None:
        super().__init__(allowed_protocols=("https",), allow_redirects=False)
        self._theme = theme
        self._letterhead = letterhead

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        del headers
        if url and url == self._letterhead.logo:
            # An edition may come from anybody; its logo must not load anything.
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
    """Collects WeasyPrint's warnings, each of which is an error of the theme."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


#: WeasyPrint has one logger per process, so warnings can be attributed to a layout only if layouts
#: run one at a time. The garbage collector is also shared: with two pauses at once, one could see
#: it disabled by the other and never enable it again.
_ONE_LAYOUT = threading.RLock()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which would traverse all of a layout in vain."""
    # The objects of a layout, some hundred thousand, live as long as the layout does; traversing
    # them repeatedly took a tenth of the time of a page.
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
        except Exception:
            # For a size that it cannot compute, WeasyPrint warns and may then fail.
            if not warnings.messages:
                raise
        finally:
            logger.removeHandler(warnings)
            logger.propagate = propagate
    if warnings.messages:
        raise LayoutError(f"the theme cannot be laid out: {warnings.messages[0]}")


@frozen
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


@frozen
class Sheet:
    """A laid-out document."""

    _document: Document
    #: The root element of its HTML.
    root: Any

    @property
    def laid_out(self) -> Any:  # noqa: ANN401  WeasyPrint has no types
        """All boxes of the first page."""
        return self._document.pages[0]._page_box

    @property
    def pages(self) -> int:
        """Number of pages."""
        return len(self._document.pages)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the first page in points."""
        page = self._document.pages[0]
        return page.width * POINTS, page.height * POINTS

    def boxes(self, page: int = 0) -> dict[str, Placement]:
        """Return the box of every element with an id on a page; pages count from 0."""
        anchors = self._document.pages[page].anchors.items()
        return {name: Placement(*(side * POINTS for side in box)) for name, box in anchors}

    @collector_paused()
    def pdf(self, *, identifier: bytes, attached: Sequence[AttachedFile] = ()) -> bytes:
        """Return the PDF; equal layouts, identifiers and attached files give equal bytes."""
        drop_nested_links(self._document)
        with _warnings_as_errors():
            return bytes(
                self._document.write_pdf(
                    pdf_variant=_VARIANT,
                    pdf_identifier=identifier,
                    attachments=[
                        Attachment(
                            file_obj=io.BytesIO(file.content),
                            name=file.name,
                            description=file.description,
                            created=file.dated,
                            modified=file.dated,
                            relationship=file.relationship,
                        )
                        for file in attached
                    ],
                    finisher=partial(finish, attached=attached),
                )
            )


class ThemeCache(NamedTuple):
    """What a process caches of a theme in one accent color."""

    fonts: FontConfiguration
    #: Parsed style sheets by name.
    sheets: dict[str, CSS]
    #: Laid-out blocks (count.py).
    blocks: dict[Hashable, Any]


class Typesetter:
    """Lays out HTML with a theme; what all pages share is cached in the process."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._digest = theme.digest

    def kept(self, letterhead: Letterhead) -> ThemeCache:
        """Return the cache of the theme in the letterhead's accent color."""
        return _kept(self._digest, letterhead.accent, monotonic() // _LONGEST)

    @collector_paused()
    def set(self, html: str, letterhead: Letterhead = PLAIN) -> Sheet:
        """Lay out a page in the accent color of a letterhead; only its logo is allowed.

        Raises:
            LayoutError: the theme uses something that is missing or not supported.
        """
        assets, kept = _Assets(self._theme, letterhead), self.kept(letterhead)
        names = [name for name in _LINK.findall(html) if self._theme.asset(name)]
        with _warnings_as_errors():
            sheets = {
                name: kept.sheets.get(name)
                or CSS(url=f"{_BASE}{name}", url_fetcher=assets, font_config=kept.fonts)
                for name in names
            }
            page = HTML(
                string=_LINK.sub(lambda link: "" if link[1] in names else link[0], html),
                base_url=_BASE,
                url_fetcher=assets,
            )
            document = page.render(
                font_config=kept.fonts, pdf_variant=_VARIANT, stylesheets=[*sheets.values()]
            )
        kept.sheets.update(sheets)
        return Sheet(document, page.etree_element)


#: Seconds after which fonts are loaded again: their files are temporary, and the system may delete
#: temporary files after a week.
_LONGEST = 86_400


@lru_cache(maxsize=4)
def _kept(digest: str, accent: str, since: float) -> ThemeCache:
    del digest, accent, since
    return ThemeCache(FontConfiguration(), {}, {})


#: White below a brief and above the foot, and between two blocks of the panel, in lines (page.css).
_BELOW, _BLOCK_GAP = 0.5, 0.75
#: Rounding of WeasyPrint's positions, in points.
_SLACK = 0.3


@frozen
class White:
    """The white of a page."""

    #: Share of the area of all columns, panel included, that is not a hole; 1 is a full page.
    fill: float
    #: White between the news and the foot beyond half a line, in points; negative if too close.
    free: float
    #: The same for the panel; 0 if no panel stands beside the news.
    side_free: float
    #: Height of the largest hole in one column, in points.
    hole: float


def find_white(boxes: Mapping[str, Placement], *, lead: float, thin: bool) -> White:
    """Measure the white between the laid-out blocks of a page.

    A hole is white below the last item of a column: in a row of sections, in the lower columns of
    the top story, and in the panel, including white distributed between its blocks. A thin page is
    a single column that includes the panel below the news.
    """
    start, foot, main = boxes["spread"].top, boxes["foot"].top - _BELOW * lead, boxes["main"].wide
    names = ("top", "band", "wide", "side") if thin else ("top", "band", "wide")
    end = max((box.bottom for name, box in boxes.items() if name.startswith(names)), default=start)
    side = None if thin else boxes.get("side")
    layers = [[0.0]] if thin else [*_layers(boxes, lead=lead)]
    layers[-1] = [high + foot - end for high in layers[-1]]
    # height and width of each hole; negative where a column is too full
    holes = [(high, main / len(layer)) for layer in layers for high in layer]
    if side:
        holes += [(high, side.wide) for high in _beside(boxes, side, foot=foot, lead=lead)]
    whole = (foot - start) * (main + (side.wide if side else 0.0))
    return White(
        fill=1 - sum(high * wide for high, wide in holes) / whole,
        free=foot - end,
        side_free=foot - side.bottom if side else 0.0,
        hole=max(high for high, _ in holes),
    )


def _layers(boxes: Mapping[str, Placement], *, lead: float) -> Iterator[list[float]]:
    """Yield, from the top down, how much higher each column of the news could be."""
    yield [0.0, *_end(boxes, "top", below=0.0)]
    rows = dict.fromkeys(name[4:] for name in boxes if name.startswith(("band", "wide")))
    for row in rows:
        bottoms = [box.bottom for name, box in boxes.items() if name.startswith(f"column{row}-")]
        wide = [*_end(boxes, f"wide{row}", below=_BELOW * lead)]
        if bottoms or not wide:
            yield [max(bottoms) - bottom for bottom in bottoms] or [0.0]
        if wide:
            yield [0.0, *wide]


def _end(boxes: Mapping[str, Placement], name: str, *, below: float) -> Iterator[float]:
    """Yield the hole below the right one of two balanced columns; the left one has none."""
    if (end := boxes.get(f"end-{name}")) is not None:
        whole, text = boxes[name], boxes[f"text-{name}"]
        ends_right = end.left > whole.left + whole.wide / 2 - _SLACK
        yield whole.bottom - below - (end.bottom if ends_right else text.top)


def _beside(
    boxes: Mapping[str, Placement], side: Placement, *, foot: float, lead: float
) -> Iterator[float]:
    blocks = [box for name, box in boxes.items() if name.startswith("block-")]
    for above, under in pairwise(blocks):
        yield under.top - above.bottom - _BLOCK_GAP * lead
    yield foot - side.bottom


#: The end of WeasyPrint's RDF, before which the claim is inserted.
_RDF_END = b"</rdf:RDF>"
#: The claim of PDF/UA-1 beside that of PDF/A-3, with the schema description that PDF/A requires
#: (ISO 19005-3, 6.6.2.3).
_UA_CLAIM = b"""<rdf:Description rdf:about="" \
xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1" />\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 that the file conforms to\
</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property>\
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


@frozen
class AttachedFile:
    """A file inside the PDF, associated with the whole document."""

    #: The name that readers see; names must be given in sorted order.
    name: str
    content: bytes
    #: MIME type.
    kind: str
    #: What it is, in words.
    description: str
    #: How it relates to the page (ISO 19005-3, annex E): "Data" or "Source".
    relationship: str
    #: Written as the dates of creation and modification.
    dated: datetime


def drop_nested_links(document: Any) -> None:  # noqa: ANN401  WeasyPrint has no types
    """Drop links to elements inside other links, which PDF/UA forbids."""
    for page in document.pages:
        page.links = [link for link in page.links if link[-1].element_tag == "a"]


def finish(document: Any, pdf: pydyf.PDF, *, attached: Sequence[AttachedFile]) -> None:  # noqa: ANN401
    """Complete the PDF of a laid-out WeasyPrint document.

    Declares PDF/UA-1 too, since WeasyPrint writes the claim of a single variant. Describes each
    link by its element instead of its address.
    """
    metadata = _resolved(pdf, pdf.catalog["Metadata"])
    metadata.stream = [part.replace(_RDF_END, _UA_CLAIM + _RDF_END, 1) for part in metadata.stream]
    for page in document.pages:
        for _kind, _target, _rectangle, box in page.links:
            if title := box.element.get("title"):
                box.link_annotation["Contents"] = pydyf.String(title)
    _mend_attachments(pdf, {file.name: file for file in attached})


def _mend_attachments(pdf: pydyf.PDF, attached: dict[str, AttachedFile]) -> None:
    """Name each file once, with its own media type instead of the one guessed by the machine."""
    if not attached:
        return
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    for reference in pdf.catalog["AF"]:
        spec = _resolved(pdf, reference)
        kind = attached[spec["UF"].string].kind
        _resolved(pdf, spec["EF"]["F"]).extra["Subtype"] = "/" + kind.replace("/", "#2f")


def _resolved(pdf: pydyf.PDF, reference: bytes) -> Any:  # noqa: ANN401  any object of the PDF
    return pdf.objects[int(reference.split()[0])]
