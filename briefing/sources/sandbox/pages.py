"""The task "page": extracts the article of an HTML page, or the posts of a live blog."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import lxml.etree
import lxml.html
from trafilatura import bare_extraction, extract

from briefing.core.model import Mark
from briefing.sources.decode import one_line, page_text
from briefing.sources.sandbox import claims
from briefing.sources.sandbox.claims import in_order
from briefing.sources.sandbox.markup import SILENT, as_lines, mark_of, parsed_page

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
    return look(page) | {"notes": [guessed] if guessed else []}


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


def _read_live(tree: lxml.html.HtmlElement | None, *, text: str) -> tuple[str, list[str]]:
    """Return the text and marks of a page; of a live page all posts, not just one.

    A page is live if it says so, or if its posts are its main content.
    """
    if tree is None:
        return text, []
    walk = _Walk(tree)
    marks = claims.marks(tree, text=text)
    is_live = Mark.LIVE.value in marks
    posts = walk.text() if walk.regions else claims.updates(tree) if is_live else ""
    lines = {_bare(line) for line in posts.split("\n")}
    others = [line for line in text.split("\n") if _bare(line) not in lines]
    if walk.regions and not is_live:
        own = sum(len(line.split()) for line in others)
        most = min(_ARTICLE_WORDS, _ARTICLE_SHARE * len(posts.split()))
        is_live = own < most or any(claimed for _, _, claimed in walk.regions)
    if not is_live:
        return text, marks
    text = "\n".join(filter(None, (*others, posts)))
    if walk.regions:
        marks = in_order({Mark.LIVE, *map(Mark, claims.marks(tree, text=text))})
    return text, marks


#: Least posts with a clock time in one container of a live page; a shorter list is as often a
#: column of short reports.
_POSTS = 5
#: Least words of a post outside links: two short sentences. Most teasers have fewer or are links.
_POST_WORDS = 20
#: Most words in a post before its time: a headline and a byline.
_WORDS_BEFORE_TIME = 30
#: Most days that the posts of one page span; a blog's front page spans more.
_DAYS = 3
#: Words outside the posts, and their share of the words of the posts, from which on they are the
#: report and the posts are comments; fewer are an introduction to the posts.
_ARTICLE_WORDS = 150
_ARTICLE_SHARE = 1 / 4
_BLOCKS = frozenset({"article", "div", "li", "section"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
#: Elements that contain the whole page; their classes describe anything on it.
_WHOLE = frozenset({"html", "body", "main"})
_ASIDE_TAGS = frozenset({"aside", "footer", "form", "nav"})
#: Names in the class or id of elements that are not part of the report.
_ASIDE = re.compile(
    r"(?<![a-z])(?!(?:has|with|no|without)-)(?:[\w-]*[-_])?"
    r"(?:comment|discussion|disqus|related|recommend|repl(?:y|ies)\b|respond\b|sidebar|teaser|promo"
    r"|newsletter|most-?read|trending)",
    re.IGNORECASE,
)
#: Characters of class and id that are read.
_NAMES = 200
_CLOCK = re.compile(r"[T\s]\d{1,2}[:.]\d\d|^\s*\d{1,2}[:.h]\d\d")
_DAY = re.compile(r"\s*(\d{4}-\d\d-\d\d)")


@dataclass(slots=True)
class _Frame:
    """An open element."""

    #: The counts of the page where it begins.
    begun: Counter[str]
    aside: bool
    #: Words before the first time in it; -1 if there is none.
    before: int = -1
    day: str = ""
    #: Children that are posts, and all children with a time, by tag.
    posts: Counter[str] = field(default_factory=Counter)
    timed: Counter[str] = field(default_factory=Counter)
    days: set[str] = field(default_factory=set)


def _bare(line: str) -> str:
    """Return a line without the mark that trafilatura sets before an item of a list."""
    return " ".join(line.removeprefix("- ").split())


class _Walk:
    """One pass over a page that records where its posts are."""

    def __init__(self, tree: lxml.html.HtmlElement) -> None:
        """Find the posts of a page that consists of posts; in linear time.

        A post is a block with a clock time at its head and words of its own, among at least four
        siblings of the same kind. Comments, lists of reports and sidebars do not count.
        """
        self._frames: list[_Frame] = []
        self._pieces: list[str] = []
        #: Words, linked words, times, updates and headlines so far.
        self._count: Counter[str] = Counter()
        #: Start and end of each container of posts, as indices of pieces, and whether the page
        #: declares it, in microdata, as that of a live page.
        self.regions: list[tuple[int, int, bool]] = []
        self._asides = self._links = self._headings = 0
        for event, node in lxml.etree.iterwalk(tree, events=("start", "end")):
            if event == "start":
                self._open(node)
            else:
                self._close(node)

    def _open(self, node: lxml.html.HtmlElement) -> None:
        """Handle the start of an element."""
        begun = self._count.copy()
        begun.update(pieces=len(self._pieces), regions=len(self.regions))
        frame = _Frame(begun, aside=_is_aside(node))
        self._frames.append(frame)
        self._enter(node, frame, by=1)
        if self._asides:
            return
        self._add(mark_of(node.tag))
        if stamp := _stamp(node):
            self._count["times"] += 1
            if frame.before < 0:
                frame.before = self._count["words"] - begun["words"]
                day = _DAY.match(stamp)
                frame.day = day[1] if day else ""
        self._count["updates"] += "liveBlogUpdate" in (node.get("itemprop") or "")
        if self._headings and node.tag == "a" and "#" not in (node.get("href") or "#"):
            self._count["headlines"] += 1
        self._add(node.text)

    def _close(self, node: lxml.html.HtmlElement) -> None:
        """Handle the end of an element."""
        frame = self._frames.pop()
        if not self._asides:
            self._close_block(node, frame)
            self._add(mark_of(node.tag))
        self._enter(node, frame, by=-1)
        if not self._asides:
            self._add(node.tail)

    def _enter(self, node: lxml.html.HtmlElement, frame: _Frame, *, by: int) -> None:
        self._asides += by * frame.aside
        self._links += by * (node.tag == "a")
        self._headings += by * (node.tag in _HEADINGS)

    def text(self) -> str:
        """Return all posts in page order, one paragraph per line."""
        text = "\n".join("".join(self._pieces[start:end]) for start, end, _ in self.regions)
        return as_lines(text.split("\n"))

    def _add(self, text: str | None) -> None:
        if text:
            words = 0 if text.isspace() else len(text.split())
            self._pieces.append("\n" if text == "\n" else text.replace("\n", " "))
            self._count["words"] += words
            self._count["linked"] += words if self._links else 0

    def _close_block(self, node: lxml.html.HtmlElement, frame: _Frame) -> None:
        """Record an element that holds posts, and pass the time in it on to its parent."""
        begun = frame.begun
        claimed = (
            claims.LIVE_TYPE in (node.get("itemtype") or "")
            and self._count["updates"] - begun["updates"] > 1
        )
        # Most of the timed children are posts of a few days.
        if claimed or (
            len(frame.days) <= _DAYS
            and any(n >= _POSTS and 2 * n > frame.timed[tag] for tag, n in frame.posts.items())
        ):
            del self.regions[begun["regions"] :]
            self.regions.append((begun["pieces"], len(self._pieces), claimed))
        if not self._frames or frame.before < 0:
            return
        parent = self._frames[-1]
        if parent.before < 0:
            parent.before = begun["words"] - parent.begun["words"] + frame.before
            parent.day = frame.day
        if node.tag in _BLOCKS:
            parent.timed[node.tag] += 1
            if self._is_post(frame):
                parent.posts[node.tag] += 1
                parent.days.add(frame.day)

    def _is_post(self, frame: _Frame) -> bool:
        """Tell whether a block has words of its own below its time and links to no other page."""
        own = {name: count - frame.begun[name] for name, count in self._count.items()}
        return (
            frame.before <= _WORDS_BEFORE_TIME
            and own["words"] - own["linked"] >= max(_POST_WORDS, own["linked"])
            and own.get("headlines", 0) < own["times"]
        )


def _stamp(node: lxml.html.HtmlElement) -> str:
    """Return the clock time of an element, as written, else ""."""
    if node.tag != "time":
        return ""
    texts: Iterable[str] = (node.get("datetime") or "", node.text or "")
    return next((text for text in texts if _CLOCK.search(text[:_NAMES])), "")


def _is_aside(node: lxml.html.HtmlElement) -> bool:
    """Tell whether an element is not part of the report: comments, related reports, code."""
    tag = node.tag
    if tag in _ASIDE_TAGS or tag in SILENT:
        return True
    if tag in _WHOLE or not node.attrib:
        return False
    names = f"{node.get('id') or ''} {node.get('class') or ''} {node.get('itemprop') or ''}"
    style = (node.get("style") or "")[:_NAMES].replace(" ", "")
    return (
        node.get("hidden") is not None
        or "display:none" in style
        or "visibility:hidden" in style
        or any(_ASIDE.match(name) for name in names[:_NAMES].split())
        or (node.get("itemtype") or "").endswith("/Comment")
    )


def read_bare(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the text by trafilatura's own settings, the baseline for ours: the task "bare"."""
    return {"text": extract(page_text(body, about=about)[0]) or ""}
