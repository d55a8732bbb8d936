"""Counts lines with Pango alone, for blocks that are built like a block already laid out.

A probe has many blocks that differ only in their words. WeasyPrint lays out one block of each
build. In the others, each paragraph is wrapped with a single Pango layout, while WeasyPrint makes
one or more for every line. The lines of the laid-out block are counted too: if the results differ,
all blocks of that build are laid out.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from html import unescape
from itertools import groupby
from math import ceil
from typing import Any

from weasyprint.formatting_structure import boxes
from weasyprint.text.constants import PANGO_WRAP_MODE
from weasyprint.text.ffi import TO_UNITS, ffi, pango
from weasyprint.text.fonts import font_features, get_font_description
from weasyprint.text.line_break import Layout, line_size, pyphen, strut

from briefing.core.frozen import frozen
from briefing.core.model import Letterhead
from briefing.press.pdf import POINTS, Placement, Sheet, Typesetter, collector_paused

ffi.cdef("""
    PangoAttribute * pango_attr_font_desc_new (const PangoFontDescription *desc);
    PangoAttribute * pango_attr_shape_new (const PangoRectangle *ink, const PangoRectangle *box);
    PangoAttribute * pango_attr_allow_breaks_new (gboolean allow_breaks);
    int pango_layout_get_line_count (PangoLayout *layout);
    void pango_layout_set_indent (PangoLayout *layout, int indent);
