"""A page from what was chosen to its proved PDF, against one plain render of the final page.

Once as the first of a process, and as the draft that follows when an editor has chosen.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from statistics import median
from typing import Any

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from benchmarks.news import make_documents
from briefing.core.edition import make_edition
from briefing.core.model import Edition, Material, Scale
from briefing.core.page.fit import fit
from briefing.core.ports import Draft, Heights
from briefing.press.html import page_html
from briefing.press.measure import Press
from briefing.press.pdf import _BASE, _VARIANT, _Assets, _kept
from briefing.press.theme import classic
from briefing.settings import Settings
from briefing.setup import parts

#: Reports of the day, and rounds, in which both sides take turns; the median counts.
ARTICLES, ROUNDS = 300, 5


class _Noting(Press):
    """Keeps the draft that it is asked to measure."""

    draft: Draft | None = None

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        self.draft = self.draft or draft
        return super().probe(draft, scales)


def bench() -> list[dict[str, Any]]:
    """Return the CPU time of fitting, printing and reading back over that of a plain render.

    Ours counts with the collection of its garbage at the end. An editor sees a draft before it is
    printed.
    """
    draft = _draft()
    chosen = _chosen(draft)
    rounds: dict[str, list[tuple[float, float, int]]] = {"page": [], "draft after one choice": []}
    for _ in range(ROUNDS):
        theme = classic()
        _kept.cache_clear()
        press = Press(theme, theme.paper("A4"))
        ours, edition = _seconds(partial(_print, draft, press))
        plain, _ = _seconds(partial(render, edition))
        rounds["page"].append((ours, plain, press.layouts))
        press = Press(theme, theme.paper("A4"))
        ours, _ = _seconds(partial(_fit, chosen, press))
        rounds["draft after one choice"].append((ours, plain, press.layouts))
    return [
        {
            "case": f"{case} / render",
            "ratio": round(median(ours / plain for ours, plain, _ in of), 2),
            "seconds": round(median(ours for ours, _, _ in of), 3),
            "render_seconds": round(median(plain for _, plain, _ in of), 3),
            "layouts": of[0][2],
        }
        for case, of in rounds.items()
    ]


def _chosen(draft: Draft) -> Draft:
    """Pin the brief that is the last to be chosen."""
    last = max(draft.briefs, key=lambda brief: brief.rank)
    briefs = (replace(brief, pinned=brief is last) for brief in draft.briefs)
    return replace(draft, briefs=tuple(briefs))


def _fit(draft: Draft, press: Press) -> Edition:
    return fit(draft, press).edition


def _draft() -> Draft:
    documents, settings, theme = make_documents(ARTICLES), Settings(name="World Desk"), classic()
    press = _Noting(theme, theme.paper("A4"))
    recipe = parts.recipe(settings, documents)
    make_edition(Material(documents, date(2026, 3, 12)), recipe=recipe, measure=press)
    assert press.draft is not None  # noqa: S101  a page was fitted
    return press.draft


def _print(draft: Draft, press: Press) -> Edition:
    edition = fit(draft, press).edition
    lost = press.missing(edition, press.print(edition))
    assert not lost  # noqa: S101  a benchmark of a page that is not whole is none
    gc.collect()
    return edition


def render(edition: Edition) -> Edition:
    """Render the page of an edition as WeasyPrint alone does; return the edition."""
    theme = classic()
    html = page_html(edition, theme=theme, paper=theme.paper("A4"))
    assets = _Assets(theme, edition.letterhead)
    page = HTML(string=html, base_url=_BASE, url_fetcher=assets)
    page.write_pdf(font_config=FontConfiguration(), pdf_variant=_VARIANT)
    return edition


def _seconds(work: Callable[[], Edition]) -> tuple[float, Edition]:
    gc.collect()
    began = time.process_time()
    edition = work()
    return time.process_time() - began, edition
