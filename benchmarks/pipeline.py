"""1,000 articles from documents to edition JSON, with the share of each step."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from benchmarks.news import make_documents
from briefing.core import record
from briefing.core.edition import make_edition
from briefing.core.model import Material
from briefing.settings import Settings
from briefing.setup import parts

ARTICLES = 1000


def bench() -> list[dict[str, Any]]:
    """Return a row for each step: its share of the whole, and its seconds."""
    documents = make_documents(ARTICLES)
    settings = Settings(name="World Desk")
    recipe, press = parts.recipe(settings, documents), parts.press(settings)
    recipe.classifier(["warm up"])
    marks: list[tuple[str, float]] = []
    began = time.perf_counter()
    made = make_edition(
        Material(documents, date(2026, 3, 12)),
        recipe=recipe,
        measure=press,
        watch=lambda step: marks.append((step, time.perf_counter())),
    )
    marks.append(("json", time.perf_counter()))
    record.write(made.edition)
    ended = time.perf_counter()
    ends = [moment for _, moment in marks[1:]] + [ended]
    rows = [
        _row(step, until - since, ended - began)
        for (step, since), until in zip(marks, ends, strict=True)
    ]
    whole = _row(f"{ARTICLES} articles", ended - began, ended - began)
    return [*rows, whole]


def _row(case: str, seconds: float, whole: float) -> dict[str, Any]:
    return {"case": case, "ratio": round(seconds / whole, 4), "seconds": round(seconds, 3)}
