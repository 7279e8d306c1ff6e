"""Addresses that Route 53 refuses to probe (H7)."""

from ipaddress import ip_network

import pytest

from dnsemu.config.aws.reserved_addresses import is_reserved

RESERVED = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/3", "::1/128", "fc00::/7", "fe80::/10",
]  # fmt: skip


@pytest.mark.parametrize("block", RESERVED)
def test_h7_blocks_and_their_edges(block):
    network = ip_network(block)
    first, last = network.network_address, network.broadcast_address
    assert is_reserved(str(first))
    assert is_reserved(str(last))
    outside = [address for address in (int(first) - 1, int(last) + 1) if 0 <= address < 2**network.max_prefixlen]
    assert [is_reserved(str(type(first)(address))) for address in outside] == [False] * len(outside)


@pytest.mark.parametrize(
    ("address", "reserved"),
    [
        pytest.param("::ffff:10.0.0.1", True, id="H7 mapped into IPv6 it is the IPv4 address"),
        pytest.param("::ffff:8.8.8.8", False, id="H7 mapped and public"),
        pytest.param("2001:db8::1", False, id="H7 not in the set"),
        pytest.param("::", False, id="H7 unspecified, not in the set"),
        pytest.param("8.8.8.8", False, id="H7 public"),
    ],
)
def test_addresses(address, reserved):
    assert is_reserved(address) is reserved


def test_what_is_no_address():
    with pytest.raises(ValueError, match="localhost"):
        is_reserved("localhost")
