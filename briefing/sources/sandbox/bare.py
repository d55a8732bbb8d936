"""The task "bare": extraction by trafilatura alone, the baseline for our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trafilatura import extract

from briefing.sources.decode import page_text
from briefing.sources.sandbox.markup import bounded_page


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the text of a page, extracted with trafilatura's default settings."""
    page, _ = page_text(body, about=about)
    return {"text": extract(bounded_page(page)[0]) or ""}
