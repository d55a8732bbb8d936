"""What a reader sees of a printed sheet, read from its PDF alone: stubs, broken words, white."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pypdfium2
from pypdfium2 import raw

#: Points of a millimeter; pixels of a point in the picture in which rules are looked for.
_MM, _PIXELS = 72 / 25.4, 3
#: A rule is so long and so high, in points, and darker than what a hairline has.
_LONG, _HIGH, _BLACK, _GRAY = 100, 4, 90, 215
#: White between the columns, and what may hang over the edge of one, in points.
_GUTTER, _HANGING = 15.0, 3.0
#: White that may stand below a column, in mm, and lines of a text in each column that is no stub.
_EVEN, _STUB = 4.05, 3
#: Headings of what stands beside the news or below it.
_PANEL = {"ALSOTODAY", "AHEAD", "FIGURES", "INTHEIRWORDS", "STORIESADAY"}
#: Also what PDFium gives for the hyphen of a broken word.
_HYPHENS = tuple("-\u00ad\u2010\x02")


@dataclass(frozen=True, slots=True)
class Shown:
    """The first sheet of an edition in two columns; white in mm."""

    #: Texts set in two columns of at most three lines below one headline.
    stubs: int
    #: Words broken at the end of a column.
    broken: int
    #: Below the shorter column of each row of sections, and of what stands below the news.
    news: tuple[float, ...]
    panel: tuple[float, ...]

    @property
    def uneven(self) -> tuple[bool, bool]:
        """Whether sections, and what is below the news, leave more than 4 mm somewhere."""
        return max(self.news, default=0) > _EVEN, max(self.panel, default=0) > _EVEN


@dataclass(frozen=True, slots=True)
class _Line:
    left: float
    right: float
    base: float
    size: float
    bold: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Rule:
    left: float
    right: float
    top: float
    black: bool


def look(pdf: bytes) -> Shown:
    """Read the first sheet of a PDF."""
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        lines, rules = tuple(_lines(document[0])), tuple(_rules(document[0]))
    sources = next((line.base for line in lines if line.text.startswith("SOURCES")), None)
    foot = max((rule for rule in rules if sources and rule.top < sources), key=lambda r: r.top)
    head = max(rule.top for rule in rules if rule.top < foot.top / 4)
    inside = [rule for rule in rules if head < rule.top < foot.top - 1 and rule.black]
    left, right = foot.left, max(rule.right for rule in rules)
    side = min((rule.left for rule in inside if rule.left > left + (right - left) * 0.6), default=0)
    end = max((r.right for r in inside if not side or r.right < side), default=right)
    middle = (left + end) / 2
    columns = ((left, middle - _GUTTER / 2), (middle + _GUTTER / 2, end))
    news = [line for line in lines if head < line.base < foot.top and line.left < end]
    ends: dict[tuple[float, str], list[tuple[float, _Line]]] = {}
    for low, high in columns:
        of_column = [r for r in inside if r.left < high and r.right > low and r.right <= end + 1]
        for above, below in pairwise([None, *of_column, foot]):
            top, end_at = above.top if above else head, below.top if below else foot.top
            band = [line for line in news if top < line.base < end_at]
            own = [line for line in band if low - _HANGING < line.left < high]
            headings = [line.text for line in band if line.base < top + 25 and above]
            kind = "panel" if _PANEL & {*headings} else "news" if above else "top"
            if own:
                last = max(own, key=lambda line: line.base)
                white = (end_at - last.base - last.size / 4) / _MM
                ends.setdefault((end_at, kind), []).append((white, last))
    lasts = [last for both in ends.values() for _, last in both]
    return Shown(
        _stubs(news, inside, columns),
        sum(last.text.endswith(_HYPHENS) for last in lasts),
        tuple(_uneven(ends, "news")),
        tuple(_uneven(ends, "panel")),
    )


def _uneven(ends: dict[tuple[float, str], list[tuple[float, _Line]]], kind: str) -> Iterator[float]:
    """Yield the white below the shorter of two columns; none below a headline left of its text."""
    for (_, its), both in ends.items():
        if its == kind and len(both) > 1 and not any(last.bold for _, last in both):
            yield max(white for white, _ in both) - min(white for white, _ in both)


def _stubs(
    news: Sequence[_Line], rules: Sequence[_Rule], columns: Sequence[tuple[float, float]]
) -> int:
    (_, left_end), (right_start, _) = columns
    largest = max(line.size for line in news)
    found = 0
    for head in news:
        if head.bold and head.size < largest and head.left < left_end and head.right > right_start:
            ends = [rule.top for rule in rules if rule.top > head.base]
            ends += [line.base for line in news if line.bold and line.base > head.base + 30]
            below = [line for line in news if head.base < line.base < min(ends, default=9999)]
            each = [
                sum(low <= line.left and line.right <= high + _HANGING for line in below)
                for low, high in columns
            ]
            found += min(each) > 0 and max(each) <= _STUB
    return found


def _lines(page: pypdfium2.PdfPage) -> Iterator[_Line]:
    """Yield what stands on one base line without a gap that is as wide as that of columns."""
    text, high = page.get_textpage(), page.get_height()
    rows: dict[float, list[tuple[float, float, float, bool, str]]] = {}
    x, y, left, right, low, top = (ctypes.c_double() for _ in range(6))
    name, flags = ctypes.create_string_buffer(80), ctypes.c_int()
    for number in range(text.count_chars()):
        letter = chr(raw.FPDFText_GetUnicode(text, number))
        if letter.isspace() or letter == "\u2060" or raw.FPDFText_IsGenerated(text, number) == 1:
            continue
        raw.FPDFText_GetCharOrigin(text, number, x, y)
        raw.FPDFText_GetCharBox(text, number, left, right, low, top)
        raw.FPDFText_GetFontInfo(text, number, name, 80, flags)
        row = rows.setdefault(round(high - y.value), [])
        bold = b"bold" in name.value.lower()
        size = raw.FPDFText_GetFontSize(text, number)
        row.append((x.value, right.value, size, bold, letter))
    for base, letters in rows.items():
        run: list[tuple[float, float, float, bool, str]] = []
        for one in [*sorted(letters), None]:
            if run and (one is None or one[0] - run[-1][1] > _GUTTER / 2):
                size = max(letter[2] for letter in run)
                bold = sum(letter[3] for letter in run) * 2 > len(run)
                yield _Line(
                    run[0][0], run[-1][1], base, size, bold, "".join(letter[4] for letter in run)
                )
                run = []
            if one is not None:
                run.append(one)


def _rules(page: pypdfium2.PdfPage) -> Iterator[_Rule]:
    """Yield the horizontal rules, from the top."""
    picture = page.render(scale=_PIXELS, grayscale=True).to_numpy()
    gray = picture.reshape(picture.shape[0], picture.shape[1])
    open_rules: dict[tuple[int, int], int] = {}
    for row, dark in enumerate([*(gray < _GRAY), np.zeros(gray.shape[1], bool)]):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], dark.astype(np.int8), [0]))))
        runs = {(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)}
        long = {run for run in runs if run[1] - run[0] >= _LONG * _PIXELS}
        for run in [run for run in open_rules if run not in long]:
            first = open_rules.pop(run)
            if row - first <= _HIGH * _PIXELS:
                darkest = gray[first:row, run[0] : run[1]].mean(axis=1).min()
                left, right = run[0] / _PIXELS, run[1] / _PIXELS
                yield _Rule(left, right, first / _PIXELS, bool(darkest < _BLACK))
        for run in long:
            open_rules.setdefault(run, row)
