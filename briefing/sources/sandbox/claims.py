"""Claims of a page or feed about a report: marks, from its sections, and its canonical address."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import lxml.html

from briefing.core.model import Mark
from briefing.sources.records import web_address

#: Most JSON-LD scripts of a page, most characters of each, and most nodes in all of them. Real
#: pages have one to five scripts, the longest (live blogs) of some 300,000 characters.
_SCRIPTS = 20
_SCRIPT_LIMIT = 1_000_000
_NODES = 200
#: Most elements of the head that are read.
_METAS = 500
#: Metadata fields that name a section.
_PLACES = (
    "article:section og:article:section og:section article.section section parsely-section og:type"
).split()
_TIERS = ("article:content_tier", "og:article:content_tier", "content_tier")
#: The schema.org type of a live page.
LIVE_TYPE = "LiveBlogPosting"
#: Whether microdata says that a page has live updates.
_LIVE_BLOG = (
    f"count(//*[contains(@itemtype, '{LIVE_TYPE}')]//*[contains(@itemprop, 'liveBlogUpdate')]) > 1"
)
#: A page shows only the first lines if fewer than 150 words were extracted and it claims more than
#: three times as many.
_BLURB_WORDS = 150
_BLURB_SHARE = 3


def marks(tree: lxml.html.HtmlElement, *, text: str) -> list[str]:
    """Return the marks that a page states explicitly about its own report."""
    metas: dict[str, str] = {}
    for meta in islice(tree.iter("meta"), _METAS):
        name = (meta.get("property") or meta.get("name") or "").lower()
        metas.setdefault(name, (meta.get("content") or "").strip())
    result = by_sections(metas[name] for name in _PLACES if name in metas)
    if any(metas.get(name, "").lower() == "locked" for name in _TIERS):
        result.add(Mark.PAYWALL)
    if metas.get("article:opinion", "").lower() == "true":
        result.add(Mark.OPINION)
    report = next(_reports(tree), None)
    if report is not None:
        result |= _of_report(report, text=text)
    if tree.xpath(_LIVE_BLOG):
        result.add(Mark.LIVE)
    return in_order(result)


def canonical(tree: lxml.html.HtmlElement) -> str:
    """Return the canonical address of a page if it is a full web address, or else ""."""
    for link in islice(tree.iter("link"), _METAS):
        if "canonical" in (link.get("rel") or "").lower().split():
            return web_address(link.get("href") or "")
    return ""


def _of_report(report: dict[str, Any], *, text: str) -> set[Mark]:
    types = set(_types(report))
    digits, words = str(report.get("wordCount")), len(text.split())
    claimed = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 8 else 0
    result = by_sections(_listed(report.get("articleSection")))
    if LIVE_TYPE in types:
        result.add(Mark.LIVE)
    if "OpinionNewsArticle" in types:
        result.add(Mark.OPINION)
    if str(report.get("isAccessibleForFree")).lower() in {"false", "no"}:
        result.add(Mark.PAYWALL)
    if words < _BLURB_WORDS and claimed > _BLURB_SHARE * words:
        result.add(Mark.BLURB)
    return result


def _reports(tree: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the reports at the top level of the page's JSON-LD, not those they link to."""
    for node in islice(_nodes(tree), _NODES):
        if any(
            kind == "BlogPosting" or kind.endswith(("Article", LIVE_TYPE)) for kind in _types(node)
        ):
            yield node


def _types(node: dict[str, Any]) -> Iterator[str]:
    for kind in _listed(node.get("@type")):
        if isinstance(kind, str):
            yield kind[:200].rpartition("/")[2]


def _nodes(tree: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the objects of the page's JSON-LD; scripts that cannot be parsed are skipped."""
    scripts = (
        script.text or ""
        for script in tree.iter("script")
        if (script.get("type") or "").strip().lower() == "application/ld+json"
    )
    for script in islice(scripts, _SCRIPTS):
        try:
            loaded = json.loads(script, strict=False) if len(script) <= _SCRIPT_LIMIT else None
        except (ValueError, RecursionError):
            continue
        for node in _listed(loaded):
            if isinstance(node, dict):
                yield node
                yield from (
                    child for child in _listed(node.get("@graph")) if isinstance(child, dict)
                )


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]


#: Names of opinion sections; only a whole name matches, in any case.
_OPINION = frozenset(
    "opinion opinions editorial editorials op-ed op-eds oped commentary columnists viewpoint "
    "viewpoints letters leaders".split()
) | {
    "comment",
    "opinion & analysis",
    "opinion and analysis",
    "guest essay",
    "letters to the editor",
}
#: Names of sections and tags of live pages.
_LIVE = frozenset({"live", "live blog", "liveblog", "live-blog", "live blogs", "live updates"})
_LEVELS = re.compile(r"[/>|,;]")
#: Most names that are read, and most characters of each; a report has a handful of short ones.
_NAMES = 50
_LONGEST = 200


def by_sections(names: Iterable[object]) -> set[Mark]:
    """Return the marks implied by names of sections or tags; "World/Opinion" is two names."""
    marks = set()
    for name in [name for name in names if isinstance(name, str)][:_NAMES]:
        for level in _LEVELS.split(name[:_LONGEST]):
            folded = " ".join(level.casefold().split())
            if folded in _OPINION:
                marks.add(Mark.OPINION)
            elif folded in _LIVE:
                marks.add(Mark.LIVE)
    return marks


def in_order(marks: Iterable[Mark]) -> list[str]:
    """Return the values of marks, each once, in the order of :class:`Mark`."""
    distinct = set(marks)
    return [mark.value for mark in Mark if mark in distinct]
