"""PURE: networks of clients for rate limits, and the same-origin check of forms."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

#: The network of one household or office: a /24 of IPv4; of IPv6 a /48 (RFC 6177, section 2).
_IPV4, _IPV6 = 24, 48
#: The network of one machine or line: an address of IPv4; of IPv6 a /64, in which machines choose
#: their addresses themselves (RFC 4291, section 2.5.4).
_ONE_IPV4, _ONE_IPV6 = 32, 64
#: Headers added by proxies: then only the proxy is near, and its client may be anywhere.
_PASSED_ON = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)
#: For clients whose address is unknown; they count as one network.
UNKNOWN = "unknown"


def network_of(host: str) -> str:
    """Return the network of an address, such as "203.0.113.0/24"."""
    return _within(host, ipv4=_IPV4, ipv6=_IPV6)


@lru_cache(maxsize=4096)
def client_of(host: str) -> str:
    """Return what counts as one client: an IPv4 address or an IPv6 /64."""
    return _within(host, ipv4=_ONE_IPV4, ipv6=_ONE_IPV6)


def _within(host: str, *, ipv4: int, ipv6: int) -> str:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is None:
            return str(ip_network((int(address), ipv6), strict=False))
        address = mapped
    return str(ip_network((int(address), ipv4), strict=False))


def is_passed_on(headers: Mapping[str, str]) -> bool:
    """Tell whether a request came by a proxy, or claims so; header names in lower case."""
    return any(name in headers for name in _PASSED_ON)


def is_secure(scheme: str, host: str, headers: Mapping[str, str]) -> bool:
    """Tell whether nobody on the way could read a request: it is encrypted or from this machine.

    Args:
        scheme: of the request, by a trusted proxy if it came by one.
        host: address of its client, likewise.
        headers: of the request, names in lower case.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return scheme == "https"
    here = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    return scheme == "https" or (here.is_loopback and not is_passed_on(headers))


def is_own_post(headers: Mapping[str, str], *, web: str) -> bool:
    """Tell whether a form comes from our own page or from no page at all.

    The pages keep no session that another page could use; this keeps other pages from letting
    their readers sign up addresses. Browsers that say nothing, or "null" as they do for pages
    without a referrer, are believed.

    Args:
        headers: of the request, names in lower case.
        web: address of the web pages; a machine asked by its own name counts as well.
    """
    fetched = headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    origin = headers.get("origin", "null")
    return origin == "null" or _host(origin) in {_host(web), headers.get("host", "").lower()}


def is_plain(web: str) -> bool:
    """Tell whether pages are reached by plain http on the machine itself, where nobody listens.

    Everywhere else a cookie needs https.
    """
    try:
        parts = urlsplit(web)
        host = parts.hostname or ""
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return "\n"  # of no address
