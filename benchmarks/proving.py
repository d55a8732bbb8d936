"""Untouched editions in every theme and on every paper: does `verify` blame one?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.news import make_documents
from briefing.app.make import make
from briefing.core.model import Material
from briefing.settings import PageSettings, Settings
from briefing.setup import parts, registry
from briefing.setup.attached import verify_pdf

#: Editions, and documents of the last one; from one to the next they grow by one factor.
EDITIONS, MOST = 200, 300


def bench(editions: int = EDITIONS) -> list[dict[str, Any]]:
    """Return a row for each theme and paper: editions, those blamed, those compared in part."""
    rows: dict[str, dict[str, Any]] = {}
    sizes = (round(MOST ** (place / max(1, editions - 1))) for place in range(editions))
    for (theme, paper), count in zip(islice(cycle(_papers()), editions), sizes, strict=True):
        case = f"{theme} {paper}"
        row = rows.setdefault(case, {"case": case, "editions": 0, "blamed": 0, "in_part": 0})
        failures, limit = _verified(theme, paper, count=count)
        row["editions"] += 1
        row["blamed"] += failures > 0
        row["in_part"] += bool(limit)
    return list(rows.values())


def _papers() -> Iterator[tuple[str, str]]:
    for theme in registry.names("theme"):
        yield from ((theme, paper) for paper in registry.load("theme", theme)().papers)


def _verified(theme: str, paper: str, *, count: int) -> tuple[int, str]:
    documents = make_documents(count)
    settings = Settings(name="World Desk", page=PageSettings(theme=theme, paper=paper))
    recipe, press = parts.recipe(settings, documents), parts.press(settings)
    printed = make(Material(documents, date(2026, 3, 12)), recipe=recipe, press=press)
    with TemporaryDirectory() as folder:
        path = Path(folder, "page.pdf")
        path.write_bytes(printed.pdf)
        _, proof = verify_pdf(path)
    return len(proof.failures), proof.limit
