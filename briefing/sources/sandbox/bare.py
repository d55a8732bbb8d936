"""The task "bare": what trafilatura alone finds on a page, the bar for our own extraction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trafilatura import extract

from briefing.sources.sandbox.bounds import bounded_page
from briefing.sources.sandbox.encoding import page_text


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the text of a page, read with trafilatura's own settings."""
    page, _ = page_text(body, about=about)
    return {"text": extract(bounded_page(page)[0]) or ""}
