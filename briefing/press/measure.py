"""Measures pages for fitting: a probe of all blocks first, then real layouts."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from briefing.core.model import Edition, Letterhead, Scale, Sentence
from briefing.core.page.selection import note_characters
from briefing.core.ports import Draft, Fit, Heights
from briefing.core.record import digest_of, write
from briefing.press.chart import draw_chart
from briefing.press.count import measure
from briefing.press.html import page_html, probe_html
from briefing.press.pdf import AttachedFile, Placement, Sheet, Typesetter, find_white
from briefing.press.readback import missing, read_back, smallest_type
from briefing.press.seal import SigningKey
from briefing.press.theme import Paper, Theme
from briefing.press.view import DraftView, draft_view, grouped

K = TypeVar("K")
#: Returns the files to attach to the PDF of an edition.
Attach = Callable[[Edition], Sequence[AttachedFile]]

#: White above text that flows over both columns, in lines (page.css).
_ABOVE = 0.5
#: Points per millimeter.
_MM = 72 / 25.4
#: Rounding of WeasyPrint's positions, in points.
_SLACK = 0.3
#: Excess height assumed if the news pushes the foot off the sheet, as a share of the sheet.
_OVER = 0.1
#: Line height of the top headline, as a multiple of its type size (page.css).
_LINE = 1.06
#: Limit for the height of two such lines: this many type sizes plus this many leads of white. Three
#: lines exceed it.
_TWO_LINES = (2.6, 0.75)

#: Lines usually left white at the end of a sheet because the next block must not be broken.
_BREAK = 2.0
#: Stands in a draft for the digest, which changes even with what is not on the page.
_UNPUBLISHED = "not published"


class Press:
    """Lays out editions in one theme on one paper, and counts the layouts."""

    def __init__(
        self,
        theme: Theme,
        paper: Paper,
        *,
        attach: Attach = lambda _: (),
        key: SigningKey | None = None,
        draft: bool = False,
    ) -> None:
        self._attach = attach
        self._draft = draft
        self._key = key
        self._theme = theme
        self._paper = paper
        self._typesetter = Typesetter(theme)
        self._last: tuple[tuple[str, Letterhead], Sheet] | None = None
        #: Layouts so far, probes included.
        self.layouts = 0

    @property
    def scales(self) -> Sequence[Scale]:
        """The scales that the theme has for the paper."""
        return [scale for scale in self._paper.scales if scale in self._theme.scales]

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        """Measure every block of the draft once at each scale, in one layout."""
        view = draft_view(draft)
        html = probe_html(view, theme=self._theme, paper=self._paper, scales=scales)
        self.layouts += 1
        boxes = measure(self._typesetter, html, draft.edition.letterhead)
        return {scale: self._heights(scale, view, draft.edition, boxes) for scale in scales}

    def lay_out(self, edition: Edition) -> Fit:
        """Lay the edition out as it would be printed, and measure it."""
        sheet = self._sheet(edition)
        return self._fit_flow(sheet, edition) if self._paper.pages > 1 else _fit(sheet, edition)

    def print(self, edition: Edition) -> bytes:
        """Return the PDF of an edition, reusing the last layout if it is the same."""
        return self._sheet(edition).pdf(
            identifier=bytes.fromhex(digest_of(edition))[:16], attached=self._attach(edition)
        )

    def write(self, edition: Edition) -> str:
        """Return the record of an edition, signed if there is a key."""
        return write(edition, seal=self._key.seal(digest_of(edition)) if self._key else None)

    def missing(self, edition: Edition, pdf: bytes) -> Sequence[Sentence]:
        """Return the passages of the edition that are not in the text of the PDF."""
        return missing(edition, read_back(pdf))

    def smallest_type(self, edition: Edition, pdf: bytes) -> float:
        """Return the smallest type size of the text, in points.

        Source marks, the foot and the chart's axis are excluded.
        """
        sheet = self._sheet(edition)
        foot = sheet.size[1] - sheet.boxes(sheet.pages - 1)["foot"].top
        chart = draw_chart(edition.days, edition.letterhead) if edition.panel.chart else None
        axis = (chart.first, chart.last) if chart else ()
        return smallest_type(read_back(pdf), foot=foot, exempt=axis)

    def _sheet(self, edition: Edition) -> Sheet:
        html = page_html(edition, theme=self._theme, paper=self._paper)
        if self._draft:
            html = html.replace(grouped(digest_of(edition)), _UNPUBLISHED)
        key = (html, edition.letterhead)
        if self._last is None or self._last[0] != key:
            self.layouts += 1
            self._last = (key, self._typesetter.set(*key))
        return self._last[1]

    def _fit_flow(self, sheet: Sheet, edition: Edition) -> Fit:
        """Measure an edition that flows over sheets and ends with the foot."""
        paper, least = self._paper, self._theme.scales[edition.setting.scale].lead[0]
        last = sheet.boxes(sheet.pages - 1)
        start = sheet.boxes()["sheet"].top
        used = (sheet.pages - 1) * paper.high * _MM + last["foot"].bottom - start
        free = _room(paper, least) - used
        if sheet.pages <= paper.pages:  # breaks left more white than was reserved for them
            free = max(0.0, free)
        beyond = [
            fault
            for page in range(sheet.pages)
            for fault in _beyond(sheet.boxes(page), sheet.size[0])
        ]
        return Fit(sheet.pages, used / (used + free), free, 0.0, tuple(beyond), most=paper.pages)

    def _heights(
        self, scale: Scale, view: DraftView, draft: Edition, boxes: Mapping[str, Placement]
    ) -> Heights:
        panel = draft.panel
        documents = [draft.documents[source.document] for source in view.page.sources]
        geometry = self._theme.scales[scale]
        lead = geometry.lead[0]
        lines = {
            name.removeprefix(f"{scale.value}-"): round(box.high / lead, 6)
            for name, box in boxes.items()
            if name.startswith(f"{scale.value}-")
        }
        # share of the list of sources, set on one line, that fits in the width of the list
        shown = boxes[f"{scale.value}-sources"].wide / boxes[f"{scale.value}-line"].wide
        size, headline = _headline(geometry.headline, lines, lead)
        high = headline * lead // (_LINE * size) * _LINE * size
        return Heights(
            room=_room(self._paper, lead) - high,
            lead=geometry.lead,
            headline=size,
            headline_high=high,
            mast=lines["mast"],
            top=tuple(headline - high / lead + height for height in _series(lines, "top")),
            briefs=tuple(_series(lines, f"brief-{number}") for number in range(len(view.briefs))),
            heads=_series(lines, "head"),
            over=tuple(high + _ABOVE if high else 0.0 for high in _series(lines, "over")),
            band=lines["band"],
            foot=lines["foot"] - lines["sources"],
            note=lines["note"],
            note_characters=note_characters(documents) * shown,
            check=lines["check"],
            block=lines.get("block", 0.0),
            figures=_keyed(lines, "figure", [item.numeral.key for item in panel.figures]),
            quotes=_keyed(lines, "quote", [item.words.key for item in panel.quotes]),
            ahead=_keyed(lines, "ahead", [item.clause.key for item in panel.ahead]),
            chart=lines.get("chart", 0.0),
            also=_keyed(lines, "also", [named.story for named in panel.also]),
            corrections=lines.get("corrections", 0.0),
            corrected=_series(lines, "corrected"),
            waiting=lines.get("waiting", 0.0),
        )


def _keyed(lines: Mapping[str, float], stem: str, keys: Sequence[K]) -> Mapping[K, float]:
    return dict(zip(keys, _series(lines, stem), strict=True))


def _series(lines: Mapping[str, float], stem: str) -> tuple[float, ...]:
    """Return the heights named stem-0, stem-1, … up to the first missing number."""
    heights: list[float] = []
    while (name := f"{stem}-{len(heights)}") in lines:
        heights.append(lines[name])
    return tuple(heights)


def _headline(
    sizes: Sequence[float], lines: Mapping[str, float], lead: float
) -> tuple[float, float]:
    """Return the first size that needs at most two lines, otherwise the last, and the height."""
    heights = _series(lines, "headline")
    if not heights:  # no story
        return sizes[0], 0.0
    by_size, besides = _TWO_LINES
    most = [by_size * size / lead + besides for size in sizes]
    fitting = (
        (size, high) for size, high, limit in zip(sizes, heights, most, strict=True) if high < limit
    )
    return next(fitting, (sizes[-1], heights[-1]))


def _fit(sheet: Sheet, edition: Edition) -> Fit:
    boxes = sheet.boxes()
    if "foot" not in boxes:  # the news is so high that the foot is on another sheet
        over = _OVER * sheet.size[1]
        return Fit(sheet.pages, 1 + _OVER, -over, 0.0, ("the news runs onto another sheet",))
    setting = edition.setting
    white = find_white(boxes, lead=setting.lead, thin=setting.scale.below)
    return Fit(
        pages=sheet.pages,
        fill=white.fill,
        free=white.free,
        side_free=white.side_free,
        faults=tuple(_faults(sheet, boxes)),
        hole=white.hole / _MM,
    )


def _room(paper: Paper, lead: float) -> float:
    """Return the height for text on all sheets, in points, less the white expected at breaks."""
    return paper.high * _MM * paper.pages - (paper.pages - 1) * _BREAK * lead


def _beyond(boxes: Mapping[str, Placement], wide: float) -> list[str]:
    return [
        f"{name} extends beyond the sheet"
        for name, box in boxes.items()
        if box.right > wide + _SLACK or box.left < -_SLACK
    ]


def _faults(sheet: Sheet, boxes: Mapping[str, Placement]) -> list[str]:
    over = [
        f"{name} runs into the foot"
        for name, box in boxes.items()
        if name.startswith(("top", "band", "wide", "side"))
        and box.bottom > boxes["foot"].top + _SLACK
    ]
    return _beyond(boxes, sheet.size[0]) + over
