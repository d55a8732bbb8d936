"""PURE: which addresses may be asked: the public internet, and what the operator allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

from briefing.core.errors import FetchError, UsageError

#: Characters of an address: what RFC 9110, 4.1 asks every server to read.
URL_LIMIT = 8_000
#: Characters of an address or host that are printed; longer ones fill the terminal.
_SHOWN = 120
#: Characters of a host name (RFC 1035, 2.3.4, without the length bytes).
_HOST_LIMIT = 253
#: Ports that may be asked everywhere: those of http and https.
_PORTS = {"http": 80, "https": 443}

#: What is not public of IPv4: the IANA registry of special-purpose addresses as of 2025, with the
#: old 6to4 relays, multicast, class E, and the platform address of Azure, which is public by its
#: number alone. A table of our own, since ``is_global`` differs from one Python to the next.
_SPECIAL_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
#: The only part of IPv6 from which public addresses are given out (RFC 4291, 2.4).
_GLOBAL_6 = IPv6Network("2000::/3")
#: What is not public within it: protocols (Teredo, benchmarks and ORCHID among them), 6to4, whose
#: relays lead to any IPv4 address (RFC 7526 retired them), and documentation.
_SPECIAL_6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
#: How IPv6-only networks reach IPv4 (RFC 6052): as public as the IPv4 address within.
_NAT64 = IPv6Network("64:ff9b::/96")

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
#: What has no part of an address but a host.
_BARE = re.compile(r"[^][:/@?#\\]+")
#: A last label that makes browsers read a host as an IPv4 address (URL Standard, "ends in a
#: number"): 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 are all 127.0.0.1.
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What may be asked beside public addresses on the ports of http and https."""

    #: Host names, lower case ASCII; each may be at any address.
    names: frozenset[str] = frozenset()
    #: Addresses that may be reached under any name.
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    #: Ports that may be asked everywhere, those of http and https among them.
    ports: frozenset[int] = frozenset(_PORTS.values())


def make_rules(allow_hosts: Iterable[str] = (), *, allow_ports: Iterable[int] = ()) -> AddressRules:
    """Read what the operator allows.

    Args:
        allow_hosts: names, addresses and networks such as "intranet.example" or "10.1.0.0/16".
        allow_ports: beside 80 and 443.

    Raises:
        UsageError: one of them is none.
    """
    names, networks = set(), []
    for entry in allow_hosts:
        network = _network(entry)
        if network is None:
            names.add(_name(entry))
        else:
            networks.append(network)
    ports = frozenset(allow_ports)
    for port in ports:
        if not 1 <= port <= 65535:
            raise UsageError(f"allow_ports: {port} is no port; ports go from 1 to 65535")
    return AddressRules(frozenset(names), tuple(networks), ports | set(_PORTS.values()))


def check_url(url: str, *, rules: AddressRules) -> httpx2.URL:
    """Return an address as it may be asked: in ASCII, without its fragment.

    A host that is an IP address is checked here; a name only when it has been looked up.

    Raises:
        FetchError: it is no address, or may not be asked.
    """
    try:
        parsed = _parsed(url)
        fault = _fault(parsed, rules=rules)
    except ValueError as error:
        raise FetchError(f"{shown(url) or 'no address'}: {shown(str(error))}") from None
    if fault:
        raise FetchError(f"{shown(url)}: {fault}")
    return parsed.copy_with(fragment=None)


def may_reach(address: str, *, rules: AddressRules, host: str = "") -> bool:
    """Tell whether an IP address may be reached.

    Args:
        address: as a lookup gives it.
        rules: what is allowed beside public addresses.
        host: the name it was looked up for; one that is allowed may be anywhere.
    """
    ip = _ip(address)
    if ip is None:
        return False
    plain = _plain(ip)
    allowed = host in rules.names or any(_holds(network, ip, plain) for network in rules.networks)
    return allowed or _is_public(plain)


def closed(address: str, *, host: str = "") -> str:
    """Say that an IP address may not be reached, and what to do.

    Args:
        address: as a lookup gives it.
        host: the name that was looked up; empty for an address that was asked as such.
    """
    what = f"{shown(address)} is not a public address; collect.allow_hosts can allow it"
    return f"{what}: allow_hosts = {_toml(host or address)}"


def host_of(url: httpx2.URL) -> str:
    """Return the host of an address in ASCII, an IPv6 address without its brackets."""
    return url.raw_host.decode("ascii")


def shown(text: str) -> str:
    """Return text from outside as it may be printed: one line, short, no control characters."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return "".join(mark if mark.isprintable() else "�" for mark in short)


def _parsed(url: str) -> httpx2.URL:
    if len(url) > URL_LIMIT:
        raise ValueError(f"longer than {URL_LIMIT:,} characters")
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise ValueError(f"not a web address ({error})") from None
    if parsed.scheme not in _PORTS:
        raise ValueError("not an http or https address")
    if len(parsed.raw_path) > URL_LIMIT:
        raise ValueError(f"longer than {URL_LIMIT:,} bytes")
    if parsed.userinfo:
        raise ValueError("addresses with a user name or password are not asked")
    if _ip(host_of(parsed)) is None and not _is_name(host_of(parsed)):
        raise ValueError("its host is neither a name nor an IP address")
    return parsed


def _fault(url: httpx2.URL, *, rules: AddressRules) -> str:
    """Return why an address may not be asked, with every setting that is missing; else empty."""
    host = host_of(url)
    port = _PORTS[url.scheme] if url.port is None else url.port
    is_closed = _ip(host) is not None and not may_reach(host, rules=rules)
    if port in rules.ports:
        return closed(host) if is_closed else ""
    ports, hosts = f"allow_ports = [{port}]", f"allow_hosts = {_toml(host)}"
    if is_closed:
        return (
            f"port {port} is not asked and {shown(host)} is not a public address; set both under "
            f"[collect]: {hosts} and {ports}"
        )
    inside = "" if _ip(host) or host in rules.names else f"; for a host inside also {hosts}"
    return f"port {port} is not asked; collect.allow_ports can allow it: {ports}{inside}"


def _toml(host: str) -> str:
    return f'["{shown(host)}"]'


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    return (
        len(host) <= _HOST_LIMIT
        and _HOST.fullmatch(host) is not None
        and _NUMBER.fullmatch(host) is None
    )


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 spelling of it means, else the address itself."""
    if isinstance(ip, IPv6Address) and ip.scope_id is None and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip


def _holds(
    network: IPv4Network | IPv6Network,
    ip: IPv4Address | IPv6Address,
    plain: IPv4Address | IPv6Address,
) -> bool:
    return ip in network or plain in network


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _SPECIAL_4)
    if ip.scope_id is not None:
        return False
    if ip in _NAT64:
        return _is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    return ip in _GLOBAL_6 and not any(ip in network for network in _SPECIAL_6)


def _network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry)
    except ValueError as error:
        if "/" in entry:
            raise UsageError(f"allow_hosts: {shown(entry)!r} is no network ({error})") from None
        return None


def _name(entry: str) -> str:
    try:
        host = host_of(httpx2.URL(f"http://{entry}/"))
    except (httpx2.InvalidURL, UnicodeError):
        host = ""
    if not _BARE.fullmatch(entry) or not _is_name(host):
        raise UsageError(
            f"allow_hosts: {shown(entry)!r} is no host name, address or network; write"
            ' "intranet.example", "10.1.2.3" or "10.1.0.0/16" (ports go into allow_ports)'
        )
    return host
