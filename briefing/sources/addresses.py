"""Web addresses compared: when two lead to one report, and when one leads to none."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from courlan import extract_domain, normalize_url

#: Parameters that only tell where a click came from. Narrower than courlan's own list, which
#: also takes "uid", "cid", "eid" and "source", by which some sites name their reports: two
#: reports taken for one would lose one of them, a copy taken for two is found later by its words.
_TRACKERS = re.compile(
    r"(?:utm|at|mtm|pk|hsa|oly|vero|itm|mc|ns|wt)_.*"
    r"|fbclid|gclid|dclid|yclid|twclid|msclkid|gbraid|wbraid|igshid|igsh|_g[al]|_hs(?:enc|mi)"
    r"|mkt_tok|xtor|ocid|ftag|ito|cmp(?:id)?|smid|smtyp|emc|spm|ncid|taid|guccounter|trk|rss",
    re.IGNORECASE,
)
#: Parameters that tell it only with one of these values.
_ORIGINS = re.compile(r"(?:ref|ref_src|source|src|from|via|partner|feature|medium)", re.IGNORECASE)
_ORIGIN = re.compile(r"(?:rss|feed|atom|newsletter|twitter|facebook|social|amp)", re.IGNORECASE)
#: What stands at the end of a path for a folder's own page.
_INDEX = re.compile(r"/(?:index|default|home)\.[a-z]{3,5}$", re.IGNORECASE)
#: The path of a whole site, or of one of its languages.
_FRONT = re.compile(r"(?:/[a-z]{2}(?:[-_][a-z]{2})?)?/?", re.IGNORECASE)
#: Names of hosts that serve the same site in another dress.
_DRESS = re.compile(r"^(?:www\d{0,2}|m|mobile|amp)\.")


def canonical(url: str) -> str:
    """Return the form of an address in which all that lead to one page are alike, else "".

    Without tracking parameters, fragment, default port and trailing slash; the scheme is always
    "https", the host lower case, parameters sorted. A fragment that names a page ("#!…", "#/…")
    stays. Not to be fetched: what it leads to may be somewhere else.
    """
    try:
        parts = urlsplit(url.strip().replace("&amp;", "&"))
        bare = normalize_url(parts._replace(query="", fragment=""))
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return ""
    queries = sorted(part for part in parts.query.split("&") if part and not _is_tracker(part))
    query = "?" + "&".join(queries) if queries else ""
    route = "#" + parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    return "https" + bare[len(parts.scheme) :].rstrip("/") + query + route


def _is_tracker(part: str) -> bool:
    name, _, value = part.partition("=")
    told_by_value = _ORIGINS.fullmatch(name) and _ORIGIN.match(value)
    return bool(_TRACKERS.fullmatch(name) or told_by_value)


def is_front_page(url: str) -> bool:
    """Tell whether an address is that of a whole site, so that it cannot name one report."""
    return is_front(canonical(url))


def is_front(same: str) -> bool:
    """Tell it of an address that is :func:`canonical` already."""
    parts = _parts(same)
    path = _INDEX.sub("/", parts.path)
    bare = bool(parts.netloc) and not parts.query and not parts.fragment
    return bare and _FRONT.fullmatch(path) is not None


def host_name(url: str) -> str:
    """Return the host of an address as a reader knows it: without "www." and port."""
    return _DRESS.sub("", (_parts(url).hostname or ""))


def is_same_site(one: str, other: str) -> bool:
    """Tell whether two addresses belong to one registered domain, or else to one host."""
    if host_name(one) == host_name(other):
        return True
    domain = extract_domain(one)
    return domain is not None and domain == extract_domain(other)


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
