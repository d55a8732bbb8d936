"""Which addresses may be fetched: the public internet, and what the operator allows."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

from briefing.core.errors import FetchError, UsageError
from briefing.core.frozen import frozen

#: Longest address in characters: RFC 9110, 4.1 recommends that every server support 8,000.
URL_LIMIT = 8_000
#: Most characters of an address or host that are printed; longer ones fill the terminal.
_PRINTED = 120
#: Longest host name in characters (RFC 1035, 2.3.4, without the length bytes).
_HOST_LIMIT = 253
#: Ports allowed on every host: those of http and https.
_PORTS = {"http": 80, "https": 443}

#: IPv4 networks that are not public: the IANA registry of special-purpose addresses as of 2025,
#: with the old 6to4 relays, multicast, class E, and the platform address of Azure, which only
#: looks public. A table of our own, since ``is_global`` differs between Python versions.
_SPECIAL_4 = tuple(
    map(
        IPv4Network,
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 "
        "172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 "
        "198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4".split(),
    )
)
#: The only part of IPv6 from which public addresses are assigned (RFC 4291, 2.4).
_GLOBAL_6 = IPv6Network("2000::/3")
#: Networks within it that are not public: protocols (Teredo, benchmarks and ORCHID among them),
#: 6to4, whose relays lead to any IPv4 address (RFC 7526 retired them), and documentation.
_SPECIAL_6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
#: How IPv6-only networks reach IPv4 (RFC 6052); as public as the embedded IPv4 address.
_NAT64 = IPv6Network("64:ff9b::/96")

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
#: Text that has no other part of an address than a host.
_BARE = re.compile(r"[^][:/@?#\\]+")
#: A last label that makes browsers read a host as an IPv4 address (URL Standard, "ends in a
#: number"): 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 are all 127.0.0.1.
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


@frozen
class AddressRules:
    """What may be fetched besides public addresses on the ports of http and https."""

    #: Host names, lower case ASCII; each may be at any address.
    names: frozenset[str] = frozenset()
    #: Addresses that may be reached under any name.
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    #: Ports allowed on every host, including those of http and https.
    ports: frozenset[int] = frozenset(_PORTS.values())


def make_rules(allow_hosts: Iterable[str] = (), *, allow_ports: Iterable[int] = ()) -> AddressRules:
    """Parse what the operator allows: hosts, and ports besides 80 and 443.

    A host is a name, an address or a network, such as "intranet.example" or "10.1.0.0/16".

    Raises:
        UsageError: an entry is not valid.
    """
    names, networks = set(), []
    for entry in allow_hosts:
        try:
            networks.append(ip_network(entry))
        except ValueError as error:
            if "/" in entry:
                raise UsageError(
                    f"allow_hosts: {printable(entry)!r} is not a network ({error})"
                ) from None
            names.add(_name(entry))
    ports = frozenset(allow_ports)
    for port in ports:
        if not 1 <= port <= 65535:
            raise UsageError(f"allow_ports: {port} is not a port; ports range from 1 to 65535")
    return AddressRules(frozenset(names), tuple(networks), ports | set(_PORTS.values()))


def check_url(url: str, *, rules: AddressRules) -> httpx2.URL:
    """Return an address as it is requested, in ASCII and without its fragment.

    A host that is an IP address is checked here, a name only after it has been resolved.

    Raises:
        FetchError: it is not a web address, or may not be fetched.
    """
    try:
        parsed = _parsed(url)
        refusal = _refusal(parsed, rules=rules)
    except ValueError as error:
        raise FetchError(f"{printable(url) or 'empty address'}: {printable(str(error))}") from None
    if refusal:
        raise FetchError(f"{printable(url)}: {refusal}")
    return parsed.copy_with(fragment=None)


def may_reach(address: str, *, rules: AddressRules, host: str = "") -> bool:
    """Tell whether an IP address, as returned by a lookup of ``host``, may be reached.

    An allowed name may have any address.
    """
    ip = _ip(address)
    if ip is None:
        return False
    plain = ip
    if isinstance(ip, IPv6Address) and ip.scope_id is None and ip.ipv4_mapped is not None:
        plain = ip.ipv4_mapped
    allowed = host in rules.names or any(
        ip in network or plain in network for network in rules.networks
    )
    return allowed or _is_public(plain)


def not_public(address: str, *, host: str = "") -> str:
    """Return the message for an IP address that may not be reached, with the remedy.

    ``host`` is the name that was resolved; empty if the URL itself has an IP address.
    """
    message = f"{printable(address)} is not a public address; collect.allow_hosts can allow it"
    return f"{message}: allow_hosts = {_toml(host or address)}"


def host_of(url: httpx2.URL) -> str:
    """Return the host of an address in ASCII, an IPv6 address without its brackets."""
    return url.raw_host.decode("ascii")


def printable(text: str) -> str:
    """Return text from outside in printable form: one short line, no control characters."""
    short = text if len(text) <= _PRINTED else text[: _PRINTED - 1] + "…"
    return "".join(char if char.isprintable() else "�" for char in short)


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
        raise ValueError("addresses with a user name or password are not fetched")
    if _ip(host_of(parsed)) is None and not _is_name(host_of(parsed)):
        raise ValueError("its host is neither a name nor an IP address")
    return parsed


def _refusal(url: httpx2.URL, *, rules: AddressRules) -> str:
    """Return why an address may not be fetched, with every missing setting, or else ""."""
    host = host_of(url)
    port = _PORTS[url.scheme] if url.port is None else url.port
    is_private = _ip(host) is not None and not may_reach(host, rules=rules)
    if port in rules.ports:
        return not_public(host) if is_private else ""
    ports, hosts = f"allow_ports = [{port}]", f"allow_hosts = {_toml(host)}"
    if is_private:
        return (
            f"port {port} is not allowed and {printable(host)} is not a public address; set both "
            f"under [collect]: {hosts} and {ports}"
        )
    internal = "" if _ip(host) or host in rules.names else f"; for an internal host also {hosts}"
    return f"port {port} is not allowed; collect.allow_ports can allow it: {ports}{internal}"


def _toml(host: str) -> str:
    return f'["{printable(host)}"]'


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


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _SPECIAL_4)
    if ip.scope_id is not None:
        return False
    if ip in _NAT64:
        return _is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    return ip in _GLOBAL_6 and not any(ip in network for network in _SPECIAL_6)


def _name(entry: str) -> str:
    try:
        host = host_of(httpx2.URL(f"http://{entry}/"))
    except (httpx2.InvalidURL, UnicodeError):
        host = ""
    if not _BARE.fullmatch(entry) or not _is_name(host):
        raise UsageError(
            f"allow_hosts: {printable(entry)!r} is not a host name, address or network; write"
            ' "intranet.example", "10.1.2.3" or "10.1.0.0/16" (ports go into allow_ports)'
        )
    return host
