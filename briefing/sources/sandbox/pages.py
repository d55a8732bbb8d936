"""The task "page": extracts the article of an HTML page."""

import re
from collections.abc import Mapping
from typing import Any

import lxml.html
from trafilatura import bare_extraction, extract

from briefing.core.model import Mark
from briefing.sources.decode import one_line, page_text
from briefing.sources.sandbox import claims
from briefing.sources.sandbox.markup import parsed_page

#: Later dates are ignored. htmldate's default is today, with which the same page would give another
#: document on another day.
_LAST_DATE = "2100-01-01"
#: Elements that are invisible on the page.
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
_LANGUAGE = re.compile(r"(?i)<html\b[^<>]{0,500}?\blang\s?=\s?[\"']?([A-Za-z-]{2,20})")


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the article of a page.

    Keys: text, title, site, url, published, language, author, marks, canonical, notes.
    """
    page, guessed = page_text(body, about=about)
    return look(page) | {"notes": [guessed] if guessed else []}


def look(page: str) -> dict[str, Any]:
    """Return the article as trafilatura extracts it, and the page's claims about itself."""
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
    text = extracted.text or ""
    marks = claims.marks(tree, text=text) if tree is not None else []
    if tree is not None and _has_posts(tree, text=text):
        marks = claims.in_order({Mark.LIVE, *map(Mark, marks)})
    # The page's own time of publication if it falls on the day that was extracted.
    day = extracted.date or ""
    stamps = (match[1] or match[2] for match in _STAMP.finditer(page))
    return {
        "text": text,
        "title": extracted.title or "",
        "site": extracted.sitename or "",
        "url": extracted.url or "",
        "published": next((stamp for stamp in stamps if day and stamp.startswith(day)), day),
        "language": language[1] if language else "",
        "author": one_line(extracted.author or ""),
        "marks": marks,
        "canonical": claims.canonical(tree) if tree is not None else "",
    }


#: Fewest posts with a clock time in one container of a live page; a shorter list may as well be a
#: column of short reports.
_POSTS = 5
#: Fewest words of a post outside links: two short sentences. Most teasers have fewer or are links.
_POST_WORDS = 20
#: Most days that the posts of one page span; those of a blog's front page span more.
_DAYS = 3
#: Number of words outside the posts, and their share of the words of the posts, from which on they
#: are the report and the posts are comments; fewer are an introduction to the posts.
_ARTICLE_WORDS = 150
_ARTICLE_SHARE = 1 / 4
#: A headline that leads to another page.
_HEADLINE = (
    "boolean(.//*[self::h1 or self::h2 or self::h3 or self::h4]//a[not(contains(@href, '#'))])"
)
_BLOCKS = frozenset({"article", "div", "li", "section"})
#: Names in the class or id of elements that are not part of the report.
_ASIDE = re.compile(
    r"(?i)(?<![a-z])(?!(?:has|with|no|without)-)(?:[\w-]*[-_])?"
    r"(?:comment|discussion|disqus|related|recommend|repl(?:y|ies)\b|respond\b|sidebar|teaser|promo"
    r"|newsletter|most-?read|trending)"
)
#: Most characters of class and id that are read.
_NAMES = 200
_CLOCK = re.compile(r"[T\s]\d{1,2}[:.]\d\d|^\s*\d{1,2}[:.h]\d\d")
_DAY = re.compile(r"\s*(\d{4}-\d\d-\d\d)")


def _has_posts(tree: lxml.html.HtmlElement, *, text: str) -> bool:
    """Tell whether a page consists of posts.

    A post is a block with a clock time at its head and its own words, among at least four siblings
    of the same kind. Comments, lists of reports and sidebars do not count.
    """
    timed: dict[tuple[Any, str], list[tuple[Any, Any]]] = {}
    first: dict[Any, Any] = {}
    for time in tree.iter("time"):
        stamp = f"{(time.get('datetime') or '')[:_NAMES]}\n{(time.text or '')[:_NAMES]}"
        above = [*time.iterancestors()]
        if any(map(_CLOCK.search, stamp.split("\n"))) and not any(map(_is_aside, above)):
            for block in above[:-1]:
                if block.tag in _BLOCKS and first.setdefault(block, time) is time:
                    timed.setdefault((block.getparent(), block.tag), []).append((block, time))
    shown = ""
    for (parent, _), blocks in timed.items():
        posts = [time for block, time in blocks if _is_post(block)]
        days = {(_DAY.match(time.get("datetime") or "") or [""])[0] for time in posts}
        if len(posts) >= _POSTS and 2 * len(posts) > len(blocks) and len(days) <= _DAYS:
            shown += f" {' '.join(parent.text_content().split())}"
    lines = (" ".join(line.removeprefix("- ").split()) for line in text.split("\n"))
    own = sum(len(line.split()) for line in lines if line not in shown)
    return own < min(_ARTICLE_WORDS, _ARTICLE_SHARE * len(shown.split()))


def _is_post(block: lxml.html.HtmlElement) -> bool:
    """Tell whether a block has enough words outside links, and no headline linking elsewhere."""
    links = [*block.iter("a")]
    linked = sum(len(link.text_content().split()) for link in links)
    words = len(block.text_content().split())
    return words - linked >= max(_POST_WORDS, linked) and not block.xpath(_HEADLINE)


def _is_aside(node: lxml.html.HtmlElement) -> bool:
    """Tell whether an element is not part of the report, such as comments and related reports."""
    if node.tag in {"html", "body", "main"}:
        return False
    names = f"{node.get('id') or ''} {node.get('class') or ''} {node.get('itemprop') or ''}"
    return (
        node.tag in {"aside", "footer", "form", "nav"}
        or node.get("hidden") is not None
        or any(map(_ASIDE.match, names[:_NAMES].split()))
        or (node.get("itemtype") or "").endswith("/Comment")
    )


def read_bare(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the text by trafilatura's own settings, the baseline for ours: the task "bare"."""
    return {"text": extract(page_text(body, about=about)[0]) or ""}
