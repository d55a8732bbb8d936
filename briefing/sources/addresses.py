"""Compares web addresses: whether two lead to the same report, and whether one is a front page."""

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from courlan import extract_domain, normalize_url

#: Parameters that only say where a click came from. Narrower than courlan's own list, which also
#: has "uid", "cid", "eid" and "source", by which some sites identify their reports: two reports
#: mistaken for one would lose one of them; copies mistaken for two are found later by their words.
_TRACKERS = re.compile(
    r"(?:utm|at|mtm|pk|hsa|oly|vero|itm|mc|ns|wt)_.*"
    r"|fbclid|gclid|dclid|yclid|twclid|msclkid|gbraid|wbraid|igshid|igsh|_g[al]|_hs(?:enc|mi)"
    r"|mkt_tok|xtor|ocid|ftag|ito|cmp(?:id)?|smid|smtyp|emc|spm|ncid|taid|guccounter|trk|rss",
    re.IGNORECASE,
)
#: Parameters that say so only with one of these values.
_ORIGINS = re.compile(r"(?:ref|ref_src|source|src|from|via|partner|feature|medium)", re.IGNORECASE)
_ORIGIN = re.compile(r"(?:rss|feed|atom|newsletter|twitter|facebook|social|amp)", re.IGNORECASE)
#: End of a path that means the index page of a folder.
_INDEX = re.compile(r"/(?:index|default|home)\.[a-z]{3,5}$", re.IGNORECASE)
#: The path of a whole site, or of one of its languages.
_FRONT = re.compile(r"(?:/[a-z]{2}(?:[-_][a-z]{2})?)?/?", re.IGNORECASE)
#: Prefixes of hosts that serve the same site in another form.
_PREFIX = re.compile(r"^(?:www\d{0,2}|m|mobile|amp)\.")
#: Addresses whose canonical form is kept: each of a feed is asked for several times.
_RECENT = 4_096


@lru_cache(_RECENT)
def canonical(url: str) -> str:
    """Return the canonical form of an address, the same for all that lead to one page, else "".

    Without tracking parameters, fragment, default port and trailing slash; the scheme is always
    "https", the host lower case, parameters sorted. A fragment that identifies a page ("#!…",
    "#/…") stays. For comparison only: the result may not be fetchable.
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
    return bool(_TRACKERS.fullmatch(name) or (_ORIGINS.fullmatch(name) and _ORIGIN.match(value)))


def is_front_page(url: str) -> bool:
    """Tell whether an address is a front page, which identifies no report."""
    return is_front(canonical(url))


def is_front(same: str) -> bool:
    """Like :func:`is_front_page`, for an address that is already :func:`canonical`."""
    parts = split(same)
    path = _INDEX.sub("/", parts.path)
    bare = bool(parts.netloc) and not parts.query and not parts.fragment
    return bare and _FRONT.fullmatch(path) is not None


def host_name(url: str) -> str:
    """Return the host of an address without "www." and the like, and without port."""
    return _PREFIX.sub("", (split(url).hostname or ""))


def is_same_site(url: str, other: str) -> bool:
    """Tell whether two addresses have the same registered domain or host."""
    if host_name(url) == host_name(other):
        return True
    domain = extract_domain(url)
    return domain is not None and domain == extract_domain(other)


def split(url: str) -> SplitResult:
    """Return the parts of an address; all are empty if it is not valid."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")
