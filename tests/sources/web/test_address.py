from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefing.core.errors import FetchError, UsageError
from briefing.sources.web.address import AddressRules, check_url, make_rules, may_reach, printable
from tests.examples import examples

#: Where the IPv4 address within decides.
AS_PUBLIC_AS_WITHIN = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
#: What means this very machine in one reader's eyes or another's.
LOOPBACK_HOSTS = (
    "127.0.0.1 127.8.9.1 2130706433 0x7f000001 0x7F.1 0177.0.0.1 127.1 127.0.1 0 0x 127.0.0.1. "
    "127.0.0.01 127%2e0.0.1 127。0。0。1 ①②⑦.0.0.1 "
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11 [::1] [::] [0:0:0:0:0:0:0:1] "
    "[::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] "
    "[64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [::1%25lo] [fe80::1%25lo]"
).split()
NOT_PUBLIC = (
    "0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 168.63.129.16 169.254.169.254 "
    "172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.19.255.255 198.51.100.1 "
    "203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::8.8.8.8 "
    "::ffff:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:2::1 2001:20::1 "
    "2001:db8::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%2 fec0::1 "
    "ff02::1 2a00:1450::1%2"
).split()
PUBLIC = (
    "1.1.1.1 8.8.8.8 99.255.255.255 100.128.0.1 172.15.255.255 172.32.0.0 198.17.255.255 "
    "198.20.0.0 223.255.255.255 2001:200::1 2606:4700::1111 2a00:1450:4001::200e ::ffff:8.8.8.8 "
    "64:ff9b::8.8.8.8"
).split()


def refusal(url: str) -> str:
    """Return why an address is not allowed; nothing when it is."""
    try:
        check_url(url, rules=AddressRules())
    except FetchError as error:
        return str(error)
    return ""


def test_public_addresses_are_reached_and_no_others_in_any_spelling() -> None:
    for host in LOOPBACK_HOSTS:
        with pytest.raises(FetchError) as raised:
            check_url(f"http://{host}/", rules=AddressRules())
        assert not raised.value.passing
    for address in NOT_PUBLIC:
        assert not may_reach(address, rules=AddressRules())
    for address in PUBLIC:
        assert may_reach(address, rules=AddressRules())
    assert not may_reach("news.example", rules=AddressRules())
    assert printable("a\x1b[31m\u202e\nb") == "a�[31m��b"
    assert printable("a" * 500) == "a" * 119 + "…"
    assert all(ip_address(address) for address in (*PUBLIC, *NOT_PUBLIC))


@given(st.integers(0, 2**32 - 1))
def test_ipv4_is_never_wider_than_what_python_takes_for_global(number: int) -> None:
    ip = IPv4Address(number)
    reached = may_reach(str(ip), rules=AddressRules())
    assert not reached or (ip.is_global and not ip.is_multicast)
    for spelling in (f"::ffff:{ip}", f"64:ff9b::{ip}"):
        assert may_reach(spelling, rules=AddressRules()) == reached


@given(st.ip_addresses(v=6))
def test_ipv6_is_never_wider_than_what_python_takes_for_global(ip: IPv6Address) -> None:
    within = any(ip in network for network in AS_PUBLIC_AS_WITHIN)
    if may_reach(str(ip), rules=AddressRules()) and not within:
        assert ip.is_global
        assert not ip.is_multicast
        assert ip.sixtofour is None
        assert ip.teredo is None
        assert ip in IPv6Network("2000::/3")


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_allowed_network_allows_what_is_in_it_and_no_more(ip: IPv4Address, size: int) -> None:
    network = f"{IPv4Address(int(ip) >> (32 - size) << (32 - size))}/{size}"
    rules = make_rules([network])
    assert may_reach(str(ip), rules=rules)
    assert may_reach(f"::ffff:{ip}", rules=rules)
    other = IPv4Address(int(ip) ^ 1 << 31)
    assert may_reach(str(other), rules=rules) == (
        size == 0 or may_reach(str(other), rules=AddressRules())
    )


@given(st.text(max_size=60))
def test_any_host_is_refused_or_is_a_name_or_a_public_address(host: str) -> None:
    try:
        url = check_url(f"http://{host}/", rules=AddressRules())
    except FetchError:
        return
    host = url.raw_host.decode("ascii")
    assert not host.rpartition(".")[2].isdecimal() or may_reach(host, rules=AddressRules())
    assert url.port is None or url.port in {80, 443}
    assert not url.userinfo


@given(st.text(max_size=200))
def test_any_text_gives_an_address_or_a_line_that_can_be_printed(text: str) -> None:
    message = refusal(text)
    assert message.isprintable()
    assert len(message) < 300


@examples("url, reason")
def test_what_is_not_asked_is_told_with_its_reason(url: str, reason: str) -> None:
    assert reason in refusal(url)


@examples("url, asked")
def test_an_address_is_asked_in_ascii_and_without_its_fragment(url: str, asked: str) -> None:
    assert str(check_url(url, rules=AddressRules())) == asked


def test_the_operator_may_allow_hosts_networks_and_ports_that_can_be() -> None:
    rules = make_rules(
        ["Intranet.Example", "b\u00fccher.example", "10.1.0.0/16", "127.0.0.1", "::1"],
        allow_ports=[8080],
    )
    assert rules.names == {"intranet.example", "xn--bcher-kva.example"}
    assert rules.ports == {80, 443, 8080}
    assert str(check_url("http://10.1.2.3:8080/", rules=rules)) == "http://10.1.2.3:8080/"
    assert str(check_url("http://[::1]/", rules=rules)) == "http://[::1]/"
    assert may_reach("192.168.0.1", rules=rules, host="intranet.example")
    assert not may_reach("192.168.0.1", rules=rules, host="sub.intranet.example")
    assert not may_reach("127.0.0.2", rules=rules)
    for port in [0, -1, 65_536]:
        with pytest.raises(UsageError, match="allow_ports"):
            make_rules(allow_ports=[port])


@examples("entry")
def test_nonsense_is_not_allowed(entry: str) -> None:
    with pytest.raises(UsageError, match="allow_hosts"):
        make_rules([entry])
