"""The task "links": the feeds and reports that a section page or front page links to."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import cssselect2
import lxml.etree
import lxml.html
from courlan import check_url, extract_domain

from briefing.core.errors import InputError
from briefing.sources.decode import one_line, page_text
from briefing.sources.keys import canonical, split
from briefing.sources.sandbox.markup import absolute, parsed_page

#: Most reports of one page; the longest section pages list about 150.
_LINKS = 300
#: Most feeds of a page; longer lists have one for every tag.
_FEEDS = 20
#: Most anchors that are read; front pages have some 500.
_ANCHORS = 5_000
#: Media types of feeds; "application/json" is left out, since WordPress uses it for its API.
_FEED_TYPES = frozenset(
    f"application/{kind}" for kind in ("rss+xml", "atom+xml", "rdf+xml", "feed+json")
)
#: Elements and roles that contain no list of reports.
_FURNITURE = frozenset({"nav", "footer"})
_FURNITURE_ROLES = frozenset({"navigation", "contentinfo", "menu", "menubar"})
#: Path segments of pages that are not reports.
_ELSEWHERE = frozenset(
    "about about-us account advertise advertising author authors careers category categories "
    "columnist columnists contact contact-us contributors cookie-policy cookies donate event "
    "events faq feed feeds filter give help jobs legal login log-in logout media-kit membership "
    "newsletter newsletters page podcast podcasts print privacy privacy-policy profile profiles "
    "register registration reply rss search sections shop sign-in sign-up signin signup sitemap "
    "staff subscribe subscription subscriptions tag tags terms terms-of-use topic topics user "
    "users video videos gallery galleries".split()
)
#: First labels of hosts without reports.
_OTHER_HOSTS = frozenset(
    "account accounts action auth donate help jobs login newsletters shop store subscribe "
    "support".split()
)
_MEDIA = re.compile(
    r"(?i)\.(?:pdf|docx?|xlsx?|pptx?|zip|gz|jpe?g|png|gif|svg|webp|mp[34]|m4a|mov|avi|webm|xml|rss|atom"
    r"|json|ics|epub|exe|dmg)$"
)
#: Signs of a report's address: a date, a long number, an id in the query.
_DATE = re.compile(r"/(?:19|20)\d\d[/-]\d{1,2}[/-]|/(?:19|20)\d{6}/")
_NUMBER = re.compile(r"\d{5}")
_QUERY = re.compile(r"(?i)(?:^|&)(?:p|id|article|articleid|story|storyid|nid|sid)=\d{2,12}(?:&|$)")
#: Fewest hyphens in a slug, and words in a link text, that show a headline.
_SLUG_HYPHENS = 3
_HEADLINE_WORDS = 5


def read(body: bytes, *, about: Mapping[str, str]) -> dict[str, Any]:
    """Return the feeds and reports of a page, in page order.

    Keys: title, site, feeds (url, title), links (url, title). "links" are the
    addresses of reports on the same site or on one of ``about["hosts"]``, each once; with a CSS
    selector in ``about["links"]``, all that it matches.

    InputError: it is not an HTML page, too large, or not text.
    """
    page, _ = page_text(body, about=about)
    tree = parsed_page(page) if "<" in page else None
    if tree is None:
        raise InputError("not an HTML page; give the address of a section page or a feed")
    url = about.get("url", "")
    base = absolute(_attribute(tree, ".//base[@href]", "href"), base=url) or url
    hosts = frozenset(about.get("hosts", "").lower().split())
    url = url or base
    site, own = site_of(url), _key(url)
    titles: dict[str, str] = {}
    addresses: dict[str, str] = {}
    chosen = about.get("links", "")
    anchors = _chosen(tree, chosen) if chosen else _anchors(tree)
    for anchor in islice(anchors, _ANCHORS):
        address = absolute(anchor.get("href") or "", base=base).partition("#")[0]
        key = _key(address)
        if not key or key == own:
            continue
        if not (chosen or site_of(address) == site or _host(address) in hosts):
            continue
        text = one_line("".join(islice(anchor.itertext(), 100)))
        text = text or one_line(anchor.get("aria-label") or anchor.get("title") or "")
        addresses.setdefault(key, address)
        titles[key] = max(titles.get(key, ""), text, key=len)
    reports = [
        {"url": address, "title": titles[key]}
        for key, address in addresses.items()
        if chosen or is_report(address, title=titles[key])
    ]
    return {
        "title": one_line(tree.findtext(".//title") or ""),
        "site": one_line(_attribute(tree, ".//meta[@property='og:site_name']", "content")),
        "feeds": list(islice(_feeds(tree, base=base), _FEEDS)),
        "links": reports[:_LINKS],
    }


def _attribute(tree: lxml.html.HtmlElement, path: str, name: str) -> str:
    node = tree.find(path)
    return (node.get(name) or "") if node is not None else ""


def _feeds(tree: lxml.html.HtmlElement, *, base: str) -> Iterator[dict[str, str]]:
    urls = set()
    for link in tree.iter("link"):
        is_feed = (link.get("type") or "").split(";")[0].strip().lower() in _FEED_TYPES
        url = absolute(link.get("href") or "", base=base)
        if is_feed and url and "alternate" in (link.get("rel") or "").lower().split():
            if url not in urls:
                yield {"url": url, "title": one_line(link.get("title") or "")}
            urls.add(url)


def _anchors(tree: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    """Yield the anchors outside navigation and footers."""
    depth = 0
    for event, node in lxml.etree.iterwalk(tree, events=("start", "end")):
        if node.tag in _FURNITURE or (node.get("role") or "").lower() in _FURNITURE_ROLES:
            depth += 1 if event == "start" else -1
        elif event == "start" and node.tag == "a" and not depth and node.get("href"):
            yield node


def _chosen(tree: lxml.html.HtmlElement, selector: str) -> Iterator[lxml.html.HtmlElement]:
    """Yield the anchors that a selector matches, and those inside other matching elements."""
    for element in cssselect2.ElementWrapper.from_html_root(tree).query_all(selector):
        yield from (each for each in element.etree_element.iter("a") if each.get("href"))


def _key(address: str) -> str:
    """Return an address in a form for comparison; "" if it is not that of a page."""
    checked = check_url(address, strict=False, with_nav=True, trailing_slash=False)
    if checked:
        return checked[0]
    # courlan accepts only public names, and rejects "intranet" and 10.1.2.3.
    return canonical(address) if _is_internal(_host(address)) else ""


def _host(address: str) -> str:
    return split(address).hostname or ""


def _is_internal(host: str) -> bool:
    """Tell whether a host is a single-label name or an IP address."""
    return bool(host) and ("." not in host or ":" in host or host.replace(".", "").isdecimal())


def site_of(url: str) -> str:
    """Return the registrable domain of an address, or its host if there is none."""
    host = _host(url)
    return ("" if _is_internal(host) else extract_domain(url)) or host.removeprefix("www.")


def is_report(url: str, *, title: str) -> bool:
    """Tell whether an address looks like that of a single report."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    names = path.lower().split("/")[1:]
    label = parts.netloc.partition(".")[0].lower()
    if _MEDIA.search(path) or _ELSEWHERE.intersection(names) or label in _OTHER_HOSTS:
        return False
    slug = names[-1] if names else ""
    if _DATE.search(f"{path}/") and not slug.isdigit():
        return True
    headline = len(title.split()) >= _HEADLINE_WORDS
    numbered = bool(_NUMBER.search(slug) or _QUERY.search(parts.query))
    return numbered or slug.count("-") >= _SLUG_HYPHENS or (headline and bool(slug or parts.query))
