"""The task "page": extracts the article of an HTML page and its metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import lxml.html
from trafilatura import bare_extraction

from briefing.core.model import Mark
from briefing.sources.decode import one_line
from briefing.sources.sandbox import claims, live
from briefing.sources.sandbox.bounds import bounded_page
from briefing.sources.sandbox.encoding import page_text
from briefing.sources.sandbox.marks import in_order
from briefing.sources.sandbox.markup import parsed_page

#: Later dates are ignored. htmldate's default is today, and then the same page would give another
#: document on another day.
_LAST_DATE = "2100-01-01"
#: Elements that a reader of the page does not see.
_HIDDEN = (
    "//*[@hidden]",
    "//*[contains(translate(@style, ' ', ''), 'display:none')]",
    "//*[contains(translate(@style, ' ', ''), 'visibility:hidden')]",
)
#: Time of publication in JSON-LD or Open Graph.
_STAMP = re.compile(
    r'"datePublished"\s{0,9}:\s{0,9}"([0-9T:.+Z-]{16,35})"'
    r"|article:published_time[\"'] content=[\"']([0-9T:.+Z-]{16,35})[\"']"
)
_LANGUAGE = re.compile(r"<html\b[^<>]{0,500}?\blang\s?=\s?[\"']?([A-Za-z-]{2,20})", re.IGNORECASE)


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the article of a page.

    Keys: text, title, site, url, published, language, author, marks, canonical, notes.
    """
    page, guessed = page_text(body, about=about)
    page, cut = bounded_page(page)
    return look(page) | {"notes": [*([guessed] if guessed else []), *cut]}


def look(page: str) -> dict[str, Any]:
    """Return the article as extracted by trafilatura, and the page's claims about itself."""
    extracted: Any = bare_extraction(
        page,
        include_comments=False,
        favor_recall=True,
        with_metadata=True,
        prune_xpath=list(_HIDDEN),
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": _LAST_DATE,
        },
    )
    if extracted is None:
        return {}
    language = _LANGUAGE.search(page[:50_000])
    tree = parsed_page(page)
    text, marks = _read_live(tree, text=extracted.text or "")
    return {
        "text": text,
        "title": extracted.title or "",
        "site": extracted.sitename or "",
        "url": extracted.url or "",
        "published": _stamp(page, day=extracted.date or ""),
        "language": language[1] if language else "",
        "author": one_line(extracted.author or ""),
        "marks": marks,
        "canonical": claims.canonical(tree) if tree is not None else "",
    }


def _read_live(tree: lxml.html.HtmlElement | None, *, text: str) -> tuple[str, list[str]]:
    """Return the text and marks of a page; of a live page all posts, not just one."""
    if tree is None:
        return text, []
    posts = live.find_posts(tree)
    marks = claims.marks(tree, text=text)
    claimed = Mark.LIVE.value in marks
    if posts is None:
        return live.whole(text, posts=claims.updates(tree)) if claimed else text, marks
    if not claimed and not live.is_live(posts, text=text):
        return text, marks
    text = live.whole(text, posts=posts.text)
    return text, in_order({Mark.LIVE, *map(Mark, claims.marks(tree, text=text))})


def _stamp(page: str, *, day: str) -> str:
    """Return the page's own time of publication if it falls on ``day``, else ``day``."""
    stamps = (match[1] or match[2] for match in _STAMP.finditer(page))
    return next((stamp for stamp in stamps if day and stamp.startswith(day)), day)