""")

#: A block of a probe (probe.html): its id, its HTML, and its position, which several may share.
_FLOW = re.compile(
    '<div class="flow[^"]*"><i id="([^"]+)"></i>((?:(?!<div class="flow).)*?)</div><!--([^>]+)-->',
    re.DOTALL,
)
#: A tag of a template, or the text before the next one; all elements are closed, texts escaped.
_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>|([^<]+)")
_LOOK = re.compile(r'\b(?:class|style)="([^"]*)"')
_INLINE = frozenset({"a", "b", "i", "img", "span"})
_SPACE = " \t\n\r\f"
_SPACES, _LETTERS = re.compile(f"[{_SPACE}]+"), re.compile(r"[^\W\d_]+")
#: Placeholders: for a margin or a picture, with no line break beside it; and for an inline block,
#: beside which a line may break.
_JOINER, _OBJECT = "\u2060", "\ufffc"
_FEATURES = (
    "font_kerning",
    "font_variant_ligatures",
    "font_variant_position",
    "font_variant_caps",
    "font_variant_numeric",
    "font_variant_alternates",
    "font_variant_east_asian",
    "font_feature_settings",
)
#: In pixels: heights that differ by less count as equal.
_EQUAL = 0.01
#: Most blocks that are kept.
_MOST = 500

#: An element and its ancestors: of each the tag, the look, and both of the previous sibling.
_Path = tuple[tuple[str, str, str], ...]
#: Words with the path of their element; None stands for a picture.
_Run = tuple[_Path, str | None]


class _UncountedError(Exception):
    """A block contains something that cannot be counted, so it must be laid out."""


@frozen
class _Flow:
    """A block, as parsed from its HTML."""

    #: The paths of all elements, the block's own first; and the paths of inline elements.
    paths: tuple[_Path, ...]
    inline: frozenset[_Path]
    #: For each paragraph: index of its element, length of that element's path, its runs.
    paragraphs: tuple[tuple[int, int, tuple[_Run, ...]], ...]
    #: Equal for blocks that differ only in their words and inline elements.
    build: tuple[Hashable, ...]


@frozen
class _Box:
    """How text is set in an element; in pixels."""

    #: WeasyPrint's style, and font and features for Pango; the first two have no types.
    style: Any
    font: Any
    features: bytes
    #: Extent above and below the baseline.
    above: float
    below: float
    #: For an inline element: margin, border and padding on each side; for a picture, its width.
    left: float = 0.0
    right: float = 0.0
    #: Whether it is an inline block.
    whole: bool = False
    #: For a paragraph: the width of its lines, and the number of columns over which it is balanced.
    wide: float = 0.0
    columns: int = 1


@frozen
class _Laid:
    """A block that was laid out."""

    #: In pixels: the height of the block, and that of everything but its paragraphs.
    high: float
    besides: float = 0.0
    #: None if other blocks of this build cannot be counted.
    paragraphs: tuple[_Box, ...] | None = None
    #: By path; None for an element that is not displayed.
    inline: Mapping[_Path, _Box | None] | None = None


@collector_paused()
def measure(typesetter: Typesetter, html: str, letterhead: Letterhead) -> dict[str, Placement]:
    """Return the boxes of a probe; for blocks that are counted, only the height is right.

    Blocks laid out before are cached by their HTML. The cache does not affect heights: which blocks
    are laid out depends only on the probe.
    """
    matches = [*_FLOW.finditer(html)]
    frame = html[: matches[0].start()] if matches else ""
    keys = {match[1]: (frame, match[3], match[2]) for match in matches}
    flows = {match[1]: _read(match[3], match[2]) for match in matches}
    rest, kept = _FLOW.sub("", html), typesetter.kept(letterhead).blocks
    if len(kept) > _MOST:
        kept.clear()

    def lay_out(names: Iterable[str]) -> None:
        new = {name: flows[name] for name in names if keys[name] not in kept}
        if new or rest not in kept:
            part = _FLOW.sub(lambda match: match[0] if match[1] in new else "", html)
            sheet = typesetter.set(part, letterhead)
            kept[rest] = {name: box for name, box in sheet.boxes().items() if name not in new}
            kept.update((keys[name], laid) for name, laid in _laid(sheet, new))

    samples = _samples(flows)
    sampled = [name for names in samples.values() for name in names]
    lay_out(sampled)
    inline = {
        path: box for name in sampled for path, box in (kept[keys[name]].inline or {}).items()
    }
    counted: dict[str, float] = {}
    for name in flows.keys() - {*sampled}:
        with suppress(_UncountedError):
            laid = kept[keys[samples[flows[name].build][0]]]
            counted[name] = _height(flows[name], laid, inline)
    lay_out(name for name in flows if name not in counted)
    heights = {
        name: counted[name] if name in counted else kept[key].high for name, key in keys.items()
    }
    flat = {name: Placement(0.0, 0.0, 0.0, high * POINTS) for name, high in heights.items()}
    return {**kept[rest], **flat}


def _samples(flows: Mapping[str, _Flow]) -> dict[Hashable, list[str]]:
    """Return the blocks to lay out, by build: the fullest one, and others with new elements."""
    samples: dict[Hashable, list[str]] = {}
    seen: set[_Path] = set()
    for name, flow in sorted(flows.items(), key=lambda item: -len(item[1].inline)):
        if flow.build not in samples or not flow.inline <= seen:
            samples.setdefault(flow.build, []).append(name)
            seen |= flow.inline
    return samples


@lru_cache(maxsize=2000)
def _read(where: str, html: str) -> _Flow:
    path: _Path = ((where, "", ""),)
    before = [""]  # the previous sibling's look, at each depth
    paths = [path]
    around = [0]  # indexes of the open elements
    paragraphs: list[tuple[int, int, list[_Run]]] = []
    build: list[Hashable] = [where]
    inline: set[_Path] = set()
    runs: list[_Run] | None = None
    for closing, tag, attributes, text in _TOKEN.findall(html):
        look = " ".join(_LOOK.findall(attributes))
        if tag and tag not in _INLINE:
            runs = None
            build.append((closing, tag, look))
        elif runs is None and (tag or text.strip(_SPACE)):
            runs = []
            paragraphs.append((around[-1], len(path), runs))
            build.append("")
        if runs is not None and text:
            runs.append((path, unescape(text)))
        if tag and not closing:
            path = (*path, (tag, look, before[-1]))
            before[-1] = f"{tag} {look}"
            before.append("")
            around.append(len(paths))
            paths.append(path)
            if runs is not None:
                inline.add(path)
            if runs is not None and tag == "img":
                runs.append((path, None))
        if (closing and len(around) > 1) or tag == "img":
            path, _, _ = path[:-1], before.pop(), around.pop()
    of = tuple((number, depth, tuple(runs)) for number, depth, runs in paragraphs)
    return _Flow(tuple(paths), frozenset(inline), of, tuple(build))


def _laid(sheet: Sheet, flows: Mapping[str, _Flow]) -> Iterator[tuple[str, _Laid]]:
    boxes_of: dict[Any, list[Any]] = {}
    for box in sheet.laid_out.descendants():
        boxes_of.setdefault(box.element, []).append(box)
    sizes = sheet.boxes()
    for element in sheet.root.iter("div"):
        name = element[0].get("id", "") if len(element) else ""
        if name in flows:
            block, _, *inner = (boxes_of.get(part, ()) for part in element.iter())
            yield name, _learn(flows[name], sizes[name].high / POINTS, [block, *inner])


def _learn(flow: _Flow, high: float, of: Sequence[Sequence[Any]]) -> _Laid:
    """Return how the paragraphs of a laid-out block are set, from the boxes of its elements."""
    try:
        elements = dict(zip(flow.paths, of, strict=True))
        inline = {path: _in_line(elements[path]) for path in flow.inline}
        paragraphs = [_paragraph(of[number]) for number, _, _ in flow.paragraphs]
        laid = _Laid(high, 0.0, tuple(box for box, _, _ in paragraphs), inline)
        for (_, depth, runs), (box, *lines) in zip(flow.paragraphs, paragraphs, strict=True):
            for ours, theirs in zip(_count(runs, depth, box, inline), lines, strict=True):
                if abs(ours - theirs) > _EQUAL:
                    return _Laid(high)
    except (_UncountedError, ValueError):
        return _Laid(high)
    return replace(laid, besides=high - _height(flow, laid, inline))


def _in_line(fragments: Sequence[Any]) -> _Box | None:
    if not fragments:
        return None
    first, last = fragments[0], fragments[-1]
    style, shift = first.style, first.style["vertical_align"]
    shift = 0 if shift == "baseline" else shift
    if not isinstance(shift, int | float):
        raise _UncountedError
    if isinstance(first, boxes.InlineReplacedBox):
        above = first.margin_height() + shift
        return replace(_box(style), above=above, below=-shift, left=first.margin_width())
    if not isinstance(first, boxes.InlineBox | boxes.InlineBlockBox):
        raise _UncountedError
    return replace(
        _box(style, shift),
        left=first.margin_left + first.border_left_width + first.padding_left,
        right=last.margin_right + last.border_right_width + last.padding_right,
        whole=isinstance(first, boxes.InlineBlockBox),
    )


def _paragraph(fragments: Sequence[Any]) -> tuple[_Box, int, float]:
    """Return how a paragraph is set, the number of its lines, and its height."""
    columns = [
        box
        for box in fragments
        if isinstance(box, boxes.BlockBox)
        and box.children
        and isinstance(box.children[0], boxes.LineBox)
    ]
    if not columns:
        raise _UncountedError
    style = fragments[0].style
    number = 1 if fragments[0] is columns[0] else style["column_count"]
    if not isinstance(number, int) or style["text_indent"].unit != "px":
        raise _UncountedError
    box = replace(_box(style), wide=columns[0].width, columns=number)
    return box, sum(len(column.children) for column in columns), fragments[0].height


def _box(style: Any, shift: float = 0.0) -> _Box:  # noqa: ANN401  WeasyPrint has no types
    high, base = strut(style)
    features = font_features(*(style[name] for name in _FEATURES))
    listed = ",".join(f"{name} {value}" for name, value in features.items()).encode()
    return _Box(style, get_font_description(style), listed, base + shift, high - base - shift)


def _height(flow: _Flow, laid: _Laid, inline: Mapping[_Path, _Box | None]) -> float:
    if laid.paragraphs is None:
        raise _UncountedError
    return laid.besides + sum(
        _count(runs, depth, box, inline)[1]
        for (_, depth, runs), box in zip(flow.paragraphs, laid.paragraphs, strict=True)
    )


def _count(
    runs: Iterable[_Run], depth: int, box: _Box, inline: Mapping[_Path, _Box | None]
) -> tuple[int, float]:
    """Return the number of lines of a paragraph, and its height in pixels."""
    words = _Words(box, inline, depth)
    words.add(runs)
    indent = box.style["text_indent"].value
    # For a negative indent, Pango moves the other lines right instead of the first line left.
    number = words.wrap(box.wide - min(0, indent), indent)
    if words.beyond and box.columns == 1:
        starts = words.starts(number)
        above, below = [box.above] * number, [box.below] * number
        for start, end, more, less in words.beyond:
            for line in range(bisect_right(starts, start) - 1, bisect_left(starts, end)):
                above[line], below[line] = max(above[line], more), max(below[line], less)
        return number, sum(above) + sum(below)
    unbroken = number < box.style["orphans"] + box.style["widows"]
    lines = number if unbroken else ceil(number / box.columns)
    return number, lines * (box.above + box.below)


class _Words:
    """The words of a paragraph, as wrapped by Pango."""

    def __init__(self, box: _Box, inline: Mapping[_Path, _Box | None], depth: int) -> None:
        self._box = box
        self._inline = inline
        self._depth = depth
        self._text = bytearray()
        self._layout = Layout(box.style).layout
        self._attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
        #: What makes lines higher: first byte, end byte, extent above and below the baseline.
        self.beyond: list[tuple[int, int, float, float]] = []

    def add(self, runs: Iterable[_Run]) -> None:
        """Add runs of words."""
        for block, inside in groupby(runs, lambda run: self._block(run[0])):
            box = self._inline.get(block)
            if box is None:
                self._add_words(inside)
            else:
                words = _Words(box, self._inline, len(block))
                words.add(inside)
                words.wrap(2**20)
                wide, _ = line_size(
                    pango.pango_layout_get_line_readonly(words._layout, 0), box.style
                )
                room = self._box.wide - box.left - box.right
                lines = words.wrap(room) if wide > room else 1
                start = len(self._text)
                self._space(box.left + min(wide, room) + box.right, _OBJECT)
                more = (lines - 1) * (box.above + box.below)
                self.beyond.append((start, len(self._text), box.above + more, box.below))

    def wrap(self, wide: float, indent: float = 0.0) -> int:
        """Wrap the words to a width in pixels and return the number of lines."""
        text = ffi.new("char[]", bytes(self._text).rstrip(b" "))
        pango.pango_layout_set_text(self._layout, text, -1)
        pango.pango_layout_set_attributes(self._layout, self._attributes)
        if self._box.style["overflow_wrap"] in {"anywhere", "break-word"}:
            pango.pango_layout_set_wrap(self._layout, PANGO_WRAP_MODE["WRAP_WORD_CHAR"])
        pango.pango_layout_set_width(self._layout, int(wide * TO_UNITS))
        pango.pango_layout_set_indent(self._layout, int(indent * TO_UNITS))
        return int(pango.pango_layout_get_line_count(self._layout))

    def starts(self, number: int) -> list[int]:
        """Return the index of the first byte of each line."""
        line = pango.pango_layout_get_line_readonly
        return [line(self._layout, index).start_index for index in range(number)]

    def _around(self, path: _Path) -> list[_Path]:
        return [path[:length] for length in range(self._depth + 1, len(path) + 1)]

    def _block(self, path: _Path) -> _Path:
        """Return the path of the inline block that contains an element; empty if there is none."""
        of = ((part, self._inline.get(part)) for part in self._around(path))
        return next((part for part, box in of if box and box.whole), ())

    def _add_words(self, runs: Iterable[_Run]) -> None:
        before: list[_Path] = []
        for path, text in runs:
            around = self._around(path)
            if not self._inline.keys() >= {*around}:
                raise _UncountedError
            inner = [box for part in around if (box := self._inline[part])]
            if len(inner) < len(around):  # not displayed
                continue
            for part in before:
                if part not in around and (box := self._inline[part]):
                    self._space(box.right)
            start = len(self._text)
            if text is None:
                self._space(inner[-1].left)
            else:
                for part, box in zip(around, inner, strict=True):
                    if part not in before:
                        self._space(box.left)
                before = around
                self._add_text(text, inner[-1] if inner else self._box)
            self.beyond += (
                (start, len(self._text), box.above, box.below)
                for box in inner
                if box.above > self._box.above or box.below > self._box.below
            )

    def _add_text(self, text: str, box: _Box) -> None:
        style = box.style
        wraps = style["white_space"] == "normal"
        if style["text_transform"] != "none" or style["word_spacing"]:
            raise _UncountedError
        if not wraps and style["white_space"] != "nowrap":
            raise _UncountedError
        text = _SPACES.sub(" ", text)
        if not self._text or self._text.endswith(b" "):
            text = text.removeprefix(" ")
        spacing = 0 if style["letter_spacing"] == "normal" else style["letter_spacing"]
        self._append(
            _with_hyphens(text, style) if wraps else text,
            pango.pango_attr_font_desc_new(box.font),
            pango.pango_attr_font_features_new(box.features),
            *([pango.pango_attr_letter_spacing_new(int(spacing * TO_UNITS))] if spacing else []),
            pango.pango_attr_allow_breaks_new(wraps),
        )

    def _space(self, wide: float, sign: str = _JOINER) -> None:
        if wide:
            area = ffi.new("PangoRectangle *", {"width": int(wide * TO_UNITS), "height": 1})
            self._append(sign, pango.pango_attr_shape_new(area, area))

    def _append(self, text: str, *attributes: Any) -> None:  # noqa: ANN401
        start = len(self._text)
        self._text += text.encode()
        for attribute in attributes:
            attribute.start_index, attribute.end_index = start, len(self._text)
            pango.pango_attr_list_insert(self._attributes, attribute)


def _with_hyphens(text: str, style: Any) -> str:  # noqa: ANN401
    language = style["lang"] and pyphen.language_fallback(style["lang"])
    if style["hyphens"] != "auto" or not language:
        return text
    least, left, right = style["hyphenate_limit_chars"]
    return _LETTERS.sub(
        lambda word: word[0] if len(word[0]) < least else _parts(word[0], language, left, right),
        text,
    )


@lru_cache(maxsize=20_000)
def _parts(word: str, language: str, left: int, right: int) -> str:
    return str(_dictionary(language, left, right).inserted(word, "\u00ad"))


@lru_cache(maxsize=8)
def _dictionary(language: str, left: int, right: int) -> Any:  # noqa: ANN401  it has no types
    return pyphen.Pyphen(lang=language, left=left, right=right)
