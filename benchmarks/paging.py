"""200 invented days of 1 to 2,000 documents: is each one page, whole, proved and full?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any

from benchmarks.news import make_documents
from benchmarks.sheets import Shown, look
from briefing.app.make import PrintedEdition, make
from briefing.core import record
from briefing.core.model import Material, Scale
from briefing.core.proof import prove
from briefing.press.readback import read_back
from briefing.settings import Settings
from briefing.setup import parts

#: Days, and documents of the last one; from one day to the next they grow by one factor.
DAYS, MOST = 200, 2000


@dataclass(frozen=True, slots=True)
class _Page:
    """What was seen of one day."""

    documents: int
    printed: PrintedEdition
    pages: int
    missing: int
    unverified: int
    shown: Shown

    @property
    def scale(self) -> Scale:
        return self.printed.edition.setting.scale

    @property
    def told_twice(self) -> int:
        """Stories that are named although they have a brief, or named twice."""
        edition = self.printed.edition
        stories = {brief.story for brief in edition.briefs()}
        places = Counter([*stories, *(named.story for named in edition.panel.also)])
        return sum(count > 1 for count in places.values())

    @property
    def is_whole(self) -> bool:
        lost = self.missing or self.unverified or self.told_twice
        return self.pages == 1 and not (lost or self.shown.stubs or self.shown.broken)


def bench() -> list[dict[str, Any]]:
    """Return a row for each scale, and one for each day whose page is not as it must be."""
    pages = [_page(count) for count in _sizes(DAYS, MOST)]
    scales = ((scale, [page for page in pages if page.scale is scale]) for scale in Scale)
    rows = [_row(scale.value, those) for scale, those in scales if those]
    broken = [page for page in pages if not page.is_whole]
    failed = [{"case": f"{page.documents} documents", "failed": "not whole"} for page in broken]
    return [*rows, _row(f"{len(pages)} days", pages), *failed]


def _sizes(days: int, most: int) -> Iterator[int]:
    yield from (round(most ** (day / max(1, days - 1))) for day in range(days))


def _page(count: int) -> _Page:
    documents = make_documents(count)
    settings = Settings(name="World Desk")
    recipe, press = parts.recipe(settings, documents), parts.press(settings)
    printed = make(Material(documents, date(2026, 3, 12)), recipe=recipe, press=press)
    stored = record.read(record.write(printed.edition), name="edition.json")
    sources = {document.id: document for document in documents}
    return _Page(
        count,
        printed,
        read_back(printed.pdf).pages,
        len(press.missing(printed.edition, printed.pdf)),
        len(prove(stored.edition, sources=sources, intact=stored.intact).failures),
        look(printed.pdf),
    )


def _row(case: str, pages: Sequence[_Page]) -> dict[str, Any]:
    fits = [page.printed.fit for page in pages]
    return {
        "case": case,
        "days": len(pages),
        "one_page": sum(page.pages == 1 for page in pages),
        "missing": sum(page.missing for page in pages),
        "unverified": sum(page.unverified for page in pages),
        "told_twice": sum(page.told_twice for page in pages),
        "stubs": sum(page.shown.stubs for page in pages),
        "broken_words": sum(page.shown.broken for page in pages),
        "uneven_sections": sum(page.shown.uneven[0] for page in pages),
        "uneven_panels": sum(page.shown.uneven[1] for page in pages),
        "fill_mean": round(fmean(fit.fill for fit in fits), 3),
        "fill_min": round(min(fit.fill for fit in fits), 3),
        "hole_max": round(max(fit.hole for fit in fits), 1),
        "layouts_mean": round(fmean(page.printed.layouts for page in pages), 2),
    }
