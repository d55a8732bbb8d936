"""Measures printed pages: is each one page, whole, proved, full, legible and self-contained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

from briefing.core.model import Sentence

#: First words that mean or turn on something said before. A rough rule, and none of those by
#: which sentences are chosen; ``evaluate reading`` measures by labels.
_DANGLING = frozenset(
    "he she they it his her their its him them this that these those such both another others "
    "but and or yet so however also meanwhile moreover furthermore therefore thus instead then "
    "nevertheless nonetheless besides additionally notably similarly consequently".split()
)


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What was seen of one printed edition."""

    #: The input it was made from.
    name: str
    #: Its sheets, and as many as its theme allows.
    pages: int
    most_pages: int
    #: Passages of the edition, those missing from the PDF's own text, and those not proved.
    passages: int
    missing: int
    unverified: int
    #: Share of the area of all columns, panel included, that is not white below their last item.
    fill: float
    #: Height of the largest hole in one column, in mm.
    hole: float
    #: Scale of type.
    scale: str
    #: Smallest type that must be read, in points.
    smallest_type: float
    layouts: int
    #: Printed sentences, and those that open with a word that means something said before.
    sentences: int
    dangling: int
    #: From documents to the PDF.
    seconds: float


def count_dangling(sentences: Sequence[Sentence]) -> int:
    """Count the sentences of a brief whose first word means something that is not right above."""
    firsts = [sentence.text.lstrip(" “\"'‘([–—-").split(maxsplit=1)[:1] for sentence in sentences]
    points = [bool(word) and word[0].casefold().rstrip(",:") in _DANGLING for word in firsts]
    follows = [
        (one.document, one.index) == (before.document, before.index + 1)
        for before, one in pairwise(sentences)
    ]
    return sum(point and not near for point, near in zip(points, (False, *follows), strict=False))


def measure_pages(pages: Sequence[PageFacts]) -> dict[str, Any]:
    """Return means, extremes and sums over editions, and a row for each.

    ``one_page`` counts the editions that take no more sheets than their theme allows, as a rule
    one; ``dangling`` is the share of all printed sentences, 0 to 1.
    """
    sentences = sum(page.sentences for page in pages) or 1
    return {
        "editions": len(pages),
        "one_page": sum(1 <= page.pages <= page.most_pages for page in pages),
        "missing_sentences": sum(page.missing for page in pages),
        "unverified_sentences": sum(page.unverified for page in pages),
        "fill_mean": round(fmean(page.fill for page in pages), 4),
        "fill_min": round(min(page.fill for page in pages), 4),
        "hole_max": round(max(page.hole for page in pages), 1),
        "smallest_type": round(min(page.smallest_type for page in pages), 2),
        "layouts_mean": round(fmean(page.layouts for page in pages), 2),
        "dangling": round(sum(page.dangling for page in pages) / sentences, 4),
        "seconds_mean": round(fmean(page.seconds for page in pages), 2),
        "days": [
            {
                "name": page.name,
                "scale": page.scale,
                "fill": round(page.fill, 4),
                "hole": round(page.hole, 1),
                "layouts": page.layouts,
                "sentences": page.sentences,
                "passages": page.passages,
                "seconds": round(page.seconds, 2),
            }
            for page in pages
        ],
    }
